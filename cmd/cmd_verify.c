/* SPDX-License-Identifier: MIT */
/*
 * labctl verify: the documented verifications of a lab that is up, as TAP on
 * stdout and nothing else there. The plan is printed before anything is
 * looked at, for it depends on the lab alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/pick.h"
#include "cmd/common/progress.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/neightab.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "provision/host/fleet.h"
#include "topologies/topo.h"
#include "verify/check.h"
#include "verify/gather/gather.h"
#include "verify/report/links.h"
#include "verify/report/tap.h"

#define CHECKS_MAX 64

struct verify {
	struct lab *lab;
	bool all;
	bool chosen[CHECKS_MAX]; /* as of check_nth(), unless all */
	bool first_only;         /* -i */
	struct mono began;
	struct neightab_watch neighbours;
	struct buf out;
};

static void flush(struct buf *out)
{
	if (out->len)
		fwrite(out->data, 1, out->len, stdout);
	fflush(stdout);
	buf_reset(out);
}

/* For the harness and for the person; returns status. */
static int bail(struct verify *v, int status, const struct err *e)
{
	tap_bail(&v->out, "%s", e->msg);
	flush(&v->out);
	return cmd_fail(status, e);
}

static int list(void)
{
	const struct check *c;
	size_t i;

	for (i = 0; (c = check_nth(i)) != NULL; i++)
		printf("%-16s %s\n", c->name, c->about);
	return EXIT_OK;
}

/* "a,b": which checks; EXIT_USAGE with words on a name that is none. */
static int choose(const struct cmd *c, struct verify *v, const char *names)
{
	auto_arena struct arena a = {0};
	const char *known[CHECKS_MAX] = {0}, *near;
	const struct check *check;
	char *word, *rest = arena_strdup(&a, names);
	size_t i, n = 0;

	while (n < CHECKS_MAX && (check = check_nth(n)) != NULL)
		known[n++] = check->name;
	v->all = false;
	while ((word = strsep(&rest, ",")) != NULL) {
		for (i = 0; i < n; i++)
			if (strcmp(known[i], word) == 0)
				break;
		if (i < n) {
			v->chosen[i] = true;
			continue;
		}
		near = parse_nearest(word, known, n);
		return cmd_usage(c, "no check '%s'%s%s%s; --list names them",
				 word, near ? "; did you mean '" : "",
				 near ? near : "", near ? "'?" : "");
	}
	return EXIT_OK;
}

static int judge(struct verify *v, const struct evidence *e,
		 const struct points *points, struct tap *tap)
{
	size_t i;

	for (i = 0; i < points->n; i++) {
		const struct point *p = &points->items[i];
		auto_buf struct buf title = {0}, command = {0};
		auto_arena struct arena a = {0};
		struct verdict verdict = {.arena = &a};

		check_title(p, &title);
		check_judge(e, p, &verdict);
		if (verdict.kind != VERDICT_OK)
			p->check->command(e, &p->subject, &command);
		tap_point(tap, title.data, p->check->name, &verdict,
			  command.data);
		if (v->first_only && tap->failed) {
			tap_bail(&v->out, "stopped at the first failure");
			flush(&v->out);
			return EXIT_DIFFERS;
		}
	}
	flush(&v->out);
	cmd_said_points(tap, v->began);
	return tap->failed ? EXIT_DIFFERS : EXIT_OK;
}

/*
 * A table that is one for the whole machine was full: packets were lost, in
 * whatever lab. A note and not a point: it is no property of this lab, and
 * one that passes all the same is as its file says.
 */
static void note_neighbours(const struct neightab_watch *w, struct tap *tap)
{
	enum neightab_family f;
	struct neightab now;

	for (f = 0; f < NEIGHTABS; f++)
		if (neightab_look(w, f, &now) == 0 &&
		    now.fulls > w->first[f].fulls)
			tap_note(tap,
				 "this machine's table of %s neighbours (%u "
				 "of %u) was full %llu times while looking: "
				 "packets were lost for that (sysctl %s)",
				 neightab_names[f], now.entries, now.max,
				 (unsigned long long)(now.fulls -
						      w->first[f].fulls),
				 neightab_sysctls[f]);
}

