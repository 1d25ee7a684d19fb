/* SPDX-License-Identifier: MIT */
/*
 * Security groups
 * ===============
 * The chains are those that Neutron's agents have on a compute node, by name
 * and in their order. A frame between a tap and the rest of its bridge is given
 * to iptables by br_netfilter; there each port has three chains: i is for what
 * goes to it, o for what comes from it, s for whose addresses it may come from.
 * On Open vSwitch the bridge is the port's own, qbr, which has the tap and one
 * end of a pair that leads to br-int. Frames that are no IP are seen by
 * ebtables, on Open vSwitch by its flows: no foreign MAC address, and no ARP
 * for an address that is not the port's.
 *
 * Connections are tracked in a zone a network, as networks may have the same
 * addresses; on Open vSwitch, as there, in one a port.
 *
 * Neutron lets a port without an IPv6 address send IPv6 from any; here it has
 * its link-local one, and may send from that alone.
 */
#include "provision/plan/secgroup/secgroup.h"

#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/conn.h"
#include "provision/plan/rules.h"
#include "provision/plan/secgroup/frames.h"
#include "provision/plan/secgroup/port.h"
#include "provision/plan/secgroup/sets.h"
#include "topologies/secgroup/secgroup.h"

static const int families[] = {4, 6};

/* --- what is there once ---------------------------------------------------
 */

static void wrap(struct plan_ctx *c, int family, const char *table,
		 const char *chain)
{
	const char *own = secgroup_chain(c, chain);

	rules_chain(c, "", family, table, own);
	rules_add(c, "", family, table, chain,
		  arena_printf(c->arena, "-j %s", own));
}

static void frame(struct plan_ctx *c, int family)
{
	static const char *const tops[] = {"FORWARD", "OUTPUT"};
	static const char *const chains[] = {"INPUT", "FORWARD", "OUTPUT"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(tops); i++)
		rules_add(c, "", family, "filter", tops[i],
			  "-j neutron-filter-top");
	for (i = 0; i < ARRAY_LEN(chains); i++)
		wrap(c, family, "filter", chains[i]);
	rules_add(c, "", family, "filter", "neutron-filter-top",
		  secgroup_jump(c, "", "local"));
	rules_chain(c, "", family, "filter", secgroup_chain(c, "local"));
	rules_chain(c, "", family, "filter", secgroup_chain(c, "sg-chain"));
	rules_add(
		c, "", family, "filter", secgroup_chain(c, "sg-fallback"),
		SECGROUP_COMMENT(
			"Default drop rule for unmatched traffic.") "-j DROP");
	wrap(c, family, "raw", "PREROUTING");
	wrap(c, family, "raw", "OUTPUT");
}

/* --- connections ----------------------------------------------------------
 */

static bool has_addr(const struct topo_port *p, const struct ip *ip)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (ip_equal(&p->addrs[i].addr.ip, ip))
			return true;
	for (size_t i = 0; i < p->npairs; i++)
		if (ipnet_contains(&p->pairs[i].addr, ip))
			return true;
	return false;
}

/* Whether a port of the node, at either end, is not let have a connection. */
static bool forbids(const struct conn *conn, const void *ctx)
{
	const struct plan_ctx *c = ctx;
	struct topo_flow f = {.protocol = conn->protocol,
			      .sport = conn->sport,
			      .dport = conn->dport};

	for (size_t i = 0; i < c->lab->ninstances; i++) {
		const struct topo_port *p = c->lab->instances[i].port;

		if (p->node != c->node || !p->filtered ||
		    secgroup_zone(p) != conn->zone)
			continue;
		f.egress = has_addr(p, &conn->src);
		f.remote = f.egress ? conn->dst : conn->src;
		if (f.egress && !topo_lets(p, &f))
			return true;
		f.egress = false;
		f.remote = conn->src;
		if (has_addr(p, &conn->dst) && !topo_lets(p, &f))
			return true;
	}
	return false;
}

static int by_tap(const void *a, const void *b)
{
	const struct topo_port *const *x = a, *const *y = b;

	return strcmp((*x)->tap, (*y)->tap);
}

void plan_secgroups(struct plan_ctx *c)
{
	const struct lab *lab = c->lab;
	const struct topo_port **ports =
		arena_array(c->arena, lab->ninstances + 1, sizeof(*ports));
	const char *four, *six, *frames, *sets;
	struct plan_ctx *copy;
	size_t n = 0, guarded = 0, i, k;
	struct res *r;

	if (!topo_filters(lab, c->node))
		return;
	for (i = 0; i < lab->ninstances; i++)
		if (lab->instances[i].node == c->node &&
		    lab->instances[i].port->filtered)
			ports[n++] = lab->instances[i].port;
	guarded = n;
	for (i = 0; i < lab->ninstances; i++)
		if (lab->instances[i].node == c->node &&
		    !lab->instances[i].port->filtered)
			ports[n++] = lab->instances[i].port;
	qsort(ports, guarded, sizeof(*ports), by_tap);
	for (k = 0; k < ARRAY_LEN(families); k++)
		frame(c, families[k]);
	for (i = 0; i < guarded; i++)
		secgroup_guard(c, ports[i]);
	for (k = 0; k < ARRAY_LEN(families); k++) {
		rules_add(c, "", families[k], "filter",
			  secgroup_chain(c, "sg-chain"), "-j ACCEPT");
		for (i = guarded; i < n; i++)
			secgroup_open_port(c, ports[i], families[k]);
	}
	four = rules_text(c, "", 4);
	six = rules_text(c, "", 6);
	/* Open vSwitch's flows do it (mechanism/openvswitch_spoofing.c). */
	frames = c->node->mechanism == TOPO_LINUXBRIDGE &&
				 c->node->prevent_arp_spoofing
			 ? secgroup_frames(c->arena, ports, guarded)
			 : "";
	sets = secgroup_sets(c->arena, lab, c->node);
	copy = arena_alloc(c->arena, sizeof(*copy));
	*copy = *c;
	r = plan_add(c, RES_FILTER, "");
	r->filter = (struct res_filter){.text4 = four,
					.text6 = six,
					.bridge = frames,
					.sets = sets,
					.forbids = forbids,
					.ctx = copy};
}
