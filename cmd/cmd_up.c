/* SPDX-License-Identifier: MIT */
/*
 * labctl up: what is not there is made, what differs is changed, what is as
 * it should be is left running.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/changes.h"
#include "cmd/common/pick.h"
#include "cmd/common/progress.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "provision/emul/emul.h"
#include "provision/emul/prompt.h"
#include "provision/host/converge_lab.h"
#include "provision/host/leases.h"
#include "provision/host/remote.h"
#include "provision/host/roles.h"
#include "topologies/links.h"
#include "topologies/topo.h"

struct up {
	struct progress progress;
	struct lab *lab;
	struct mono began;
	unsigned started; /* processes and wires that were missing */
	size_t changes;
	bool wait, privileged;
};

static void emul_said(void *ctx, const char *node, const char *what)
{
	struct up *up = ctx;

	progress_say(&up->progress, "%s: %s", node ? node : "fabric", what);
}

static void node_done(void *ctx, const struct node_result *r)
{
	struct up *up = ctx;

	progress_say(&up->progress, "%s: %zu change%s", r->node, r->nchanges,
		     r->nchanges == 1 ? "" : "s");
}

static double seconds_since(struct mono began)
{
	return (double)mono_sub(clock_mono(), began) / 1e9;
}

static int interrupted(struct up *up)
{
	progress_end(&up->progress);
	fprintf(stderr,
		"labctl: interrupted; the lab is half up: 'labctl up' "
		"completes it, 'labctl down %s' removes it\n",
		up->lab->name);
	return EXIT_INTERRUPTED;
}

static int cannot(struct up *up, const struct err *e)
{
	progress_end(&up->progress);
	if (cmd_interrupted)
		return interrupted(up);
	cmd_fail(EXIT_CANNOT, e);
	fprintf(stderr,
		"labctl: 'labctl up' again completes the lab, 'labctl down "
		"%s' removes it\n",
		up->lab->name);
	return EXIT_CANNOT;
}

static void print_routers(const struct lab *lab, const struct roles *roles)
{
	const struct topo_node *on;
	size_t i, most = 10; /* a lab of hundreds is `labctl status`'s */

	for (i = 0; i < lab->nrouters && i < most; i++)
		if (roles_active(roles, &lab->routers[i], &on) == 1)
			printf("  router %s is %son %s\n", lab->routers[i].name,
			       lab->routers[i].is_ha ? "active " : "",
			       on->name);
	if (lab->nrouters > most)
		printf("  and %zu more routers: see 'labctl status'\n",
		       lab->nrouters - most);
}

static void print_drained(const struct lab *lab)
{
	size_t i;

	for (i = 0; i < lab->nnodes; i++)
		if (lab->nodes[i].drained)
			printf("  %s is still drained: 'labctl undrain %s' "
			       "ends that\n",
			       lab->nodes[i].name, lab->nodes[i].name);
}

static void print_impaired(const struct lab *lab)
{
	for (size_t i = 0; i < lab->nlinks; i++) {
		auto_buf struct buf b = {0};

		if (!lab->links[i].by_hand)
			continue;
		topo_impair_print(&lab->links[i].impair, false, &b);
		printf("  wire %s is impaired by hand (%s): 'labctl impair "
		       "clear' ends that\n",
		       lab->links[i].name, b.data);
	}
}

static int wait_for_routers(struct up *up, struct fleet *f, struct roles *ret)
{
	unsigned ms = roles_deadline_ms(up->lab);
	struct err e = {0};
	int r;

	progress_say(&up->progress,
		     "waiting for the routers' election (VRRP's own timers: "
		     "up to %.1f s)",
		     ms / 1000.0);
	r = roles_wait(f, ROLES_ALL_SETTLED, ms, &cmd_interrupted, ret, &e);
	if (r == 0)
		return EXIT_OK;
	if (r == -EINTR) {
		progress_end(&up->progress);
		fputs("labctl: interrupted; the lab is up, its routers may "
		      "still elect: 'labctl status' tells\n",
		      stderr);
		return EXIT_INTERRUPTED;
	}
	return cannot(up, &e);
}

/* DHCP needs no router: they were asking while the routers elected. */
static int wait_for_leases(struct up *up, struct fleet *f)
{
	auto_(leases_release) struct leases l = {0};
	unsigned ms = leases_deadline_ms(up->lab);
	size_t n = leases_wanted(up->lab);
	struct err e = {0};
	int r;

	progress_say(&up->progress, "waiting for the lease%s of %zu instance%s",
		     n == 1 ? "" : "s", n, n == 1 ? "" : "s");
	r = leases_wait(f, ms, &cmd_interrupted, &l, &e);
	if (r == -EINTR) {
		progress_end(&up->progress);
		fputs("labctl: interrupted; the lab is up, its instances may "
		      "still boot: 'labctl show console INSTANCE' tells\n",
		      stderr);
		return EXIT_INTERRUPTED;
	}
	if (r < 0)
		return cannot(up, &e);
	if (l.anew)
		progress_say(&up->progress,
			     "%zu instance%s had to ask anew: what %s held was "
			     "not as the file says",
			     l.anew, l.anew == 1 ? "" : "s",
			     l.anew == 1 ? "it" : "they");
	progress_say(&up->progress, "%zu instance%s ha%s a lease", n,
		     n == 1 ? "" : "s", n == 1 ? "s" : "ve");
	return EXIT_OK;
}

