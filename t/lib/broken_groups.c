/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_groups.h"

#include <stdlib.h>
#include <string.h>

#include "t/lib/healthy.h"
#include "topologies/secgroup/secgroup.h"

/* Two projects with the same addresses; one instance that lets no echo in, one
 * that is not filtered. */
const char broken_groups_text[] =
	"lab: groups\n" BROKEN_NODES BROKEN_WAY_OUT
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1, dhcp: "
	"false}\n"
	"  red:\n"
	"    project: red\n"
	"    subnets:\n"
	"      red4: {cidr: 192.168.1.0/24, dhcp: false}\n"
	"      red6: {cidr: \"fd00:1::/64\", ipv6: none}\n"
	"  blue:\n"
	"    project: blue\n"
	"    subnets: {blue4: {cidr: 192.168.1.0/24, dhcp: false}}\n"
	"routers:\n"
	"  r: {project: red, gateway: ext, interfaces: [red4, red6]}\n"
	"security_groups:\n"
	"  open: {project: red, rules: [{protocol: icmp}, {protocol: tcp, "
	"ports: "
	"22}]}\n"
	"instances:\n"
	"  a: {node: compute1, network: red, floating_ip: auto, "
	"security_groups: [open, default]}\n"
	"  b: {node: compute1, network: red, floating_ip: auto}\n"
	"  c: {node: compute1, network: red, port_security: false}\n"
	"  z: {node: compute1, network: blue}\n";

static const struct lab *lab;

void broken_groups_lab(const struct lab *l)
{
	lab = l;
}

/* A try by its ends, either of which may be NULL, and its words. */
static struct seen_try *try_of(struct evidence *e, const char *from,
			       const char *to, const char *what)
{
	for (size_t i = 0; i < e->ntries; i++) {
		struct seen_tries *t = &e->tries[i];

		if (!t->from != !from || !t->to != !to ||
		    (from && strcmp(t->from->name, from) != 0) ||
		    (to && strcmp(t->to->name, to) != 0))
			continue;
		for (size_t k = 0; k < t->n; k++)
			if (strcmp(t->items[k].what, what) == 0)
				return &t->items[k];
	}
	abort();
}

static void ssh_refused(struct evidence *e)
{
	try_of(e, NULL, "a", "tcp 22")->heard = false;
}

static void telnet_let(struct evidence *e)
{
	try_of(e, NULL, "a", "tcp 23")->heard = true;
}

static void echo_let(struct evidence *e)
{
	try_of(e, NULL, "b", "echo")->heard = true;
}

static void leak(struct evidence *e)
{
	try_of(e, "z", "a", "echo")->heard = true;
}

static void arp_let(struct evidence *e)
{
	try_of(e, "a", NULL, "ARP for another address")->heard = true;
}

static void mac_let(struct evidence *e)
{
	try_of(e, "a", NULL, "another MAC address")->heard = true;
}

static void ra_let(struct evidence *e)
{
	try_of(e, "b", NULL, "a router advertisement")->heard = true;
}

static void mute(struct evidence *e)
{
	try_of(e, "z", NULL, "its own addresses")->heard = false;
}

static void unsent(struct evidence *e)
{
	try_of(e, NULL, "a", "tcp 22")->error = "Network is unreachable";
}

static struct res_filter *filter(struct evidence *e)
{
	struct observed *o = healthy_sample(e, "compute1", HEALTHY_SAMPLES - 1);

	return &healthy_ns(o, "")->of[RES_FILTER].items[0].filter;
}

/* The text without the first line that has the word. */
static const char *without(struct evidence *e, const char *text,
			   const char *word)
{
	const char *at = strstr(text, word), *end;

	if (!at)
		abort();
	while (at > text && at[-1] != '\n')
		at--;
	end = at + strcspn(at, "\n");
	return arena_printf(&e->arena, "%.*s%s", (int)(at - text), text,
			    *end ? end + 1 : end);
}

static void rule_gone(struct evidence *e)
{
	filter(e)->text4 = without(e, filter(e)->text4, "--dport 22");
}

static void six_gone(struct evidence *e)
{
	filter(e)->text6 = without(e, filter(e)->text6, "sg-fallback -m");
}

static void frames_gone(struct evidence *e)
{
	filter(e)->bridge = without(e, filter(e)->bridge, "--arp-ip-src");
}

static void member_gone(struct evidence *e)
{
	filter(e)->sets = without(e, filter(e)->sets, "add ");
}

static void sets_gone(struct evidence *e)
{
	filter(e)->sets = "";
}

static void zone_first(struct evidence *e)
{
	static const char at[] = "-A neutron-linuxbri-PREROUTING ";
	const char *text = filter(e)->text4, *where = strstr(text, at);

	filter(e)->text4 = arena_printf(
		&e->arena,
		"%.*s-A neutron-linuxbri-PREROUTING -j CT --zone 7\n%s",
		(int)(where - text), text, where);
}

static void filters_gone(struct evidence *e)
{
	struct observed *o = healthy_sample(e, "compute1", HEALTHY_SAMPLES - 1);

	healthy_ns(o, "")->of[RES_FILTER].n = 0;
}

static void tracked_full(struct evidence *e)
{
	e->tracking[0].items[0].count = e->tracking[0].items[0].max;
}

static void echo_answered(struct evidence *e)
{
	for (size_t i = 0; i < e->noutside; i++)
		if (e->outside[i].floating &&
		    strcmp(e->outside[i].floating->port->instance->name, "b") ==
			    0)
			e->outside[i].pings.probes[0] =
				(struct seen_probe){.rtt = 1000, .ttl = 63};
}

const struct broken broken_groups[] = {
	{"a healthy lab with groups", NULL, NULL},
	{"what is allowed does not arrive", ssh_refused,
	 "wrong groups: from outside by 203.0.113.3 to a, IPv4"},
	{"what is not allowed arrives", telnet_let,
	 "wrong groups: from outside by 203.0.113.3 to a, IPv4"},
	{"echo where none is let in", echo_let,
	 "wrong groups: from outside by 203.0.113.4 to b, IPv4"},
	{"a ping that is answered where none is let in", echo_answered,
	 "wrong floating: 203.0.113.4 to b by r"},
	{"a leak between projects", leak, "wrong groups: from z to a, IPv4"},
	{"foreign ARP let through", arp_let, "wrong spoofing: a on compute1"},
	{"a foreign MAC let through", mac_let, "wrong spoofing: a on compute1"},
	{"a router's word let through", ra_let,
	 "wrong spoofing: b on compute1"},
	{"an instance that is cut off", mute, "wrong spoofing: z on compute1"},
	{"what could not be sent", unsent,
	 "blind groups: from outside by 203.0.113.3 to a, IPv4"},
	{"a rule gone", rule_gone, "wrong group-rules: compute1"},
	{"a rule of IPv6 gone", six_gone, "wrong group-rules: compute1"},
	{"a rule for frames gone", frames_gone, "wrong group-rules: compute1"},
	{"a member gone", member_gone, "wrong group-members: compute1"},
	{"sets gone", sets_gone, "wrong group-members: compute1"},
	{"another zone", zone_first,
	 "wrong group-rules: compute1; wrong group-zone: red on compute1; "
	 "wrong group-zone: blue on compute1"},
	{"a full table of connections", tracked_full,
	 "wrong conntrack: network1"},
	{"no filters", filters_gone,
	 "wrong group-rules: compute1; wrong group-members: compute1; wrong "
	 "group-zone: red on compute1; wrong group-zone: blue on compute1"},
	{NULL, NULL, NULL},
};
