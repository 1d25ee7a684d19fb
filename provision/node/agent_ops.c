/* SPDX-License-Identifier: MIT */
/*
 * What the agent does for provisioning: hear which lab it is about (lab), look
 * (observe, roles) and make it so (converge).
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/machine/ask.h"
#include "provision/node/agent.h"
#include "provision/node/agent_lab.h"
#include "provision/node/apply.h"
#include "provision/node/look.h"
#include "provision/plan/plan.h"
#include "provision/services/engine.h"
#include "provision/services/supervise.h"

static int op_observe(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct look_what what;
	struct observed o;
	int e;

	e = look_what_decode(&a, doc_get(req, "what"), &what, reterr);
	if (e == 0)
		e = look_node(&a, &what, &o, reterr);
	if (e < 0)
		return e;
	json_key(j, "seen");
	json_obj(j);
	observed_encode(&o, j);
	json_obj_end(j);
	return 0;
}

static void write_change(struct json *j, enum change_op op, const char *what,
			 const char *why)
{
	json_obj(j);
	json_kstr(j, "op", change_op_signs[op]);
	json_kstr(j, "what", what);
	if (why)
		json_kstr(j, "why", why);
	json_obj_end(j);
}

/* The plan that a request means. What is left of a lab can be removed by its
 * name alone: its text may be lost, or no longer load. */
static int plan_of(struct arena *a, const struct doc *req, struct plan *ret,
		   struct err *reterr)
{
	bool remove = doc_bool(req, "remove", false);
	const char *name = doc_str(req, "lab", NULL);
	const struct topo_node *node;
	const struct lab *lab;
	int e;

	if (remove && name)
		return plan_none(a, name, ret, reterr);
	e = agent_lab(&lab, &node, reterr);
	if (e < 0)
		return e;
	if (remove)
		return plan_none(a, lab->name, ret, reterr);
	plan_build(a, lab, node, ret);
	return 0;
}

static int op_converge(const struct doc *req, struct json *j,
		       struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct convergence c;
	struct plan plan;
	size_t i;
	int e;

	e = plan_of(&a, req, &plan, reterr);
	if (e < 0)
		return e;
	e = converge_node_here(&a, &plan, doc_bool(req, "apply", false), &c,
			       reterr);
	if (e < 0)
		return e;
	json_key(j, "changes");
	json_arr(j);
	for (i = 0; i < c.changes.n; i++)
		write_change(j, c.changes.items[i].op, c.changes.items[i].what,
			     c.changes.items[i].why);
	json_arr_end(j);
	json_key(j, "failed");
	json_arr(j);
	for (i = 0; i < c.failed.n; i++)
		write_change(j, c.failed.items[i].op, c.failed.items[i].what,
			     c.failed.items[i].why);
	json_arr_end(j);
	json_kint(j, "look_us", c.look_ns / NS_PER_US);
	json_kint(j, "diff_us", c.diff_ns / NS_PER_US);
	json_kint(j, "apply_us", c.apply_ns / NS_PER_US);
	return 0;
}

static int lab_folder(const struct dirent *d)
{
	char path[512];

	snprintf(path, sizeof(path), PLAN_STATE_DIR "/%s/vrrp.yaml", d->d_name);
	return d->d_name[0] != '.' && access(path, F_OK) == 0;
}

/* The state folder that a request means: the one it names, or the only one. */
static int state_dir_of(const struct doc *req, char *out, size_t size,
			struct err *reterr)
{
	const char *named = doc_str(req, "state_dir", NULL);
	struct dirent **found = NULL;
	int i, n;

	if (named) {
		snprintf(out, size, "%s", named);
		return 0;
	}
	n = scandir(PLAN_STATE_DIR, &found, lab_folder, alphasort);
	if (n > 0)
		snprintf(out, size, PLAN_STATE_DIR "/%s", found[0]->d_name);
	for (i = 0; i < n; i++)
		free(found[i]);
	free(found);
	if (n > 1)
		return err_set(reterr, -EINVAL,
			       "the node has engines of %d labs; 'state_dir' "
			       "says which is meant",
			       n);
	if (n <= 0)
		out[0] = '\0';
	return 0;
}

static void write_services(const char *dir, struct json *j)
{
	auto_arena struct arena a = {0};
	struct seen_services seen;
	size_t i;

	supervise_look(&a, dir, &seen);
	json_key(j, "services");
	json_arr(j);
	for (i = 0; i < seen.n; i++) {
		const struct res_service *s = &seen.items[i].service;

		json_obj(j);
		json_kstr(j, "name", s->name);
		json_kbool(j, "running", s->running);
		json_kbool(j, "wanted", s->wanted);
		json_kstr(j, "trouble", service_trouble(&a, s));
		json_obj_end(j);
	}
	json_arr_end(j);
}

