/* SPDX-License-Identifier: MIT */
/*
 * Who is Active, from what two scripted agents answer: looked up, counted and
 * waited for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/host/remote_io.h"
#include "provision/host/roles.h"
#include "t/lib/tap.h"

#define HELLO                                                                  \
	"echo '{\"labctl-agent\": 2, \"version\": \"0.1.0\"}'; n=0; "          \
	"while read -r line; do n=$((n + 1)); "
#define ANSWER(rest) "echo \"{\\\"id\\\": $n, \\\"ok\\\": true" rest "}\"; "
/* What an agent says of an engine that has the router in this state. */
#define ROLE(state)                                                            \
	ANSWER(", \\\"real_ns\\\": 5000, \\\"running\\\": true, "              \
	       "\\\"pid\\\": 7, \\\"roles\\\": {\\\"ok\\\": true, "            \
	       "\\\"routers\\\": [{\\\"id\\\": \\\"$ID\\\", "                  \
	       "\\\"state\\\": \\\"" state "\\\", \\\"since_ns\\\": 4000}]}, " \
	       "\\\"files\\\": {\\\"$ID\\\": \\\"word\\\"}")

static struct lab *lab;
static const struct topo_router *router;

static struct remote *start(const char *body)
{
	auto_buf struct buf script = {0};
	const char *argv[] = {"/bin/sh", "-c", NULL, NULL};
	struct remote_io *io = NULL;
	struct remote *r = NULL;
	struct err e;

	buf_printf(&script, "ID=%s; " HELLO "%s done", router->uuid, body);
	argv[2] = script.data;
	if (remote_local_start(&io, 0, argv, &e) < 0 ||
	    remote_start(&r, "n", io, mono_add(clock_mono(), 5 * NS_PER_S),
			 &e) < 0)
		tap_diag("%s", e.msg);
	return r;
}

/* A fleet of which the router's two hosts answer so. */
static struct fleet fleet(const char *one, const char *two)
{
	const char *const bodies[] = {one, two};
	struct fleet f = {.lab = lab, .n = lab->nnodes};
	size_t i;

	f.nodes = arena_array(&f.arena, f.n, sizeof(*f.nodes));
	for (i = 0; i < f.n; i++)
		f.nodes[i] = (struct fleet_node){.name = lab->nodes[i].name,
						 .node = &lab->nodes[i]};
	for (i = 0; i < 2; i++)
		f.nodes[router->hosts[i]->index].remote = start(bodies[i]);
	return f;
}

static void look_ups(void)
{
	struct fleet f = fleet(ROLE("active"), ROLE("backup"));
	auto_(roles_release) struct roles roles = {0};
	const struct topo_node *on = NULL;
	const struct obs_router *s;
	struct err e = {.msg = ""};

	is_int(roles_ask(&f, 5000, &roles, &e), 0, "both are asked");
	is_int(roles_active(&roles, router, &on), 1, "one is Active");
	ok(on == router->hosts[0], "the right one");
	s = role_on(roles_engine(&roles, router->hosts[1]), router);
	is(s ? s->state : NULL, "backup", "the other's state");
	is(s ? s->file : NULL, "word", "its state file");
	is_int(s ? s->since_ns : 0, 4000, "since");
	ok(!role_on(roles_engine(&roles, &lab->nodes[0]), router) &&
		   !role_is_active(NULL),
	   "nothing seen, no role");
	ok(!roles_node(&roles, &lab->nodes[0]), "a controller is not asked");
	roles_release(&roles);
	is_int(roles_wait(&f, ROLES_ALL_SETTLED, 0, NULL, &roles, &e), 0,
	       "they have settled");
	roles_release(&roles);
	fleet_close(&f);
}

static void unsettled(void)
{
	static const struct {
		const char *what, *one, *two;
		int any, all;
		const char *words;
	} rows[] = {
		{"two Active", ROLE("active"), ROLE("active"), -ETIMEDOUT,
		 -ETIMEDOUT, "has 2 active nodes after 0 ms"},
		{"none", ROLE("backup"), ROLE("initialize"), -ETIMEDOUT,
		 -ETIMEDOUT, "has 0 active nodes after 0 ms"},
		{"a fault beside the Active", ROLE("active"), ROLE("fault"), 0,
		 -ETIMEDOUT, "has 1 active nodes after 0 ms"},
		{"no engine beside the Active", ROLE("active"),
		 ANSWER(", \\\"running\\\": false"), 0, -ETIMEDOUT,
		 "has 1 active nodes"},
		{"an engine that refuses", ROLE("active"),
		 ANSWER(", \\\"running\\\": true, \\\"roles\\\": "
			"{\\\"ok\\\": false, \\\"error\\\": \\\"no\\\"}"),
		 0, -ETIMEDOUT, "has 1 active nodes"},
		{"a router without a state", ROLE("active"),
		 ANSWER(", \\\"running\\\": true, \\\"roles\\\": {\\\"ok\\\": "
			"true, \\\"routers\\\": [{\\\"id\\\": 1}]}"),
		 0, -EPROTO, "the VRRP engine's answer: "},
		{"a node that dies", ROLE("active"), "exit 3;", 0, -ECONNRESET,
		 "its agent ended with exit status 3"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct fleet f = fleet(rows[i].one, rows[i].two);
		auto_(roles_release) struct roles r = {0}, all = {0};
		struct err e = {.msg = ""};

		is_int(roles_wait(&f, ROLES_ONE_ACTIVE, 0, NULL, &r, NULL),
		       rows[i].any, "%s: one Active?", rows[i].what);
		is_int(roles_wait(&f, ROLES_ALL_SETTLED, 0, NULL, &all, &e),
		       rows[i].all, "%s: all settled?", rows[i].what);
		ok(strstr(e.msg, rows[i].words) != NULL, "%s: %s", rows[i].what,
		   e.msg);
		fleet_close(&f);
	}
}

static void waits(void)
{
	/* Backup twice, then Active. */
	struct fleet f = fleet("if [ $n -lt 3 ]; then " ROLE(
				       "backup") "else " ROLE("active") "fi; ",
			       ROLE("backup"));
	auto_(roles_release) struct roles roles = {0};
	volatile int stop = 1;
	struct err e = {.msg = ""};

	is_int(roles_wait(&f, ROLES_ALL_SETTLED, 60000, &stop, &roles, &e),
	       -EINTR, "a wait can be broken off");
	roles_release(&roles);
	is_int(roles_wait(&f, ROLES_ALL_SETTLED, 60000, NULL, &roles, &e), 0,
	       "it is asked again until it holds");
	is_int(roles_active(&roles, router, NULL), 1, "and then it does");
	fleet_close(&f);
	is_int(roles_deadline_ms(lab), 8804, "the model's deadline");
}

int main(void)
{
	struct topo_errors errs = {0};

	if (topo_load("t/lib/plain.yaml", &lab, &errs) < 0)
		return 1;
	topo_errors_release(&errs);
	router = &lab->routers[0];
	look_ups();
	unsettled();
	waits();
	lab_free(lab);
	return tap_done();
}
