/* SPDX-License-Identifier: MIT */
/*
 * Who answers ARP: an instance of each network asks for the addresses of its
 * ports, and each is answered by whose it is, whoever says so: the port itself
 * or, with arp_responder, the switch beside the asker.
 */
#include "lib/auto.h"
#include "verify/check.h"
#include "verify/command.h"
#include "verify/scopes.h"

static void askers(struct subjects *ret, const struct evidence *e)
{
	const struct topo_port *of[ARP_TARGETS_MAX];
	struct arp_target targets[ARP_TARGETS_MAX];

	for (size_t i = 0; i < e->lab->nnetworks; i++) {
		const struct topo_network *net = &e->lab->networks[i];
		const struct topo_instance *in = evidence_hears(e->lab, net);
		struct subject *s;

		if (!in || !evidence_asked(e->lab, in, targets, of))
			continue;
		s = arena_push(ret->arena, &ret->items, &ret->n, sizeof(*s));
		*s = (struct subject){.name = net->name,
				      .network = net,
				      .instance = in,
				      .node = in->node,
				      .boot = &e->boots[in->index]};
	}
}

static void one(const struct seen_holders *h, const struct ip *ip,
		const struct mac *mac, struct verdict *v)
{
	char text[IP_TEXT_MAX], want[MAC_TEXT_MAX], saw[MAC_TEXT_MAX];
	bool any = false;

	ip_print(ip, text);
	verdict_want(v, "%s is at %s", text, mac_print(mac, want));
	for (size_t i = 0; i < h->n; i++) {
		if (!ip_equal(&h->items[i].ip, ip))
			continue;
		any = true;
		verdict_saw(v, mac_equal(&h->items[i].mac, mac), "%s is at %s",
			    text, mac_print(&h->items[i].mac, saw));
	}
	if (!any)
		verdict_saw(v, false, "nobody has %s", text);
}

static void judge_arp(const struct evidence *e, const struct subject *s,
		      struct verdict *v)
{
	const struct seen_holders *h = &s->boot->holders;
	const struct topo_port *of[ARP_TARGETS_MAX];
	struct arp_target targets[ARP_TARGETS_MAX];
	size_t n;

	if (h->error) {
		verdict_blind(v, "%s: %s", s->instance->name, h->error);
		return;
	}
	n = evidence_asked(e->lab, s->instance, targets, of);
	for (size_t i = 0; i < n; i++)
		one(h, &targets[i].ip, &of[i]->mac, v);
}

static void command_arp(const struct evidence *e, const struct subject *s,
			struct buf *out)
{
	const struct topo_port *of[ARP_TARGETS_MAX];
	struct arp_target targets[ARP_TARGETS_MAX];
	char text[IP_TEXT_MAX];

	if (!evidence_asked(e->lab, s->instance, targets, of))
		return;
	command_exec(out, s->node, s->instance->netns);
	buf_printf(out, "busybox arping -c 1 -I %s %s",
		   s->instance->port->ifname, ip_print(&targets[0].ip, text));
}

/* clang-format off */
const struct check answers_checks[] = {
	{"arp", askers, NEEDS_ARP,
	 "has its ports' MAC addresses for answers",
	 "ARP for gateways, instances and DHCP servers, as an instance asks",
	 judge_arp, command_arp},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
