/* SPDX-License-Identifier: MIT */
/*
 * What was seen, on the wire. Each kind has its rows, and a namespace is a
 * list for each of them; attributes that have their usual value (false, zero,
 * none) are left out.
 */
#include <errno.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/seen.h"

/* A namespace's rows: its name, and a list for each kind that has rows. */
static void ns_rows(struct key rows[RES_KINDS + 1], struct key_table *ret)
{
	size_t k, n = 0;

	rows[n++] =
		(struct key){"name", KEY_TEXT, KEY_FIELD(struct seen_ns, name),
			     .flags = KEY_REQUIRED};
	for (k = 0; k < RES_KINDS; k++) {
		size_t at = offsetof(struct seen_ns, of) +
			    k * sizeof(struct res_list);

		if (!kinds[k]->keys)
			continue;
		rows[n++] = (struct key){
			kinds[k]->list,
			KEY_LIST,
			.offset = at + offsetof(struct res_list, items),
			.size = sizeof(struct res),
			.count = at + offsetof(struct res_list, n),
			.max = SEEN_LIST_MAX,
			.table = kinds[k]->keys};
	}
	*ret = (struct key_table){.name = "namespace",
				  .keys = rows,
				  .n = n,
				  .size = sizeof(struct seen_ns)};
}

/* With what only the caller's stack can have: the table of namespaces. */
static void all_rows(struct key rows[3], const struct key_table *ns,
		     struct key_table *ret)
{
	rows[0] = (struct key){"hostname", KEY_TEXT,
			       KEY_FIELD(struct observed, hostname),
			       .flags = KEY_REQUIRED};
	rows[1] = (struct key){"real_ns", KEY_INT,
			       KEY_FIELD(struct observed, real_ns)};
	rows[2] = (struct key){"netns", KEY_LIST,
			       KEY_ITEMS(struct observed, ns, nns),
			       .max = SEEN_NS_MAX, .table = ns};
	*ret = (struct key_table){.name = "observation",
				  .keys = rows,
				  .n = 3,
				  .size = sizeof(struct observed)};
}

void observed_encode(const struct observed *o, struct json *j)
{
	struct key ns[RES_KINDS + 1], rows[3];
	struct key_table ns_table, table;

	ns_rows(ns, &ns_table);
	all_rows(rows, &ns_table, &table);
	keys_write(&table, o, j);
}

/* What a list's place tells: kind and namespace. */
static void name_all(struct seen_ns *ns)
{
	size_t k, i;

	for (k = 0; k < RES_KINDS; k++)
		for (i = 0; i < ns->of[k].n; i++) {
			ns->of[k].items[i].kind = (enum res_kind)k;
			ns->of[k].items[i].netns = ns->name;
		}
}

int observed_decode(struct arena *a, const struct doc *d, struct observed *ret,
		    struct err *reterr)
{
	struct key ns[RES_KINDS + 1], rows[3];
	struct key_table ns_table, table;
	struct observed o = {0};
	size_t i;
	int r;

	if (!d || d->kind != DOC_MAP)
		return err_set(reterr, -EINVAL,
			       "an observation must be an object");
	ns_rows(ns, &ns_table);
	all_rows(rows, &ns_table, &table);
	r = keys_read_first(a, d, &table, &o, reterr);
	if (r < 0)
		return err_prefix(reterr, "observation");
	for (i = 0; i < o.nns; i++)
		name_all(&o.ns[i]);
	*ret = o;
	return 0;
}
