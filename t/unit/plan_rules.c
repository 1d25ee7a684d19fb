/* SPDX-License-Identifier: MIT */
/* Rule sets of a plan: put together by several, in iptables-save's own form. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "provision/kinds/rules/compile.h"
#include "provision/seen.h"
#include "provision/node/diff.h"
#include "provision/plan/rules.h"
#include "t/lib/tap.h"

static void fill(struct plan_ctx *c)
{
	rules_add(c, "qdhcp-1", 4, "mangle", "POSTROUTING",
		  "-j neutron-dhcp-age-POSTROUTING");
	rules_add(c, "qdhcp-1", 4, "mangle", "neutron-dhcp-age-POSTROUTING",
		  "-p udp -m udp --dport 68 -j CHECKSUM --checksum-fill");
	rules_add(c, "qrouter-1", 4, "nat", "b-snat", "-o qg-1 -j ACCEPT");
	rules_add(c, "qrouter-1", 4, "nat", "POSTROUTING", "-j b-snat");
	rules_chain(c, "qrouter-1", 4, "nat", "a-empty");
	rules_chain(c, "qrouter-1", 4, "nat", "b-snat");
	rules_add(c, "qrouter-1", 4, "filter", "INPUT",
		  "-m mark --mark 0x1/0xffff -j ACCEPT");
	rules_add(c, "qrouter-1", 6, "filter", "OUTPUT",
		  "-o qr-+ -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j DROP");
	rules_add(c, "qrouter-1", 4, "nat", "b-snat", "-o qg-2 -j ACCEPT");
	rules_add(c, "qrouter-1", 4, "nat", "PREROUTING", "-j Z-first");
	rules_add(c, "qrouter-1", 4, "nat", "Z-first",
		  "-d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j "
		  "REDIRECT --to-ports 9697");
	rules_add(c, "qrouter-1", 4, "raw", "PREROUTING", "-j CT --notrack");
}

static const char router[] =
	"*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n"
	"-A PREROUTING -j CT --notrack\nCOMMIT\n"
	"*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"
	"-A INPUT -m mark --mark 0x1/0xffff -j ACCEPT\nCOMMIT\n"
	"*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n"
	":POSTROUTING ACCEPT\n:Z-first -\n:a-empty -\n:b-snat -\n"
	"-A PREROUTING -j Z-first\n-A POSTROUTING -j b-snat\n"
	"-A Z-first -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 "
	"-j REDIRECT --to-ports 9697\n"
	"-A b-snat -o qg-1 -j ACCEPT\n-A b-snat -o qg-2 -j ACCEPT\nCOMMIT\n";

/* iptables prints them as they were written. */
static void canonical(struct arena *a, const struct plan *p)
{
	struct rules_job jobs[2] = {{.nsfd = -1}, {.nsfd = -1}};

	for (size_t i = 0; i < p->n; i++) {
		jobs[i].text[RULES_IPV4] = p->res[i].rules.text4;
		jobs[i].text[RULES_IPV6] = p->res[i].rules.text6;
	}
	is_int(rules_compile(a, jobs, p->n, true), 0, "iptables takes them");
	for (size_t i = 0; i < p->n; i++) {
		is(jobs[i].canonical[RULES_IPV4], p->res[i].rules.text4,
		   "%s: IPv4 is canonical", p->res[i].netns);
		is(jobs[i].canonical[RULES_IPV6], p->res[i].rules.text6,
		   "%s: IPv6 is canonical", p->res[i].netns);
	}
}

/* What a plan would change where the namespaces have these rules. */
static void differs(struct arena *a, const struct plan *p, const char *four,
		    const char *six, const char *why, const char *name)
{
	struct seen_ns ns[2] = {{.name = "qdhcp-1"}, {.name = "qrouter-1"}};
	struct observed o = {.ns = ns, .nns = 2};
	struct changes c = {0};

	seen_push(a, &ns[0], RES_RULES)->rules = p->res[0].rules;
	seen_push(a, &ns[1], RES_RULES)->rules = p->res[1].rules;
	if (four)
		ns[1].of[RES_RULES].items[0].rules.text4 = four;
	if (six)
		ns[1].of[RES_RULES].items[0].rules.text6 = six;
	plan_diff(a, p, &o, &c);
	is(c.n ? c.items[0].why : NULL, why, "%s", name);
}

int main(void)
{
	auto_arena struct arena a = {0};
	struct plan plan = {0};
	struct plan_ctx c = {.arena = &a, .plan = &plan};

	rules_done(&c);
	is_int(plan.n, 0, "no rules, no resource");
	fill(&c);
	rules_done(&c);
	is_int(plan.n, 2, "one resource a namespace");
	is(plan.res[0].netns, "qdhcp-1", "in the order of the first rules");
	is(plan.res[1].rules.text4, router, "by table, chain and call");
	is(plan.res[0].rules.text6, "", "no rules of a family, no text");
	ok(strstr(plan.res[1].rules.text6, "*filter\n"), "families apart");
	differs(&a, &plan, NULL, NULL, NULL, "as they are: no change");
	differs(&a, &plan, "*raw\n:OUTPUT DROP\nCOMMIT\n", NULL,
		"raw PREROUTING: lacks -j CT --notrack; raw OUTPUT: policy "
		"DROP; filter INPUT: lacks -m mark --mark 0x1/0xffff -j "
		"ACCEPT; and 5 more",
		"IPv4 alone");
	differs(&a, &plan, NULL, "",
		"filter OUTPUT: lacks -o qr-+ -p ipv6-icmp -m icmp6 "
		"--icmpv6-type 143 -j DROP",
		"IPv6 alone");
	if (geteuid() != 0 || system("iptables -V >/dev/null 2>&1") != 0)
		tap_skip("needs root and iptables", "compiling");
	else
		canonical(&a, &plan);
	return tap_done();
}