static void note_drained(const struct lab *lab, struct tap *tap)
{
	size_t i;

	for (i = 0; i < lab->nnodes; i++)
		if (lab->nodes[i].drained)
			tap_note(tap,
				 "%s is drained: it leads a router only where "
				 "nobody else does ('labctl undrain %s' ends "
				 "that)",
				 lab->nodes[i].name, lab->nodes[i].name);
}

static int verify_fleet(struct verify *v, struct fleet *f)
{
	auto_(evidence_release) struct evidence e;
	auto_arena struct arena a = {0};
	struct progress progress;
	struct points points;
	struct tap tap;

	evidence_init(&e, v->lab);
	check_points(&a, &e, v->all ? NULL : v->chosen, &points);
	tap_open(&tap, &v->out, getenv("TAP_VERSION"), points.n);
	tap.color = cmd_color_tap();
	flush(&v->out);
	progress_init(&progress);
	if (progress.terminal)
		progress_say(&progress, "looking at %zu nodes", f->n);
	gather(f, &e, check_needs(&points));
	progress_end(&progress);
	note_neighbours(&v->neighbours, &tap);
	note_drained(v->lab, &tap);
	report_links(v->lab, &tap);
	return judge(v, &e, &points, &tap);
}

static int verify_lab(struct verify *v)
{
	struct fleet f = {0};
	struct err e;
	int r;

	/* From the machine's own namespace, which is left now. */
	neightab_watch(&v->neighbours);
	r = emul_enter(v->lab->name, &e);
	if (r == -ENOENT)
		err_set(&e, r, "lab %s is not up: 'labctl up FILE' makes it",
			v->lab->name);
	if (r < 0)
		return bail(v, EXIT_CANNOT, &e);
	/* A node that cannot be reached is a finding, not the end. */
	r = fleet_open(&f, v->lab, FLEET_OUTSIDE, &e);
	r = r < 0 && !f.n ? bail(v, EXIT_CANNOT, &e) : verify_fleet(v, &f);
	fleet_close(&f);
	neightab_watch_end(&v->neighbours);
	return r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	const char *only = NULL;
	bool listing = false;
	struct verify v = {.all = true, .began = clock_mono()};
	const struct cmd_opt opts[] = {
		{"only", 0, OPT_TEXT, &only},
		{"list", 0, OPT_FLAG, &listing},
		{"immediate", 'i', OPT_FLAG, &v.first_only},
		{NULL, 0, OPT_FLAG, NULL}};
	struct err e;
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (listing)
		return list();
	if (argc > 2)
		return cmd_usage(c, "one LAB or FILE");
	if (only) {
		r = choose(c, &v, only);
		if (r != EXIT_OK)
			return r;
	}
	r = pick_lab(argv[1], &v.lab);
	if (r != EXIT_OK) {
		/* The reason is on stderr; a harness reads this. */
		err_set(&e, -EINVAL, "no lab to verify");
		tap_bail(&v.out, "%s", e.msg);
		flush(&v.out);
	} else {
		r = verify_lab(&v);
	}
	lab_free(v.lab);
	buf_release(&v.out);
	return r;
}

const struct cmd cmd_verify = {
	.name = "verify",
	.args = "[LAB|FILE] [--only CHECK,...] [-i] [--list]",
	.summary = "check that a lab works as documented, as TAP",
	.help = "Every point is looked at by all nodes at once, and takes as "
		"long as two adverts.\nUnder a failure stand what was "
		"expected, what was observed, and the command to\nsee it "
		"yourself. A router is given the time of its own timers to "
		"find its active\nhost first. Pings of a path that "
		"is still being learned, or has just come back, are\n"
		"tried again, and a note says so.\n\n"
		"Options:\n"
		"      --only CHECK,...  only these checks\n"
		"  -i, --immediate       stop at the first failure\n"
		"      --list            name the checks\n\n"
		"Exit status: 0 all hold, 1 some do not, 2 usage or no lab "
		"of that\nname, 3 the lab is not up.\n\n"
		"Examples:\n"
		"  labctl verify\n"
		"  labctl verify --only active,addresses\n"
		"  prove --exec 'labctl verify' lab.yaml\n",
	.run = run,
};
