/* SPDX-License-Identifier: MIT */
#include "provision/fabric/work.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bridges' indices are given by us: one batch can then refer to them. */
#define BRIDGE_INDEX 100

void work_note(struct work *w, char sign, const char *node, const char *fmt,
	       ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w->changes++;
	w->tell(w->ctx, sign, node, text);
}

void work_failed(struct work *w, const struct err *e)
{
	if (w->first.code == 0)
		w->first = *e;
}

int work_bridge(const struct work *w, const char *name)
{
	const struct emul_link *l = emul_link_find(&w->links, name);

	return l ? l->index : 0;
}

/* Remembers a bridge that this batch makes, for its ports. */
int work_new_bridge(struct work *w, const char *name)
{
	struct emul_link *l;
	int index = BRIDGE_INDEX;
	size_t i;

	for (i = 0; i < w->links.nlinks; i++)
		if (w->links.links[i].index >= index)
			index = w->links.links[i].index + 1;
	l = arena_push(&w->arena, &w->links.links, &w->links.nlinks,
		       sizeof(*l));
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->index = index;
	return index;
}

void work_commit(struct work *w)
{
	struct err e;

	if (rtnl_queued(w->f->rtnl) && rtnl_commit(w->f->rtnl, &e) < 0)
		work_failed(w, &e);
}
