/* SPDX-License-Identifier: MIT */
/*
 * keepalived.conf as the engine's configuration: what Neutron's file says is
 * what the plan has; what people have is taken, left out with a note, or
 * refused with its place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/plan.h"
#include "provision/plan/services/ha_confs.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"
#include "vrrp/import/import.h"

static int import(const char *path, const char *text, bool force,
		  struct vrrp_config *c, struct buf *errs, struct buf *notes)
{
	struct vrrp_import how = {.control = "/run/x.sock", .force = force};
	int r;

	*c = (struct vrrp_config){0};
	buf_adds(errs, "");
	buf_adds(notes, "");
	r = vrrp_import_text(&how, path, text, strlen(text), c, errs, notes);
	return r == 0 ? vrrp_import_check(&how, c, errs) : r;
}

/* --- from the plan and back ----------------------------------------------- */

static const struct res *resource(const struct plan *p, enum res_kind kind,
				  const char *part)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct res *r = &p->res[i];

		if (r->kind != kind)
			continue;
		if (kind == RES_SERVICE ? strcmp(r->service.name, part) == 0
					: strstr(r->file.path, part) != NULL)
			return r;
	}
	return NULL;
}

static bool has(const struct vrrp_router_config *r, const struct vrrp_vaddr *v)
{
	for (size_t i = 0; i < r->naddrs; i++)
		if (ipnet_equal(&r->addrs[i].net, &v->net) &&
		    strcmp(r->addrs[i].dev, v->dev) == 0)
			return true;
	return false;
}

static bool same_places(const struct vrrp_router_config *a,
			const struct vrrp_router_config *b)
{
	bool same = a->nadvert == b->nadvert && a->naddrs == b->naddrs &&
		    a->nroutes == b->nroutes;
	size_t i;

	for (i = 0; same && i < a->naddrs; i++)
		same = has(b, &a->addrs[i]);
	for (i = 0; same && i < a->nroutes; i++)
		same = ipnet_equal(&a->routes[i].to, &b->routes[i].to) &&
		       ip_equal(&a->routes[i].via, &b->routes[i].via) &&
		       strcmp(a->routes[i].dev, b->routes[i].dev) == 0;
	return same;
}

static void one_router(const struct plan *p, const struct vrrp_config *engine,
		       const struct vrrp_router_config *want, bool repeats)
{
	const struct res *f = resource(p, RES_FILE, want->id);
	auto_buf struct buf errs = {0}, notes = {0};
	const struct vrrp_router_config *r;
	struct vrrp_config c;

	(void)engine;
	if (!ok(f != NULL, "%s has a keepalived.conf", want->name))
		return;
	is_int(import(f->file.path, f->file.text, false, &c, &errs, &notes), 0,
	       "%s: it is taken", want->name);
	is(errs.data, "", "%s: without an error", want->name);
	is(notes.data, "", "%s: and nothing is left out", want->name);
	if (!ok(c.n == 1, "%s: one router", want->name)) {
		vrrp_config_release(&c);
		return;
	}
	r = &c.routers[0];
	is(r->id, want->id, "%s: its id", want->name);
	is(r->netns, want->netns, "%s: its namespace", want->name);
	is(r->dev, want->dev, "%s: its interface", want->name);
	is(r->state_file, want->state_file, "%s: its state file", want->name);
	ok(r->set.version == want->set.version &&
		   r->set.vrid == want->set.vrid &&
		   r->set.priority == want->set.priority &&
		   r->set.preempt == want->set.preempt &&
		   r->set.interval_ns == want->set.interval_ns,
	   "%s: its settings", want->name);
	ok(same_places(r, want), "%s: its addresses and routes", want->name);
	/* The other one is the tunnel's interface, of which it knows nothing.
	 */
	ok(r->ntracks == 1 && strcmp(r->tracks[0].dev, r->dev) == 0 &&
		   strcmp(r->tracks[0].netns, r->netns) == 0,
	   "%s: the ha interface is tracked", want->name);
	ok(r->health_ns == want->health_ns && r->ngateways == want->ngateways,
	   "%s: %zu gateways that it pings", want->name, r->ngateways);
	for (size_t i = 0; i < r->ngateways; i++)
		ok(ip_equal(&r->gateways[i], &want->gateways[i]),
		   "%s: gateway %zu", want->name, i);
	ok((r->health_ns != 0) == !repeats, "%s: where it is to", want->name);
	if (repeats)
		ok(r->set.announce_rounds == want->set.announce_rounds &&
			   r->set.refresh_ns == want->set.refresh_ns,
		   "%s: its announcements", want->name);
	else
		ok(r->set.second_burst_ns == 60 * NS_PER_S &&
			   !r->set.refresh_ns,
		   "%s: a second burst after a minute", want->name);
	vrrp_config_release(&c);
}

