/* SPDX-License-Identifier: MIT */
#include "vrrp/config/config.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "t/lib/tap.h"

/* A router that is right; mistakes are put before or after. */
#define HEAD "control: /run/x/vrrp.sock\nrouters:\n"
#define VIPS "  virtual_addresses: [{address: 169.254.0.1/24, dev: ha}]\n"
#define VIPS2 "  virtual_addresses: [{address: 169.254.0.2/24, dev: hb}]\n"
/* One more address of the first router, and another router. */
#define AND(a) "  excluded_addresses: [{address: \"" a "\", dev: qg}]\n"
#define OTHER "- name: s\n  interface: hb\n  vrid: 1\n" VIPS2
#define RIGHT "- name: r\n  interface: ha\n  vrid: 1\n" VIPS

/* clang-format off */
static const struct {
	const char *name, *text, *error; /* error NULL: it is right */
} cases[] = {
{"the least there can be", HEAD RIGHT, NULL},
{"no router at all", "control: /run/x/vrrp.sock\n", NULL},
{"JSON", "{\"control\": \"/c\", \"routers\": [{\"name\": \"r\", "
 "\"interface\": \"ha\", \"vrid\": 1, \"virtual_addresses\": "
 "[{\"address\": \"169.254.0.1/24\", \"dev\": \"ha\"}]}]}", NULL},
{"an empty file", "", "f:1:1: the file is empty"},
{"not YAML", "routers: [", "f:2:1: not YAML"},
{"a list", "- a\n", "f:1:1: the configuration must be a map"},
{"no control", "routers:\n" RIGHT, "f:1:1: 'control' is missing"},
{"a relative control", "control: x\n",
 "f:1:10: 'control' must be an absolute path"},
{"a control that is no value", "control: [a]\n",
 "f:1:10: 'control' must be one value"},
{"a control beyond a socket's path",
 "control: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
 "f:1:10: 'control' is too long"},
{"routers that are no list", "control: /c\nrouters: 7\n",
 "f:2:10: 'routers' must be a list"},
{"an unknown key", HEAD RIGHT "  pritority: 7\n",
 "f:7:3: a router has no 'pritority'; did you mean 'priority'?"},
{"a key twice", HEAD RIGHT "  vrid: 1\n", "f:7:3: 'vrid' is here twice"},
{"no name", HEAD "- interface: ha\n  vrid: 1\n" VIPS,
 "f:3:3: 'name' is missing"},
{"no vrid", HEAD "- name: r\n  interface: ha\n" VIPS,
 "f:3:3: 'vrid' is missing"},
{"vrid 0", HEAD "- name: r\n  interface: ha\n  vrid: 0\n" VIPS,
 "f:5:9: 'vrid' must be a number from 1 to 255, not '0'"},
{"vrid 256", HEAD "- name: r\n  interface: ha\n  vrid: 256\n" VIPS,
 "f:5:9: 'vrid' must be a number from 1 to 255, not '256'"},
{"priority 0", HEAD RIGHT "  priority: 0\n", "f:7:13: 'priority' must be"},
{"version 4", HEAD RIGHT "  version: 4\n", "f:7:12: 'version' must be"},
{"an interface that cannot be", HEAD "- name: r\n  interface: a/b\n"
 "  vrid: 1\n" VIPS, "f:4:14: 'a/b' cannot name an interface"},
{"one of sixteen letters", HEAD "- name: r\n  interface: abcdefghijklmnop\n"
 "  vrid: 1\n" VIPS, "f:4:14: 'abcdefghijklmnop' cannot name"},
{"a namespace that cannot be", HEAD RIGHT "  netns: ../x\n",
 "f:7:10: '../x' cannot name a network namespace"},
{"no virtual address", HEAD "- name: r\n  interface: ha\n  vrid: 1\n",
 "f:3:3: a router needs at least one of virtual_addresses"},
{"an address without length", HEAD RIGHT
 "  excluded_addresses: [{address: 1.2.3.4, dev: qg}]\n",
 "f:7:34: '1.2.3.4' is no address with prefix length"},
{"an IPv6 address in the advert", HEAD "- name: r\n  interface: ha\n"
 "  vrid: 1\n  virtual_addresses: [{address: \"fd00::1/64\", dev: ha}]\n",
 "f:6:33: an advertised address must be IPv4"},
{"one that is not", HEAD RIGHT
 "  excluded_addresses: [{address: \"fd00::1/64\", dev: qg}]\n", NULL},
{"an address twice", HEAD RIGHT
 "  excluded_addresses: [{address: 169.254.0.1/24, dev: ha}]\n",
 "f:7:34: 169.254.0.1/24 stands on ha already"},
{"the same on another interface", HEAD RIGHT
 "  excluded_addresses: [{address: 169.254.0.1/24, dev: qg}]\n", NULL},
{"version 2 with half a second", HEAD RIGHT "  interval: 500ms\n",
 "f:7:13: 'interval' of version 2 must be whole seconds"},
{"version 2 with 256 s", HEAD RIGHT "  interval: 256s\n",
 "f:7:13: 'interval' of version 2"},
{"version 2 with 255 s", HEAD RIGHT "  interval: 255s\n", NULL},
{"version 3 with half a second", HEAD RIGHT
 "  version: 3\n  interval: 500ms\n", NULL},
{"version 3 with 5 ms", HEAD RIGHT "  version: 3\n  interval: 5ms\n",
 "f:8:13: 'interval' of version 3 must be steps of 10ms"},
{"version 3 with 40.95 s", HEAD RIGHT "  version: 3\n  interval: 40.95s\n",
 NULL},
{"version 3 with 41 s", HEAD RIGHT "  version: 3\n  interval: 41s\n",
 "f:8:13: 'interval' of version 3"},
{"an interval that is none", HEAD RIGHT "  interval: soon\n",
 "f:7:13: 'interval' must be a duration such as 2s or 100ms, not 'soon'"},
{"a promote_delay of a skew's step", HEAD RIGHT "  promote_delay: 3907us\n",
 "f:7:18: 'promote_delay' must be below 3906us"},
{"one below it", HEAD RIGHT "  promote_delay: 3905us\n", NULL},
{"a source that is none", HEAD RIGHT "  source: fe80::1\n",
 "f:7:11: 'fe80::1' is no IPv4 address"},
{"preempt perhaps", HEAD RIGHT "  preempt: perhaps\n",
 "f:7:12: 'preempt' must be true or false"},
{"another checksum", HEAD RIGHT "  checksum: none\n",
 "f:7:13: 'checksum' must be message or pseudo, not 'none'"},
{"garp that repeats too much", HEAD RIGHT "  garp: {repeat: 101}\n",
 "f:7:18: 'repeat' must be a number from 1 to 100"},
{"garp that is no map", HEAD RIGHT "  garp: 5\n",
 "f:7:9: garp must be a map"},
{"a route by another family's gateway", HEAD RIGHT
 "  virtual_routes: [{to: \"::/0\", via: 192.0.2.1, dev: qg}]\n",
 "f:7:38: '192.0.2.1' is no gateway for this route"},
{"a route to nowhere", HEAD RIGHT
 "  virtual_routes: [{to: there, dev: qg}]\n",
 "f:7:25: 'there' is no prefix"},
{"interfaces that forward", HEAD RIGHT "  forwarding: [qr, qg]\n", NULL},
{"one that cannot be", HEAD RIGHT "  forwarding: [qr, a/b]\n",
 "f:7:20: 'a/b' cannot name an interface"},
{"forwarding that is no list", HEAD RIGHT "  forwarding: qr\n",
 "f:7:15: 'forwarding' must be a list"},
{"a track of nothing", HEAD RIGHT "  track: [{netns: a}]\n",
 "f:7:11: 'interface' is missing"},
{"the same VRID twice on one interface", HEAD RIGHT
 "- name: s\n  interface: ha\n  vrid: 1\n" VIPS2,
 "f:7:3: vrid 1 is 'r' on ha already"},
{"on two interfaces", HEAD RIGHT
 "- name: s\n  interface: hb\n  vrid: 1\n" VIPS2, NULL},
{"the same id twice", HEAD RIGHT
 "- name: r\n  interface: hb\n  vrid: 1\n" VIPS,
 "f:7:3: two routers have the id 'r'"},
{"an address of two routers", HEAD RIGHT AND("10.0.0.1/24") OTHER
 AND("10.0.0.1/24"), "f:12:34: 10.0.0.1 is an address of 'r' already"},
{"with two lengths and on two interfaces", HEAD RIGHT
 "- name: s\n  interface: hb\n  vrid: 1\n"
 "  virtual_addresses: [{address: 169.254.0.1/16, dev: hb}]\n",
 "f:10:33: 169.254.0.1 is an address of 'r' already"},
{"of two routers in two namespaces", HEAD RIGHT AND("10.0.0.1/24") OTHER
 "  netns: n\n" AND("10.0.0.1/24"), NULL},
{"a link-local address of two routers", HEAD RIGHT AND("fe80::1/64") OTHER
 AND("fe80::1/64"), "f:12:34: fe80::1 is an address of 'r' already"},
{"on two interfaces", HEAD RIGHT AND("fe80::1/64") OTHER
 "  excluded_addresses: [{address: \"fe80::1/64\", dev: qr}]\n", NULL},
{"an address of none", HEAD RIGHT AND("0.0.0.0/0"),
 "f:7:34: '0.0.0.0/0' is the unspecified address, which nobody can have"},
{"nor in IPv6", HEAD RIGHT AND("::/64"), "f:7:34: '::/64' is the unspecified"},
{"a multicast address", HEAD RIGHT AND("224.0.0.18/32"),
 "f:7:34: '224.0.0.18/32' is a multicast address"},
{"the last multicast address", HEAD RIGHT AND("239.255.255.254/8"),
 "f:7:34: '239.255.255.254/8' is a multicast address"},
{"one after multicast", HEAD RIGHT AND("240.0.0.1/24"), NULL},
{"one before", HEAD RIGHT AND("223.255.255.254/24"), NULL},
{"a multicast address of IPv6", HEAD RIGHT AND("ff02::12/64"),
 "f:7:34: 'ff02::12/64' is a multicast address"},
{"the broadcast address of all", HEAD RIGHT AND("255.255.255.255/32"),
 "f:7:34: '255.255.255.255/32' is a broadcast address"},
{"the network's address", HEAD RIGHT AND("10.5.150.0/24"),
 "f:7:34: '10.5.150.0/24' is the address of the network itself; "
 "a host's lies between 10.5.150.1 and 10.5.150.254"},
{"a host's that ends in 0", HEAD RIGHT AND("10.5.150.0/16"), NULL},
{"the network's broadcast address", HEAD RIGHT AND("10.5.255.255/16"),
 "f:7:34: '10.5.255.255/16' is the broadcast address of its network; "
 "a host's lies between 10.5.0.1 and 10.5.255.254"},
{"a host's that ends in 255", HEAD RIGHT AND("10.5.150.255/16"), NULL},
{"both ends of a /31", HEAD RIGHT AND("10.0.0.0/31") OTHER AND("10.0.0.1/31"),
 NULL},
{"the ends of a /30", HEAD RIGHT AND("10.0.0.4/30"), "f:7:34: '10.0.0.4/30'"},
{"a /32 that ends in 0", HEAD RIGHT AND("10.0.0.0/32"), NULL},
{"the first address of an IPv6 network", HEAD RIGHT AND("fd00:1::/64"), NULL},
{"an advertised network", HEAD "- name: r\n  interface: ha\n  vrid: 1\n"
 "  virtual_addresses: [{address: 10.0.0.0/24, dev: ha}]\n",
 "f:6:33: '10.0.0.0/24' is the address of the network"},
};
/* clang-format on */

