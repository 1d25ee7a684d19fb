/* SPDX-License-Identifier: MIT */
/*
 * labctl failover: the drill, timed. TAP on stdout: the plan at once, at the
 * end the timeline of each router as comments and the points; or all of it as
 * JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/compare.h"
#include "cmd/common/pick.h"
#include "cmd/common/progress.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "provision/emul/state.h"
#include "provision/host/fleet.h"
#include "topologies/topo.h"
#include "verify/drill/drill.h"
#include "verify/drill/figures.h"
#include "verify/drill/rescue.h"
#include "verify/faults/fault.h"
#include "verify/report/drill.h"
#include "verify/report/tap.h"

struct failover {
	struct lab *lab;
	const struct topo_router *only;
	const struct fault *fault;
	bool json;
	size_t runs;
	struct rescue rescue;
	struct progress progress;
	struct mono began;
	struct buf out;
	struct tap tap;
	struct json j;
	struct figures figures;
	size_t failed; /* points */
};

static void flush(struct failover *fo)
{
	if (fo->out.len)
		fwrite(fo->out.data, 1, fo->out.len, stdout);
	fflush(stdout);
	buf_reset(&fo->out);
}

static int bail(struct failover *fo, int status, const struct err *e)
{
	progress_end(&fo->progress);
	if (!fo->json)
		tap_bail(&fo->out, "%s", e->msg);
	flush(fo);
	return cmd_fail(status, e);
}

static void said(void *ctx, const char *what)
{
	struct failover *fo = ctx;

	if (fo->progress.terminal)
		progress_say(&fo->progress, "%s", what);
}

/* One drill of the fleet; 0, or an exit status after which there is none. */
static int drill_once(struct failover *fo, struct fleet *f, size_t run)
{
	auto_(drill_release) struct drill d;
	int r;

	drill_init(&d, fo->lab, fo->only, fo->fault);
	d.rescue = &fo->rescue;
	r = drill_run(&d, f, &cmd_interrupted, said, fo);
	if (r == -EINTR)
		return bail(fo, EXIT_INTERRUPTED, &d.err);
	progress_end(&fo->progress);
	if (!fo->json)
		report_drill_tap(&d, run, fo->runs, &fo->tap);
	else if (fo->runs > 1)
		fo->failed += report_drills_add(&fo->j, &d);
	else
		fo->failed += report_drill_json(&d, &fo->out);
	figures_add(&fo->figures, &d);
	/* What is long is read while it goes on. */
	if (!fo->json)
		flush(fo);
	if (!d.err.code)
		return EXIT_OK;
	if (run < fo->runs)
		return bail(fo, EXIT_CANNOT, &d.err);
	flush(fo);
	return cmd_fail(EXIT_CANNOT, &d.err);
}

static size_t points_of(const struct failover *fo)
{
	auto_(drill_release) struct drill d;

	drill_init(&d, fo->lab, fo->only, fo->fault);
	return drill_points(&d);
}

static int drill_fleet(struct failover *fo, struct fleet *f)
{
	size_t run;
	int r = EXIT_OK;

	if (!fo->json) {
		tap_open(&fo->tap, &fo->out, getenv("TAP_VERSION"),
			 points_of(fo) * fo->runs);
		fo->tap.color = cmd_color_tap();
		flush(fo);
	} else if (fo->runs > 1) {
		report_drills_begin(&fo->j, fo->lab, fo->fault, &fo->out);
	}
	cmd_catch_signals();
	for (run = 1; run <= fo->runs && r == EXIT_OK; run++)
		r = drill_once(fo, f, run);
	if (r != EXIT_OK)
		return r;
	if (fo->runs > 1 && fo->json)
		report_drills_end(&fo->j, &fo->figures, &fo->out);
	else if (fo->runs > 1)
		report_figures_tap(&fo->figures, &fo->tap);
	flush(fo);
	if (!fo->json) {
		fo->failed = fo->tap.failed;
		cmd_said_points(&fo->tap, fo->began);
	}
	return fo->failed ? EXIT_DIFFERS : EXIT_OK;
}

static int drill_lab(struct failover *fo)
{
	struct fleet f = {0};
	struct err e;
	int r;

	progress_init(&fo->progress);
	/* An up would mend the fault, another drill make one of its own. */
	r = emul_take(fo->lab, "failover", &e);
	if (r == 0 && fo->fault->traits & FAULT_KILLS_NODE)
		r = rescue_begin(&fo->rescue, fo->lab, &e);
	if (r < 0)
		return bail(fo, EXIT_CANNOT, &e);
	r = fleet_open(&f, fo->lab, FLEET_OUTSIDE, &e);
	r = r < 0 ? bail(fo, EXIT_CANNOT, &e) : drill_fleet(fo, &f);
	fleet_close(&f);
	rescue_end(&fo->rescue);
	return r;
}