/* What the VRRP engine says of its routers, and the node's clock. */
static int op_roles(const struct doc *req, struct json *j, struct err *reterr)
{
	char dir[512];
	int e;

	e = state_dir_of(req, dir, sizeof(dir), reterr);
	if (e < 0)
		return e;
	json_kint(j, "real_ns", clock_real_ns());
	if (*dir) {
		engine_roles(dir, j);
		if (doc_bool(req, "services", false))
			write_services(dir, j);
	}
	return 0;
}

/* Has the node's engine hand over what it leads. */
static int op_resign(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	const struct doc *answer, *d;
	char dir[512];
	int e;

	e = state_dir_of(req, dir, sizeof(dir), reterr);
	if (e == 0)
		e = engine_ask(&a, dir, "resign", &answer, NULL, reterr);
	if (e < 0)
		return e;
	json_key(j, "resigning");
	json_arr(j);
	DOC_FOREACH (d, doc_get(answer, "resigning"))
		if (d->kind == DOC_SCALAR)
			json_str(j, d->str);
	json_arr_end(j);
	return 0;
}

/* What is amiss with a machine beyond its lease, or NULL. */
static const char *amiss(struct arena *a, const struct topo_instance *in,
			 const struct machine_held *held)
{
	if (machine_strays(in, false, NULL) > 0)
		return "it has addresses of another prefix";
	if (held->client == 'T' || held->client == 't')
		return "its DHCP client is stopped";
	if (held->client6 == 'T' || held->client6 == 't')
		return "its DHCPv6 client is stopped";
	if ((held->leased || held->leased6) && !held->resolv_right)
		return "its resolv.conf is another";
	return held->leased ? machine_lost(a, in->netns, &held->lease) : NULL;
}

/* What the machines of this node were lent, by the instances' names, and what
 * is amiss with them. */
static int op_leases(const struct doc *req, struct json *j, struct err *reterr)
{
	const struct topo_node *node;
	const struct lab *lab;
	size_t i;
	int e;

	(void)req;
	e = agent_lab(&lab, &node, reterr);
	if (e < 0)
		return e;
	json_key(j, "leases");
	json_obj(j);
	for (i = 0; i < lab->ninstances; i++) {
		auto_arena struct arena a = {0};
		struct machine_held held;
		const char *why;

		if (lab->instances[i].node != node ||
		    machine_look(&a, lab->instances[i].netns, &held, NULL) < 0)
			continue;
		json_key(j, lab->instances[i].name);
		json_obj(j);
		if (held.leased) {
			json_key(j, "lease");
			lease_encode(&held.lease, j);
		}
		if (held.leased6) {
			json_key(j, "lease6");
			lease6_encode(&held.lease6, j);
		}
		if (held.client6)
			json_kstr(j, "client6", (char[]){held.client6, '\0'});
		if (held.client)
			json_kstr(j, "client", (char[]){held.client, '\0'});
		json_kint(j, "client_s", held.client_s);
		json_kint(j, "client6_s", held.client6_s);
		json_kint(j, "booted_s", held.booted_s);
		why = amiss(&a, &lab->instances[i], &held);
		if (why)
			json_kstr(j, "amiss", why);
		json_obj_end(j);
	}
	json_obj_end(j);
	return 0;
}

static int relet(const struct topo_instance *in, struct err *reterr)
{
	int e = machine_strays(in, true, reterr);

	return e < 0 ? e : machine_relet(in->netns, reterr);
}

/* Machines that are to ask anew, by the instances' names. */
static int op_relet(const struct doc *req, struct json *j, struct err *reterr)
{
	const struct topo_instance *in;
	const struct topo_node *node;
	const struct lab *lab;
	const struct doc *name;
	int e;

	(void)j;
	e = agent_lab(&lab, &node, reterr);
	DOC_FOREACH (name, doc_get(req, "instances")) {
		in = e < 0 || !name->str ? NULL : topo_instance(lab, name->str);
		if (in && in->node == node)
			e = relet(in, reterr);
	}
	return e;
}

const struct agent_op agent_provision_ops[] = {
	{"lab", agent_lab_op, false, NULL},
	{"observe", op_observe, false, NULL},
	{"converge", op_converge, false, NULL},
	{"roles", op_roles, false, NULL},
	{"leases", op_leases, false, NULL},
	{"resign", op_resign, false, NULL},
	{"relet", op_relet, false, NULL},
	{NULL, NULL, false, NULL},
};
