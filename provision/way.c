/* SPDX-License-Identifier: MIT */
#include "provision/way.h"

#include <errno.h>
#include <string.h>

#include "provision/emul/emul.h"
#include "provision/fabric/spec.h"

void ways_look(struct arena *a, const struct lab *lab, struct ways *ret)
{
	struct emul_lab *labs;
	size_t n, i;

	*ret = (struct ways){.lab = lab};
	if (emul_list(a, &labs, &n, NULL) < 0)
		return;
	for (i = 0; i < n; i++)
		if (strcmp(labs[i].name, lab->name) == 0)
			ret->runs = &labs[i];
}

static bool runs(const struct emul_lab *l, const char *node)
{
	size_t i;

	for (i = 0; l && i < l->nnodes; i++)
		if (strcmp(l->nodes[i], node) == 0)
			return true;
	return !l;
}

int way_find(struct arena *a, const struct ways *w,
	     const struct topo_node *node, struct way *ret, struct err *reterr)
{
	*ret = (struct way){0};
	if (!runs(w->runs, way_name(node)))
		return err_set(reterr, -EHOSTDOWN,
			       "it does not run; 'labctl up' starts it");
	if (node)
		return emul_target(a, w->lab, node, &ret->target, reterr);
	return emul_node_pid(w->lab->name, way_name(node), &ret->pid, reterr);
}

const char *way_name(const struct topo_node *node)
{
	return node ? node->name : EMUL_OUTSIDE;
}
