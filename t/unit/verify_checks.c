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
	size_t i, k;

	for (i = 0; checks[i].name; i++) {
		ok(check_find(checks[i].name) == &checks[i] &&
			   checks[i].judge && checks[i].command,
		   "check %s is whole and found by its name", checks[i].name);
		for (k = 0; broken[k].what; k++)
			if (names(broken[k].found, checks[i].name))
				break;
		ok(broken[k].what, "check %s is seen to fail below",
		   checks[i].name);
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
	lab_free(lab);
	return tap_done();
}
