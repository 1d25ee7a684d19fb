/* SPDX-License-Identifier: MIT */
/*
 * What goes through routers. Pings of a router's own addresses tell nothing
 * of this: a router that drops all that it should forward answers them.
 */
#include "verify/check.h"
#include "verify/command.h"
#include "verify/scopes.h"

static void judge_forwarding(const struct evidence *e, const struct subject *s,
			     struct verdict *v)
{
	const struct seen_passage *p = s->passage;
	const struct topo_port *qg = s->router->gateway;
	const struct frame *f = evidence_left(e, p);
	char dst[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	if (p->error)
		verdict_blind(v, "%s: %s", s->node->name, p->error);
	if (e->left.error)
		verdict_blind(v, "the host outside: %s", e->left.error);
	if (p->error || e->left.error)
		return;
	verdict_want(v, "a datagram to %s leaves by %s (%s)",
		     ip_print(&p->dst, dst), qg->ifname,
		     mac_print(&qg->mac, mac));
	if (p->sent.error && !f)
		verdict_saw(v, false, "%s: %s", s->instance->name,
			    p->sent.error);
	if (f)
		verdict_saw(v, mac_equal(&f->src, &qg->mac),
			    "one came out, from %s", mac_print(&f->src, mac));
	else
		verdict_saw(v, false,
			    "of %lld sent none came out on the external "
			    "network",
			    (long long)p->sent.sent);
	if (p->repeated && v->kind == VERDICT_OK)
		v->note = "none came out at first; one did when tried again";
}

static void command_forwarding(const struct evidence *e,
			       const struct subject *s, struct buf *out)
{
	char dst[IP_TEXT_MAX];

	(void)e;
	command_exec(out, s->node, s->instance->netns);
	buf_printf(out,
		   "ping %s; labctl exec outside -- tcpdump -lneni any "
		   "dst host %s",
		   ip_print(&s->passage->dst, dst), dst);
}

/* clang-format off */
const struct check passage_checks[] = {
	{"forwarding", scope_passages, NEEDS_PASSAGES,
	 "gets out to the external network",
	 "a packet from each instance leaves its router by qg, reply or not",
	 judge_forwarding, command_forwarding},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
