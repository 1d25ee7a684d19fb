/* SPDX-License-Identifier: MIT */
/*
 * Services: programs that the node's supervisor keeps. They are the node's,
 * whatever namespace they run in. One that waits for its router's role is as
 * it should be. The VRRP engine has more to say: it must answer, and a router
 * whose namespace or links are made anew is let go and taken up again.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"
#include "provision/services/engine.h"
#include "provision/services/service_run.h"
#include "provision/services/supervise.h"

#define ROUTER_NETNS "qrouter-"
/* What a change of the engine asks for beyond running it. */
enum service_fields {
	SERVICE_AGAIN = 1 << 0, /* what it stands on is made anew */
	SERVICE_HOLD = 1 << 1,  /* routers are without what they should hold */
};

#define MADE_ANEW "its namespaces or links are made anew"

static bool is_engine(const struct res *r)
{
	return strcmp(r->service.name, SERVICE_ENGINE) == 0;
}

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->service.name);
}

static void print(const struct res *r, struct buf *out)
{
	if (r->service.title)
		buf_adds(out, r->service.title);
	else
		buf_printf(out, "service %s", r->service.name);
	kind_print_place(r->service.netns ? r->service.netns : "", out);
}

/* --- looking -------------------------------------------------------------- */

static void look_services(struct look *l, struct observed *o)
{
	struct seen_services seen;
	struct res *r;
	size_t i;

	if (!l->what->state_dir)
		return;
	engine_look(l->a, l->what->state_dir, o);
	supervise_look(l->a, l->what->state_dir, &seen);
	if (seen.error && !o->engine_error)
		o->engine_error = seen.error;
	for (i = 0; i < o->nns && *o->ns[i].name; i++)
		;
	for (size_t k = 0; i < o->nns && k < seen.n; k++) {
		r = seen_push(l->a, &o->ns[i], RES_SERVICE);
		if (r)
			r->service = seen.items[k];
	}
}

static const struct key file_rows[] = {
	{"path", KEY_TEXT, KEY_FIELD(struct service_file, path),
	 .flags = KEY_REQUIRED},
	{"digest", KEY_TEXT, KEY_FIELD(struct service_file, digest)},
};

static const struct key_table file_table =
	KEY_TABLE("file", struct service_file, file_rows);

static const struct key rows[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct res, service.name),
	 .flags = KEY_REQUIRED},
	{"title", KEY_TEXT, KEY_FIELD(struct res, service.title)},
	{"shape", KEY_TEXT, KEY_FIELD(struct res, service.shape)},
	{"running", KEY_BOOL, KEY_FIELD(struct res, service.running)},
	{"wanted", KEY_BOOL, KEY_FIELD(struct res, service.wanted)},
	{"pid", KEY_INT, KEY_FIELD(struct res, service.pid)},
	{"since_ns", KEY_INT, KEY_FIELD(struct res, service.since_ns)},
	{"restarts", KEY_UINT, KEY_FIELD(struct res, service.restarts)},
	{"exit", KEY_TEXT, KEY_FIELD(struct res, service.exit)},
	{"said", KEY_TEXT, KEY_FIELD(struct res, service.said)},
	{"files", KEY_LIST,
	 KEY_ITEMS(struct res, service.files, service.nfiles),
	 .max = SERVICE_FILES_MAX, .table = &file_table},
};

static const struct key_table table = KEY_TABLE("service", struct res, rows);

/* --- comparing ------------------------------------------------------------ */

/* The routers for the engine to take up again. */
struct rejoin {
	struct diff *d;
	const char **ids;
	size_t n;
};

static bool runs_router(const struct observed *o, const char *router)
{
	size_t i;

	for (i = 0; i < o->nrouters; i++)
		if (strcmp(o->routers[i].id, router) == 0)
			return true;
	return false;
}

/* The router whose namespace this is takes it up again. */
static void rejoin(struct rejoin *j, const char *netns)
{
	size_t n = strlen(ROUTER_NETNS);
	const char **to;

	if (strncmp(netns, ROUTER_NETNS, n) != 0 ||
	    !runs_router(diff_have(j->d), netns + n) ||
	    (j->n && strcmp(j->ids[j->n - 1], netns + n) == 0))
		return;
	to = arena_push(diff_arena(j->d), &j->ids, &j->n, sizeof(*to));
	*to = netns + n;
}

