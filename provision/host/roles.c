/* SPDX-License-Identifier: MIT */
/*
 * Roles
 * =====
 * An engine's answer comes through its agent as it was said, beside what the
 * state files hold; it is read here. Waiting asks each engine until all
 * routers have settled. The time to wait comes from the model: a Backup claims
 * its router at the latest one master-down time after it began to listen.
 */
#include "provision/host/roles.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/keys/keys.h"
#include "provision/plan/plan.h"
#include "provision/services/engine.h"

#define POLL_MS 20
/* Until a keepalived has begun to listen, on a machine that starts many. */
/* For an engine to settle one router's role and tell its network, where a lab
 * has more roles than these. */
#define ROLE_NS (10 * NS_PER_MS)
#define ROLES_FEW 100
#define KEEPALIVED_START_NS (10 * NS_PER_S)

/* What the agent says; the engine's own words are read in turn. */
struct answer {
	struct roles_node n;
	const struct doc *said, *files, *since;
};

static const struct key service_rows[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct roles_service, name),
	 .flags = KEY_REQUIRED},
	{"running", KEY_BOOL, KEY_FIELD(struct roles_service, running)},
	{"trouble", KEY_TEXT, KEY_FIELD(struct roles_service, trouble)},
};

static const struct key_table service_table =
	KEY_TABLE("service", struct roles_service, service_rows);

static const struct key rows[] = {
	{"real_ns", KEY_INT, KEY_FIELD(struct answer, n.real_ns)},
	{"running", KEY_BOOL, KEY_FIELD(struct answer, n.engine.running)},
	{"pid", KEY_INT, KEY_FIELD(struct answer, n.engine.pid)},
	{"error", KEY_TEXT, KEY_FIELD(struct answer, n.engine.error)},
	{"roles", KEY_CUSTOM, .at = offsetof(struct answer, said),
	 .read = keys_keep},
	{"files", KEY_CUSTOM, .at = offsetof(struct answer, files),
	 .read = keys_keep},
	{"files_since", KEY_CUSTOM, .at = offsetof(struct answer, since),
	 .read = keys_keep},
	{"services", KEY_LIST,
	 KEY_ITEMS(struct answer, n.services, n.nservices),
	 .table = &service_table},
};

static const struct key_table table = KEY_TABLE("answer", struct answer, rows);

static int decode(struct arena *a, const struct doc *d, struct roles_node *ret,
		  struct err *reterr)
{
	struct answer w = {0};
	struct seen_engine *g = &w.n.engine;
	int64_t pid;
	int r;

	r = keys_read_open(a, d, &table, &w, reterr);
	pid = g->pid;
	if (r == 0 && w.said)
		r = engine_said(a, w.said, g, reterr);
	if (r < 0)
		return r;
	g->pid = pid;
	for (size_t i = 0; i < g->nrouters; i++)
		g->routers[i].file = doc_str(w.files, g->routers[i].id, NULL);
	engine_add_files(a, w.files, w.since, g);
	*ret = w.n;
	return 0;
}

static int ask(struct remote *r, const struct lab *lab, bool services,
	       unsigned timeout_ms, struct arena *a, struct roles_node *ret,
	       struct err *reterr)
{
	const char *members = arena_printf(
		a, "\"state_dir\": \"%s/%s\",\"services\": %s", PLAN_STATE_DIR,
		lab->name, services ? "true" : "false");
	const struct doc *answer = NULL;
	int e;

	e = remote_call(r, "roles", members, timeout_ms, a, &answer, reterr);
	if (e == 0)
		e = decode(a, answer, ret, reterr);
	return e;
}

int roles_ask_one(struct remote *r, const struct lab *lab, unsigned timeout_ms,
		  struct arena *a, struct seen_engine *ret, struct err *reterr)
{
	struct roles_node n = {0};
	int e = ask(r, lab, false, timeout_ms, a, &n, reterr);

	if (e == 0)
		*ret = n.engine;
	return e;
}

struct ask {
	struct roles *roles;
	unsigned timeout_ms;
	bool services;
};

static int ask_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	const struct ask *how = ctx;
	struct roles_node *to;
	int r;

	if (!n->node || n->node->role != TOPO_NETWORK)
		return 0;
	to = &how->roles->nodes[n->node->index];
	r = ask(n->remote, how->roles->lab, how->services, how->timeout_ms,
		&how->roles->arenas[n->node->index], to, reterr);
	to->seen = r == 0;
	return r;
}

static int ask_all(struct fleet *f, bool services, unsigned timeout_ms,
		   struct roles *ret, struct err *reterr)
{
	struct ask how = {ret, timeout_ms, services};
	size_t n = f->lab->nnodes;

	*ret = (struct roles){.lab = f->lab};
	ret->arenas = arena_array(&ret->arena, n, sizeof(*ret->arenas));
	ret->nodes = arena_array(&ret->arena, n, sizeof(*ret->nodes));
	return fleet_each(f, ask_node, &how, reterr);
}

