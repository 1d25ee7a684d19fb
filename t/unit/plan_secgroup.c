/* SPDX-License-Identifier: MIT */
/*
 * What is filtered on a node: as text in t/golden/secgroup-NAME.txt, as the
 * programs themselves print it, and what is done about each difference. After a
 * change that is meant: UPDATE_GOLDEN=1 build/t/unit/plan_secgroup.t
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/conn.h"
#include "lib/file.h"
#include "provision/kinds/rules/compile.h"
#include "provision/kinds/rules/filter_text.h"
#include "provision/node/apply.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/plan/plan.h"
#include "provision/plan/secgroup/port.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

#define TEXT_MAX (1u << 20)

static const char lab_text[] =
	"lab: t\n"
	"nodes: {k1: {role: compute}, k2: {role: compute}}\n"
	"networks:\n"
	"  a: {subnets: {a4: {cidr: 10.1.0.0/24, dhcp: false}, a6: {cidr: "
	"\"fd00:1::/64\", ipv6: none}}}\n"
	"  b: {project: p2, subnets: {b4: {cidr: 10.1.0.0/24, dhcp: false}}}\n"
	"security_groups:\n"
	"  default: {rules: [{protocol: icmp}, {protocol: tcp, ports: 22}, "
	"{protocol: ipv6-icmp}]}\n"
	"  web:\n"
	"    rules:\n"
	"      - {protocol: tcp, ports: 80-90, remote_ip: 203.0.113.0/24}\n"
	"      - {protocol: udp, ports: 53, remote_group: default}\n"
	"      - {protocol: icmp, icmp: 8/0}\n"
	"      - {protocol: ipv6-icmp, icmp: 128}\n"
	"      - {protocol: 112}\n"
	"      - {protocol: tcp, direction: egress, remote_group: web}\n"
	"instances:\n"
	"  i1: {node: k1, network: a}\n"
	"  i2: {node: k1, network: a, security_groups: [web, default],\n"
	"       allowed_address_pairs: [{address: 10.1.0.128/25, mac: "
	"\"fa:16:3e:00:0a:01\"}, {address: 10.1.0.77}]}\n"
	"  i3: {node: k1, network: a, port_security: false}\n"
	"  j1: {node: k1, network: b}\n"
	"  i4: {node: k2, network: a}\n";

static struct lab *load(const char *text)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf words = {0};
	struct lab *lab = NULL;

	if (topo_load_text("t", text, strlen(text), &lab, &errs) == 0)
		return lab;
	topo_errors_print(&errs, "t", 0, false, &words);
	tap_diag("%s", words.data);
	return NULL;
}

static const struct res *filter_of(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->res[i].kind == RES_FILTER)
			return &p->res[i];
	return NULL;
}

static void golden(const struct res *r, const char *name)
{
	auto_buf struct buf got = {0}, want = {0};
	char path[256];

	buf_printf(&got, "# IPv4\n%s# IPv6\n%s# ebtables\n%s# sets\n%s",
		   r->filter.text4, r->filter.text6, r->filter.bridge,
		   r->filter.sets);
	snprintf(path, sizeof(path), "t/golden/secgroup-%s.txt", name);
	if (getenv("UPDATE_GOLDEN")) {
		is_int(file_replace(path, 0644, got.data, got.len, NULL), 0,
		       "%s is written", path);
		return;
	}
	if (file_read(path, TEXT_MAX, &want) < 0)
		buf_adds(&want, "(none)");
	buf_addc(&want, '\0');
	is(got.data, want.data, "%s", path);
}

/* --- scripts --------------------------------------------------------------
 */

static const char have[] =
	"*filter\n:INPUT ACCEPT [1:2]\n:FORWARD DROP [0:0]\n"
	":neutron-x - [0:0]\n:neutron-old - [0:0]\n:people - [0:0]\n"
	"-A FORWARD -j ACCEPT\n-A FORWARD -j neutron-x\n"
	"-A FORWARD -s 9.9.9.9/32 -j DROP\n-A INPUT -j people\n"
	"-A neutron-x -p vrrp -j RETURN\n-A people -j DROP\nCOMMIT\n"
	"*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j people\nCOMMIT\n";

