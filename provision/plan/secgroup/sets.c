/* SPDX-License-Identifier: MIT */
/* The sets of addresses that rules name: one for each group and family. */
#include "provision/plan/secgroup/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "topologies/secgroup/secgroup.h"

struct set {
	char name[SECGROUP_SET_MAX];
	const struct topo_secgroup *group;
	int family;
};

void secgroup_set_name(const struct topo_secgroup *g, int family,
		       char ret[SECGROUP_SET_MAX])
{
	snprintf(ret, SECGROUP_SET_MAX, "NIPv%d%.24s", family == 6 ? 6 : 4,
		 g->uuid);
}

static int by_name(const void *a, const void *b)
{
	const struct set *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void put_members(struct arena *a, const struct set *s, struct buf *out)
{
	struct ipnet *nets = NULL, *slot;
	char text[IP_TEXT_MAX];
	size_t n = 0, i, k;

	for (i = 0; i < s->group->nmembers; i++) {
		const struct topo_port *p = s->group->members[i];

		for (k = 0; k < p->naddrs + p->npairs; k++) {
			struct ipnet net =
				k < p->naddrs ? ipnet_host(&p->addrs[k].addr.ip)
					      : p->pairs[k - p->naddrs].addr;

			if (net.ip.family != s->family)
				continue;
			slot = arena_push(a, &nets, &n, sizeof(*nets));
			*slot = net;
		}
	}
	if (n)
		qsort(nets, n, sizeof(*nets), ipnet_cmp);
	for (i = 0; i < n; i++)
		if (!i || !ipnet_equal(&nets[i], &nets[i - 1]))
			buf_printf(out, "add %s %s\n", s->name,
				   ipnet_print(&nets[i], text));
}

const char *secgroup_sets(struct arena *a, const struct lab *lab,
			  const struct topo_node *node)
{
	auto_buf struct buf out = {0};
	bool *used = arena_array(a, 2 * lab->nsecgroups + 1, sizeof(*used));
	struct set *sets = NULL, *s;
	size_t n = 0, i, k, m;

	for (i = 0; i < lab->ninstances; i++) {
		const struct topo_port *p = lab->instances[i].port;

		for (k = 0; lab->instances[i].node == node && k < p->ngroups;
		     k++)
			for (m = 0; m < p->groups[k]->nrules; m++) {
				const struct topo_secrule *r =
					&p->groups[k]->rules[m];
				bool *slot =
					r->group ? &used[2 * r->group->index +
							 (r->family == 6)]
						 : NULL;

				if (!slot || *slot)
					continue;
				*slot = true;
				s = arena_push(a, &sets, &n, sizeof(*s));
				s->group = r->group;
				s->family = r->family;
				secgroup_set_name(r->group, r->family, s->name);
			}
	}
	if (n)
		qsort(sets, n, sizeof(*sets), by_name);
	buf_adds(&out, "");
	for (i = 0; i < n; i++) {
		buf_printf(&out, "create %s hash:net family %s\n", sets[i].name,
			   sets[i].family == 6 ? "inet6" : "inet");
		put_members(a, &sets[i], &out);
	}
	return arena_strndup(a, out.data, out.len);
}