static void round_trip(const char *file, bool repeats)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf text = {0};
	auto_fclose FILE *f = fopen(file, "re");
	struct topo_errors errs = {0};
	struct lab *lab = NULL;
	char *at;
	size_t i, k, n = 0;

	text.len = f ? fread(buf_room(&text, 65536), 1, 65535, f) : 0;
	if (!ok(text.len != 0, "%s is there", file))
		return;
	text.data[text.len] = '\0';
	if (!repeats) {
		auto_buf struct buf other = {0};

		at = strstr(text.data, "\n    interfaces: ");
		if (!at)
			abort();
		buf_add(&other, text.data, (size_t)(at - text.data));
		buf_adds(&other, "\n    ha: {garp_refresh: 0, interval: 1s, "
				 "health_check_interval: 2500ms}");
		buf_adds(&other, at);
		buf_reset(&text);
		buf_add(&text, other.data, other.len);
	}
	if (!ok(topo_load_text(file, text.data, text.len, &lab, &errs) == 0,
		"%s loads", file))
		return;
	for (i = 0; i < lab->nnodes; i++) {
		auto_buf struct buf why = {0};
		struct vrrp_config engine = {0};
		const struct res *s;
		struct plan p;

		plan_build(&a, lab, &lab->nodes[i], &p);
		s = resource(&p, RES_SERVICE, SERVICE_ENGINE);
		if (!s)
			continue;
		is_int(vrrp_config_parse("engine", s->service.files[0].text,
					 strlen(s->service.files[0].text),
					 &engine, &why),
		       0, "%s: the engine's configuration", lab->nodes[i].name);
		for (k = 0; k < engine.n; k++, n++)
			one_router(&p, &engine, &engine.routers[k], repeats);
		vrrp_config_release(&engine);
	}
	ok(n > 0, "there were routers");
	lab_free(lab);
	topo_errors_release(&errs);
}

/* --- what people have ----------------------------------------------------- */

#define HEAD "vrrp_instance A {\n interface eth0\n virtual_router_id 7\n"
#define VIP " virtual_ipaddress { 192.0.2.1/24 }\n"

static const char plain[] =
	"! A first line\n"
	"global_defs {\n"
	"   router_id LVS_1   # whoever\n"
	"   vrrp_version 3\n"
	"   vrrp_garp_master_repeat 2\n"
	"}\n"
	"vrrp_instance VI_1\n"
	"{\n"
	"    state MASTER\n"
	"    interface \"eth0\"\n"
	"    virtual_router_id 51\n"
	"    priority 101\n"
	"    advert_int 0.5\n"
	"    garp_master_refresh 30\n"
	"    mcast_src_ip 192.0.2.11\n"
	"    virtual_ipaddress {\n"
	"        192.0.2.10\n"
	"        192.0.2.20/24 brd 192.0.2.255 dev eth1 label eth1:1\n"
	"    }\n"
	"    virtual_ipaddress_excluded {\n"
	"        2001:db8::1/64 dev eth1\n"
	"        fe80::1/64 dev eth1 scope link\n"
	"    }\n"
	"    virtual_routes {\n"
	"        default via 192.0.2.1 dev eth1\n"
	"        198.51.100.0/24 via 192.0.2.2\n"
	"        to 203.0.113.0/24 dev eth1 scope link\n"
	"        default via 2001:db8::2\n"
	"    }\n"
	"    track_interface {\n"
	"        eth1 weight 0\n"
	"        eth0\n"
	"    }\n"
	"}\n";

