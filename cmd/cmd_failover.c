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
#include "verify/faults/fault.h"
#include "verify/report/drill.h"
#include "verify/report/tap.h"

struct failover {
	struct lab *lab;
	const struct topo_router *only;
	const struct fault *fault;
	bool json;
	struct progress progress;
	struct mono began;
	struct buf out;
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

static int drill_fleet(struct failover *fo, struct fleet *f)
{
	auto_(drill_release) struct drill d;
	struct tap tap;
	size_t failed;
	int r;

	drill_init(&d, fo->lab, fo->only, fo->fault);
	if (!fo->json) {
		tap_open(&tap, &fo->out, getenv("TAP_VERSION"),
			 drill_points(&d));
		tap.color = cmd_color_tap();
		flush(fo);
	}
	cmd_catch_signals();
	r = drill_run(&d, f, &cmd_interrupted, said, fo);
	if (r == -EINTR)
		return bail(fo, EXIT_INTERRUPTED, &d.err);
	progress_end(&fo->progress);
	if (fo->json) {
		failed = report_drill_json(&d, &fo->out);
	} else {
		report_drill_tap(&d, &tap);
		failed = tap.failed;
	}
	flush(fo);
	if (d.err.code)
		return cmd_fail(EXIT_CANNOT, &d.err);
	if (!fo->json)
		cmd_said_points(&tap, fo->began);
	return failed ? EXIT_DIFFERS : EXIT_OK;
}

static int drill_lab(struct failover *fo)
{
	struct fleet f = {0};
	struct err e;
	int r;

	progress_init(&fo->progress);
	r = emul_enter(fo->lab->name, &e);
	if (r == -ENOENT)
		err_set(&e, r, "lab %s is not up: 'labctl up FILE' makes it",
			fo->lab->name);
	/* An up would mend the fault, another drill make one of its own. */
	if (r == 0)
		r = emul_lock(fo->lab->name, "failover", &e);
	if (r < 0)
		return bail(fo, EXIT_CANNOT, &e);
	r = fleet_open(&f, fo->lab, FLEET_OUTSIDE, &e);
	r = r < 0 ? bail(fo, EXIT_CANNOT, &e) : drill_fleet(fo, &f);
	fleet_close(&f);
	return r;
}

static int choose_router(struct failover *fo, const char *name)
{
	auto_arena struct arena a = {0};
	const char **names, *near;
	size_t i;

	fo->only = topo_router(fo->lab, name);
	if (fo->only)
		return EXIT_OK;
	names = arena_array(&a, fo->lab->nrouters, sizeof(*names));
	for (i = 0; i < fo->lab->nrouters; i++)
		names[i] = fo->lab->routers[i].name;
	near = parse_nearest(name, names, fo->lab->nrouters);
	return cmd_wrong("lab %s has no router '%s'%s%s%s", fo->lab->name, name,
			 near ? "; did you mean '" : "", near ? near : "",
			 near ? "'?" : "");
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
	const struct cmd_opt opts[] = {{"router", 0, OPT_TEXT, &router},
				       {"fault", 0, OPT_TEXT, &fault},
				       {"output", 'o', OPT_TEXT, &format},
				       {NULL, 0, OPT_FLAG, NULL}};
	struct failover fo = {.began = clock_mono()};
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc > 2)
		return cmd_usage(c, "one LAB or FILE");
	fo.fault = fault_find(fault);
	if (!fo.fault)
		return unknown_fault(c, fault);
	fo.json = strcmp(format, "json") == 0;
	if (!fo.json && strcmp(format, "tap") != 0)
		return cmd_usage(c, "-o is 'tap' or 'json', not '%s'", format);
	r = pick_lab(argv[1], &fo.lab);
	if (r == EXIT_OK && router)
		r = choose_router(&fo, router);
	if (r == EXIT_OK) {
		r = drill_lab(&fo);
	} else if (!fo.json) {
		/* The reason is on stderr; a harness reads this. */
		tap_bail(&fo.out, "no lab to drill");
		flush(&fo);
	}
	lab_free(fo.lab);
	buf_release(&fo.out);
	return r;
}

const struct cmd cmd_failover = {
	.name = "failover",
	.args = "[LAB|FILE] [--router ROUTER] [--fault FAULT] [-o "
		"tap|json]",
	.summary = "cut the active node off, see another take over, timed",
	.help = "Pings each router from an instance and from outside, sets a "
		"link of the active\nnode down, waits for another node, sets "
		"the link up again and sees that the role\nstays. All is put "
		"back however the drill ends.\n\n"
		"Options:\n"
		"      --router ROUTER  this router only\n"
		"      --fault FAULT    tunnel: the node's overlay interface "
		"(default)\n"
		"                       ha: the router's own ha interface\n"
		"  -o, --output json    JSON instead of TAP; times in "
		"microseconds\n\n"
		"Exit status: 0 all hold, 1 some do not, 2 usage or no "
		"lab of that\nname, 3 the lab is not up or the drill could "
		"not be made, 130 interrupted.\n\n"
		"Examples:\n"
		"  labctl failover\n"
		"  labctl failover --fault ha -o json\n",
	.run = run,
};
