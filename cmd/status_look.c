/* SPDX-License-Identifier: MIT */
#include "cmd/status_look.h"

#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "lib/arena.h"
#include "lib/kernel/datapath.h"
#include "lib/mono.h"
#include "provision/emul/said.h"
#include "provision/host/roles.h"
#include "provision/way.h"
#include "topologies/topo.h"

struct look {
	const struct emul_lab *l;
	struct lab *lab; /* NULL: its file cannot be had */
	struct fleet fleet;
	struct roles roles;
};

/* The PID of a node of the lab that runs, or 0. */
static pid_t pid_of(const struct emul_lab *l, const char *node)
{
	size_t i;

	for (i = 0; i < l->nnodes; i++)
		if (strcmp(l->nodes[i], node) == 0)
			return l->node_pids[i];
	return 0;
}

/* Whether all that should run does, and answers. */
static bool whole(const struct look *k)
{
	size_t i;

	for (i = 0; i < k->lab->nnodes; i++)
		if (!pid_of(k->l, k->lab->nodes[i].name) ||
		    k->fleet.nodes[i].status < 0)
			return false;
	return pid_of(k->l, way_name(NULL)) != 0;
}

static const char *time_text(struct arena *a, int64_t ns)
{
	time_t t = (time_t)(ns / NS_PER_S);
	char text[32];
	struct tm tm;

	if (ns <= 0 || !gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NULL;
	return arena_strdup(a, text);
}

/* --- writing ------------------------------------------------------------- */

static void write_state(const struct look *k, const char *name,
			const struct fleet_node *f, struct json *j)
{
	pid_t pid = pid_of(k->l, name);
	bool runs = pid != 0;
	bool answers = runs && (!f || f->status >= 0);

	json_kstr(j, "state",
		  !runs     ? "not running"
		  : answers ? "running"
			    : "unreachable");
	json_kstr(j, "reason", runs && !answers ? f->err.msg : NULL);
	json_kint(j, "pid", pid);
}

static bool carries_routers(const struct lab *lab, const struct topo_node *n)
{
	size_t i;

	for (i = 0; i < lab->nrouters; i++)
		if (topo_ha_port(&lab->routers[i], n))
			return true;
	return false;
}

/* null: it was not asked, or is neither wanted nor there. */
static void write_engine(const struct roles_node *n, bool wanted,
			 struct json *j)
{
	json_key(j, "engine");
	if (!n || (!wanted && !n->engine.running)) {
		json_str(j, NULL);
		return;
	}
	json_obj(j);
	json_kbool(j, "running", n->engine.running);
	json_kint(j, "pid", n->engine.pid);
	json_kstr(j, "error", n->engine.error);
	json_obj_end(j);
}

static void write_services(const struct roles_node *n, struct json *j)
{
	size_t i;

	json_key(j, "services");
	json_arr(j);
	for (i = 0; i < n->nservices; i++) {
		json_obj(j);
		json_kstr(j, "name", n->services[i].name);
		json_kbool(j, "running", n->services[i].running);
		json_kstr(j, "trouble", n->services[i].trouble);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void write_node(const struct look *k, size_t i, struct json *j)
{
	const struct topo_node *n = &k->lab->nodes[i];
	const struct topo_nic *nic = topo_nic(n, TOPO_MANAGEMENT);
	const struct fleet_node *f = k->fleet.n ? &k->fleet.nodes[i] : NULL;
	char text[IP_TEXT_MAX];

	json_obj(j);
	json_kstr(j, "name", n->name);
	json_kstr(j, "role", topo_role_names[n->role]);
	json_kstr(j, "address", nic ? ip_print(&nic->addr.ip, text) : NULL);
	write_state(k, n->name, f, j);
	json_kbool(j, "drained", n->drained);
	if (n->role == TOPO_NETWORK)
		write_engine(roles_node(&k->roles, n),
			     carries_routers(k->lab, n), j);
	if (roles_node(&k->roles, n))
		write_services(&k->roles.nodes[i], j);
	json_obj_end(j);
}

static void write_nodes(const struct look *k, struct json *j)
{
	size_t i;

	json_key(j, "nodes");
	json_arr(j);
	for (i = 0; k->lab && i < k->lab->nnodes; i++)
		write_node(k, i, j);
	if (k->lab) {
		json_obj(j);
		json_kstr(j, "name", way_name(NULL));
		json_kstr(j, "role", way_name(NULL));
		json_kstr(j, "address", NULL);
		write_state(k, way_name(NULL), NULL, j);
		json_obj_end(j);
	}
	/* Without the file, what runs is all that is known. */
	for (i = 0; !k->lab && i < k->l->nnodes; i++) {
		json_obj(j);
		json_kstr(j, "name", k->l->nodes[i]);
		json_kstr(j, "role", NULL);
		json_kstr(j, "address", NULL);
		write_state(k, k->l->nodes[i], NULL, j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static const struct obs_router *router_on(const struct look *k,
					  const struct topo_router *r,
					  const struct topo_node *n)
{
	return role_on(roles_engine(&k->roles, n), r);
}

static void write_active(const struct look *k, const struct topo_router *r,
			 struct json *j)
{
	const struct obs_router *o;
	struct arena a = {0};
	int64_t since = 0;
	size_t i, n = 0;

	json_key(j, "active");
	json_arr(j);
	for (i = 0; i < r->nhosts; i++) {
		o = router_on(k, r, r->hosts[i]);
		if (!role_is_active(o))
			continue;
		json_str(j, r->hosts[i]->name);
		since = n++ ? 0 : o->since_ns;
	}
	json_arr_end(j);
	json_kstr(j, "since", time_text(&a, since));
	json_kint(j, "since_ns", since);
	arena_release(&a);
}

static void write_router(const struct look *k, const struct topo_router *r,
			 struct json *j)
{
	const struct obs_router *o;
	size_t i;

	json_obj(j);
	json_kstr(j, "name", r->name);
	json_kstr(j, "id", r->uuid);
	json_kstr(j, "project", r->project);
	json_kbool(j, "ha", r->is_ha);
	if (r->is_ha)
		json_kint(j, "vrid", r->ha.vrid);
	json_kstr(j, "netns", r->netns);
	write_active(k, r, j);
	json_key(j, "nodes");
	json_arr(j);
	for (i = 0; i < r->nhosts; i++) {
		o = router_on(k, r, r->hosts[i]);
		json_obj(j);
		json_kstr(j, "node", r->hosts[i]->name);
		json_kstr(j, "state", o ? o->state : NULL);
		json_kint(j, "since_ns", o ? o->since_ns : 0);
		json_kstr(j, "file", o ? o->file : NULL);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_obj_end(j);
}

static void write_instance(const struct topo_instance *v, struct json *j)
{
	char text[IP_TEXT_MAX];
	size_t i;

	json_obj(j);
	json_kstr(j, "name", v->name);
	json_kstr(j, "node", v->node->name);
	json_kstr(j, "netns", v->netns);
	json_key(j, "addresses");
	json_arr(j);
	for (i = 0; i < v->port->naddrs; i++)
		json_str(j, ip_print(&v->port->addrs[i].addr.ip, text));
	json_arr_end(j);
	json_obj_end(j);
}

static void write_lab(const struct look *k, const struct err *why,
		      struct json *j)
{
	const struct emul_lab *l = k->l;
	size_t i;

	json_obj(j);
	json_kstr(j, "name", l->name);
	json_kstr(j, "state",
		  !l->fabric                            ? "left over"
		  : l->unfinished                       ? "half up"
		  : !k->lab || (k->fleet.n && whole(k)) ? "up"
							: "half up");
	json_kstr(j, "error",
		  *why->msg ? why->msg
		  : l->fabric && l->unfinished
			  ? "an 'up' of it is under way or was interrupted"
			  : NULL);
	json_kstr(j, "file", l->file);
	json_kint(j, "pid", l->fabric);
	write_nodes(k, j);
	json_key(j, "routers");
	json_arr(j);
	for (i = 0; k->lab && i < k->lab->nrouters; i++)
		write_router(k, &k->lab->routers[i], j);
	json_arr_end(j);
	json_key(j, "instances");
	json_arr(j);
	for (i = 0; k->lab && i < k->lab->ninstances; i++)
		write_instance(&k->lab->instances[i], j);
	json_arr_end(j);
	json_obj_end(j);
}

/* --- looking ------------------------------------------------------------- */

static void load(struct look *k, struct err *why)
{
	struct topo_errors errs = {0};

	if (!k->l->file)
		err_set(why, 0,
			"its file is not there: it is being made, or "
			"its state folder is lost");
	else if (topo_load(k->l->file, &k->lab, &errs) < 0)
		err_set(why, 0, "its file %s is wrong: 'labctl check' tells",
			k->l->file);
	else {
		emul_said_read(k->lab);
		topo_settle(k->lab, topo_uses(k->lab, TOPO_OPENVSWITCH) &&
					    datapath_in_kernel());
	}
	topo_errors_release(&errs);
}

void status_look(const struct emul_lab *l, struct json *j)
{
	/* Large, and one to a process. */
	static struct look k;
	struct err why = {0};

	k = (struct look){.l = l};
	remote_connect_ms = remote_silence_ms = STATUS_MS;
	load(&k, &why);
	if (k.lab && l->fabric && emul_enter(l->name, &why) == 0) {
		fleet_open(&k.fleet, k.lab, 0, NULL);
		roles_ask_services(&k.fleet, STATUS_MS, &k.roles, NULL);
	}
	write_lab(&k, &why, j);
	roles_release(&k.roles);
	fleet_close(&k.fleet);
	lab_free(k.lab);
}
