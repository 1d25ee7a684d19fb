/* SPDX-License-Identifier: MIT */
/*
 * Each way of breaking a lab must turn the check that guards it, and no other
 * one, from ok to wrong. What then cannot be looked at may only be blind.
 */
#include "verify/check.h"

#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "t/lib/broken.h"
#include "t/lib/healthy.h"
#include "t/lib/tap.h"

#define FILE_NAME "topologies/l3ha-linuxbridge.yaml"

static struct lab *lab;

/* "wrong NAME: SUBJECT; blind NAME: ..." of all that is not ok. */
static void findings(const struct evidence *e, struct buf *out)
{
	auto_arena struct arena a = {0};
	struct points points;
	size_t i;

	check_points(&a, e, NULL, &points);
	for (i = 0; i < points.n; i++) {
		struct verdict v = {.arena = &a};
		auto_buf struct buf title = {0}, command = {0};
		const struct point *p = &points.items[i];

		check_title(p, &title);
		check_judge(e, p, &v);
		if (v.kind == VERDICT_OK)
			continue;
		p->check->command(e, &p->subject, &command);
		if (!command.len || (v.kind == VERDICT_WRONG &&
				     (!v.expected.n || !v.observed.n)))
			buf_adds(out, "without diagnostics: ");
		title.data[title.len - strlen(p->check->what) - 1] = '\0';
		buf_printf(out, "%s%s %s", out->len ? "; " : "",
			   v.kind == VERDICT_WRONG ? "wrong" : "blind",
			   title.data);
	}
}

/* Is it among the findings as wrong, not only as blind? */
static bool names(const char *found, const char *check)
{
	char text[80];

	snprintf(text, sizeof(text), "wrong %s:", check);
	return found && strstr(found, text);
}

static void registry(void)
{
	const struct check *c;
	size_t i, k;

	for (i = 0; (c = check_nth(i)) != NULL; i++) {
		for (k = 0; k < i; k++)
			if (strcmp(check_nth(k)->name, c->name) == 0)
				break;
		ok(k == i && c->scope && c->judge && c->command,
		   "check %s is whole and the only one of its name", c->name);
		for (k = 0; broken[k].what; k++)
			if (names(broken[k].found, c->name))
				break;
		ok(broken[k].what, "check %s is seen to fail below", c->name);
	}
}

/* Every part of the evidence missing: nothing passes, nothing is wrong. */
static void blindness(void)
{
	auto_(evidence_release) struct evidence e;
	auto_arena struct arena a = {0};
	struct points points;
	size_t i, blind = 0;

	evidence_init(&e, lab);
	check_points(&a, &e, NULL, &points);
	for (i = 0; i < points.n; i++) {
		struct verdict v = {.arena = &a};

		check_judge(&e, &points.items[i], &v);
		blind += v.kind == VERDICT_BLIND && v.blind;
	}
	is_int(blind, points.n, "not having looked is never a pass");
}

/* Two projects, whose HA networks have the same addresses; three hosts; no
 * learning but flood entries; a network on one node alone. */
static const char two_projects[] =
	"lab: two\n"
	"l2_population: true\n"
	"nodes:\n"
	"  controller: {role: controller}\n"
	"  network1: {role: network}\n"
	"  network2: {role: network}\n"
	"  network3: {role: network}\n"
	"  compute1: {role: compute}\n"
	"physical:\n"
	"  management: {cidr: 10.0.0.0/24}\n"
	"  tunnel: {cidr: 10.0.1.0/24}\n"
	"  provider: {}\n"
	"networks:\n"
	"  ext:\n"
	"    external: true\n"
	"    type: flat\n"
	"    physical: provider\n"
	"    subnets:\n"
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"  a:\n"
	"    project: one\n"
	"    type: vxlan\n"
	"    subnets: {a4: {cidr: 10.1.0.0/24, gateway: 10.1.0.1}}\n"
	"  b:\n"
	"    project: two\n"
	"    type: vxlan\n"
	"    subnets: {b4: {cidr: 10.1.0.0/24, gateway: 10.1.0.1}}\n"
	"routers:\n"
	"  ra: {project: one, gateway: ext, interfaces: [a4]}\n"
	"  rb: {project: two, gateway: ext, interfaces: [b4]}\n"
	"instances:\n"
	"  ia: {node: compute1, network: a}\n"
	"  ib: {node: compute1, network: b}\n";

/* A healthy lab of another shape passes everywhere. */
static void passes(const char *what, const char *path, const char *text)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_(evidence_release) struct evidence e;
	auto_buf struct buf found = {0};
	struct lab *other = NULL;
	int r = text ? topo_load_text(path, text, strlen(text), &other, &errs)
		     : topo_load(path, &other, &errs);

	if (!ok(r == 0, "%s: loaded%s%s", what, errs.n ? ": " : "",
		errs.n ? errs.items[0].msg : ""))
		return;
	healthy_evidence(&e, other);
	findings(&e, &found);
	is(found.data, NULL, "%s passes", what);
	lab_free(other);
}

int main(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	size_t i;

	if (!ok(topo_load(FILE_NAME, &lab, &errs) == 0, "load " FILE_NAME))
		return tap_done();
	if (!ok(lab->nrouters == 1 && lab->routers[0].nhosts == 2 &&
			lab->ninstances == 2,
		"the lab that the breakages speak of"))
		return tap_done();
	broken_lab(lab);
	registry();
	for (i = 0; broken[i].what; i++) {
		auto_(evidence_release) struct evidence e;
		auto_buf struct buf found = {0};

		healthy_evidence(&e, lab);
		if (broken[i].how)
			broken[i].how(&e);
		findings(&e, &found);
		is(found.data, broken[i].found, "%s", broken[i].what);
	}
	blindness();
	passes("the other shipped lab", "topologies/vrrp-rapid.yaml", NULL);
	passes("a lab of two projects", "two.yaml", two_projects);
	lab_free(lab);
	return tap_done();
}
