/* SPDX-License-Identifier: MIT */
/*
 * Security groups in the model: what a project has without asking, what is
 * printed and read again, their limits, and what they let through.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "t/lib/tap.h"
#include "topologies/print.h"
#include "topologies/secgroup/secgroup.h"
#include "topologies/topo.h"

#define HEAD                                                                   \
	"lab: t\n"                                                             \
	"nodes: {k1: {role: compute}, k2: {role: compute}}\n"                  \
	"networks:\n"                                                          \
	"  a: {subnets: {a4: {cidr: 10.1.0.0/24}, a6: "                        \
	"{cidr: \"fd00:1::/64\"}}}\n"                                          \
	"  b: {project: p2, subnets: {b4: {cidr: 10.1.0.0/24}}}\n"

static const char text[] = HEAD
	"security_groups:\n"
	"  web:\n"
	"    description: 'quoted: \"so\"'\n"
	"    rules:\n"
	"      - {protocol: tcp, ports: 80-90, remote_ip: 203.0.113.0/24}\n"
	"      - {protocol: icmp, icmp: 8}\n"
	"      - {protocol: icmp, ethertype: IPv6, icmp: 128/0}\n"
	"      - {protocol: udp, remote_group: default}\n"
	"      - {protocol: 112, direction: egress, remote_ip: \"fd00::/8\"}\n"
	"  theirs: {name: default, project: p2, rules: [{protocol: tcp, ports: "
	"22}]}\n"
	"instances:\n"
	"  i1: {node: k1, network: a}\n"
	"  i2: {node: k2, network: a, security_groups: [web],\n"
	"       allowed_address_pairs: [{address: 10.1.0.128/25, mac: "
	"\"fa:16:3e:00:00:01\"}, {address: \"fd00:1::9\"}]}\n"
	"  i3: {node: k1, network: a, port_security: false}\n"
	"  i4: {node: k1, network: a, security_groups: []}\n"
	"  j1: {node: k1, network: b}\n";

static struct lab *load(const char *t, size_t len)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf words = {0};
	struct lab *lab = NULL;

	if (topo_load_text("f", t, len, &lab, &errs) == 0)
		return lab;
	topo_errors_print(&errs, "f", 0, false, &words);
	tap_diag("%s", words.data);
	return NULL;
}

static void round_trip(struct lab *lab)
{
	auto_buf struct buf one = {0}, two = {0};
	struct lab *again;

	topo_print(lab, &one);
	again = load(one.data, one.len);
	if (!ok(again, "what is printed loads"))
		return;
	topo_print(again, &two);
	is(two.data, one.data, "and prints the same");
	lab_free(again);
}

/* A flow "DIRECTION PROTOCOL SPORT DPORT REMOTE". */
static bool lets(const struct lab *lab, const char *in, bool egress,
		 int protocol, unsigned sport, unsigned dport,
		 const char *remote)
{
	struct topo_flow f = {.egress = egress,
			      .protocol = (uint8_t)protocol,
			      .sport = (uint16_t)sport,
			      .dport = (uint16_t)dport};

	ip_parse(remote, &f.remote);
	return topo_lets(topo_instance(lab, in)->port, &f);
}

