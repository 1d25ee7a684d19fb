/* SPDX-License-Identifier: MIT */
/* Rule sets as texts: compiled on a real kernel, told apart in words. */
#include "provision/kinds/rules_compile.h"

#include <errno.h>
#include <fcntl.h>
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

static int fresh(int back)
{
	int ns;

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	setns(back, CLONE_NEWNET);
	return ns;
}

static void kernel(void)
{
	auto_arena struct arena a = {0};
	auto_close int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	auto_close int ns = fresh(before);
	auto_buf struct buf four = {0}, six = {0}, more = {0};
	struct rules_job jobs[40] = {
		{.text = {HEAD "-A neutron-l3-agent-snat -s 10.0.0.5/24 -j "
			       "ACCEPT\nCOMMIT\n",
			  "*filter\n-A OUTPUT -o qr-+ -p ipv6-icmp -m icmp6 "
			  "--icmpv6-type 143 -j DROP\nCOMMIT\n"},
		 .nsfd = ns},
		{.text = {"", ""}, .nsfd = -1},
		{.text = {"*nat\n-A OUTPUT -j\nCOMMIT\n", ""}, .nsfd = -1},
		{.text = {HEAD "COMMIT\n", "*nonsense\nCOMMIT\n"}, .nsfd = ns},
	};
	struct err err;
	size_t i;

	for (i = 4; i < 40; i++)
		jobs[i] = (struct rules_job){
			.text = {arena_printf(&a,
					      "*filter\n:INPUT ACCEPT\n-A "
					      "INPUT -s 10.0.0.%zu/32 -j "
					      "DROP\nCOMMIT\n",
					      i),
				 ""},
			.nsfd = -1};
	is_int(rules_compile(&a, jobs, 40, true), 2, "two of 40 are wrong");
	ok(jobs[2].r < 0 && strstr(jobs[2].err.msg, "line: 2"),
	   "one says where: %s", jobs[2].err.msg);
	ok(jobs[3].r < 0, "the other fails in IPv6: %s", jobs[3].err.msg);
	is(jobs[0].canonical[RULES_IPV4],
	   "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n"
	   ":POSTROUTING ACCEPT\n:neutron-l3-agent-snat -\n"
	   "-A neutron-l3-agent-snat -s 10.0.0.0/24 -j ACCEPT\nCOMMIT\n",
	   "the canonical text is as iptables prints it");
	is_int(jobs[1].rules[RULES_IPV4].n, 0, "no text is no message");
	ok(jobs[39].canonical[RULES_IPV4] &&
		   strstr(jobs[39].canonical[RULES_IPV4], "10.0.0.39/32") &&
		   !strstr(jobs[39].canonical[RULES_IPV4], "10.0.0.38/32"),
	   "no set is in another's");
	setns(ns, CLONE_NEWNET);
	is_int(rules_save(RULES_IPV4, &four, &err), 0, "what was put in place");
	is(four.data, jobs[0].canonical[RULES_IPV4],
	   "is the right one, and not the first half of the broken one");
	is_int(rules_save(RULES_IPV6, &six, &err), 0, "IPv6 is read");
	is_int(rules_differ(jobs[0].canonical[RULES_IPV6], six.data, 9, &more),
	       0, "and does not differ");
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
