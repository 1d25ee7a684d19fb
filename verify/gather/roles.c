/* SPDX-License-Identifier: MIT */
/* Tables of all nodes at once, and waiting for the routers' roles. */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "provision/host/roles.h"
#include "provision/node/look.h"
#include "provision/plan/plan.h"
#include "verify/gather/gather.h"
#include "verify/role.h"

#define LOOK_MS 100 /* what looking once may take */
#define NO_MARK "-" /* that no lab has */

/* Of the namespaces whose names are given and the node's own; NULL: of all. */
static char *observe_members(struct arena *a, const char *lab,
			     const char *const *names, size_t n)
{
	auto_buf struct buf b = {0};
	char dir[sizeof(PLAN_STATE_DIR) + TOPO_LAB_NAME_MAX + 2];
	struct look_what what = {.state_dir = dir,
				 .mark = names ? NO_MARK : NULL,
				 .names = names,
				 .nnames = n};
	struct json j;

	snprintf(dir, sizeof(dir), PLAN_STATE_DIR "/%s", lab);
	json_init(&j, &b, 0);
	json_key(&j, "what");
	json_obj(&j);
	look_what_encode(&what, &j);
	json_obj_end(&j);
	return arena_strndup(a, b.data, b.len);
}

static int observe(struct fleet_node *n, struct arena *a, const char *members,
		   const struct observed **ret, struct err *reterr)
{
	struct observed *o = arena_alloc(a, sizeof(*o));
	const struct doc *answer;
	int r;

	r = remote_call(n->remote, "observe", members, REMOTE_ANSWER_MS, a,
			&answer, reterr);
	if (r == 0)
		r = observed_decode(a, doc_get(answer, "seen"), o, reterr);
	if (r == 0)
		*ret = o;
	return r;
}

int gather_node_tables(struct fleet_node *n, struct arena *a, const char *lab,
		       const struct observed **ret, struct err *reterr)
{
	return observe(n, a, observe_members(a, lab, NULL, 0), ret, reterr);
}

int gather_node_places(struct fleet_node *n, struct arena *a, const char *lab,
		       const char *const *names, size_t count,
		       const struct observed **ret, struct err *reterr)
{
	return observe(n, a, observe_members(a, lab, names, count), ret,
		       reterr);
}

struct gathering {
	struct fleet *fleet;
	struct arena *arenas;
	const struct observed **obs;
};

static int node_tables(struct fleet_node *n, void *ctx, struct err *reterr)
{
	struct gathering *o = ctx;

	if (!n->node)
		return 0;
	return gather_node_tables(n, &o->arenas[n - o->fleet->nodes],
				  o->fleet->lab->name, &o->obs[n->node->index],
				  reterr);
}

void gather_tables(struct fleet *f, struct arena *arenas,
		   const struct observed **obs)
{
	struct gathering o = {f, arenas, obs};
	size_t i;

	for (i = 0; i < f->lab->nnodes; i++)
		obs[i] = NULL;
	/* Each node's status tells what became of it. */
	(void)fleet_each(f, node_tables, &o, NULL);
}

size_t gather_active(const struct topo_router *r, const struct observed **obs,
		     const struct topo_node **ret)
{
	size_t h, n = 0;

	for (h = 0; h < r->nhosts; h++)
		if (role_in(obs[r->hosts[h]->index], r) == ROLE_ACTIVE) {
			*ret = r->hosts[h];
			n++;
		}
	return n;
}

/*
 * Hosts and bridges learn the active host by its announcements: for sure one
 * interval after a change, where two claimed the role, or at the refresh.
 */
static int64_t learning_ns(const struct topo_router *r)
{
	int64_t interval = evidence_interval_ns(r);
	int64_t refresh = r->ha.garp_refresh_s * NS_PER_S;

	return (refresh > interval ? refresh : interval) +
	       EVIDENCE_SLACK(interval);
}

static void note_changes(const struct roles *roles, struct mono *learned)
{
	const struct lab *lab = roles->lab;
	struct mono now = clock_mono();
	size_t i, h;

	for (i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];
		int64_t most = learning_ns(r);

		learned[i] = now;
		if (!r->is_ha)
			continue;
		for (h = 0; h < r->nhosts; h++) {
			const struct roles_node *n =
				roles_node(roles, r->hosts[h]);
			const struct obs_router *s =
				n ? role_on(&n->engine, r) : NULL;
			int64_t age = s && s->since_ns > 0
					      ? n->real_ns - s->since_ns
					      : most;
			struct mono until = mono_add(now, most - age);

			if (age >= 0 && mono_before(learned[i], until))
				learned[i] = until;
		}
	}
}

int64_t gather_wait(struct fleet *f, struct mono *learned)
{
	auto_(roles_release) struct roles roles = {0};
	struct mono began = clock_mono();
	int64_t took;

	if (!f->lab->nrouters)
		return 0;
	/* Who has not settled by then is the checks' business. */
	(void)roles_wait(f, ROLES_ONE_ACTIVE, roles_deadline_ms(f->lab), NULL,
			 &roles, NULL);
	note_changes(&roles, learned);
	took = mono_sub(clock_mono(), began);
	/* Little is a look's own time, not a wait. */
	return took < LOOK_MS * NS_PER_MS ? 0 : took;
}
