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
#include "cmd/pick.h"
#include "cmd/progress.h"
#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/mono.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "provision/host/fleet.h"
#include "topologies/topo.h"
#include "verify/drill/drill.h"
#include "verify/report/tap.h"

struct failover {
	struct lab *lab;
	const struct topo_router *only;
	enum drill_fault fault;
	bool json;
	struct progress progress;
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

/* --- the timeline ---------------------------------------------------- */

#define MOMENTS_MAX 10

struct moment {
	int64_t t;
	const char *key; /* in JSON, with _us after it */
	const char *what;
	const char *node; /* or NULL */
};

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return x->t < y->t ? -1 : x->t > y->t;
}

static size_t moments(const struct drill *d, const struct drill_router *dr,
		      const struct timeline *t, struct moment *list)
{
	const struct topo_router *r = dr->router;
	const char *old = t->old < r->nhosts ? r->hosts[t->old]->name : NULL;
	const char *now = t->now < r->nhosts ? r->hosts[t->now]->name : NULL;
	const struct moment all[] = {
		{t->last_old, "last_old_advert", "last advert of", old},
		{d->down_ns, "fault", "link down on", old},
		{t->gave_up, "gave_up", "addresses given up by", old},
		{t->first_new, "first_new_advert", "first advert of", now},
		{t->addresses, "addresses", "addresses in place on", now},
		{t->routes, "routes", "default routes in place on", now},
		{t->announced, "announced", "first gratuitous ARP of", now},
		{t->reply, "first_reply", "first reply to a ping", NULL},
		{d->up_ns, "healed", "link up again on", old},
	};
	size_t i, n = 0;

	for (i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].t)
			list[n++] = all[i];
	qsort(list, n, sizeof(*list), by_time);
	return n;
}

static double ms_since(const struct drill *d, int64_t t)
{
	return (double)(t - d->down_ns) / (double)NS_PER_MS;
}

static void note_router(const struct drill *d, size_t i, struct tap *tap)
{
	const struct drill_router *dr = &d->routers[i];
	struct drill_bound b = drill_bound(dr->router);
	struct moment list[MOMENTS_MAX];
	struct timeline t;
	size_t k, n;

	if (!dr->hit) {
		tap_note(tap, "%s: not active on %s, so not hit",
			 dr->router->name, d->victim->name);
		return;
	}
	drill_timeline(d, i, &t);
	tap_note(tap,
		 "%s: ms since the fault (theory: noticed after %.0f to "
		 "%.0f)",
		 dr->router->name, (double)b.low / (double)NS_PER_MS,
		 (double)b.high / (double)NS_PER_MS);
	n = moments(d, dr, &t, list);
	for (k = 0; k < n; k++)
		tap_note(tap, "%+10.1f  %s%s%s", ms_since(d, list[k].t),
			 list[k].what, list[k].node ? " " : "",
			 list[k].node ? list[k].node : "");
}

static void note_ping(const struct drill *d, size_t i, struct tap *tap)
{
	const struct drill_ping *p = &d->pings[i];
	char text[IP_TEXT_MAX];
	struct outage o;

	if (p->pings.error)
		return;
	drill_outage(&p->pings, d->down_ns, INT64_MAX, &o);
	tap_note(tap, "%s at %s from %s: out %.0f ms, %zu of %zu packets lost",
		 p->router->name, ip_print(&p->dst, text),
		 p->instance ? p->instance->name : "outside",
		 (double)o.ns / (double)NS_PER_MS, o.lost, o.sent);
}

static int print_tap(struct failover *fo, const struct drill *d,
		     struct tap *tap)
{
	size_t i, n = drill_points(d);

	for (i = 0; d->down_ns && i < d->nrouters; i++)
		note_router(d, i, tap);
	for (i = 0; d->down_ns && i < d->npings; i++)
		note_ping(d, i, tap);
	for (i = 0; i < n; i++) {
		auto_buf struct buf title = {0}, command = {0};
		auto_arena struct arena a = {0};
		struct verdict v = {.arena = &a};
		const char *skip;
		size_t of;

		drill_title(d, i, &title);
		drill_judge(d, i, &v, &skip);
		if (v.kind != VERDICT_OK)
			drill_command(d, i, &command);
		if (skip)
			tap_skip_point(tap, title.data, skip);
		else
			tap_point(tap, title.data,
				  drill_check_names[drill_point(d, i, &of)], &v,
				  command.data);
	}
	flush(fo);
	return tap->failed ? EXIT_DIFFERS : EXIT_OK;
}

