/* SPDX-License-Identifier: MIT */
#include "provision/plan/shell.h"

#include "provision/kinds/kind.h"

void plan_shell(const struct plan *p, struct buf *out)
{
	const struct where here = {NULL};
	size_t i;

	for (i = 0; i < p->n; i++)
		if (kind_of(&p->res[i])->shell)
			kind_of(&p->res[i])->shell(&p->res[i], &here, out);
}