/* Links by router, as plan_build() has them: duplicates are neighbours. New
 * links of a changed configuration are the reload's business. */
static void rejoin_all(struct rejoin *j, bool same)
{
	const struct plan *p = diff_plan(j->d);
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct res *l = &p->res[i];

		if (l->kind != RES_LINK || !l->link.engine_addrs ||
		    !diff_is_anew(j->d, l))
			continue;
		if (same || strncmp(l->link.name, "ha-", 3) == 0 ||
		    !diff_ns(j->d, l->netns))
			rejoin(j, l->netns);
	}
}

/* The engine runs as it should; do its routers? */
static void compare_held(struct diff *d, const struct res *want)
{
	const struct observed *o = diff_have(d);
	const char *first = NULL;
	struct change *c;
	size_t i, n = 0;

	for (i = 0; i < o->nrouters; i++) {
		if (!o->routers[i].amiss)
			continue;
		if (!first)
			first = o->routers[i].amiss;
		n++;
	}
	if (!n)
		return;
	if (n == 1)
		c = diff_modify(d, want, "%s", first);
	else
		c = diff_modify(d, want, "%s; %zu more routers lack something",
				first, n - 1);
	c->fields = SERVICE_HOLD;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct observed *o = diff_have(d);
	const struct res_service *h = have ? &have->service : NULL;
	const char *why = h ? service_differs(&want->service, h) : NULL;
	const char *netns = want->service.netns, *error = NULL;
	bool runs = h && (h->running || !h->wanted), anew;
	struct rejoin j = {.d = d};
	struct change *c;

	anew = netns && *netns && !diff_ns(d, netns);
	if (is_engine(want)) {
		rejoin_all(&j, h && !why);
		error = o->engine_error;
		runs = runs && o->engine_running;
	}
	if (!runs && !error) {
		diff_add(d, want);
		return;
	}
	if (runs && !why && !j.n && !anew) {
		if (is_engine(want))
			compare_held(d, want);
		return;
	}
	c = diff_modify(d, want, "%s", !runs ? error : why ? why : MADE_ANEW);
	c->fields = anew ? SERVICE_AGAIN : 0;
	c->ids = j.ids;
	c->nids = j.n;
}

static bool extra(struct diff *d, const struct res *have)
{
	(void)d;
	(void)have;
	return true; /* the supervisor is the lab's */
}

/* What is left where no service is wanted and none is seen: files, or an
 * engine that nobody keeps. */
static void extra_node(struct diff *d)
{
	const struct observed *o = diff_have(d);
	const struct seen_ns *own = diff_ns(d, "");
	const struct res r = {
		.kind = RES_SERVICE,
		.netns = "",
		.service = {.name = SERVICE_ENGINE, .title = "vrrp engine"}};

	if (!diff_wanted(d, &r) && !(own && own->of[RES_SERVICE].n) &&
	    (o->engine_running || o->engine_error || o->engine_files))
		diff_remove(d, &r);
}

/* --- applying ------------------------------------------------------------- */

static void start(struct tx *tx, const struct change *c)
{
	struct err err;

	/* It belongs to the node, not to where this thread happens to be. */
	if (!tx_enter(tx, "", c))
		return;
	if (c->op == CHANGE_MODIFY && c->fields == SERVICE_HOLD
		    ? service_hold(tx_plan(tx)->state_dir, &err) < 0
		    : service_run(tx_plan(tx)->state_dir, &c->want->service,
				  c->op == CHANGE_MODIFY && c->fields != 0,
				  c->ids, c->nids, &err) < 0)
		tx_fail(tx, c, err.msg);
}

static void unmake(struct tx *tx, const struct change *c)
{
	struct err err;

	if (service_remove(tx_plan(tx)->state_dir, c->have.service.name, &err) <
	    0)
		tx_fail(tx, c, err.msg);
}

const struct kind kind_service = {
	.name = "service",
	.rank = 8,
	.id = id,
	.print = print,
	.keys = &table,
	.list = "services",
	.look_node = look_services,
	.compare = compare,
	.extra = extra,
	.extra_node = extra_node,
	.start = start,
	.unmake = unmake,
};
