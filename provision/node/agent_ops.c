/* SPDX-License-Identifier: MIT */
/*
 * What the agent does for provisioning: look (observe, engine), make it so
 * (converge), and switch an interface for the failover drill (link).
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/netns.h"
#include "lib/rtnl.h"
#include "provision/node/agent.h"
#include "provision/node/apply.h"
#include "provision/node/apply_nl.h"
#include "provision/node/engine.h"
#include "provision/node/observe.h"
#include "provision/plan/plan.h"

static int op_observe(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct observe_what what;
	struct observed o;
	int e;

	e = observe_what_decode(&a, doc_get(req, "what"), &what, reterr);
	if (e == 0)
		e = observe(&a, &what, &o, reterr);
	if (e < 0)
		return e;
	observed_encode(&o, j);
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

static int op_converge(const struct doc *req, struct json *j,
		       struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct convergence c;
	struct plan plan;
	size_t i;
	int e;

	e = plan_decode(&a, doc_get(req, "plan"), &plan, reterr);
	if (e < 0)
		return e;
	if (doc_bool(req, "remove", false))
		plan.n = plan.nvirt = 0;
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

static void rtnl_release(struct rtnl **r)
{
	rtnl_free(*r);
}

static int op_link(const struct doc *req, struct json *j, struct err *reterr)
{
	const char *netns = doc_str(req, "netns", "");
	const char *dev = doc_str(req, "dev", NULL);
	bool up = doc_bool(req, "up", true);
	auto_(rtnl_release) struct rtnl *r = NULL;
	auto_close int fd = -1;
	int64_t at;
	int e;

	if (!dev || !*dev || strlen(dev) >= IFNAME_MAX || !doc_get(req, "up"))
		return err_set(reterr, -EINVAL,
			       "'dev', an interface, and 'up', true or false, "
			       "are needed");
	fd = netns_open(netns, reterr);
	if (fd < 0)
		return fd;
	e = rtnl_open(&r, fd, reterr);
	if (e < 0)
		return e;
	apply_nl_updown(r, dev, up);
	at = clock_real_ns();
	e = rtnl_commit(r, reterr);
	if (e < 0)
		return e;
	json_kint(j, "at_ns", at);
	json_kint(j, "done_ns", clock_real_ns());
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

/* As observe, but only what the VRRP engine says. */
static int op_engine(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	char host[256] = "", dir[512];
	struct observed o = {0};
	int e;

	e = state_dir_of(req, dir, sizeof(dir), reterr);
	if (e < 0)
		return e;
	gethostname(host, sizeof(host) - 1);
	o.hostname = host;
	o.real_ns = clock_real_ns();
	if (*dir)
		engine_look(&a, dir, &o);
	observed_encode(&o, j);
	return 0;
}

const struct agent_op agent_provision_ops[] = {
	{"observe", op_observe, false},
	{"converge", op_converge, false},
	{"engine", op_engine, false},
	{"link", op_link, false},
	{NULL, NULL, false},
};