static const char middle_have[] =
	"*filter\n:neutron-x -\n-A neutron-x -p 1 -j DROP\n"
	"-A neutron-x -p 2 -j DROP\n-A neutron-x -p 3 -j DROP\n"
	"-A neutron-x -p 4 -j DROP\nCOMMIT\n";
static const char middle_want[] =
	"*filter\n:neutron-x -\n-A neutron-x -p 1 -j DROP\n"
	"-A neutron-x -p 5 -j DROP\n-A neutron-x -p 4 -j DROP\nCOMMIT\n";

static size_t count(const char *text, const char *of)
{
	size_t n = 0;

	for (; (text = strstr(text, of)); text += strlen(of))
		n++;
	return n;
}

/* More than a transaction takes goes in several. */
static void many(struct arena *a)
{
	auto_buf struct buf b = {0};
	const char *script;

	buf_adds(&b, "*filter\n:neutron-x -\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b,
			   "-A neutron-x -p tcp -m tcp --dport %d -j DROP\n",
			   i);
	buf_adds(&b, "COMMIT\n");
	script = filter_script(a, b.data, "", false);
	is_int(count(script, "-A "), 1000, "a thousand rules");
	is_int(count(script, "COMMIT"), 6, "in six transactions");
	is_int(count(script, "*filter"), 6, "each begun");
}

static void scripts(struct arena *a)
{
	static const char want[] =
		"*filter\n:FORWARD ACCEPT\n:neutron-x -\n"
		"-A FORWARD -j neutron-x\n-A neutron-x -j DROP\nCOMMIT\n";
	const char *ours = filter_ours(a, have, false);
	auto_buf struct buf words = {0};

	is(ours,
	   "*filter\n:FORWARD ACCEPT\n:neutron-x -\n:neutron-old -\n"
	   "-A FORWARD -j ACCEPT\n-A FORWARD -j neutron-x\n"
	   "-A neutron-x -p 112 -j RETURN\nCOMMIT\n",
	   "other people's rules are not seen, but for one before ours");
	is(filter_script(a, want, ours, false),
	   "*filter\n-D neutron-x 1\n-I neutron-x 1 -j DROP\n"
	   "-D FORWARD -j neutron-x\n-I FORWARD 1 -j neutron-x\n"
	   "-F neutron-old\n-X neutron-old\nCOMMIT\n",
	   "ours come first, the rest stays");
	is(filter_script(a, want, want, false), "", "nothing to do");
	is(filter_script(a, want, "", false),
	   "*filter\n:neutron-x - [0:0]\n-A neutron-x -j DROP\n"
	   "-I FORWARD 1 -j neutron-x\nCOMMIT\n",
	   "chains before the jumps to them");
	is(filter_script(a, "", want, false),
	   "*filter\n-D FORWARD 1\n-F neutron-x\n-X neutron-x\nCOMMIT\n",
	   "all of ours go");
	is(filter_script(a, middle_want, middle_have, false),
	   "*filter\n-D neutron-x 3\n-D neutron-x 2\n"
	   "-I neutron-x 2 -p 5 -j DROP\nCOMMIT\n",
	   "a change is what differs, and no more");
	is(filter_script(a,
			 "*nat\n:neutronMAC-a DROP\n-A neutronMAC-a -j X\n"
			 "COMMIT\n",
			 "*nat\n:neutronMAC-a ACCEPT\n-A neutronMAC-a -j X\n"
			 "COMMIT\n",
			 true),
	   "*nat\n:neutronMAC-a DROP\n-A neutronMAC-a -j X\nCOMMIT\n",
	   "a policy of ebtables is that of a chain anew");
	many(a);
	is_int(filter_sets_differ("create NIPv4a hash:net family inet\n"
				  "add NIPv4a 10.0.0.1/32\n",
				  "create NIPv4a hash:net family inet\n"
				  "add NIPv4a 10.0.0.2/32\n"
				  "create NIPv6b hash:net family inet6\n",
				  2, &words),
	       3, "sets: three differences");
	is(words.data,
	   "set NIPv4a: lacks 10.0.0.1/32; set NIPv4a: has 10.0.0.2/32; and 1 "
	   "more",
	   "in words");
}

