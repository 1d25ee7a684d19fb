/* SPDX-License-Identifier: MIT */
/* Rule sets as texts: compiled on a real kernel, told apart in words. */
#include "provision/kinds/rules/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "provision/kinds/rules/gather.h"
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

/* --- many as one ------------------------------------------------------ */

static void gathered(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0}, none = {0};
	const char *texts[] = {
		"*nat\n:OUTPUT ACCEPT\n:own -\n-A OUTPUT -j own\n"
		"-A own -m comment --comment \"-j own\" -j RETURN\nCOMMIT\n",
		"",
		"*nat\n:OUTPUT ACCEPT\n:own -\n-A own -g own2\n:own2 -\n"
		"COMMIT\n*raw\n-A PREROUTING -j CT --notrack\nCOMMIT\n",
		"*raw\n-A PREROUTING -j CT --notrack\nCOMMIT\n",
	};
	const char *bad[] = {"*nat\n-I OUTPUT -j ACCEPT\nCOMMIT\n",
			     "*nat\n:OUTPUT ACCEPT\n",
			     "*nat\nCOMMIT\n*nat\nCOMMIT\n", "nonsense\n",
			     "*nat\n:a -\nCOMMIT\n"};
	size_t i;

	ok(rules_gather(&a, texts, 4, &b) != NULL, "four sets are one");
	is(b.data,
	   "*nat\n:OUTPUT ACCEPT\n:Z00000 -\n:Z01 -\n:Z00002 -\n:Z03 -\n"
	   ":Z004 -\n-A Z00000 -j Z01\n"
	   "-A Z01 -m comment --comment \"-j own\" -j RETURN\n"
	   "-A Z03 -g Z004\nCOMMIT\n"
	   "*raw\n:PREROUTING ACCEPT\n:Z000000005 -\n"
	   "-A Z000000005 -j CT --notrack\nCOMMIT\n",
	   "each chain has a name of its own, as long as it was, and a "
	   "table that two have is there once");
	for (i = 0; i < ARRAY_LEN(bad); i++)
		ok(!rules_gather(&a, &bad[i], 1, &none) && !none.len,
		   "not gathered: %zu", i);
}

/* A job's set as iptables prints it where it was put. */
static char *printed(struct arena *a, int ns, enum rules_family f)
{
	auto_buf struct buf b = {0};

	setns(ns, CLONE_NEWNET);
	if (rules_save(f, &b, NULL) < 0)
		return arena_strdup(a, "?");
	return arena_strndup(a, b.data ? b.data : "", b.len);
}

/* Sets of a router's size: gathered, they are what each by itself is. */
static void gathered_kernel(void)
{
	auto_arena struct arena a = {0};
	auto_close int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	const char *raw = "*raw\n:OUTPUT ACCEPT\n:l3 -\n-A OUTPUT -j l3\n"
			  "-A l3 -o qr-+ -j CT --notrack\nCOMMIT\n";
	struct rules_job one[6], many[6];
	size_t i, same = 0, dumps = 0;

	for (i = 0; i < 6; i++) {
		one[i] = many[i] = (struct rules_job){
			.text = {arena_printf(
					 &a,
					 "*nat\n:PREROUTING ACCEPT\n"
					 ":POSTROUTING %s\n:l3-snat "
					 "-\n:l3-x%zu -\n"
					 "-A PREROUTING -j l3-x%zu\n"
					 "-A POSTROUTING -j l3-snat\n"
					 "-A l3-snat -o qg-%zu -j SNAT "
					 "--to-source 10.0.0.%zu\n"
					 "-A l3-x%zu -d 169.254.169.254/32 -i "
					 "qr-+ -p tcp -m tcp --dport 80 -j "
					 "REDIRECT --to-ports 9697\nCOMMIT\n%s",
					 i == 3 ? "DROP" : "ACCEPT", i, i, i, i,
					 i, i == 5 ? "" : raw),
				 arena_printf(&a,
					      "*filter\n:INPUT %s\n-A INPUT -s "
					      "fd00::%zu/128 -m comment "
					      "--comment \"no -j l3-x\" -j "
					      "DROP\nCOMMIT\n",
					      i == 2 ? "DROP" : "ACCEPT",
					      i + 1)}};
		one[i].nsfd = fresh(before);
		many[i].nsfd = fresh(before);
		/* Each by itself, which takes its words too. */
		(void)rules_compile(&a, &one[i], 1, true);
	}
	is_int((long long)rules_compile(&a, many, 6, false), 0,
	       "six sets are put in place%s%s", many[0].r ? ": " : "",
	       many[0].r ? many[0].err.msg : "");
	for (i = 0; i < 6; i++)
		for (int f = 0; f < RULES_FAMILIES; f++) {
			const char *want =
				printed(&a, one[i].nsfd, (enum rules_family)f);
			const char *is =
				printed(&a, many[i].nsfd, (enum rules_family)f);

			dumps += nfnl_same(&one[i].rules[f], &many[i].rules[f]);
			if (strcmp(want, is) == 0)
				same++;
			else
				tap_diag("set %zu:\n%s\nbut\n%s", i, want, is);
		}
	is_int((long long)same, 12, "each reads as if it were alone");
	is_int((long long)dumps, 12, "to the byte of its messages");
	ok(strstr(printed(&a, many[3].nsfd, RULES_IPV4), "POSTROUTING DROP"),
	   "a chain that drops");
	setns(before, CLONE_NEWNET);
	/* One that is wrong is told, and the others are put in place. */
	many[4].text[RULES_IPV4] = "*nat\n-A PREROUTING -j none\nCOMMIT\n";
	is_int((long long)rules_compile(&a, many, 6, false), 1,
	       "one of six is wrong");
	ok(many[4].r < 0 && strstr(many[4].err.msg, "line: 3"),
	   "it is told with its line: %s", many[4].err.msg);
	/* Of the kernel's saying, and so where it is put. */
	many[4].text[RULES_IPV4] = "*nat\n:OUTPUT ACCEPT\n"
				   "-A OUTPUT -j MASQUERADE\nCOMMIT\n";
	is_int((long long)rules_compile(&a, many, 6, false), 1,
	       "a rule that may not be in its chain");
	ok(many[4].r < 0, "%s", many[4].err.msg);
	setns(before, CLONE_NEWNET);
	for (i = 0; i < 6; i++) {
		close(one[i].nsfd);
		close(many[i].nsfd);
	}
}

int main(void)
{
	words();
	gathered();
	if (geteuid() != 0 || system("iptables -V >/dev/null 2>&1") != 0)
		tap_skip("needs root and iptables", "compiling");
	else {
		kernel();
		gathered_kernel();
	}
	return tap_done();
}
