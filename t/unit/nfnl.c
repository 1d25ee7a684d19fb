/* SPDX-License-Identifier: MIT */
/*
 * Rule sets, on a real kernel: what iptables-restore makes in one namespace
 * is dumped, compared and put into another, and iptables-save must then say
 * the same of both.
 */
#include "lib/kernel/nfnl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "t/lib/tap.h"

static const char rules4[] =
	"*nat\n"
	":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
	":neutron-l3-agent-PREROUTING - [0:0]\n"
	":neutron-l3-agent-float-snat - [0:0]\n"
	":neutron-l3-agent-snat - [0:0]\n"
	":neutron-postrouting-bottom - [0:0]\n"
	"-A PREROUTING -j neutron-l3-agent-PREROUTING\n"
	"-A POSTROUTING -j neutron-postrouting-bottom\n"
	"-A neutron-postrouting-bottom -m comment --comment "
	"\"Perform source NAT on outgoing traffic.\" -j neutron-l3-agent-snat\n"
	"-A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp "
	"-m tcp --dport 80 -j REDIRECT --to-ports 9697\n"
	"-A neutron-l3-agent-PREROUTING -d 203.0.113.17/32 -j DNAT "
	"--to-destination 198.51.100.4\n"
	"-A neutron-l3-agent-float-snat -s 198.51.100.4/32 -j SNAT "
	"--to-source 203.0.113.17\n"
	"-A neutron-l3-agent-snat -j neutron-l3-agent-float-snat\n"
	"-A neutron-l3-agent-snat -o qg-12345678-9a -j SNAT "
	"--to-source 203.0.113.21\n"
	"-A neutron-l3-agent-snat -m mark ! --mark 0x2/0xffff -m conntrack "
	"--ctstate DNAT -j SNAT --to-source 203.0.113.21\n"
	"COMMIT\n"
	"*mangle\n"
	":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n"
	":FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":POSTROUTING ACCEPT [0:0]\n"
	":neutron-l3-agent-mark - [0:0]\n"
	"-A PREROUTING -m connmark ! --mark 0x0/0xffff0000 -j CONNMARK "
	"--restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000\n"
	"-A neutron-l3-agent-mark -i qg-12345678-9a -j MARK "
	"--set-xmark 0x2/0xffff\n"
	"-A POSTROUTING -p udp -m udp --dport 68 -j CHECKSUM "
	"--checksum-fill\n"
	"COMMIT\n"
	"*filter\n"
	":INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	"-A INPUT -p tcp -m tcp --dport 9697 -j DROP\n"
	"-A INPUT ! -p udp -j ACCEPT\n"
	"-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT\n"
	"-A FORWARD -p tcp -m multiport --dports 22,80:90 -j ACCEPT\n"
	"-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\n"
	"COMMIT\n";

static const char rules6[] =
	"*filter\n"
	":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	"-A OUTPUT -o qr-+ -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j DROP\n"
	"-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"COMMIT\n";