/* --- JSON ------------------------------------------------------------ */

static void json_lines(struct json *j, const char *key,
		       const struct verdict_lines *l)
{
	size_t i;

	json_key(j, key);
	json_arr(j);
	for (i = 0; i < l->n; i++)
		json_str(j, l->items[i]);
	json_arr_end(j);
}

static void json_us(struct json *j, const char *key, int64_t ns)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_us", key);
	json_kint(j, name, ns / NS_PER_US);
}

static void json_router(struct json *j, const struct drill *d, size_t i)
{
	const struct drill_router *dr = &d->routers[i];
	const struct topo_router *r = dr->router;
	struct drill_bound b = drill_bound(r);
	struct moment list[MOMENTS_MAX];
	struct timeline t;
	size_t k, n;

	drill_timeline(d, i, &t);
	json_obj(j);
	json_kstr(j, "name", r->name);
	json_kbool(j, "hit", dr->hit);
	json_kstr(j, "old", t.old < r->nhosts ? r->hosts[t.old]->name : NULL);
	json_kstr(j, "new", t.now < r->nhosts ? r->hosts[t.now]->name : NULL);
	json_kint(j, "theory_low_us", b.low / NS_PER_US);
	json_kint(j, "theory_high_us", b.high / NS_PER_US);
	json_key(j, "since_fault");
	json_obj(j);
	n = d->down_ns && dr->hit ? moments(d, dr, &t, list) : 0;
	for (k = 0; k < n; k++)
		json_us(j, list[k].key, list[k].t - d->down_ns);
	json_obj_end(j);
	json_obj_end(j);
}

static void json_ping(struct json *j, const struct drill *d, size_t i)
{
	const struct drill_ping *p = &d->pings[i];
	char text[IP_TEXT_MAX];
	struct outage o;

	drill_outage(&p->pings, d->down_ns, INT64_MAX, &o);
	json_obj(j);
	json_kstr(j, "router", p->router->name);
	json_kstr(j, "address", ip_print(&p->dst, text));
	json_kstr(j, "from", p->instance ? p->instance->name : "outside");
	json_kint(j, "outage_us", o.ns / NS_PER_US);
	json_kint(j, "sent", (int64_t)o.sent);
	json_kint(j, "lost", (int64_t)o.lost);
	json_kstr(j, "error", p->pings.error);
	json_obj_end(j);
}

static bool json_point(struct json *j, const struct drill *d, size_t i)
{
	auto_buf struct buf title = {0}, command = {0};
	auto_arena struct arena a = {0};
	struct verdict v = {.arena = &a};
	const char *skip;

	drill_title(d, i, &title);
	drill_judge(d, i, &v, &skip);
	json_obj(j);
	json_kstr(j, "point", title.data);
	json_kstr(j, "verdict", skip ? "skipped" : verdict_kind_names[v.kind]);
	if (skip)
		json_kstr(j, "why", skip);
	if (v.kind != VERDICT_OK) {
		drill_command(d, i, &command);
		json_kstr(j, "could_not_look", v.blind);
		json_lines(j, "expected", &v.expected);
		json_lines(j, "observed", &v.observed);
		json_kstr(j, "command", command.data);
	}
	json_obj_end(j);
	return skip || v.kind == VERDICT_OK;
}

