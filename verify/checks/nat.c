/* SPDX-License-Identifier: MIT */
/* What becomes of addresses on their way through routers. */
#include <string.h>

#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

static void judge_snat(const struct evidence *e, const struct subject *s,
		       struct verdict *v)
{
	const struct seen_passage *p = s->passage;
	struct ip want = evidence_outside(p);
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

/* The hop count of replies, 0 where none came. */
static unsigned ttl_of(const struct seen_ping *p)
{
	const struct seen_pings *last =
		p->repeated && p->again.n ? &p->again : &p->pings;

	for (size_t i = last->n; i-- > 0;)
		if (last->probes[i].rtt >= 0)
			return last->probes[i].ttl;
	return 0;
}

/* How far a router is: replies of its own address, of the same family. */
static unsigned ttl_of_router(const struct evidence *e,
			      const struct seen_ping *p)
{
	for (size_t i = 0; i < e->noutside; i++)
		if (e->outside[i].router == p->router &&
		    !e->outside[i].floating &&
		    e->outside[i].dst.family == p->dst.family &&
		    ttl_of(&e->outside[i]))
			return ttl_of(&e->outside[i]);
	return 0;
}

static void held_by(const struct evidence *e, const struct topo_floating *f,
		    const struct topo_router *r, struct verdict *v)
{
	struct ipnet want = topo_floating_net(f);
	char text[IP_TEXT_MAX];

	for (size_t h = 0; h < r->nhosts; h++) {
		const struct seen_ns *ns =
			sight_ns(e, r->hosts[h], r->netns, v);
		enum role role = role_of(e, r, r->hosts[h]);
		bool active = role == ROLE_ACTIVE, held = false;

		if (!ns)
			continue;
		if (role == ROLE_UNKNOWN) {
			verdict_blind(v, "%s: its role is not known",
				      r->hosts[h]->name);
			continue;
		}
		verdict_want(v, "%s: %s%s", r->hosts[h]->name,
			     active ? "" : "no ",
			     active ? ipnet_print(&want, text)
				    : ip_print(&f->addr, text));
		for (size_t i = 0; i < ns->of[RES_ADDR].n; i++) {
			const struct res_addr *a =
				&ns->of[RES_ADDR].items[i].addr;

			if (!ip_equal(&a->addr.ip, &f->addr))
				continue;
			held = true;
			verdict_saw(
				v,
				active && ipnet_equal(&a->addr, &want) &&
					strcmp(a->dev, r->gateway->ifname) == 0,
				"%s: %s on %s", r->hosts[h]->name,
				ipnet_print(&a->addr, text), a->dev);
		}
		if (active && !held)
			verdict_saw(v, false, "%s: no %s", r->hosts[h]->name,
				    ip_print(&f->addr, text));
	}
}

static void judge_floating(const struct evidence *e, const struct subject *s,
			   struct verdict *v)
{
	const struct seen_ping *p = s->ping;
	unsigned ttl = ttl_of(p), router = ttl_of_router(e, p);

	held_by(e, p->floating, s->router, v);
	if (p->pings.error) {
		verdict_blind(v, "the host outside: %s", p->pings.error);
		return;
	}
	if (!tries_lets_echo(p->floating)) {
		verdict_want(v, "no reply: the instance's groups let no echo "
				"in");
		verdict_saw(v, !ttl, ttl ? "replies" : "none");
		return;
	}
	if (!router) {
		verdict_blind(v, "the router itself did not answer, to tell "
				 "how far it is");
		router = 64;
	}
	verdict_want(v, "replies with ttl %u, from behind the router",
		     router - 1);
	if (ttl)
		verdict_saw(v, ttl == router - 1, "replies with ttl %u", ttl);
	else
		verdict_saw(v, false, "none of %zu replies", p->pings.n);
}

static void command_floating(const struct evidence *e, const struct subject *s,
			     struct buf *out)
{
	char text[IP_TEXT_MAX];

	(void)e;
	buf_printf(out, "labctl exec outside -- ping -c %d %s", EVIDENCE_PROBES,
		   ip_print(&s->ping->dst, text));
}

/* clang-format off */
const struct check nat_checks[] = {
	{"snat", scope_passages_v4, NEEDS_PASSAGES,
	 "is seen outside with the right address",
	 "a packet from each instance has the router's address outside",
	 judge_snat, command_snat},
	{"floating", scope_floatings, NEEDS_PINGS,
	 "is on the active host only, and leads to the instance",
	 "each floating address: where it is, and who answers from outside",
	 judge_floating, command_floating},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
