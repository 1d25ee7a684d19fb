/* SPDX-License-Identifier: MIT */
/*
 * A router's rules
 * ================
 * The chains, names and order are those that Neutron's l3 agent has in its
 * qrouter namespaces, so what a student lists is what documents show. Every
 * host of a router has all of them at all times: a standby needs them in the
 * moment in which it has the addresses.
 *
 * Address scopes are no feature of labs: their chains are there, empty, and
 * the marks that would be set in them are left out.
 */
#include "provision/plan/nat.h"

#include "lib/auto.h"
#include "provision/plan/rules.h"

#define WRAP "neutron-l3-agent-"

/* A chain of the kernel's goes to the agent's of the same name. */
static void wrap(struct plan_ctx *c, const struct topo_router *r, int family,
		 const char *table, const char *const *chains)
{
	for (; *chains; chains++) {
		const char *own = arena_printf(c->arena, WRAP "%s", *chains);

		rules_chain(c, r->netns, family, table, own);
		rules_once(c, r->netns, family, table, *chains,
			   arena_printf(c->arena, "-j %s", own));
	}
}

static void filter(struct plan_ctx *c, const struct topo_router *r, int family)
{
	static const char *const tops[] = {"FORWARD", "OUTPUT"};
	static const char *const chains[] = {"INPUT", "FORWARD", "OUTPUT",
					     NULL};

	for (size_t i = 0; i < ARRAY_LEN(tops); i++)
		rules_add(c, r->netns, family, "filter", tops[i],
			  "-j neutron-filter-top");
	rules_add(c, r->netns, family, "filter", "neutron-filter-top",
		  "-j " WRAP "local");
	rules_chain(c, r->netns, family, "filter", WRAP "local");
	wrap(c, r, family, "filter", chains);
}

static void raw(struct plan_ctx *c, const struct topo_router *r, int family)
{
	static const char *const chains[] = {"PREROUTING", "OUTPUT", NULL};

	wrap(c, r, family, "raw", chains);
}

static void mangle(struct plan_ctx *c, const struct topo_router *r)
{
	static const char *const chains[] = {"PREROUTING",  "INPUT",
					     "FORWARD",     "OUTPUT",
					     "POSTROUTING", NULL};
	static const char *const own[] = {WRAP "mark", WRAP "scope",
					  WRAP "floatingip", WRAP "float-snat"};
	static const char *const before[] = {
		"-j " WRAP "mark", "-j " WRAP "scope",
		"-m connmark ! --mark 0x0/0xffff0000 -j CONNMARK "
		"--restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000",
		"-j " WRAP "floatingip"};

	wrap(c, r, 4, "mangle", chains);
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		rules_chain(c, r->netns, 4, "mangle", own[i]);
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		rules_add(c, r->netns, 4, "mangle", WRAP "PREROUTING",
			  before[i]);
}

static void nat(struct plan_ctx *c, const struct topo_router *r)
{
	static const char *const chains[] = {"PREROUTING", "OUTPUT",
					     "POSTROUTING", NULL};
	static const char bottom[] = "neutron-postrouting-bottom";

	wrap(c, r, 4, "nat", chains);
	rules_add(c, r->netns, 4, "nat", "POSTROUTING",
		  "-j neutron-postrouting-bottom");
	rules_add(c, r->netns, 4, "nat", bottom,
		  "-m comment --comment \"Perform source NAT on outgoing "
		  "traffic.\" -j " WRAP "snat");
	rules_chain(c, r->netns, 4, "nat", WRAP "float-snat");
	rules_add(c, r->netns, 4, "nat", WRAP "snat", "-j " WRAP "float-snat");
}

/* What has to do with the world outside: its side's interface and address. */
static void outside(struct plan_ctx *c, const struct topo_router *r,
		    const struct ip *addr)
{
	const char *qg = r->gateway->ifname;
	char to[IP_TEXT_MAX];

	ip_print(addr, to);
	rules_add(c, r->netns, 4, "nat", WRAP "POSTROUTING",
		  arena_printf(c->arena,
			       "! -i %s ! -o %s -m conntrack ! --ctstate DNAT "
			       "-j ACCEPT",
			       qg, qg));
	if (r->snat)
		rules_add(c, r->netns, 4, "nat", WRAP "snat",
			  arena_printf(c->arena, "-o %s -j SNAT --to-source %s",
				       qg, to));
	/* From inside to a floating address: the answer must come back here. */
	rules_add(c, r->netns, 4, "nat", WRAP "snat",
		  arena_printf(c->arena,
			       "-m mark ! --mark 0x2/0xffff -m conntrack "
			       "--ctstate DNAT -j SNAT --to-source %s",
			       to));
	rules_add(c, r->netns, 4, "mangle", WRAP "mark",
		  arena_printf(c->arena, "-i %s -j MARK --set-xmark 0x2/0xffff",
			       qg));
	rules_add(c, r->netns, 4, "mangle", WRAP "POSTROUTING",
		  arena_printf(c->arena,
			       "-o %s -m connmark --mark 0x0/0xffff0000 -j "
			       "CONNMARK --save-mark --nfmask 0xffff0000 "
			       "--ctmask 0xffff0000",
			       qg));
}

/* A floating address: what comes for it goes on, also from the router itself
 * and from inside; what comes from there has it. */
static void floating(struct plan_ctx *c, const struct topo_router *r,
		     const struct topo_floating *f)
{
	static const char *const in[] = {WRAP "PREROUTING", WRAP "OUTPUT"};
	char addr[IP_TEXT_MAX], fixed[IP_TEXT_MAX];
	const char *rule;

	ip_print(&f->addr, addr);
	ip_print(&f->fixed, fixed);
	rule = arena_printf(c->arena, "-d %s/32 -j DNAT --to-destination %s",
			    addr, fixed);
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		rules_add(c, r->netns, 4, "nat", in[i], rule);
	rules_add(c, r->netns, 4, "nat", WRAP "float-snat",
		  arena_printf(c->arena, "-s %s/32 -j SNAT --to-source %s",
			       fixed, addr));
}

void plan_nat(struct plan_ctx *c, const struct topo_router *r)
{
	const struct ip *addr = topo_external_ip(r, 4);

	filter(c, r, 4);
	filter(c, r, 6);
	raw(c, r, 4);
	raw(c, r, 6);
	mangle(c, r);
	nat(c, r);
	if (addr)
		outside(c, r, addr);
}

void plan_floatings(struct plan_ctx *c, const struct topo_router *r)
{
	for (size_t i = 0; i < r->nfloatings; i++)
		floating(c, r, r->floatings[i]);
}
