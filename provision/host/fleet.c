/* SPDX-License-Identifier: MIT */
/*
 * All nodes at once: for each call a thread for each node, which talks to
 * that node only, and the caller waits for all. What a thread may not do,
 * entering namespaces and reading the lab's keys, is done before. Signals
 * stay with the caller's thread; remote_interrupt_fd ends the others' waits.
 */
#include "provision/host/fleet.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "lib/auto.h"
#include "provision/way.h"

struct job {
	struct fleet_node *node;
	fleet_fn *fn;
	void *ctx;
	pthread_t thread;
	bool started;
};

static void run(struct job *j)
{
	struct fleet_node *n = j->node;

	n->err = (struct err){0};
	n->status = j->fn(n, j->ctx, &n->err);
	/* A reason is promised even where fn gave none. */
	if (n->status < 0 && !*n->err.msg)
		err_sys(&n->err, n->status, "it failed");
}

static void *thread_main(void *arg)
{
	run(arg);
	return NULL;
}

/* Starts all and waits for all; where there is no thread left, by itself. */
static void run_all(struct job *jobs, size_t n)
{
	sigset_t all, old;
	size_t i;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i + 1 < n; i++)
		jobs[i].started = pthread_create(&jobs[i].thread, NULL,
						 thread_main, &jobs[i]) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	for (i = 0; i < n; i++)
		if (!jobs[i].started)
			run(&jobs[i]);
	for (i = 0; i < n; i++)
		if (jobs[i].started)
			pthread_join(jobs[i].thread, NULL);
}

/* The first error in the nodes' order, with the node's name. */
static int first_error(const struct fleet *f, struct err *reterr)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->nodes[i].status >= 0)
			continue;
		return err_set(reterr, f->nodes[i].status, "%s: %s",
			       f->nodes[i].name, f->nodes[i].err.msg);
	}
	return 0;
}

static int open_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	const struct way *w = n->user;

	(void)ctx;
	if (w->target.name)
		return remote_open(&n->remote, &w->target, reterr);
	return remote_open_local(&n->remote, n->name, w->pid, reterr);
}

static bool find_way(struct fleet *f, struct fleet_node *n,
		     const struct ways *ways)
{
	struct way *w = arena_alloc(&f->arena, sizeof(*w));

	n->status = way_find(&f->arena, ways, n->node, w, &n->err);
	n->user = w;
	return n->status == 0;
}

int fleet_open(struct fleet *ret, const struct lab *lab, unsigned flags,
	       struct err *reterr)
{
	struct job jobs[TOPO_NODES_MAX + 1] = {0};
	struct ways ways;
	size_t i, n = 0;

	*ret = (struct fleet){.lab = lab};
	if (lab->nnodes > TOPO_NODES_MAX)
		return err_set(reterr, -E2BIG, "more than %d nodes",
			       TOPO_NODES_MAX);
	ret->n = lab->nnodes + ((flags & FLEET_OUTSIDE) != 0);
	ret->nodes = arena_array(&ret->arena, ret->n, sizeof(*ret->nodes));
	ways_look(&ret->arena, lab, &ways);
	for (i = 0; i < ret->n; i++) {
		struct fleet_node *f = &ret->nodes[i];

		f->node = i < lab->nnodes ? &lab->nodes[i] : NULL;
		f->name = way_name(f->node);
		if (find_way(ret, f, &ways))
			jobs[n++] = (struct job){.node = f, .fn = open_node};
	}
	run_all(jobs, n);
	for (i = 0; i < ret->n; i++)
		ret->nodes[i].user = NULL;
	return first_error(ret, reterr);
}

int fleet_again(struct fleet *f, struct fleet_node *n, struct err *reterr)
{
	struct ways ways;

	remote_close(n->remote);
	n->remote = NULL;
	n->told = false;
	ways_look(&f->arena, f->lab, &ways);
	if (find_way(f, n, &ways))
		n->status = open_node(n, NULL, &n->err);
	n->user = NULL;
	if (n->status < 0 && reterr)
		*reterr = n->err;
	return n->status;
}

void fleet_close(struct fleet *f)
{
	size_t i;

	if (!f)
		return;
	for (i = 0; i < f->n; i++)
		remote_close(f->nodes[i].remote);
	arena_release(&f->arena);
	*f = (struct fleet){0};
}

int fleet_each(struct fleet *f, fleet_fn *fn, void *ctx, struct err *reterr)
{
	struct job jobs[TOPO_NODES_MAX + 1] = {0};
	size_t i, n = 0;

	for (i = 0; i < f->n; i++)
		if (f->nodes[i].remote)
			jobs[n++] = (struct job){
				.node = &f->nodes[i], .fn = fn, .ctx = ctx};
	run_all(jobs, n);
	return first_error(f, reterr);
}

struct fleet_node *fleet_node(struct fleet *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->nodes[i].name, name) == 0)
			return &f->nodes[i];
	return NULL;
}
