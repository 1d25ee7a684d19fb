/* SPDX-License-Identifier: MIT */
/* What becomes of addresses on their way through routers. */
#include "verify/check.h"
#include "verify/command.h"
#include "verify/scopes.h"

/* What a passage is to come from, as the world outside sees it: the router's
 * own address, where it translates; else the instance's. */
static struct ip source_outside(const struct seen_passage *p)
{
	const struct ip *gw = topo_external_ip(p->router, p->dst.family);

	if (p->router->snat && gw)
		return *gw;
	for (size_t i = 0; i < p->instance->port->naddrs; i++)
		if (p->instance->port->addrs[i].addr.ip.family == p->dst.family)
			return p->instance->port->addrs[i].addr.ip;
	return (struct ip){0};
}

static void judge_snat(const struct evidence *e, const struct subject *s,
		       struct verdict *v)
{
	const struct seen_passage *p = s->passage;
	struct ip want = source_outside(p);
	const struct frame *f = evidence_left(e, p);
	char text[IP_TEXT_MAX];

	if (p->error)
		verdict_blind(v, "%s: %s", s->node->name, p->error);
	if (e->left.error)
		verdict_blind(v, "the host outside: %s", e->left.error);
	if (p->error || e->left.error)
		return;
	verdict_want(v, "seen outside from %s", ip_print(&want, text));
	if (f)
		verdict_saw(v, ip_equal(&f->ip_src, &want), "from %s",
			    ip_print(&f->ip_src, text));
	else
		verdict_blind(v, "no datagram came out, to see its source");
}

static void command_snat(const struct evidence *e, const struct subject *s,
			 struct buf *out)
{
	const struct topo_router *r = s->router;

	(void)e;
	command_exec(out, r->hosts[0], r->netns);
	buf_adds(out, "iptables -t nat -S");
}

/* clang-format off */
const struct check nat_checks[] = {
	{"snat", scope_passages_v4, NEEDS_PASSAGES,
	 "is seen outside with the right address",
	 "a packet from each instance has the router's address outside",
	 judge_snat, command_snat},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
