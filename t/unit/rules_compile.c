/* SPDX-License-Identifier: MIT */
/* Rule sets as texts: compiled on a real kernel, told apart in words. */
#include "provision/kinds/rules_compile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

#define HEAD                                                                   \
	"*nat\n:PREROUTING ACCEPT\n:POSTROUTING ACCEPT\n"                      \
	":neutron-l3-agent-snat -\n"

static void differs(const char *want, const char *have, const char *words,
		    const char *name)
{
	auto_buf struct buf b = {0};

	buf_addc(&b, ' ');
	buf_reset(&b);
	rules_differ(want, have, 3, &b);
	is(b.data, words, "%s", name);
}

static void words(void)
{
	const char *rule = HEAD "-A neutron-l3-agent-snat -j ACCEPT\nCOMMIT\n";
	const char *none = HEAD "COMMIT\n";

	differs(rule, rule, "", "the same");
	differs(rule, none, "nat neutron-l3-agent-snat: lacks -j ACCEPT",
		"a rule is gone");
	differs(none, rule, "nat neutron-l3-agent-snat: has -j ACCEPT",
		"a rule is too many");
	differs("", "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\nCOMMIT\n", "",
		"tables that do nothing are as none");
	differs("*filter\n:INPUT ACCEPT\nCOMMIT\n", "", "",
		"and wanted ones that are not there");
	differs("", "*filter\n:FORWARD DROP\nCOMMIT\n",
		"filter FORWARD: policy DROP", "a policy");
	differs("*filter\n:FORWARD DROP\nCOMMIT\n", "",
		"filter FORWARD: policy ACCEPT", "a policy that is not there");
	differs("*filter\n:mine -\nCOMMIT\n", "",
		"filter mine: is not there, wanted", "an empty chain is gone");
	differs("", "*filter\n:mine -\nCOMMIT\n",
		"filter mine: is there, not wanted", "or is too many");
	differs("*filter\n:INPUT ACCEPT\n-A INPUT -s 10.0.0.1/32 -j DROP\n"
		"-A INPUT -s 10.0.0.2/32 -j DROP\nCOMMIT\n",
		"*filter\n:INPUT ACCEPT\n-A INPUT -s 10.0.0.1/32 -j DROP\n"
		"-A INPUT -s 10.0.0.3/32 -j DROP\n"
		"-A INPUT -s 10.0.0.2/32 -j DROP\nCOMMIT\n",
		"filter INPUT: has -s 10.0.0.3/32 -j DROP",
		"one in the middle is told by itself");
	differs("",
		"*raw\n:a -\n-A a -j ACCEPT\n-A a -j ACCEPT\n-A a -j ACCEPT\n"
		"-A a -j ACCEPT\n-A a -j DROP\nCOMMIT\n",
		"raw a: has -j ACCEPT; raw a: has -j ACCEPT; raw a: has -j "
		"ACCEPT; and 2 more",
		"no more than asked for");
}

static void kernel(void)
{
	auto_arena struct arena a = {0};
	auto_close int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	auto_buf struct buf saved = {0};
	struct rules_job jobs[40] = {
		{.family = NFPROTO_IPV4,
		 .text = HEAD "-A neutron-l3-agent-snat -s 10.0.0.5/24 -j "
			      "ACCEPT\nCOMMIT\n"},
		{.family = NFPROTO_IPV6,
		 .text = "*filter\n-A OUTPUT -o qr-+ -p ipv6-icmp -m icmp6 "
			 "--icmpv6-type 143 -j DROP\nCOMMIT\n"},
		{.family = NFPROTO_IPV4,
		 .text = "*nat\n-A OUTPUT -j\nCOMMIT\n"},
		{.family = NFPROTO_IPV4, .text = ""},
	};
	struct nfnl *n = NULL;
	struct err err;
	auto_close int ns = -1;
	size_t i;

	for (i = 4; i < 40; i++)
		jobs[i] = (struct rules_job){
			.family = NFPROTO_IPV4,
			.text = arena_printf(
				&a,
				"*filter\n:INPUT ACCEPT\n-A INPUT "
				"-s 10.0.0.%zu/32 -j DROP\nCOMMIT\n",
				i)};
	is_int(rules_compile(&a, jobs, 40, true), 1, "one of 40 sets is wrong");
	ok(jobs[2].r < 0 && strstr(jobs[2].err.msg, "line: 2"),
	   "it says where: %s", jobs[2].err.msg);
	is(jobs[0].canonical,
	   "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n"
	   ":POSTROUTING ACCEPT\n:neutron-l3-agent-snat -\n"
	   "-A neutron-l3-agent-snat -s 10.0.0.0/24 -j ACCEPT\nCOMMIT\n",
	   "the canonical text is as iptables prints it");
	is_int(jobs[3].rules.n, 0, "no text is no message");
	ok(jobs[39].canonical && strstr(jobs[39].canonical, "10.0.0.39/32") &&
		   !strstr(jobs[39].canonical, "10.0.0.38/32"),
	   "no set is in another's");
	if (unshare(CLONE_NEWNET) < 0)
		return;
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	setns(before, CLONE_NEWNET);
	nfnl_open(&n, ns, NULL);
	is_int(nfnl_replace(n, &jobs[0].rules, &err), 0,
	       "a set is put into a "
	       "namespace");
	is_int(nfnl_replace(n, &jobs[1].rules, &err), 0, "and one of IPv6");
	nfnl_free(n);
	is_int(rules_save(ns, NFPROTO_IPV4, &saved, &err), 0, "which is read");
	buf_addc(&saved, '\0');
	is(saved.data, jobs[0].canonical, "and is the same text");
	buf_reset(&saved);
	is_int(rules_save(ns, NFPROTO_IPV6, &saved, &err), 0, "IPv6 too");
	is_int(rules_differ(jobs[1].canonical, saved.data, 9, &saved), 0,
	       "without a difference");
}

int main(void)
{
	words();
	if (geteuid() != 0 || system("iptables -V >/dev/null 2>&1") != 0)
		tap_skip("needs root and iptables", "compiling");
	else
		kernel();
	return tap_done();
}
