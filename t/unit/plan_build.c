/* SPDX-License-Identifier: MIT */
/*
 * Plans of the shipped labs, as text, beside those in t/golden. After a
 * change that is meant: UPDATE_GOLDEN=1 build/t/unit/plan_build.t
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/mechanism/mechanism.h"
#include "provision/plan/plan.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

static void slurp(const char *path, struct buf *out)
{
	auto_fclose FILE *f = fopen(path, "re");
	size_t n;

	buf_adds(out, "");
	while (f && (n = fread(buf_room(out, 65536), 1, 65536, f)) > 0)
		out->len += n;
	out->data[out->len] = '\0';
}

/* Where two texts part, for the one who reads the failure. */
static void tell_difference(const char *got, const char *want)
{
	size_t i, start = 0;
	unsigned line = 1;

	for (i = 0; got[i] && got[i] == want[i]; i++) {
		if (got[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	tap_diag("they part in line %u", line);
	tap_diag("  got: %.200s", got + start);
	tap_diag(" want: %.200s", want + start);
}

static void golden(const char *name, const struct lab *lab, const char *node)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf got = {0}, want = {0};
	char path[256];
	struct plan p;

	snprintf(path, sizeof(path), "t/golden/plan-%s-%s.txt", name, node);
	plan_build(&a, lab, topo_node(lab, node), &p);
	buf_adds(&got, "");
	plan_print(&p, &got);
	if (getenv("UPDATE_GOLDEN")) {
		auto_fclose FILE *f = fopen(path, "we");

		if (f)
			fwrite(got.data, 1, got.len, f);
	}
	slurp(path, &want);
	if (!ok(strcmp(got.data, want.data) == 0, "%s", path))
		tell_difference(got.data, want.data);
}

static struct lab *load(const char *file, const char *from, const char *to)
{
	struct topo_errors errs = {0};
	struct lab *lab = NULL;
	struct buf text = {0}, b = {0};
	char *at;

	slurp(file, &text);
	at = from ? strstr(text.data, from) : NULL;
	if (at) {
		buf_add(&b, text.data, (size_t)(at - text.data));
		buf_adds(&b, to);
		buf_adds(&b, at + strlen(from));
	} else {
		buf_add(&b, text.data, text.len);
	}
	ok((at || !from) &&
		   topo_load_text(file, b.data, b.len, &lab, &errs) == 0,
	   "%s loads%s%s", file, to ? " with " : "", to ? to : "");
	topo_errors_release(&errs);
	buf_release(&text);
	buf_release(&b);
	return lab;
}

/* The promise of the order: what stands on a thing comes after it. */
static void check_order(const struct lab *lab, const char *node)
{
	auto_arena struct arena a = {0};
	bool fine = true;
	struct plan p;
	size_t i, k;

	plan_build(&a, lab, topo_node(lab, node), &p);
	for (i = 0; i < p.n; i++) {
		const struct res *r = &p.res[i];
		bool have_ns = !*r->netns || r->kind == RES_NETNS;
		bool have_master = r->kind != RES_LINK || !r->link.master;

		for (k = 0; k < i; k++) {
			const struct res *e = &p.res[k];

			if (e->kind == RES_NETNS &&
			    strcmp(e->netns, r->netns) == 0)
				have_ns = true;
			if (!have_master && e->kind == RES_LINK &&
			    strcmp(e->link.name, r->link.master) == 0)
				have_master = true;
		}
		fine = fine && have_ns && have_master;
	}
	ok(fine && p.n > 0, "%s: everything after what it stands on", node);
}

static unsigned count(const struct plan *p, enum res_kind kind)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		n += p->res[i].kind == kind;
	return n;
}

static void check_controller(const struct lab *lab)
{
	auto_arena struct arena a = {0};
	struct plan p;

	plan_build(&a, lab, topo_node(lab, "controller"), &p);
	is_int(p.n, 0, "a controller's plan is empty");
	is(p.state_dir, PLAN_STATE_DIR "/l3ha-linuxbridge", "the state folder");
	is(p.mark, "labctl:l3ha-linuxbridge", "the mark");
}

/* The same port on every host: one MAC, no addresses of the kernel's. */
static void check_shared(const struct lab *lab)
{
	auto_arena struct arena a = {0};
	const struct topo_router *r = &lab->routers[0];
	struct plan one, two;
	bool same = true;
	size_t i, k;

	plan_build(&a, lab, r->hosts[0], &one);
	plan_build(&a, lab, r->hosts[1], &two);
	for (i = 0; i < one.n; i++) {
		const struct res_link *l = &one.res[i].link;

		if (one.res[i].kind != RES_LINK ||
		    (strncmp(l->name, "qr-", 3) != 0 &&
		     strncmp(l->name, "qg-", 3) != 0))
			continue;
		for (k = 0; k < two.n; k++)
			if (two.res[k].kind == RES_LINK &&
			    strcmp(two.res[k].link.name, l->name) == 0)
				break;
		same = same && k < two.n && l->addr_gen_none && l->ipv6_quiet &&
		       mac_equal(&two.res[k].link.mac, &l->mac);
	}
	ok(same, "qr and qg: one MAC on both nodes, no addresses made, quiet");
	is_int(count(&one, RES_ADDR), 1,
	       "only the ha address is the plan's, the rest is the engine's");
	is_int(count(&one, RES_ROUTE), 0, "no route on a router but virtual");
}

static const char *service_text(struct arena *a, const struct lab *lab,
				const struct topo_node *n, const char *title)
{
	struct plan p;
	size_t i;

	plan_build(a, lab, n, &p);
	for (i = 0; i < p.n; i++)
		if (p.res[i].kind == RES_SERVICE &&
		    strcmp(p.res[i].service.title, title) == 0)
			return p.res[i].service.files[0].text;
	return "";
}

static const char *engine_text(struct arena *a, const struct lab *lab,
			       const struct topo_node *n)
{
	return service_text(a, lab, n, "vrrp engine");
}

/* Who carries connections knows its peers, and has a place for each. */
static void check_synced(struct lab *lab)
{
	static const char title[] = "connections for standbys";
	auto_arena struct arena a = {0};
	struct topo_router *r = &lab->routers[0];
	const char *text;
	char peer[160], ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	struct plan p;
	bool reserved = false;
	size_t i;

	ok(r->ha.sync, "connections are carried where the file says nothing");
	r->ha.sync = false;
	is(service_text(&a, lab, r->hosts[0], title), "",
	   "with sync_connections: false nobody does");
	r->ha.sync = true;
	text = service_text(&a, lab, r->hosts[0], title);
	ip_print(&r->ha_ports[1]->addrs[0].addr.ip, ip);
	mac_print(&r->ha_ports[1]->mac, mac);
	snprintf(peer, sizeof(peer),
		 "\"peers\": [{\"address\": \"%s\",\"mac\": \"%s\"}]", ip, mac);
	ok(strstr(text, peer) != NULL, "connections: the other host is told");
	plan_build(&a, lab, r->hosts[0], &p);
	for (i = 0; i < p.n; i++)
		reserved |= p.res[i].kind == RES_NEIGH &&
			    ip_equal(&p.res[i].neigh.addr,
				     &r->ha_ports[1]->addrs[0].addr.ip);
	ok(!reserved, "and needs no place as a neighbour");
}

/* A drained node's engine wants nothing, and the others' are as before. */
static void check_drained(struct lab *lab)
{
	auto_arena struct arena a = {0};
	const struct topo_router *r = &lab->routers[0];
	struct topo_node *n = &lab->nodes[r->hosts[0]->index];
	const char *before, *text;

	lab->routers[0].ha.preempt = true;
	before = engine_text(&a, lab, r->hosts[1]);
	n->drained = true;
	text = engine_text(&a, lab, n);
	ok(strstr(text, "\"priority\": 1,") &&
		   strstr(text, "\"preempt\": false"),
	   "a drained node has the least priority and preempts nobody");
	is(engine_text(&a, lab, r->hosts[1]), before, "the others are as ever");
	n->drained = false;
	lab->routers[0].ha.preempt = false;
}

/* What the file's checker lets through, the mechanism can make. */
static void types(void)
{
	unsigned m, t;

	for (m = 0; m < TOPO_MECHANISMS; m++)
		for (t = 0; t < TOPO_TYPES; t++)
			ok(topo_mechanism_has(m, t) ==
				   (mechanisms[m]->uplinks[t] != NULL),
			   "%s and %s: checker and mechanism agree",
			   topo_mechanism_names[m], topo_type_names[t]);
}

int main(void)
{
	static const char *const nodes[] = {"network1", "network2", "compute1",
					    "compute2"};
	struct lab *lab;
	size_t i;

	types();
	lab = load("topologies/l3ha-linuxbridge.yaml", NULL, NULL);
	if (lab) {
		for (i = 0; i < ARRAY_LEN(nodes); i++) {
			golden("l3ha", lab, nodes[i]);
			check_order(lab, nodes[i]);
		}
		check_controller(lab);
	}
	lab_free(lab);
	lab = load("t/lib/boots.yaml", NULL, NULL);
	if (lab) {
		check_shared(lab);
		check_drained(lab);
		check_synced(lab);
	}
	lab_free(lab);
	lab = load("topologies/l3ha-linuxbridge.yaml", "l2_population: false",
		   "l2_population: true");
	if (lab) {
		golden("l2pop", lab, "network1");
		golden("l2pop", lab, "compute1");
	}
	lab_free(lab);
	lab = load("topologies/vrrp-rapid.yaml", NULL, NULL);
	for (i = 0; lab && i < lab->nnodes; i++)
		if (lab->nodes[i].role != TOPO_CONTROLLER)
			golden("rapid", lab, lab->nodes[i].name);
	lab_free(lab);
	lab = load("topologies/l3ha-ovs.yaml", NULL, NULL);
	if (lab) {
		golden("ovs", lab, "network1");
		golden("ovs", lab, "compute1");
	}
	lab_free(lab);
	lab = load("topologies/l3ha-ovs.yaml", "l2_population: false",
		   "l2_population: true\narp_responder: true\n"
		   "prevent_arp_spoofing: false");
	if (lab) {
		golden("ovs-l2pop", lab, "network1");
		golden("ovs-l2pop", lab, "compute1");
	}
	lab_free(lab);
	lab = load("topologies/l3ha-ovs.yaml", "l2_population: false",
		   "external_network_bridge: br-ex");
	if (lab)
		golden("ovs-outside", lab, "network1");
	lab_free(lab);
	/* `auto`, where the kernel has a datapath. */
	lab = load("topologies/l3ha-ovs.yaml", NULL, NULL);
	if (lab) {
		topo_settle(lab, true);
		golden("ovs-kernel", lab, "network1");
	}
	lab_free(lab);
	lab = load("topologies/l3ha-ovs.yaml", "l2_population: false",
		   "datapath: kernel\novs_use_veth: true");
	if (lab)
		golden("ovs-kernel-veth", lab, "network1");
	lab_free(lab);
	lab = load("topologies/l3ha-ovs.yaml", "l2_population: false",
		   "datapath: userspace");
	if (lab) {
		topo_settle(lab, true);
		golden("ovs", lab, "network1");
	}
	lab_free(lab);
	return tap_done();
}