static int choose_router(struct failover *fo, const char *name)
{
	auto_arena struct arena a = {0};
	const char **names;
	size_t i;

	fo->only = topo_router(fo->lab, name);
	if (fo->only)
		return EXIT_OK;
	names = arena_array(&a, fo->lab->nrouters, sizeof(*names));
	for (i = 0; i < fo->lab->nrouters; i++)
		names[i] = fo->lab->routers[i].name;
	return cmd_no_such(fo->lab, "router", name, names, fo->lab->nrouters);
}

static int unknown_fault(const struct cmd *c, const char *name)
{
	auto_buf struct buf known = {0};
	const struct fault *f;
	size_t i;

	for (i = 0; (f = fault_nth(i)) != NULL; i++)
		buf_printf(&known, "%s'%s'",
			   !i                 ? ""
			   : fault_nth(i + 1) ? ", "
					      : " or ",
			   f->name);
	return cmd_usage(c, "--fault is %s, not '%s'", known.data, name);
}

static int run(const struct cmd *c, int argc, char **argv)
{
	const char *router = NULL, *fault = fault_nth(0)->name, *format = "tap";
	const char *count = "1";
	bool compare = false;
	uint32_t runs;
	const struct cmd_opt opts[] = {{"router", 0, OPT_TEXT, &router},
				       {"fault", 0, OPT_TEXT, &fault},
				       {"count", 0, OPT_TEXT, &count},
				       {"compare", 0, OPT_FLAG, &compare},
				       {"output", 'o', OPT_TEXT, &format},
				       {NULL, 0, OPT_FLAG, NULL}};
	struct failover fo = {.began = clock_mono(), .rescue = {.fd = -1}};
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc > 2)
		return cmd_usage(c, "one LAB or FILE");
	fo.fault = fault_find(fault);
	if (!fo.fault)
		return unknown_fault(c, fault);
	if (parse_u32(count, 1, DRILL_RUNS_MAX, &runs) < 0)
		return cmd_usage(c, "--count is 1 to %d, not '%s'",
				 DRILL_RUNS_MAX, count);
	if (compare && runs > 1)
		return cmd_usage(c, "either --compare or --count");
	fo.runs = runs;
	fo.json = strcmp(format, "json") == 0;
	if (!fo.json && strcmp(format, "tap") != 0)
		return cmd_usage(c, "-o is 'tap' or 'json', not '%s'", format);
	r = pick_lab(argv[1], &fo.lab);
	if (r == EXIT_OK && router)
		r = choose_router(&fo, router);
	if (r == EXIT_OK && compare) {
		r = compare_engines(fo.lab, fo.only, fault, fo.json);
	} else if (r == EXIT_OK) {
		r = drill_lab(&fo);
	} else if (!fo.json) {
		/* The reason is on stderr; a harness reads this. */
		tap_bail(&fo.out, "no lab to drill");
		flush(&fo);
	}
	lab_free(fo.lab);
	buf_release(&fo.out);
	figures_release(&fo.figures);
	return r;
}

const struct cmd cmd_failover = {
	.name = "failover",
	.args = "[LAB|FILE] [--router ROUTER] [--fault FAULT] [--count N] "
		"[--compare] [-o tap|json]",
	.summary = "strike the active node, see another take over, timed",
	.help = "Pings each router from an instance and from outside, breaks "
		"one thing on the active\nnode, waits for another node, puts "
		"it back and sees that the role stays where it\nbelongs. All "
		"is put back however the drill ends.\n\n"
		"Options:\n"
		"      --router ROUTER  this router only\n"
		"      --fault FAULT    what is broken:\n"
		"          tunnel        the node's overlay interface is set "
		"down (default)\n"
		"          ha            the router's own ha interface is set "
		"down\n"
		"          engine-kill   the node's VRRP engine is killed\n"
		"          node-kill     the node is gone, as by its power "
		"switch\n"
		"          node-pause    the node stands still, and then goes "
		"on\n"
		"          gateway-loss  the node's external interface is set "
		"down\n"
		"          partition     the overlay loses all from and to the "
		"node, its links\n"
		"                        stay up: two are active meanwhile\n"
		"      --count N        so many drills, one after the other, "
		"and "
		"of each figure\n"
		"                       the least, the median and the most\n"
		"      --compare        the same drill with labctl's engine "
		"and "
		"with keepalived, and\n"
		"                       their timelines and points side by "
		"side; then the lab is\n"
		"                       as it was\n"
		"  -o, --output json    JSON instead of TAP; times in "
		"microseconds\n\n"
		"Exit status: 0 all hold, or both drills of --compare were "
		"made, 1 some do not\nhold, 2 usage or no lab of that name, 3 "
		"the lab is not up or the drill could not\nbe made, 130 "
		"interrupted.\n\n"
		"Examples:\n"
		"  labctl failover\n"
		"  labctl failover --fault node-kill --count 5\n"
		"  labctl failover --fault ha -o json\n",
	.run = run,
};
