/* SPDX-License-Identifier: MIT */
#include "topologies/resolve/given.h"

static void add(struct arena *a, struct topo_given **list, size_t *n,
		const struct ip *addr, const char *whose)
{
	*(struct topo_given *)arena_push(a, list, n, sizeof(**list)) =
		(struct topo_given){*addr, whose};
}

static const char *owner(struct arena *a, const struct topo_port *p)
{
	if (p->router)
		return arena_printf(a, "router %s's", p->router->name);
	if (p->instance)
		return arena_printf(a, "instance %s's", p->instance->name);
	return arena_printf(a, "a DHCP server's of %s", p->network->name);
}

void topo_given(struct arena *a, const struct lab *lab, struct topo_given **ret,
		size_t *ret_n)
{
	size_t i, k;

	*ret = NULL;
	*ret_n = 0;
	for (i = 0; i < lab->nports; i++) {
		const struct topo_port *p = &lab->ports[i];
		const char *whose = owner(a, p);

		for (k = 0; k < p->naddrs; k++)
			add(a, ret, ret_n, &p->addrs[k].addr.ip, whose);
	}
	for (i = 0; i < lab->nfloatings; i++) {
		const struct topo_floating *f = &lab->floatings[i];

		add(a, ret, ret_n, &f->addr,
		    arena_printf(a, "router %s's, floating", f->router->name));
	}
}

bool topo_node_has(const struct lab *lab, const struct topo_node *node,
		   const struct ip *addr)
{
	size_t i;

	for (i = 0; node && i < node->nnics; i++)
		if (ip_equal(&node->nics[i].addr.ip, addr))
			return true;
	for (i = 0; !node && i < lab->nsubnets; i++)
		if (lab->subnets[i].network->external &&
		    ip_equal(&lab->subnets[i].gateway, addr))
			return true;
	return false;
}