static const char plain_is[] =
	"control: /run/x.sock\n"
	"routers:\n"
	"- name: VI_1\n"
	"  interface: eth0\n"
	"  version: 3\n"
	"  vrid: 51\n"
	"  priority: 101\n"
	"  interval: 500ms\n"
	"  preempt: true\n"
	"  source: \"192.0.2.11\"\n"
	"  virtual_addresses:\n"
	"  - {address: 192.0.2.10/32, dev: eth0}\n"
	"  - {address: 192.0.2.20/24, dev: eth1}\n"
	"  excluded_addresses:\n"
	"  - {address: \"2001:db8::1/64\", dev: eth1}\n"
	"  - {address: \"fe80::1/64\", dev: eth1}\n"
	"  virtual_routes:\n"
	"  - {to: 0.0.0.0/0, via: 192.0.2.1, dev: eth1}\n"
	"  - {to: 198.51.100.0/24, via: 192.0.2.2, dev: eth1}\n"
	"  - {to: 203.0.113.0/24, dev: eth1}\n"
	"  - {to: \"::/0\", via: \"2001:db8::2\", dev: eth1}\n"
	"  garp: {repeat: 2, refresh: 30s, delay: 5s}\n"
	"  track:\n"
	"  - {interface: eth1}\n"
	"  - {interface: eth0}\n";

static void ordinary(void)
{
	auto_buf struct buf errs = {0}, notes = {0}, out = {0}, again = {0};
	struct vrrp_config c, d = {0};

	is_int(import("k", plain, false, &c, &errs, &notes), 0,
	       "an ordinary file is taken");
	is(errs.data, "", "without an error");
	is(notes.data,
	   "k:9:11: left out: 'state MASTER': the engine always listens first; "
	   "the greatest priority becomes Active\n"
	   "k:18:23: left out: 'brd 192.0.2.255': an address has no such thing "
	   "of its own\n"
	   "k:18:48: left out: 'label eth1:1': an address has no such thing of "
	   "its own\n",
	   "what is left out is told");
	vrrp_config_print(&c, &out);
	is(out.data, plain_is, "it says the same");
	vrrp_config_release(&c);
	errs.len = 0;
	is_int(vrrp_config_parse("again", out.data, out.len, &d, &errs), 0,
	       "the engine takes it");
	vrrp_config_print(&d, &again);
	is(again.data, out.data, "printed and read it is the same");
	vrrp_config_release(&d);
}