/* A fresh network namespace, in which this process then is. */
static int fresh(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void feed(const char *command, const char *text)
{
	FILE *f = popen(command, "we");

	if (!f)
		return;
	fputs(text, f);
	pclose(f);
}

/* What a command prints in the namespace, without comments and counters. */
static void said(int ns, const char *command, struct buf *out)
{
	char line[1024];
	FILE *f;

	buf_reset(out);
	setns(ns, CLONE_NEWNET);
	f = popen(command, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char *bracket = line[0] == ':' ? strchr(line, '[') : NULL;

		if (line[0] == '#')
			continue;
		if (bracket)
			*bracket = '\0';
		buf_adds(out, line);
		if (bracket)
			buf_addc(out, '\n');
	}
	buf_addc(out, '\0');
	if (f)
		pclose(f);
}

static void same_words(int one, int other, const char *command)
{
	auto_buf struct buf a = {0}, b = {0};

	said(one, command, &a);
	said(other, command, &b);
	ok(a.len > 100, "%s says something", command);
	is(b.data, a.data, "%s says the same of both", command);
}

static struct nfnl *talk(int ns)
{
	struct nfnl *n = NULL;
	struct err err;

	if (nfnl_open(&n, ns, &err) < 0)
		tap_diag("%s", err.msg);
	return n;
}

static struct nfnl_rules dump(struct arena *a, struct nfnl *n, uint8_t family)
{
	struct nfnl_rules r = {0};
	struct err err;

	if (nfnl_dump(n, a, family, &r, &err) < 0)
		tap_diag("%s", err.msg);
	return r;
}

static uint32_t generation(struct nfnl *n)
{
	uint32_t g = 0;

	nfnl_generation(n, &g, NULL);
	return g;
}

static void replay(struct arena *a, int from, int to)
{
	struct nfnl *x = talk(from), *y = talk(to);
	struct nfnl_rules want4 = dump(a, x, NFPROTO_IPV4);
	struct nfnl_rules want6 = dump(a, x, NFPROTO_IPV6);
	struct nfnl_rules have, none = {.family = NFPROTO_IPV4};
	struct nfnl_tables tables;
	struct err err = {0};
	uint32_t g;

	g = generation(x);
	is_int(generation(x), g, "looking does not move the generation");
	have = dump(a, y, NFPROTO_IPV4);
	ok(!nfnl_same(&want4, &have), "an empty namespace differs");
	ok(nfnl_same(&none, &have), "and is as no rules at all");
	g = generation(y);
	is_int(nfnl_replace(y, &want4, &err), 0, "IPv4 is put in place: %s",
	       err.msg);
	is_int(generation(y), g + 1, "in one transaction");
	is_int(nfnl_replace(y, &want6, &err), 0, "and IPv6: %s", err.msg);
	same_words(from, to, "iptables-save");
	same_words(from, to, "ip6tables-save");
	have = dump(a, y, NFPROTO_IPV4);
	ok(nfnl_same(&want4, &have), "a dump of it is the same");
	setns(to, CLONE_NEWNET);
	if (system("iptables -t nat -A neutron-l3-agent-snat -j ACCEPT") != 0)
		tap_diag("iptables failed");
	have = dump(a, y, NFPROTO_IPV4);
	ok(!nfnl_same(&want4, &have), "a rule more is seen");
	nfnl_replace(y, &want4, NULL);
	if (system("iptables -P FORWARD ACCEPT") != 0)
		tap_diag("iptables failed");
	have = dump(a, y, NFPROTO_IPV4);
	ok(!nfnl_same(&want4, &have), "another policy is seen");
	if (system("iptables -P FORWARD DROP; iptables -A INPUT; "
		   "iptables -D INPUT") != 0)
		tap_diag("iptables failed");
	have = dump(a, y, NFPROTO_IPV4);
	ok(nfnl_same(&want4, &have), "a rule that came and went is not");

	/* Never half a set: an error in the last message keeps all. */
	g = generation(y);
	want4.items[want4.n - 1].len -= 4;
	ok(nfnl_replace(y, &want4, &err) < 0, "a broken set is refused: %s",
	   err.msg);
	is_int(generation(y), g, "and nothing was changed");
	have = dump(a, y, NFPROTO_IPV4);
	want4.items[want4.n - 1].len += 4;
	ok(nfnl_same(&want4, &have), "it stands as it stood");

	is_int(nfnl_replace(y, &none, &err), 0, "all of it is removed");
	nfnl_tables(y, a, &tables, NULL);
	is_int(tables.n, 1, "but IPv6's table");
	if (tables.n == 1) {
		is_int(nfnl_delete(y, &tables.items[0], &err), 0,
		       "which is deleted by name");
		is_int(nfnl_delete(y, &tables.items[0], &err), 0,
		       "and again is no error");
	}
	nfnl_tables(y, a, &tables, NULL);
	is_int(tables.n, 0, "nothing is left");
	nfnl_free(x);
	nfnl_free(y);
}

static void idle(struct arena *a)
{
	auto_close int ns = fresh();
	struct nfnl *n = talk(ns);
	struct nfnl_rules none = {.family = NFPROTO_IPV4}, have;

	if (system("iptables -L >/dev/null; iptables -t nat -L >/dev/null; "
		   "iptables -A INPUT -j ACCEPT; iptables -F") != 0)
		tap_diag("iptables failed");
	have = dump(a, n, NFPROTO_IPV4);
	ok(have.n > 0, "looking by iptables makes a table");
	ok(nfnl_same(&none, &have), "which is as none");
	if (system("nft 'add table ip t; add set ip t s { type ipv4_addr; "
		   "}'") == 0) {
		struct nfnl_rules r;
		struct err err;

		is_int(nfnl_dump(n, a, NFPROTO_IPV4, &r, &err), -ENOTSUP,
		       "a table with a set is not dumped: %s", err.msg);
	}
	nfnl_free(n);
}

int main(void)
{
	auto_arena struct arena a = {0};
	auto_close int from = -1, to = -1;

	if (geteuid() != 0 || (from = fresh()) < 0 ||
	    system("iptables -L >/dev/null 2>&1") != 0) {
		tap_skip("needs root and iptables", "rule sets on a kernel");
		return tap_done();
	}
	feed("iptables-restore", rules4);
	feed("ip6tables-restore", rules6);
	to = fresh();
	replay(&a, from, to);
	idle(&a);
	return tap_done();
}
