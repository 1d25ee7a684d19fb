/* SPDX-License-Identifier: MIT */
/*
 * labctl drain: a node's routers handed over to others without a gap, before
 * the node is worked on. What is drained stays so until it is undrained: its
 * engine has the least priority and preempts nobody.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/pick.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/emul/emul.h"
#include "provision/emul/said.h"
#include "provision/host/converge_lab.h"
#include "provision/host/drain.h"
#include "provision/host/fleet.h"
#include "topologies/topo.h"

static const char *why_stays(const struct topo_router *r)
{
	if (!r->is_ha)
		return "it is on no other host (ha: false)";
	if (!topo_has_engine(r))
		return "keepalived speaks for it, and cannot be told to hand "
		       "over";
	return "no other host took it over";
}

static int print_moved(const struct topo_node *n, const struct drain_router *d,
		       size_t k, struct mono began)
{
	size_t i, stayed = 0;

	for (i = 0; i < k; i++) {
		if (d[i].to)
			printf("router %s: %s -> %s\n", d[i].router->name,
			       n->name, d[i].to->name);
		else
			printf("router %s stays on %s: %s\n", d[i].router->name,
			       n->name, why_stays(d[i].router));
		stayed += !d[i].to;
	}
	printf("node %s is drained: %zu router%s handed over, %zu stayed, "
	       "%.2f s\n",
	       n->name, k - stayed, k - stayed == 1 ? "" : "s", stayed,
	       (double)mono_sub(clock_mono(), began) / NS_PER_S);
	return stayed ? EXIT_DIFFERS : EXIT_OK;
}

/* The node's engine is told first: who hands over must not want it back. What
 * it did not hear is not kept. */
static int with_fleet(struct fleet *f, const struct topo_node *n, bool drained,
		      struct mono began)
{
	auto_arena struct arena a = {0};
	struct fleet_node *here = fleet_node(f, n->name);
	struct drain_router *list;
	size_t changes, k;
	struct err e = {0};
	int r;

	if (!here->remote) {
		err_set(&e, -ENOTCONN, "%s: %s", n->name, here->err.msg);
		return cmd_fail(EXIT_CANNOT, &e);
	}
	r = converge_one(here, f->lab, &a, &changes, &e);
	if (r < 0)
		err_prefix(&e, "%s", n->name);
	if (r == 0)
		r = emul_drained_write(f->lab, &e);
	if (r < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	if (!drained) {
		printf("node %s takes part again%s\n", n->name,
		       changes ? "" : "; it was not drained");
		return EXIT_OK;
	}
	r = drain_resign(f, n, &cmd_interrupted, &a, &list, &k, &e);
	if (r == -EINTR)
		fprintf(stderr, "labctl: interrupted; the node is drained, its "
				"routers may still be handed over\n");
	if (r < 0)
		return r == -EINTR ? EXIT_INTERRUPTED
				   : cmd_fail(EXIT_CANNOT, &e);
	return print_moved(n, list, k, began);
}

static int set(struct lab *lab, const char *name, bool drained)
{
	struct mono began = clock_mono();
	struct topo_node *n = NULL;
	struct fleet f = {0};
	struct err e = {0};
	size_t i;
	int r;

	for (i = 0; i < lab->nnodes; i++)
		if (strcmp(lab->nodes[i].name, name) == 0)
			n = &lab->nodes[i];
	if (!n)
		return cmd_no_such_node(lab, name);
	if (n->role != TOPO_NETWORK)
		return cmd_wrong("%s is no network node: there is nothing to "
				 "hand over",
				 name);
	r = emul_take(lab, drained ? "drain" : "undrain", &e);
	if (r < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	n->drained = drained;
	cmd_catch_signals();
	/* Another node that does not answer is no hindrance. */
	(void)fleet_open(&f, lab, 0, &e);
	r = with_fleet(&f, n, drained, began);
	fleet_close(&f);
	return r;
}

static int run_either(const struct cmd *c, int argc, char **argv, bool drained)
{
	const struct cmd_opt opts[] = {{NULL, 0, OPT_FLAG, NULL}};
	struct lab *lab = NULL;
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc < 2 || argc > 3)
		return cmd_usage(c, "one NODE, and perhaps its LAB");
	r = pick_lab(argc == 3 ? argv[2] : NULL, &lab);
	if (r == EXIT_OK)
		r = set(lab, argv[1], drained);
	lab_free(lab);
	return r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	return run_either(c, argc, argv, true);
}

static int run_undrain(const struct cmd *c, int argc, char **argv)
{
	return run_either(c, argc, argv, false);
}

const struct cmd cmd_drain = {
	.name = "drain",
	.args = "NODE [LAB]",
	.summary = "hand a node's routers over to others, without a gap",
	.help = "Each router that is active on NODE resigns there: another "
		"host puts its addresses in\nplace and announces them, then "
		"NODE lets go, then the other announces again. A host\nthat "
		"pings loses a packet at most. The node stays drained over "
		"'up' and restarts: it\nleads a router only where nobody else "
		"does. 'labctl undrain' ends that.\n\n"
		"Exit status: 0 all handed over, 1 some stayed, 2 usage, 3 the "
		"lab is not up or the\nnode cannot be reached: then it is not "
		"drained.\n\n"
		"Examples:\n"
		"  labctl drain network1\n"
		"  labctl drain network1 my-lab\n",
	.run = run,
};

const struct cmd cmd_undrain = {
	.name = "undrain",
	.args = "NODE [LAB]",
	.summary = "have a drained node take part again",
	.help = "Its routers stay where they are, but for those that preempt.\n"
		"\nExit status: 0 it takes part, 2 usage, 3 the lab is not up "
		"or the node cannot be\nreached.\n"
		"\nExamples:\n"
		"  labctl undrain network1\n",
	.run = run_undrain,
};