/* --- connections ----------------------------------------------------------
 */

static bool forbidden(const struct res *r, unsigned zone, int protocol,
		      const char *src, const char *dst, unsigned dport)
{
	struct conn c = {.zone = (uint16_t)zone,
			 .protocol = (uint8_t)protocol,
			 .sport = 999,
			 .dport = (uint16_t)dport};

	ip_parse(src, &c.src);
	ip_parse(dst, &c.dst);
	return r->filter.forbids(&c, r->filter.ctx);
}

static void connections(const struct lab *lab, const struct res *r)
{
	unsigned a = secgroup_zone(topo_instance(lab, "i1")->port);
	unsigned b = secgroup_zone(topo_instance(lab, "j1")->port);

	ok(!forbidden(r, a, 6, "192.0.2.1", "10.1.0.2", 22), "ssh goes on");
	ok(forbidden(r, a, 6, "192.0.2.1", "10.1.0.2", 23), "telnet ends");
	ok(!forbidden(r, a, 17, "10.1.0.2", "192.0.2.1", 53), "egress goes on");
	ok(!forbidden(r, a, 6, "10.1.0.3", "192.0.2.1", 80),
	   "egress that one of its groups has goes on");
	ok(!forbidden(r, 0, 6, "192.0.2.1", "10.1.0.2", 23),
	   "another zone is nobody's");
	ok(forbidden(r, b, 6, "192.0.2.1", "10.1.0.2", 22),
	   "the same address in another project is another's");
	ok(!forbidden(r, a, 6, "192.0.2.1", "10.1.0.4", 23),
	   "nothing of an open port");
}

/* The same with Open vSwitch: other names, a zone a port, and no ebtables. */
static void switched(struct arena *a)
{
	auto_buf struct buf text = {0};
	struct plan p;
	struct lab *lab;

	buf_printf(&text, "mechanism: openvswitch\n%s", lab_text);
	lab = load(text.data);
	if (!ok(lab, "loads with Open vSwitch"))
		return;
	plan_build(a, lab, topo_node(lab, "k1"), &p);
	golden(filter_of(&p), "switched");
	ok(forbidden(filter_of(&p), secgroup_zone(lab->instances[0].port), 6,
		     "192.0.2.1", "10.1.0.2", 23),
	   "a zone is a port's");
	ok(!forbidden(filter_of(&p), secgroup_zone(lab->instances[1].port), 6,
		      "192.0.2.1", "10.1.0.2", 23),
	   "and no other's of its network");
	lab_free(lab);
}

/* --- in a namespace -------------------------------------------------------
 */

static size_t todo(struct arena *a, const struct plan *p, struct changes *ret)
{
	struct look_what what = {.state_dir = p->state_dir};
	struct plan only = *p;
	struct observed o = {0};
	struct err err = {0};

	only.res = (struct res *)(uintptr_t)filter_of(p);
	only.n = only.res ? 1 : 0;
	is_int(look_own(a, &what, &o, &err), 0, "looked at%s", err.msg);
	/* The links and settings of the machine are no part of this. */
	for (size_t i = 0; i < o.nns; i++)
		for (int k = 0; k < (int)RES_KINDS; k++)
			if (k != RES_FILTER)
				o.ns[i].of[k].n = 0;
	*ret = (struct changes){0};
	plan_diff(a, &only, &o, ret);
	for (size_t i = 0; i < ret->n; i++)
		if (ret->items[i].why)
			tap_diag("%s", ret->items[i].why);
	return ret->n;
}

static void mend(struct arena *a, const struct plan *p, const char *name)
{
	struct failures failed = {0};
	struct changes c;
	struct err err = {0};

	is_int(todo(a, p, &c), 1, "%s: one difference", name);
	is_int(apply_changes(a, p, &c, &failed, &err), 0, "%s: applied%s", name,
	       err.msg);
	is_int(failed.n, 0, "%s: %s", name,
	       failed.n ? failed.items[0].why : "nothing failed");
	(void)unlink(arena_printf(a, "%s/filters", p->state_dir));
	is_int(todo(a, p, &c), 0, "%s: then none, as programs print it", name);
}

