/* SPDX-License-Identifier: MIT */
/*
 * Looking at a node
 * =================
 * All is read in a thread of its own, which goes from namespace to namespace
 * and ends in the last one: whatever happens, the caller never finds itself
 * in another namespace. /proc/sys/net shows the settings of the namespace of
 * the task that reads, so no second /proc is mounted.
 *
 * Namespaces are those of /run/netns, by name. One that goes away while it is
 * looked at is left out; a file there that is no namespace (an `ip netns add`
 * cut short), or is the node's own by another name, is left out too, and the
 * one who makes namespaces deals with it.
 */
#include "provision/node/look.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtnl.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/usual.h"

/* The whole of a look, in its thread. */
struct looking {
	struct arena *a;
	const struct look_what *what;
	struct look_what own;
	struct observed *o;
	enum xfrmnl_there ipsec;
	struct err err;
	int res;
};

static void rtnl_release(struct rtnl **r)
{
	rtnl_free(*r);
}

/* The namespace that the thread is in now. */
static int look_here(struct looking *l, const char *name)
{
	auto_(rtnl_release) struct rtnl *rtnl = NULL;
	struct seen_ns ns = {.name = name}, *slot;
	struct look here = {
		.a = l->a, .what = l->what, .ns = &ns, .ipsec = &l->ipsec};
	size_t i;
	int r;

	r = rtnl_open(&rtnl, -1, &l->err);
	here.rtnl = rtnl;
	for (i = 0; r == 0 && i < RES_KINDS; i++)
		if (kinds[i]->look)
			r = kinds[i]->look(&here, &l->err);
	if (kind_full(&ns, &l->err) < 0)
		return l->err.code;
	if (r != 0)
		return r < 0 ? r : 0;
	if (l->o->nns >= SEEN_NS_MAX)
		return err_set(&l->err, -E2BIG, "more than %d namespaces",
			       SEEN_NS_MAX);
	slot = arena_push(l->a, &l->o->ns, &l->o->nns, sizeof(*slot));
	*slot = ns;
	return 0;
}

int look_own(struct arena *a, const struct look_what *what,
	     struct observed *ret, struct err *reterr)
{
	struct looking l = {.a = a, .what = what, .o = ret};
	int r;

	ret->hostname = "";
	r = look_here(&l, "");
	if (r < 0 && reterr)
		*reterr = l.err;
	return r;
}

static int look_named(struct looking *l, const char *name)
{
	auto_close int fd = netns_open(name, NULL);

	/* One that is the node's own by another name is none. */
	if (fd < 0 || netns_is_own(fd) || setns(fd, CLONE_NEWNET) < 0)
		return 0;
	return look_here(l, name);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int look_names(struct looking *l, struct dirent **names, int n)
{
	int i, r = look_here(l, "");

	for (i = 0; i < n && r == 0; i++) {
		r = look_named(l, arena_strdup(l->a, names[i]->d_name));
		if (r < 0)
			err_prefix(&l->err, "namespace %s", names[i]->d_name);
	}
	return r;
}

static int look_all(struct looking *l)
{
	struct dirent **names = NULL;
	int i, n, r = 0;

	n = scandir(NETNS_DIR, &names, visible, alphasort);
	if (l->own.unusual) {
		r = usual_here(&l->own.usual, &l->err);
		if (!l->own.usual)
			l->o->unlooked = arena_strdup(l->a, l->err.msg);
	}
	if (r == 0)
		r = look_names(l, names, n);
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r;
}

static void *look_thread(void *ctx)
{
	struct looking *l = ctx;

	l->own = *l->what;
	l->what = &l->own;
	l->res = look_all(l);
	return NULL;
}

int look_node(struct arena *a, const struct look_what *what,
	      struct observed *ret, struct err *reterr)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct observed o = {0};
	struct looking l = {.a = a, .what = what, .o = &o};
	struct look node = {.a = a, .what = what};
	pthread_t t;
	size_t i;
	int r;

	gethostname(host, sizeof(host) - 1);
	o.hostname = arena_strdup(a, host);
	o.real_ns = clock_real_ns();
	r = pthread_create(&t, NULL, look_thread, &l);
	if (r != 0)
		return err_sys(reterr, -r, "start a thread");
	pthread_join(t, NULL);
	if (l.res < 0) {
		if (reterr)
			*reterr = l.err;
		return l.res;
	}
	for (i = 0; i < RES_KINDS; i++)
		if (kinds[i]->look_node)
			kinds[i]->look_node(&node, &o);
	for (i = 0; r == 0 && i < o.nns; i++) {
		r = kind_full(&o.ns[i], reterr);
		if (r < 0 && *o.ns[i].name)
			err_prefix(reterr, "namespace %s", o.ns[i].name);
	}
	if (r == 0)
		*ret = o;
	return r;
}