static const struct {
	const char *what, *text, *says; /* the first line; NULL: none */
} cases[] = {
	{"authentication",
	 HEAD VIP " authentication {\n  auth_type PASS\n  auth_pass x\n }\n}\n",
	 "k:5:2: 'authentication': the engine sends none"},
	{"authentication of type NONE",
	 HEAD VIP " authentication {\n  auth_type NONE\n }\n}\n", NULL},
	{"peers", HEAD VIP " unicast_peer {\n  192.0.2.3\n }\n}\n",
	 "k:5:2: 'unicast_peer': the engine speaks to the group 224.0.0.18"},
	{"no peer in the list", HEAD VIP " unicast_peer {\n }\n}\n", NULL},
	{"a group of two",
	 "vrrp_sync_group G {\n group {\n  A\n  B\n }\n}\n" HEAD VIP "}\n",
	 "k:1:1: 'vrrp_sync_group': the engine moves each router by itself"},
	{"a group of one", "vrrp_sync_group G { group { A } }\n" HEAD VIP "}\n",
	 NULL},
	{"a script", HEAD VIP " track_script {\n  chk\n }\n}\n",
	 "k:6:3: 'track_script': the engine runs no scripts"},
	{"Neutron's check, of a router without gateway",
	 "vrrp_script ha_health_check_7 { interval 5 }\n" HEAD VIP
	 " track_script { ha_health_check_7 }\n}\n",
	 NULL},
	{"another script",
	 "vrrp_script chk { interval 5 }\n" HEAD VIP
	 " track_script { chk }\n}\n",
	 "k:6:17: 'track_script': the engine runs no scripts"},
	{"a notification", HEAD VIP " notify_master /x.sh\n}\n",
	 "k:5:2: 'notify_master': the engine runs no scripts"},
	{"a weight", HEAD VIP " track_interface {\n  eth1 weight -10\n }\n}\n",
	 "k:6:8: 'weight': a tracked interface that fails takes the role away"},
	{"a virtual MAC", HEAD VIP " use_vmac\n}\n",
	 "k:5:2: 'use_vmac': addresses stand on the interface's own MAC"},
	{"IPv6 in the advert",
	 HEAD " virtual_ipaddress {\n  fd00::1/64\n }\n}\n",
	 "k:5:3: adverts go over IPv4: put 'fd00::1/64' under "
	 "virtual_ipaddress_excluded"},
	{"a typing error", HEAD VIP " prority 10\n}\n",
	 "k:5:2: 'prority' is no word of keepalived's here; did you mean "
	 "'priority'?"},
	{"a number", "vrrp_instance A {\n virtual_router_id 256\n}\n",
	 "k:2:20: 'virtual_router_id' must be a number from 1 to 255, not "
	 "'256'"},
	{"half a second of version 2", HEAD VIP " advert_int 0.5\n}\n",
	 "k:5:13: an interval of VRRP version 2 is whole seconds"},
	{"a duration that is none", HEAD VIP " advert_int 2s\n}\n",
	 "k:5:13: '2s' is no number of seconds"},
	{"a delay of preemption", HEAD VIP " preempt_delay 300\n}\n",
	 "k:5:16: 'preempt_delay': the engine preempts at once"},
	{"a route's table",
	 HEAD VIP
	 " virtual_routes {\n  10.0.0.0/8 via 192.0.2.2 table 5\n }\n}\n",
	 "k:6:28: 'table': a route of the engine's is to DEST"},
	{"no address", HEAD "}\n",
	 "k:1:15: the instance has no IPv4 address under 'virtual_ipaddress'"},
	{"the network's own address",
	 HEAD " virtual_ipaddress { 192.0.2.0/24 }\n}\n",
	 "k:1:15: '192.0.2.0/24' is the address of the network itself"},
	{"one VRID twice",
	 HEAD VIP "}\n" HEAD " virtual_ipaddress { 192.0.2.2/24 }\n}\n",
	 "k:6:15: vrid 7 is 'A' on eth0 already"},
	{"a load balancer", "virtual_server 192.0.2.1 80 {\n}\n" HEAD VIP "}\n",
	 "k:1:1: 'virtual_server': the engine balances no load"},
	{"an included file", "include /etc/x.conf\n" HEAD VIP "}\n",
	 "k:1:1: 'include': other files are not followed"},
	{"a definition", "$X=5\n" HEAD VIP "}\n",
	 "k:1:1: '$X=5': conditions and definitions are not followed"},
	{"another group",
	 "global_defs { vrrp_mcast_group4 224.0.0.99 }\n" HEAD VIP "}\n",
	 "k:1:33: adverts go to 224.0.0.18, not to 224.0.0.99"},
	{"a block that does not end", HEAD VIP,
	 "k:1:17: the block does not end"},
	{"a block too many", HEAD VIP "}\n}\n", "k:6:1: no block is open here"},
	{"a block of nothing", "{\n}\n", "k:1:1: a block of what?"},
	{"a quotation", "vrrp_instance \"A {\n}\n",
	 "k:1:15: the quotation does not end"},
	{"a backslash",
	 "vrrp_instance A {\n interface \\\n  eth0\n "
	 "virtual_router_id 7\n" VIP "}\n",
	 NULL},
	{"nothing", "", "k:1:1: there is no vrrp_instance"},
	{"only words", "hello\n",
	 "k:1:1: 'hello' is no word of keepalived's here"},
};