static void table(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_buf struct buf errs = {0};
		struct vrrp_config c;
		int r = vrrp_config_parse("f", cases[i].text,
					  strlen(cases[i].text), &c, &errs);
		bool good = cases[i].error
				    ? r < 0 && errs.data &&
					      strstr(errs.data, cases[i].error)
				    : r == 0;

		if (!ok(good, "%s%s", cases[i].name,
			cases[i].error ? " is refused" : ""))
			tap_diag("%d: %s\nexpected %s", r,
				 errs.data ? errs.data : "",
				 cases[i].error ? cases[i].error : "");
		if (r == 0)
			vrrp_config_release(&c);
	}
}

static void values(void)
{
	static const char text[] =
		"node: network1\n" HEAD
		"- name: demo\n  id: 1234\n  netns: qrouter-1\n"
		"  interface: ha\n  vrid: 7\n  priority: 50\n  interval: 2s\n"
		"  preempt: false\n  source: 169.254.192.1\n" VIPS
		"  excluded_addresses:\n"
		"  - {address: \"fe80::1/64\", dev: qr}\n"
		"  virtual_routes: [{to: 0.0.0.0/0, via: 192.0.2.1, dev: qg}]\n"
		"  garp: {repeat: 5, refresh: 10s, delay: 60s}\n"
		"  track: [{interface: eth1, netns: \"\"}, {interface: ha}]\n"
		"  promote_delay: 250us\n  state_file: /s\n";
	auto_buf struct buf errs = {0};
	const struct vrrp_router_config *r;
	struct vrrp_config c;

	if (!is_int(vrrp_config_parse("f", text, sizeof(text) - 1, &c, &errs),
		    0, "a full configuration is read")) {
		tap_diag("%s", errs.data);
		return;
	}
	r = c.routers;
	is(c.node, "network1", "node");
	is(c.control, "/run/x/vrrp.sock", "control");
	ok(c.n == 1 && strcmp(r->id, "1234") == 0 &&
		   strcmp(r->netns, "qrouter-1") == 0,
	   "id and namespace");
	ok(r->set.version == 2 && r->set.vrid == 7 && r->set.priority == 50 &&
		   !r->set.preempt && r->set.interval_ns == 2 * NS_PER_S &&
		   r->set.promote_delay_ns == 250 * NS_PER_US,
	   "settings");
	ok(r->set.source.family == 4 && r->set.source.b[3] == 1, "source");
	ok(r->set.announce_rounds == 5 && r->set.refresh_ns == 10 * NS_PER_S &&
		   r->set.second_burst_ns == 60 * NS_PER_S,
	   "garp");
	ok(r->nadvert == 1 && r->naddrs == 2 &&
		   r->addrs[1].net.ip.family == 6 &&
		   strcmp(r->addrs[1].dev, "qr") == 0,
	   "addresses");
	ok(r->nroutes == 1 && r->routes[0].to.len == 0 &&
		   r->routes[0].via.family == 4,
	   "routes");
	ok(r->ntracks == 2 && strcmp(r->tracks[1].netns, "") == 0, "tracks");
	is(r->state_file, "/s", "state file");
	vrrp_config_release(&c);
	is_int(vrrp_config_parse("f", HEAD RIGHT, strlen(HEAD RIGHT), &c,
				 &errs),
	       0, "without promote_delay");
	is_int(c.routers[0].set.promote_delay_ns, VRRP_DELAY_DERIVED,
	       "it comes from the source address");
	is_int(c.routers[0].set.refresh_phase_ns, 0,
	       "without refresh there is no phase");
	vrrp_config_release(&c);
	is_int(vrrp_config_parse("f", HEAD RIGHT "  promote_delay: 0us\n",
				 strlen(HEAD RIGHT "  promote_delay: 0us\n"),
				 &c, &errs),
	       0, "with one of 0");
	is_int(c.routers[0].set.promote_delay_ns, 0, "that rules");
	vrrp_config_release(&c);
}

