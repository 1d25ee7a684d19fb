/* SPDX-License-Identifier: MIT */
/*
 * The rules of routers, as text in t/golden/nat-NAME.txt, and as iptables
 * itself prints them. After a change that is meant:
 * UPDATE_GOLDEN=1 build/t/unit/plan_nat.t
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "provision/kinds/rules/compile.h"
#include "provision/plan/plan.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

#define TEXT_MAX (1u << 20)

static const char lab_text[] =
	"lab: t\n"
	"nodes:\n"
	"  n1: {role: network}\n"
	"  n2: {role: network}\n"
	"  k1: {role: compute}\n"
	"physical: {management: {}, tunnel: {}, ext: {}}\n"
	"networks:\n"
	"  out:\n"
	"    {external: true, physical: ext, subnets: {o4: {cidr: "
	"203.0.113.0/24}}}\n"
	"  a: {subnets: {a4: {cidr: 10.1.0.0/24, dhcp: false}}}\n"
	"  b: {subnets: {b4: {cidr: 10.2.0.0/24, dhcp: false}}}\n"
	"  c: {subnets: {c4: {cidr: 10.3.0.0/24, dhcp: false}}}\n"
	"routers:\n"
	"  usual: {gateway: out, interfaces: [a4]}\n"
	"  plain: {gateway: out, snat: false, interfaces: [b4]}\n"
	"  inner: {interfaces: [c4]}\n"
	"instances:\n"
	"  one: {node: k1, network: a, floating_ip: auto}\n"
	"  two: {node: k1, network: a, address: 10.1.0.9}\n"
	"floating_ips:\n"
	"  web: {instance: two, address: 203.0.113.77, fixed: 10.1.0.9, "
	"network: out}\n";

static const struct res *rules_of(const struct plan *p, const char *netns)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->res[i].kind == RES_RULES &&
		    strcmp(p->res[i].netns, netns) == 0)
			return &p->res[i];
	return NULL;
}

static void golden(const struct res *r, const char *name)
{
	auto_buf struct buf got = {0}, want = {0};
	char path[256];

	buf_printf(&got, "# IPv4\n%s# IPv6\n%s", r->rules.text4,
		   r->rules.text6);
	snprintf(path, sizeof(path), "t/golden/nat-%s.txt", name);
	if (getenv("UPDATE_GOLDEN")) {
		auto_fclose FILE *f = fopen(path, "we");

		if (f)
			fwrite(got.data, 1, got.len, f);
	}
	(void)file_read(path, TEXT_MAX, &want);
	buf_addc(&got, '\0');
	buf_addc(&want, '\0');
	is(got.data, want.data, "%s", path);
}

static void canonical(struct arena *a, const struct res *r, const char *name)
{
	struct rules_job job = {.text = {r->rules.text4, r->rules.text6},
				.nsfd = -1};

	is_int(rules_compile(a, &job, 1, true), 0, "%s: iptables takes it%s%s",
	       name, job.r ? ": " : "", job.r ? job.err.msg : "");
	is(job.canonical[RULES_IPV4], r->rules.text4, "%s: IPv4 is canonical",
	   name);
	is(job.canonical[RULES_IPV6], r->rules.text6, "%s: IPv6 is canonical",
	   name);
}

int main(void)
{
	bool can = geteuid() == 0 && system("iptables -V >/dev/null 2>&1") == 0;
	auto_arena struct arena a = {0};
	struct topo_errors errs = {0};
	struct lab *lab = NULL;
	struct plan one, two;

	if (!ok(topo_load_text("t", lab_text, strlen(lab_text), &lab, &errs) ==
			0,
		"the lab loads"))
		return tap_done();
	plan_build(&a, lab, topo_node(lab, "n1"), &one);
	plan_build(&a, lab, topo_node(lab, "n2"), &two);
	for (size_t i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];
		const struct res *x = rules_of(&one, r->netns);
		const struct res *y = rules_of(&two, r->netns);

		if (!ok(x && y, "%s: rules on both hosts", r->name))
			continue;
		is(x->rules.text4, y->rules.text4, "%s: the same IPv4",
		   r->name);
		is(x->rules.text6, y->rules.text6, "%s: the same IPv6",
		   r->name);
		golden(x, r->name);
		if (can)
			canonical(&a, x, r->name);
		else
			tap_skip("needs root and iptables", "%s", r->name);
	}
	topo_errors_release(&errs);
	lab_free(lab);
	return tap_done();
}
