/* SPDX-License-Identifier: MIT */
#include "verify/checks/sight.h"

const struct observed *sight_sample(const struct evidence *e,
				    const struct topo_node *n,
				    struct verdict *v)
{
	const struct observed *o = evidence_last(e, n);

	if (!o)
		verdict_blind(v, "%s: %s", n->name, e->nodes[n->index].error);
	return o;
}

const struct seen_ns *sight_ns(const struct evidence *e,
			       const struct topo_node *n, const char *netns,
			       struct verdict *v)
{
	const struct observed *o = sight_sample(e, n, v);
	const struct seen_ns *ns = o ? seen_ns(o, netns) : NULL;

	if (o && !ns)
		verdict_blind(v, "%s has no namespace %s", n->name, netns);
	return ns;
}

const char *sight_up_text(const struct res_link *l)
{
	if (!l->up)
		return "down";
	return l->running ? "up" : "up, but without a carrier";
}