static void flows(const struct lab *lab)
{
	static const struct {
		const char *what, *in;
		bool egress;
		int protocol;
		unsigned sport, dport;
		const char *remote;
		bool let;
	} rows[] = {
		{"in: a stranger", "i1", false, 6, 9, 22, "203.0.113.1", false},
		{"in: a member", "i1", false, 6, 9, 22, "10.1.0.2", true},
		{"in: another group's", "i1", false, 6, 9, 22, "10.1.0.3",
		 false},
		{"in: IPv6 of a member", "i1", false, 6, 9, 22, "fd00:1::2",
		 true},
		{"out", "i1", true, 17, 9, 53, "192.0.2.1", true},
		{"in: in the range", "i2", false, 6, 9, 80, "203.0.113.1",
		 true},
		{"in: its end", "i2", false, 6, 9, 90, "203.0.113.1", true},
		{"in: beyond it", "i2", false, 6, 9, 91, "203.0.113.1", false},
		{"in: before it", "i2", false, 6, 9, 79, "203.0.113.1", false},
		{"in: UDP", "i2", false, 17, 9, 80, "203.0.113.1", false},
		{"in: from elsewhere", "i2", false, 6, 9, 80, "203.0.114.1",
		 false},
		{"in: an echo", "i2", false, 1, 0, 8 << 8, "192.0.2.1", true},
		{"in: a timestamp", "i2", false, 1, 0, 13 << 8, "192.0.2.1",
		 false},
		{"in: IPv6 echo", "i2", false, 58, 0, 128 << 8, "fd00::1",
		 true},
		{"in: another code", "i2", false, 58, 0, 128 << 8 | 1,
		 "fd00::1", false},
		{"in: a solicitation", "i2", false, 58, 0, 135 << 8, "fd00::1",
		 true},
		{"in: a member by group", "i2", false, 17, 9, 9, "10.1.0.2",
		 true},
		{"out: not all", "i2", true, 6, 9, 80, "192.0.2.1", false},
		{"out: what it names", "i2", true, 112, 0, 0, "fd00::1", true},
		{"out: DHCP", "i2", true, 17, 68, 67, "255.255.255.255", true},
		{"in: DHCP", "i2", false, 17, 67, 68, "10.1.0.2", true},
		{"out: an advertisement", "i1", true, 58, 0, 134 << 8,
		 "ff02::1",
		 true}, /* the groups'; the port's own chain refuses it */
		{"in: unfiltered", "i3", false, 6, 9, 22, "192.0.2.1", true},
		{"in: no groups", "i4", false, 6, 9, 22, "10.1.0.2", false},
		{"out: no groups", "i4", true, 6, 9, 22, "10.1.0.2", false},
		{"in: a rule of p2's", "j1", false, 6, 9, 22, "192.0.2.1",
		 true},
		{"in: not of p2's", "j1", false, 6, 9, 23, "10.1.0.3", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_int(lets(lab, rows[i].in, rows[i].egress, rows[i].protocol,
			    rows[i].sport, rows[i].dport, rows[i].remote),
		       rows[i].let, "%s of %s", rows[i].what, rows[i].in);
}

/* The pairs of a port are its group's addresses too. */
static void pairs(const struct lab *lab)
{
	const struct topo_port *p = topo_instance(lab, "i2")->port;
	struct mac mac;

	mac_parse("fa:16:3e:00:00:01", &mac);
	is_int((long)p->npairs, 2, "two pairs");
	ok(mac_equal(&p->pairs[0].mac, &mac), "with the MAC that it names");
	ok(mac_equal(&p->pairs[1].mac, &p->mac), "and with the port's own");
	is_int((long)p->pairs[1].addr.len, 128, "one address");
}

static void off(void)
{
	struct lab *lab = load(HEAD "instances: {i: {node: k1, network: a}}\n",
			       strlen(HEAD "instances: {i: {node: k1, "
					   "network: a}}\n"));

	ok(lab && !lab->nsecgroups && !lab->instances[0].port->filtered,
	   "without the key nothing is filtered");
	lab_free(lab);
	lab = load(HEAD "instances: {i: {node: k1, network: a, "
			"security_groups: [default]}, j: {node: k1, network: "
			"a}}\n",
		   strlen(HEAD "instances: {i: {node: k1, network: a, "
			       "security_groups: [default]}, j: {node: k1, "
			       "network: a}}\n"));
	ok(lab && lab->instances[0].port->filtered &&
		   !lab->instances[1].port->filtered,
	   "an instance that names groups is filtered, the other is not");
	if (lab)
		round_trip(lab);
	lab_free(lab);
}

/* 1,000 rules in a group, and one more; 500 ports in a remote group. */
static void limits(void)
{
	for (int over = 0; over < 2; over++) {
		auto_(topo_errors_release) struct topo_errors errs = {0};
		auto_buf struct buf b = {0};
		struct lab *lab = NULL;

		buf_adds(&b, HEAD "security_groups:\n  g:\n    rules:\n");
		for (int i = 0; i < TOPO_GROUP_RULES_MAX + over; i++)
			buf_printf(&b,
				   "      - {protocol: tcp, ports: %d, "
				   "remote_group: g}\n",
				   i + 1);
		buf_adds(&b, "instances:\n");
		for (int i = 0; i < 253; i++)
			buf_printf(&b,
				   "  i%d: {node: k1, network: a, "
				   "security_groups: [g]}\n",
				   i);
		is_int(topo_load_text("f", b.data, b.len, &lab, &errs) == 0,
		       !over, over ? "1,001 rules are refused" : "1,000 rules");
		if (over)
			is(errs.items[0].msg,
			   "1001 rules are too many; the limit is 1000",
			   "in words");
		else if (lab)
			is_int((long)lab->secgroups[0].nmembers, 253,
			       "and 253 ports in the group");
		lab_free(lab);
	}
}

int main(void)
{
	struct lab *lab = load(text, strlen(text));

	if (ok(lab, "loads")) {
		is_int((long)lab->nsecgroups, 3,
		       "two groups, and the default one of the first project");
		round_trip(lab);
		flows(lab);
		pairs(lab);
	}
	lab_free(lab);
	off();
	limits();
	return tap_done();
}