/* Sabotage, and whose it is. */
static const struct {
	const char *name, *command;
} breaks[] = {
	{"a rule too many", "iptables-nft -I neutron-linuxbri-sg-chain 1 -j "
			    "ACCEPT"},
	{"a rule missing", "ip6tables-nft -F neutron-linuxbri-sg-fallback"},
	{"all accepted", "iptables-nft -I FORWARD 1 -j ACCEPT"},
	{"no jump", "iptables-nft -F FORWARD"},
	{"another zone", "iptables-nft -t raw -I neutron-linuxbri-PREROUTING 1 "
			 "-j CT --zone 7"},
	{"no ARP filter", "ebtables-nft -t nat -F PREROUTING"},
	{"IPv6 gone", "ip6tables-nft -F; ip6tables-nft -X"},
	{"a chain too many", "iptables-nft -N neutron-linuxbri-more"},
};

static bool run(const char *command)
{
	auto_buf struct buf b = {0};

	buf_printf(&b, "{ %s; } >/dev/null 2>&1", command);
	return system(b.data) == 0;
}

static void in_kernel(struct arena *a, struct plan *p, const struct lab *less)
{
	struct plan smaller = {0};
	const char *path;
	struct changes c;
	struct failures failed;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 ||
	    !run("iptables-nft -L && ip6tables-nft -L && ebtables-nft -t nat "
		 "-L")) {
		tap_skip("needs root and iptables", "in the kernel");
		return;
	}
	is_int(todo(a, p, &c), 1, "all is to be made");
	is_int(apply_changes(a, p, &c, &failed, NULL), 0, "made");
	/* Looking again starts no process: none would be found. */
	path = arena_strdup(a, getenv("PATH"));
	setenv("PATH", "/nonexistent", 1);
	is_int(todo(a, p, &c), 0, "noted");
	setenv("PATH", path, 1);
	for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
		ok(run(breaks[i].command), "%s", breaks[i].command);
		mend(a, p, breaks[i].name);
	}
	ok(run("iptables-nft -N people && iptables-nft -A people -j DROP && "
	       "iptables-nft -A FORWARD -s 9.9.9.9 -j people && ebtables-nft "
	       "-t "
	       "nat -A PREROUTING -s 2:0:0:0:0:1 -j DROP && nft add table inet "
	       "mine"),
	   "other people's rules");
	is_int(todo(a, p, &c), 0, "are no difference");
	plan_build(a, less, topo_node(less, "k1"), &smaller);
	smaller.state_dir = p->state_dir;
	mend(a, &smaller, "fewer instances");
	smaller.n = 0;
	is_int(todo(a, &smaller, &c), 1, "all goes");
	apply_changes(a, &smaller, &c, &failed, NULL);
	is_int(todo(a, &smaller, &c), 0, "and is gone");
	ok(run("iptables-nft -C FORWARD -s 9.9.9.9 -j people && nft list table "
	       "inet mine"),
	   "other people's rules stay");
}

int main(void)
{
	static const char less_text[] =
		"lab: t\n"
		"nodes: {k1: {role: compute}, k2: {role: compute}}\n"
		"networks:\n"
		"  a: {subnets: {a4: {cidr: 10.1.0.0/24, dhcp: false}}}\n"
		"security_groups: {}\n"
		"instances:\n"
		"  i1: {node: k1, network: a}\n";
	char dir[] = "/tmp/labctl-secgroup-XXXXXX";
	auto_arena struct arena a = {0};
	struct lab *lab = load(lab_text), *less = load(less_text);
	struct plan p, other;

	if (!ok(lab && less, "loads"))
		return tap_done();
	plan_build(&a, lab, topo_node(lab, "k1"), &p);
	golden(filter_of(&p), "k1");
	plan_build(&a, lab, topo_node(lab, "k2"), &other);
	golden(filter_of(&other), "k2");
	switched(&a);
	scripts(&a);
	connections(lab, filter_of(&p));
	if (ok(mkdtemp(dir), "a folder")) {
		p.state_dir = dir;
		in_kernel(&a, &p, less);
		(void)unlink(arena_printf(&a, "%s/filters", dir));
		(void)rmdir(dir);
	}
	lab_free(lab);
	lab_free(less);
	return tap_done();
}