int roles_ask(struct fleet *f, unsigned timeout_ms, struct roles *ret,
	      struct err *reterr)
{
	return ask_all(f, false, timeout_ms, ret, reterr);
}

int roles_ask_services(struct fleet *f, unsigned timeout_ms, struct roles *ret,
		       struct err *reterr)
{
	return ask_all(f, true, timeout_ms, ret, reterr);
}

void roles_release(struct roles *r)
{
	size_t i;

	if (!r || !r->lab)
		return;
	for (i = 0; i < r->lab->nnodes; i++)
		arena_release(&r->arenas[i]);
	arena_release(&r->arena);
	*r = (struct roles){0};
}

const struct obs_router *role_on(const struct seen_engine *e,
				 const struct topo_router *r)
{
	static const struct obs_router always = {.state = "active"};
	size_t i;

	if (!r->is_ha)
		return e ? &always : NULL;
	for (i = 0; e && i < e->nrouters; i++)
		if (strcmp(e->routers[i].id, r->uuid) == 0 &&
		    e->routers[i].by_file ==
			    (r->ha.engine == TOPO_ENGINE_KEEPALIVED))
			return &e->routers[i];
	return NULL;
}

bool role_is_active(const struct obs_router *s)
{
	return s && s->state && strcmp(s->state, "active") == 0;
}

const struct roles_node *roles_node(const struct roles *r,
				    const struct topo_node *n)
{
	const struct roles_node *at = r->lab ? &r->nodes[n->index] : NULL;

	return at && at->seen ? at : NULL;
}

const struct seen_engine *roles_engine(const struct roles *r,
				       const struct topo_node *n)
{
	const struct roles_node *at = roles_node(r, n);

	return at ? &at->engine : NULL;
}

size_t roles_active(const struct roles *r, const struct topo_router *router,
		    const struct topo_node **ret)
{
	size_t i, n = 0;

	for (i = 0; i < router->nhosts; i++) {
		if (!role_is_active(
			    role_on(roles_engine(r, router->hosts[i]), router)))
			continue;
		n++;
		if (ret)
			*ret = router->hosts[i];
	}
	return n;
}

unsigned roles_deadline_ms(const struct lab *lab)
{
	int64_t most = 0, ns, roles = 0;
	size_t i;

	for (i = 0; i < lab->nrouters; i++) {
		const struct topo_ha *ha = &lab->routers[i].ha;

		if (!lab->routers[i].is_ha)
			continue;
		roles += (int64_t)lab->routers[i].nhosts;
		ns = topo_master_down_ns(ha) + ha->adver_cs * NS_PER_CS;
		if (!topo_has_engine(&lab->routers[i]))
			ns += KEEPALIVED_START_NS;
		if (ns > most)
			most = ns;
	}
	if (roles > ROLES_FEW)
		most += (roles - ROLES_FEW) * ROLE_NS;
	return (unsigned)(most / NS_PER_MS);
}

static bool has_settled(const struct roles *r, const struct topo_router *router,
			enum roles_until until)
{
	const struct obs_router *s;
	size_t i;

	if (roles_active(r, router, NULL) != 1)
		return false;
	for (i = 0; until == ROLES_ALL_SETTLED && i < router->nhosts; i++) {
		s = role_on(roles_engine(r, router->hosts[i]), router);
		if (!role_is_active(s) &&
		    (!s || strcmp(s->state, "backup") != 0))
			return false;
	}
	return true;
}

/* The first router that has not settled, or NULL. */
static const struct topo_router *late(const struct roles *r,
				      enum roles_until until)
{
	size_t i;

	for (i = 0; i < r->lab->nrouters; i++)
		if (!has_settled(r, &r->lab->routers[i], until))
			return &r->lab->routers[i];
	return NULL;
}

int roles_wait(struct fleet *f, enum roles_until until, unsigned timeout_ms,
	       volatile int *interrupted, struct roles *ret, struct err *reterr)
{
	struct mono end = mono_add(clock_mono(), timeout_ms * NS_PER_MS);
	const struct topo_router *waiting;
	int r;

	for (*ret = (struct roles){0};; clock_sleep_ms(POLL_MS)) {
		roles_release(ret);
		r = roles_ask(f, REMOTE_ANSWER_MS, ret, reterr);
		if (r < 0 && (until == ROLES_ALL_SETTLED || r == -EINTR))
			return r;
		waiting = late(ret, until);
		if (!waiting)
			return 0;
		if (interrupted && *interrupted)
			return err_set(reterr, -EINTR, "interrupted");
		if (!mono_before(clock_mono(), end))
			return err_set(
				reterr, -ETIMEDOUT,
				"router %s has %zu active nodes after %u ms",
				waiting->name, roles_active(ret, waiting, NULL),
				timeout_ms);
	}
}
