/* SPDX-License-Identifier: MIT */
#include "verify/report/drill.h"
#include "verify/report/links.h"

#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/mono.h"

static double ms_since(const struct drill *d, int64_t t)
{
	return (double)(t - d->down_ns) / (double)NS_PER_MS;
}

static void note_router(const struct drill *d, size_t i, struct tap *tap)
{
	const struct drill_router *dr = &d->routers[i];
	struct drill_bound b = drill_bound(d->lab, d->fault, dr->router);
	struct drill_moment list[DRILL_MOMENTS_MAX];
	struct timeline t;
	size_t k, n;

	if (!dr->hit) {
		tap_note(tap, "%s: not struck: %s", dr->router->name,
			 dr->old < dr->router->nhosts &&
					 dr->router->hosts[dr->old] == d->victim
				 ? "it does not concern this router"
				 : "it was active elsewhere");
		return;
	}
	drill_timeline(d, i, &t);
	tap_note(tap,
		 "%s: ms since the fault (theory: noticed after %.0f to "
		 "%.0f)",
		 dr->router->name, (double)b.low / (double)NS_PER_MS,
		 (double)b.high / (double)NS_PER_MS);
	n = drill_moments(d, dr, &t, list);
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

static void note_connection(const struct drill_connection *c, struct tap *tap)
{
	auto_buf struct buf b = {0};

	if (c->error || c->seen.fate == TCP_UNKNOWN)
		return;
	drill_connection_text(c, &b);
	tap_note(tap, "%s: a connection %s: %s", c->router->name, b.data,
		 tcp_fate_names[c->seen.fate]);
}

void report_drill_tap(const struct drill *d, size_t run, size_t runs,
		      struct tap *tap)
{
	size_t i, n = drill_points(d);

	if (runs > 1)
		tap_note(tap, "run %zu of %zu: %s%s", run, runs,
			 d->fault->about,
			 d->err.code ? ": not carried out" : "");
	if (run == 1)
		report_links(d->lab, tap);
	for (i = 0; d->down_ns && i < d->nrouters; i++)
		note_router(d, i, tap);
	for (i = 0; d->down_ns && i < d->npings; i++)
		note_ping(d, i, tap);
	for (i = 0; d->down_ns && i < d->nconnections; i++)
		note_connection(&d->connections[i], tap);
	for (i = 0; i < n; i++) {
		auto_buf struct buf title = {0}, command = {0};
		auto_arena struct arena a = {0};
		struct verdict v = {.arena = &a};
		const char *skip;

		drill_title(d, i, &title);
		if (runs > 1)
			buf_printf(&title, ", run %zu", run);
		drill_judge(d, i, &v, &skip);
		if (v.kind != VERDICT_OK)
			drill_command(d, i, &command);
		if (skip)
			tap_skip_point(tap, title.data, skip);
		else
			tap_point(tap, title.data, drill_name(d, i), &v,
				  command.data);
	}
}

static void figure_label(const struct figure *x, char *out, size_t size)
{
	if (x->address)
		snprintf(out, size, "%s at %s from %s: %s", x->router,
			 x->address, x->from, x->what);
	else
		snprintf(out, size, "%s: %s", x->router, x->what);
}

void report_figures_tap(struct figures *f, struct tap *tap)
{
	char label[256];
	int width = 0;
	size_t i;

	for (i = 0; i < f->n; i++) {
		figure_label(&f->items[i], label, sizeof(label));
		if ((int)strlen(label) > width)
			width = (int)strlen(label);
	}
	if (width)
		tap_note(tap, "%-*s %9s %9s %9s  seen", width,
			 "ms, of all runs", "min", "median", "max");
	for (i = 0; i < f->n; i++) {
		struct spread s = figure_spread(&f->items[i]);

		figure_label(&f->items[i], label, sizeof(label));
		tap_note(tap, "%-*s %9.1f %9.1f %9.1f  %zu of %zu", width,
			 label, (double)s.min / NS_PER_MS,
			 (double)s.median / NS_PER_MS,
			 (double)s.max / NS_PER_MS, f->items[i].n, f->drills);
	}
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
	struct drill_bound b = drill_bound(d->lab, d->fault, r);
	struct drill_moment list[DRILL_MOMENTS_MAX];
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
	json_kint(j, "theory_late_us", b.late / NS_PER_US);
	json_key(j, "since_fault");
	json_obj(j);
	n = d->down_ns && dr->hit ? drill_moments(d, dr, &t, list) : 0;
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

static void json_connection(struct json *j, const struct drill_connection *c)
{
	json_obj(j);
	json_kstr(j, "router", c->router->name);
	json_kstr(j, "instance", c->instance->name);
	json_kstr(j, "through", c->snat ? "snat" : "floating");
	json_kstr(j, "first", c->outside_first ? "outside" : "instance");
	json_kstr(j, "fate", c->error ? NULL : tcp_fate_names[c->seen.fate]);
	json_kint(j, "answer_us", c->seen.us);
	json_kstr(j, "error", c->error);
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
	else if (v.note)
		json_kstr(j, "note", v.note);
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

/* The members of a drill's object; returns how many points fail. */
static size_t json_drill(struct json *j, const struct drill *d)
{
	size_t i, failed = 0, n = drill_points(d);

	json_kstr(j, "node", d->victim ? d->victim->name : NULL);
	json_kstr(j, "error", d->err.code ? d->err.msg : NULL);
	json_key(j, "routers");
	json_arr(j);
	for (i = 0; i < d->nrouters; i++)
		json_router(j, d, i);
	json_arr_end(j);
	json_key(j, "pings");
	json_arr(j);
	for (i = 0; i < d->npings; i++)
		json_ping(j, d, i);
	json_arr_end(j);
	json_key(j, "connections");
	json_arr(j);
	for (i = 0; i < d->nconnections; i++)
		json_connection(j, &d->connections[i]);
	json_arr_end(j);
	json_key(j, "points");
	json_arr(j);
	for (i = 0; i < n; i++)
		failed += !json_point(j, d, i);
	json_arr_end(j);
	return failed;
}

static void json_head(struct json *j, const struct lab *lab,
		      const struct fault *fault, struct buf *out)
{
	json_init(j, out, 2);
	json_obj(j);
	json_kint(j, "version", 1);
	json_kstr(j, "lab", lab->name);
	json_kstr(j, "fault", fault->name);
}

size_t report_drill_json(const struct drill *d, struct buf *out)
{
	struct json j;
	size_t failed;

	json_head(&j, d->lab, d->fault, out);
	failed = json_drill(&j, d);
	json_obj_end(&j);
	buf_addc(out, '\n');
	return failed;
}

void report_drills_begin(struct json *j, const struct lab *lab,
			 const struct fault *fault, struct buf *out)
{
	json_head(j, lab, fault, out);
	json_key(j, "runs");
	json_arr(j);
}

size_t report_drills_add(struct json *j, const struct drill *d)
{
	size_t failed;

	json_obj(j);
	failed = json_drill(j, d);
	json_obj_end(j);
	return failed;
}

void report_drills_end(struct json *j, struct figures *f, struct buf *out)
{
	size_t i;

	json_arr_end(j);
	json_key(j, "figures");
	json_arr(j);
	for (i = 0; i < f->n; i++) {
		struct figure *x = &f->items[i];
		struct spread s = figure_spread(x);

		json_obj(j);
		json_kstr(j, "router", x->router);
		json_kstr(j, "figure", x->key);
		json_kstr(j, "what", x->what);
		if (x->address) {
			json_kstr(j, "address", x->address);
			json_kstr(j, "from", x->from);
		}
		json_kint(j, "seen", (int64_t)x->n);
		json_us(j, "min", s.min);
		json_us(j, "median", s.median);
		json_us(j, "max", s.max);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_obj_end(j);
	buf_addc(out, '\n');
}