static void refusals(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf errs = {0}, notes = {0};
		const char *says = cases[i].says;
		struct vrrp_config c;
		int r = import("k", cases[i].text, false, &c, &errs, &notes);

		if (!ok(says ? r < 0 && strncmp(errs.data, says,
						strlen(says)) == 0
			     : r == 0 && !errs.len,
			"%s", cases[i].what))
			tap_diag("%d: %s", r, errs.data);
		vrrp_config_release(&c);
	}
}

/* With --force what cannot be had is left out, and the rest is taken. */
static void forced(void)
{
	static const char text[] =
		HEAD VIP " notify_master /x.sh\n authentication {\n  auth_type "
			 "PASS\n }\n}\n";
	auto_buf struct buf errs = {0}, notes = {0};
	struct vrrp_config c;

	is_int(import("k", text, true, &c, &errs, &notes), 0,
	       "forced, it is taken");
	ok(strncmp(notes.data, "k:5:2: left out: 'notify_master'", 32) == 0 &&
		   strstr(notes.data, "\nk:6:2: left out: 'authentication'"),
	   "and what is left out is told");
	is_int(c.n, 1, "one router");
	vrrp_config_release(&c);
	errs.len = notes.len = 0;
	ok(import("k", HEAD "}\n", true, &c, &errs, &notes) < 0,
	   "what makes no router is none by force either");
	vrrp_config_release(&c);
}

/* Neutron's files are all called alike, and so may their instances be. */
static void many(void)
{
	struct vrrp_import how = {.control = "/run/x.sock", .netns = "r"};
	auto_buf struct buf errs = {0}, notes = {0};
	struct vrrp_config c = {0};
	static const char b[] =
		"vrrp_instance A {\n interface eth1\n virtual_router_id 7\n"
		" virtual_ipaddress { 192.0.2.9 }\n}\n";

	is_int(vrrp_import_text(&how, "/x/ha_confs/one/keepalived.conf",
				HEAD VIP "}\n", strlen(HEAD VIP "}\n"), &c,
				&errs, &notes),
	       0, "one file");
	is_int(vrrp_import_text(&how, "two", b, strlen(b), &c, &errs, &notes),
	       0, "and another");
	is_int(vrrp_import_text(&how, "three/keepalived.conf", b, strlen(b), &c,
				&errs, &notes),
	       0, "and another");
	is(c.n == 3 ? c.routers[0].id : "", "one", "an id by the folder");
	is(c.n == 3 ? c.routers[0].state_file : "", "/x/ha_confs/one/state",
	   "and a state file");
	is(c.n == 3 ? c.routers[0].netns : "", "r", "the namespace as told");
	is(c.n == 3 ? c.routers[1].id : "", "A", "an id by the name");
	is(c.n == 3 ? c.routers[2].id : "", "three/keepalived.conf:A",
	   "one of its own for the second of that name");
	ok(vrrp_import_check(&how, &c, &errs) < 0 &&
		   strncmp(errs.data, "three/keepalived.conf:1:15: ", 28) == 0,
	   "what two files have twice is told by place");
	vrrp_config_release(&c);
}

int main(void)
{
	round_trip("topologies/l3ha-linuxbridge.yaml", true);
	round_trip("t/lib/boots.yaml", false);
	round_trip("topologies/vrrp-rapid.yaml", true);
	ordinary();
	refusals();
	forced();
	many();
	return tap_done();
}
