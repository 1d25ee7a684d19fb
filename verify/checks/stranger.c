/* SPDX-License-Identifier: MIT */
/*
 * Who speaks VRRP on a project's HA network besides its routers' hosts: with a
 * VRID that no router has, another version, or an address of a host's that is
 * not its own. What floods a VXLAN comes by each tunnel interface, wherever it
 * was sent. Where it does harm another check says so as well.
 */
#include <inttypes.h>

#include "lib/auto.h"
#include "verify/check.h"
#include "verify/command.h"
#include "verify/scopes.h"

#define STRANGERS_MAX 16 /* told of one network; more are counted */

struct stranger {
	const struct topo_node *heard; /* the first that did */
	const struct frame *first;
	size_t n;
	bool others; /* other nodes heard it too */
};

struct strangers {
	struct stranger items[STRANGERS_MAX];
	size_t n, more;
};

/* A host of one of the network's routers, by its own MAC. What it says is
 * another check's. */
static bool is_host(const struct lab *lab, const struct topo_network *net,
		    const struct frame *f)
{
	size_t i, h;

	for (i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];

		for (h = 0; r->ha_network == net && h < r->nhosts; h++)
			if (ip_equal(&r->ha_ports[h]->addrs[0].addr.ip,
				     &f->ip_src) &&
			    mac_equal(&r->ha_ports[h]->mac, &f->src))
				return true;
	}
	return false;
}

static bool same_sender(const struct frame *a, const struct frame *b)
{
	return ip_equal(&a->ip_src, &b->ip_src) &&
	       mac_equal(&a->src, &b->src) &&
	       a->advert.vrid == b->advert.vrid &&
	       a->advert.version == b->advert.version;
}

static void meet(struct strangers *s, const struct frame *f,
		 const struct topo_node *n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (same_sender(s->items[i].first, f)) {
			s->items[i].n += s->items[i].heard == n;
			s->items[i].others |= s->items[i].heard != n;
			return;
		}
	if (s->n == STRANGERS_MAX) {
		s->more++;
		return;
	}
	s->items[s->n++] = (struct stranger){.heard = n, .first = f, .n = 1};
}

static void tell(const struct stranger *s, struct verdict *v)
{
	const struct frame *f = s->first;
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX], outer[IP_TEXT_MAX];

	verdict_saw(v, false,
		    "a stranger: %zu from %s, MAC %s, VRRPv%u, VRID %u, "
		    "priority %u, %s%s, heard on %s%s%s%s",
		    s->n, ip_print(&f->ip_src, ip), mac_print(&f->src, mac),
		    f->advert.version, f->advert.vrid, f->advert.priority,
		    f->tunnel ? "by the tunnel of " : "on the wire",
		    f->tunnel ? ip_print(&f->outer_src, outer) : "",
		    s->heard->name, s->others ? " and others" : "",
		    f->advert.fault ? "; refused by receivers: " : "",
		    f->advert.fault ? f->advert.fault : "");
}

static void judge_strangers(const struct evidence *e, const struct subject *s,
			    struct verdict *v)
{
	struct strangers all = {.n = 0};
	size_t i, k;

	verdict_want(v, "adverts of its routers' hosts alone");
	for (i = 0; i < e->ntunnels; i++) {
		const struct seen_frames *seen = &e->tunnels[i].frames;

		if (seen->error || seen->cut)
			verdict_blind(v, "%s: %s", e->tunnels[i].node->name,
				      seen->error ? seen->error : seen->cut);
		else if (seen->dropped)
			verdict_blind(v, "%s: the kernel dropped %lld frames",
				      e->tunnels[i].node->name,
				      (long long)seen->dropped);
		for (k = 0; k < seen->n; k++) {
			const struct frame *f = &seen->frames[k];

			if (f->kind == FRAME_ADVERT &&
			    evidence_told_of(f, s->network) &&
			    !is_host(e->lab, s->network, f))
				meet(&all, f, e->tunnels[i].node);
		}
	}
	for (i = 0; i < all.n; i++)
		tell(&all.items[i], v);
	if (all.more)
		verdict_saw(v, false, "and %zu adverts of still others",
			    all.more);
}

static void command_strangers(const struct evidence *e, const struct subject *s,
			      struct buf *out)
{
	struct arena a = {0};

	(void)s;
	if (!e->ntunnels)
		return;
	command_exec(out, e->tunnels[0].node, "");
	buf_printf(out, "tcpdump -lneni %s '%s'", e->tunnels[0].nic->ifname,
		   evidence_tunnel_filter(&a, e->lab));
	arena_release(&a);
}

/* clang-format off */
const struct check stranger_checks[] = {
	{"strangers", scope_ha_networks, NEEDS_FRAMES,
	 "has no other VRRP speakers than its routers' hosts",
	 "who else speaks VRRP on each project's HA network",
	 judge_strangers, command_strangers},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
