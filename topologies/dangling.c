/* SPDX-License-Identifier: MIT */
#include "topologies/dangling.h"

#include "lib/parse.h"
#include "topologies/error.h"

/* The names of a list of things that begin with their name. */
static const char **names_of(struct raw *raw, const void *items, size_t n)
{
	const char *const *const *list = items;
	const char **names = arena_array(raw->a, n ? n : 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = list[i][0];
	return names;
}

void raw_dangling(struct raw *raw, const struct raw_ref *ref, const char *kind,
		  const void *items, size_t n)
{
	const char *near = NULL;

	if (raw->errs->n < TOPO_ERRORS_MAX)
		near = parse_nearest(ref->name, names_of(raw, items, n), n);
	raw_wrong(raw, ref->at, "no %s is named '%s'%s%s%s", kind, ref->name,
		  near ? "; did you mean '" : "", near ? near : "",
		  near ? "'?" : "");
}