static int with_fleet(struct up *up, struct fleet *f)
{
	auto_(converge_release) struct converge c = {0};
	auto_(roles_release) struct roles roles = {0};
	struct err e = {0};
	int r;

	progress_say(&up->progress, "%zu nodes answer", f->n);
	r = converge_lab(f, true, node_done, up, &c, &e);
	emul_prompt(up->lab->name);
	up->changes = c.changes + up->started;
	if (r < 0 || c.failed) {
		progress_end(&up->progress);
		changes_print_failed(&c, stderr);
		if (r == 0)
			err_set(&e, -EIO, "%zu of %zu changes failed", c.failed,
				c.changes);
		return cannot(up, &e);
	}
	if (cmd_interrupted)
		return interrupted(up);
	/* What is left is the routers' business. */
	emul_finished(up->lab->name);
	if (up->wait && up->lab->nrouters) {
		r = wait_for_routers(up, f, &roles);
		if (r != EXIT_OK)
			return r;
	}
	if (up->wait && leases_wanted(up->lab)) {
		r = wait_for_leases(up, f);
		if (r != EXIT_OK)
			return r;
	}
	progress_end(&up->progress);
	printf("lab %s is up: %zu nodes, %zu change%s, %.2f s\n", up->lab->name,
	       up->lab->nnodes, up->changes, up->changes == 1 ? "" : "s",
	       seconds_since(up->began));
	if (roles.lab)
		print_routers(up->lab, &roles);
	print_drained(up->lab);
	print_impaired(up->lab);
	return EXIT_OK;
}

static int up_lab(struct up *up)
{
	struct fleet f = {0};
	struct err e = {0};
	int r;

	cmd_catch_signals();
	cmd_interrupt_waits();
	progress_init(&up->progress);
	up->began = clock_mono();
	progress_say(&up->progress, "%s: %zu nodes to be up", up->lab->name,
		     up->lab->nnodes);
	r = emul_up(up->lab, up->privileged ? EMUL_PRIVILEGED : 0, emul_said,
		    up, &up->started, &e);
	if (r < 0)
		return cannot(up, &e);
	if (cmd_interrupted)
		return interrupted(up);
	up->lab->fresh = r == EMUL_FRESH;
	/* What was begun just now may take its time on a slow machine. */
	if (up->started)
		remote_refused_ms = REMOTE_CONNECT_MS;
	r = fleet_open(&f, up->lab, 0, &e);
	r = r < 0 ? cannot(up, &e) : with_fleet(up, &f);
	fleet_close(&f);
	return r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	bool no_wait = false, dry = false, privileged = false;
	const struct cmd_opt opts[] = {{"no-wait", 0, OPT_FLAG, &no_wait},
				       {"dry-run", 'n', OPT_FLAG, &dry},
				       {"privileged", 0, OPT_FLAG, &privileged},
				       {NULL, 0, OPT_FLAG, NULL}};
	struct up up = {0};
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc > 2)
		return cmd_usage(c, "one FILE");
	if (dry)
		return cmd_plan.run(&cmd_plan, argc, argv);
	r = pick_file(argv[1], &up.lab);
	up.wait = !no_wait;
	up.privileged = privileged;
	if (r == EXIT_OK) {
		cmd_say_notes(up.lab);
		r = up_lab(&up);
	}
	lab_free(up.lab);
	return r;
}

const struct cmd cmd_up = {
	.name = "up",
	.args = "[FILE] [--no-wait] [--privileged] [-n]",
	.summary = "make the lab of FILE so; again: nothing changes",
	.help = "What is there already and right is left running. Without "
		"FILE: by the file that\nthe lab was last brought up with, "
		"which completes one that is half up or differs.\n\n"
		"Options:\n"
		"      --no-wait     do not wait for the routers' election and "
		"the\n"
		"                    instances' leases\n"
		"      --privileged  as root: no user namespace for the lab, "
		"so that its root is\n"
		"                    this machine's; only where 'labctl "
		"doctor' says so\n"
		"  -n, --dry-run     only say what would change, as 'labctl "
		"plan' does\n\n"
		"Examples:\n"
		"  labctl up topologies/l3ha-linuxbridge.yaml\n"
		"  labctl up --no-wait lab.yaml && labctl verify\n",
	.run = run,
};
