/* SPDX-License-Identifier: MIT */
/*
 * What serves DHCP on a node, with every word and file, beside that in
 * t/golden. After a change that is meant: UPDATE_GOLDEN=1
 * build/t/unit/plan_dhcp.t
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/plan/plan.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

#define LAB "t/golden/dhcp.yaml"

static const struct res_service *service(const struct plan *p, size_t n)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->res[i].kind == RES_SERVICE &&
		    strcmp(p->res[i].service.argv[0], "dnsmasq") == 0 && !n--)
			return &p->res[i].service;
	return NULL;
}

static const char *file(const struct res_service *s, const char *name)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (strcmp(strrchr(s->files[i].path, '/') + 1, name) == 0)
			return s->files[i].text;
	return "no such file";
}

static bool has_word(const struct res_service *s, const char *word)
{
	for (size_t i = 0; i < s->nargs; i++)
		if (strcmp(s->argv[i], word) == 0)
			return true;
	return false;
}

static void tell(const struct res_service *s, struct buf *out)
{
	static const char *const hows[] = {"read", "start", "own"};

	buf_printf(out, "\n== %s in %s, reload %s\n", s->name, s->netns,
		   s->reload);
	for (size_t i = 0; i < s->nargs; i++)
		buf_printf(out, "%s\n", s->argv[i]);
	for (size_t i = 0; i < s->nfiles; i++)
		buf_printf(out, "%s (%s)\n", s->files[i].path,
			   hows[s->files[i].how]);
}

static void golden(const struct lab *lab, const char *node)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf got = {0}, want = {0};
	const struct res_service *s;
	char path[256];
	struct plan p;

	snprintf(path, sizeof(path), "t/golden/plan-dhcp-%s.txt", node);
	plan_build(&a, lab, topo_node(lab, node), &p);
	plan_print(&p, &got);
	for (size_t i = 0; (s = service(&p, i)); i++)
		tell(s, &got);
	if (getenv("UPDATE_GOLDEN"))
		file_write(path, 0644, got.data, got.len, NULL);
	file_read(path, 1u << 20, &want);
	is(got.data, want.data, "%s", path);
}

/* The order of making holds, whichever part added a resource. */
static void order(const struct lab *lab)
{
	auto_arena struct arena a = {0};
	bool fine = true;
	struct plan p;

	plan_build(&a, lab, topo_node(lab, "n1"), &p);
	for (size_t i = 0; i < p.n; i++) {
		bool have = !*p.res[i].netns || p.res[i].kind == RES_NETNS;

		for (size_t k = 0; k < i; k++)
			have = have ||
			       (p.res[k].kind == RES_NETNS &&
				strcmp(p.res[k].netns, p.res[i].netns) == 0);
		fine = fine && have &&
		       (!i || p.res[i - 1].kind != RES_SERVICE ||
			p.res[i].kind == RES_SERVICE);
	}
	ok(fine, "namespaces before what is in them, services last");
}

/* Neutron's own words, line by line. */
static void words(const struct lab *lab)
{
	auto_arena struct arena a = {0};
	const char *r4 = topo_network(lab, "routed")->subnets[0]->uuid;
	const char *a4 = topo_network(lab, "alone")->subnets[0]->uuid;
	const struct res_service *routed, *alone;
	struct plan one, two;

	plan_build(&a, lab, topo_node(lab, "n1"), &one);
	plan_build(&a, lab, topo_node(lab, "n2"), &two);
	routed = service(&one, 0);
	alone = service(&one, 1);
	ok(routed && alone && !service(&one, 4),
	   "a server for each network with DHCP, none for others");
	if (!routed || !alone)
		return;
	ok(strstr(file(routed, "opts"),
		  arena_printf(&a,
			       "tag:subnet-%s,option:classless-static-route,"
			       "192.168.4.0/25,0.0.0.0,10.9.0.0/16,192.168.1.9,"
			       "169.254.169.254/32,192.168.1.1,"
			       "0.0.0.0/0,192.168.1.1\n",
			       r4)),
	   "routes: the other subnet, the subnet's own, metadata, default");
	ok(strstr(file(alone, "opts"),
		  arena_printf(&a,
			       "tag:subnet-%s,option:classless-static-route,"
			       "169.254.169.254/32,192.168.2.1\n",
			       a4)),
	   "without a router metadata is beside the server");
	ok(!strstr(file(service(&two, 1), "opts"), "169.254"),
	   "unless its node has no agent for it");
	ok(strstr(file(alone, "opts"),
		  arena_printf(&a, "tag:subnet-%s,option:router\n", a4)),
	   "and no router is told");
	is(file(routed, "host"), file(service(&two, 0), "host"),
	   "both servers know the same ports");
	is(file(routed, "leases"), file(service(&two, 0), "leases"),
	   "and the same leases");
	ok(!strstr(file(routed, "host"), "fd00"), "SLAAC is not served");
}

/* DHCPv6, by Neutron's words too. */
static void six(const struct lab *lab)
{
	auto_arena struct arena a = {0};
	const char *s6 = topo_network(lab, "six")->subnets[1]->uuid;
	const struct res_service *full, *rest;
	char mac[MAC_TEXT_MAX];
	struct plan one;

	plan_build(&a, lab, topo_node(lab, "n1"), &one);
	full = service(&one, 2);
	rest = service(&one, 3);
	if (!ok(full && rest, "servers of both modes"))
		return;
	ok(has_word(full,
		    arena_printf(&a,
				 "--dhcp-range=set:subnet-%s,fd00:6::,static,"
				 "64,86400s",
				 s6)),
	   "a range of static addresses");
	ok(strstr(file(full, "opts"),
		  arena_printf(&a,
			       "tag:subnet-%s,option6:dns-server,"
			       "[2001:db8::53],[2001:db8::54]\n"
			       "tag:subnet-%s,option6:domain-search,"
			       "openstacklocal\n",
			       s6, s6)),
	   "DNS servers in brackets, and the domain");
	ok(strstr(file(full, "host"),
		  ",tag:dhcpv6,host-fd00-6--99.openstacklocal,[fd00:6::99]\n"),
	   "a host by its MAC, for DHCPv6 alone");
	ok(strstr(file(full, "leases"),
		  arena_printf(
			  &a, "duid 00:03:00:01:%s\n",
			  mac_print(
				  &topo_network(lab, "six")->dhcp_ports[0]->mac,
				  mac))) &&
		   !strstr(file(full, "leases"), "fd00"),
	   "its DUID, and no lease in IPv6");
	ok(has_word(rest,
		    arena_printf(&a,
				 "--dhcp-range=set:subnet-%s,fd00:7::,static,"
				 "64,86400s",
				 topo_network(lab, "rest")->subnets[0]->uuid)),
	   "stateless has a range too");
	is(file(rest, "host"), "", "and no hosts");
	ok(strstr(file(rest, "opts"), "option6:dns-server,[fd00:7::"),
	   "and names the servers themselves");
}

int main(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab = NULL;

	if (topo_load(LAB, &lab, &errs) < 0) {
		printf("Bail out! %s: %s\n", LAB, errs.items[0].msg);
		return 1;
	}
	golden(lab, "n1");
	golden(lab, "n2");
	order(lab);
	words(lab);
	six(lab);
	lab_free(lab);
	return tap_done();
}