static int print_json(struct failover *fo, const struct drill *d)
{
	size_t i, failed = 0, n = drill_points(d);
	struct json j;

	json_init(&j, &fo->out, 2);
	json_obj(&j);
	json_kint(&j, "version", 1);
	json_kstr(&j, "lab", d->lab->name);
	json_kstr(&j, "fault", drill_fault_names[d->fault]);
	json_kstr(&j, "node", d->victim ? d->victim->name : NULL);
	json_kstr(&j, "error", d->err.code ? d->err.msg : NULL);
	json_key(&j, "routers");
	json_arr(&j);
	for (i = 0; i < d->nrouters; i++)
		json_router(&j, d, i);
	json_arr_end(&j);
	json_key(&j, "pings");
	json_arr(&j);
	for (i = 0; i < d->npings; i++)
		json_ping(&j, d, i);
	json_arr_end(&j);
	json_key(&j, "points");
	json_arr(&j);
	for (i = 0; i < n; i++)
		failed += !json_point(&j, d, i);
	json_arr_end(&j);
	json_obj_end(&j);
	buf_addc(&fo->out, '\n');
	flush(fo);
	return failed ? EXIT_DIFFERS : EXIT_OK;
}

/* --- the command ----------------------------------------------------- */

static int drill_fleet(struct failover *fo, struct fleet *f)
{
	auto_(drill_release) struct drill d;
	struct tap tap;
	int r;

	drill_init(&d, fo->lab, fo->only, fo->fault);
	if (!fo->json) {
		tap_open(&tap, &fo->out, getenv("TAP_VERSION"),
			 drill_points(&d));
		flush(fo);
	}
	cmd_catch_signals();
	r = drill_run(&d, f, &cmd_interrupted, said, fo);
	if (r == -EINTR)
		return bail(fo, EXIT_INTERRUPTED, &d.err);
	progress_end(&fo->progress);
	r = fo->json ? print_json(fo, &d) : print_tap(fo, &d, &tap);
	if (d.err.code)
		return cmd_fail(EXIT_CANNOT, &d.err);
	return r;
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
	if (r < 0)
		return bail(fo, EXIT_CANNOT, &e);
	r = fleet_open(&f, fo->lab, FLEET_OUTSIDE, &e);
	r = r < 0 ? bail(fo, EXIT_CANNOT, &e) : drill_fleet(fo, &f);
	fleet_close(&f);
	return r;
}

static int choose_router(const struct cmd *c, struct failover *fo,
			 const char *name)
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
	return cmd_usage(c, "lab %s has no router '%s'%s%s%s", fo->lab->name,
			 name, near ? "; did you mean '" : "", near ? near : "",
			 near ? "'?" : "");
}

static int run(const struct cmd *c, int argc, char **argv)
{
	const char *router = NULL, *fault = "tunnel", *format = "tap";
	const struct cmd_opt opts[] = {{"router", 0, OPT_TEXT, &router},
				       {"fault", 0, OPT_TEXT, &fault},
				       {"output", 'o', OPT_TEXT, &format},
				       {NULL, 0, OPT_FLAG, NULL}};
	struct failover fo = {0};
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc > 2)
		return cmd_usage(c, "one LAB or FILE");
	if (strcmp(fault, drill_fault_names[DRILL_HA]) == 0)
		fo.fault = DRILL_HA;
	else if (strcmp(fault, drill_fault_names[DRILL_TUNNEL]) != 0)
		return cmd_usage(c, "--fault is 'tunnel' or 'ha', not '%s'",
				 fault);
	fo.json = strcmp(format, "json") == 0;
	if (!fo.json && strcmp(format, "tap") != 0)
		return cmd_usage(c, "-o is 'tap' or 'json', not '%s'", format);
	r = pick_lab(argv[1], &fo.lab);
	if (r == EXIT_OK && router)
		r = choose_router(c, &fo, router);
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
	.args = "[LAB|FILE] [--router NAME] [--fault tunnel|ha] [-o json]",
	.summary = "cut the active node off, see another take over, timed",
	.help = "Pings each router from an instance and from outside, sets a "
		"link of the active\nnode down, waits for another node, sets "
		"the link up again and sees that the role\nstays. All is put "
		"back however the drill ends.\n\n"
		"Options:\n"
		"      --router NAME  this router only\n"
		"      --fault WHAT   tunnel: the node's overlay interface "
		"(default)\n"
		"                     ha: the router's own ha interface\n"
		"  -o, --output json  JSON instead of TAP; times in "
		"microseconds\n\n"
		"Exit status: 0 all hold, 1 some do not, 2 usage, 3 the drill "
		"could not be made,\n130 interrupted.\n\n"
		"Examples:\n"
		"  labctl failover\n"
		"  labctl failover --fault ha -o json\n",
	.run = run,
};
