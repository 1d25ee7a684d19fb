/* SPDX-License-Identifier: MIT */
#include "provision/plan/shell.h"

#include "provision/kinds/kind.h"

/* As changes are applied: what is made, what links come of, those links, what
 * stands on all of them. */
enum stage { MADE, PLUGGED, FETCHED, SET, STAGES };

static enum stage stage(const struct res *r)
{
	if (r->kind == RES_LINK && r->link.kind == LINK_INTERNAL)
		return FETCHED;
	if (kind_of(r)->plug)
		return PLUGGED;
	return kind_of(r)->make ? MADE : SET;
}

void plan_shell(const struct plan *p, struct buf *out)
{
	const struct where here = {NULL};

	for (unsigned s = 0; s < STAGES; s++)
		for (size_t i = 0; i < p->n; i++) {
			const struct kind *k = kind_of(&p->res[i]);

			if (k->shell && stage(&p->res[i]) == s)
				k->shell(&p->res[i], &here, out);
		}
}
