/* SPDX-License-Identifier: MIT */
/* Who leads instances to the metadata server, and what that is told. */
#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "provision/metadata/record.h"
#include "provision/plan/plan.h"
#include "provision/plan/services/metadata.h"
#include "t/lib/tap.h"

static struct lab *load(const char *text)
{
	struct topo_errors errs = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;

	if (topo_load_text("lab.yaml", text, strlen(text), &lab, &errs) < 0) {
		topo_errors_print(&errs, "lab.yaml", 0, false, &out);
		ok(false, "it loads: %s", out.data ? out.data : "");
	}
	topo_errors_release(&errs);
	return lab;
}

/* A network node and a compute node; n routers with a network each. */
static struct lab *lab_of(size_t n, const char *keys, const char *agents)
{
	auto_buf struct buf b = {0};
	size_t i;

	buf_printf(&b,
		   "lab: l\n%snodes:\n  n1: {role: network%s}\n"
		   "  n2: {role: network, agents: [l3]}\n"
		   "  k1: {role: compute}\nnetworks:\n"
		   "  alone: {subnets: {a: {cidr: 10.200.0.0/24, "
		   "enable_gateway: false, dhcp: true}}}\n",
		   keys, agents);
	for (i = 0; i < n; i++)
		buf_printf(&b,
			   "  net%zu: {subnets: {s%zu: {cidr: 10.%zu.0.0/24, "
			   "dhcp: true}}}\n",
			   i, i, i);
	buf_adds(&b, "routers:\n");
	for (i = 0; i < n; i++)
		buf_printf(&b, "  r%zu: {interfaces: [s%zu]}\n", i, i);
	buf_adds(&b, "instances:\n");
	for (i = 0; i < n; i++)
		buf_printf(&b,
			   "  i%zu: {node: k1, network: net%zu, static: true, "
			   "user_data: u%zu}\n",
			   i, i, i);
	return load(b.data);
}

static const struct res_service *service(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->res[i].kind == RES_SERVICE &&
		    strcmp(p->res[i].service.name, name) == 0)
			return &p->res[i].service;
	return NULL;
}

static size_t proxies(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->res[i].kind == RES_SERVICE &&
		     strcmp(p->res[i].service.argv[0], "haproxy") == 0;
	return n;
}

static bool records(struct arena *a, const struct plan *p,
		    struct metadata_records *ret)
{
	const struct res_service *s = service(p, "metadata");
	struct doc *d;
	struct err e;

	return s &&
	       doc_parse_line(a, s->files[0].text, strlen(s->files[0].text), &d,
			      &e) == 0 &&
	       metadata_decode(a, d, ret, &e) == 0;
}

static size_t shared_addresses(const struct plan *p)
{
	const struct ip md = ip_v4(0xa9fea9fe);
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->res[i].kind == RES_ADDR &&
		     ip_equal(&p->res[i].addr.addr.ip, &md);
	return n;
}

static void few(void)
{
	auto_arena struct arena a = {0};
	struct lab *lab = lab_of(2, "", "");
	const struct topo_router *r;
	const struct res_service *s;
	struct metadata_records m;
	const char *config;
	struct plan p;

	if (!lab)
		return;
	r = &lab->routers[0];
	plan_build(&a, lab, topo_node(lab, "n1"), &p);
	is_int((long)proxies(&p), 3,
	       "a proxy for each router and isolated "
	       "network");
	s = service(&p, arena_printf(&a, "metadata-%s", r->uuid));
	if (!ok(s != NULL, "the router's by its name"))
		return;
	is(s->when, arena_printf(&a, "active of %s", r->uuid),
	   "it runs where the router is active");
	is(s->netns, r->netns, "in its namespace");
	config = s->files[0].text;
	ok(strstr(config, arena_printf(&a,
				       "http-request set-header "
				       "X-Neutron-Router-ID %s\n",
				       r->uuid)) &&
		   strstr(config, "http-request del-header "
				  "X-Neutron-Network-ID\n") &&
		   strstr(config, "http-request del-header X-Forwarded-For\n"),
	   "it says by which router, and nobody else does");
	s = service(&p, arena_printf(&a, "metadata-%s",
				     topo_network(lab, "alone")->uuid));
	ok(s && !s->when && strstr(s->files[0].text, "bind 169.254.169.254:80"),
	   "an isolated network's always runs");
	is_int((long)shared_addresses(&p), 1,
	       "the address itself is on that network's DHCP port alone");
	ok(records(&a, &p, &m) && m.ninstances == 2 && m.nrouters == 2 &&
		   m.nlisteners == 0,
	   "the server is told of instances and routers");
	is(m.instances[1].user_data, "u1", "with what is theirs");
	ok(metadata_find(&m, r->uuid, NULL, &m.instances[0].addrs[0].addr.ip) ==
		   &m.instances[0],
	   "who asks by a router is found");
	ok(!metadata_find(&m, r->uuid, NULL, &m.instances[1].addrs[0].addr.ip),
	   "and nobody of another's");
	plan_build(&a, lab, topo_node(lab, "k1"), &p);
	ok(!service(&p, "metadata"), "none where no agent is");
	lab_free(lab);
}

static void many(void)
{
	auto_arena struct arena a = {0};
	struct lab *lab = lab_of(PLAN_PROXIES_MAX, "", "");
	struct metadata_records m;
	struct plan p;
	size_t routers = 0;

	if (!lab)
		return;
	plan_build(&a, lab, topo_node(lab, "n1"), &p);
	is_int((long)proxies(&p), 0, "many routers: no proxy");
	if (!ok(records(&a, &p, &m), "many: records"))
		return;
	is_int((long)m.nlisteners, PLAN_PROXIES_MAX + 1, "many: listeners");
	for (size_t i = 0; i < m.nlisteners; i++)
		routers += m.listeners[i].router && !m.listeners[i].network &&
			   m.listeners[i].port == 9697;
	is_int((long)routers, PLAN_PROXIES_MAX, "many: one for each router");
	lab_free(lab);
}

static void forced(void)
{
	auto_arena struct arena a = {0};
	struct lab *lab = lab_of(1, "force_metadata: true\n", "");
	struct plan p;

	if (!lab)
		return;
	plan_build(&a, lab, topo_node(lab, "n1"), &p);
	is_int((long)shared_addresses(&p), 2, "forced: on each DHCP port");
	lab_free(lab);
	lab = lab_of(1, "", ", agents: [l3, dhcp]");
	if (!lab)
		return;
	plan_build(&a, lab, topo_node(lab, "n1"), &p);
	ok(!service(&p, "metadata") && !proxies(&p) && !shared_addresses(&p),
	   "without an agent on the node: nothing");
	lab_free(lab);
}

int main(void)
{
	few();
	many();
	forced();
	return tap_done();
}