/* 200 routers whose refreshes begin together spread over the period. */
static void phases(void)
{
	auto_buf struct buf text = {0}, errs = {0};
	unsigned i, in[20] = {0}, most = 0, wrong = 0;
	struct vrrp_config c;

	buf_adds(&text, HEAD);
	for (i = 1; i <= 200; i++)
		buf_printf(&text,
			   "- {name: r%u, interface: ha%u, vrid: 1, "
			   "garp: {refresh: 10s}, virtual_addresses: "
			   "[{address: 169.254.0.%u/24, dev: ha}]}\n",
			   i, i, i);
	is_int(vrrp_config_parse("f", text.data, text.len, &c, &errs), 0,
	       "200 routers");
	for (i = 0; i < c.n; i++) {
		int64_t at = c.routers[i].set.refresh_phase_ns;

		wrong += at < 0 || at >= 10 * NS_PER_S;
		if (++in[at / (NS_PER_S / 2) % 20] > most)
			most++;
	}
	is_int(wrong, 0, "have phases within the period of their refresh");
	ok(most <= 25, "no more than 25 in any twentieth of it (%u)", most);
	vrrp_config_release(&c);
}

static void many(void)
{
	auto_buf struct buf text = {0}, errs = {0};
	struct vrrp_config c;
	unsigned i;

	buf_adds(&text, "control: /c\nrouters:\n");
	for (i = 0; i < 60; i++)
		buf_adds(&text, "- bad\n");
	ok(vrrp_config_parse("f", text.data, text.len, &c, &errs) < 0 &&
		   strstr(errs.data, "and 10 more"),
	   "of sixty mistakes fifty are told");
	buf_reset(&text);
	buf_adds(&text, HEAD "- name: r\n  interface: ha\n  vrid: 1\n"
			     "  virtual_addresses:\n");
	for (i = 0; i < 256; i++)
		buf_printf(&text, "  - {address: 10.0.0.%u/32, dev: ha}\n", i);
	buf_reset(&errs);
	ok(vrrp_config_parse("f", text.data, text.len, &c, &errs) < 0 &&
		   strstr(errs.data, "has 256 entries, at most 255"),
	   "an advert holds 255 addresses");
}

int main(void)
{
	auto_buf struct buf errs = {0};
	struct vrrp_config c;

	table();
	values();
	phases();
	many();
	ok(vrrp_config_load("/", &c, &errs) < 0 &&
		   strstr(errs.data, "Is a directory"),
	   "a folder is no configuration");
	ok(vrrp_config_load("/no/such/file", &c, &errs) < 0 &&
		   strstr(errs.data, "/no/such/file: No such file"),
	   "nor is a file that is missing");
	return tap_done();
}
