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
 * cut short) is left out too, and the one who makes namespaces deals with it.
 */
#include "provision/node/observe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/netns.h"
#include "lib/rtnl.h"
#include "provision/node/engine.h"
#include "provision/node/observe_nl.h"

#define SYSCTL_VALUE_MAX 256

struct look {
	struct arena *a;
	const struct observe_what *what;
	struct observed *o;
	struct err err;
	int res;
};

static void read_sysctl(struct arena *a, struct obs_ns *ns, const char *key)
{
	char path[PATH_MAX], value[SYSCTL_VALUE_MAX];
	auto_close int fd = -1;
	struct obs_sysctl *s;
	ssize_t n;

	if (!observe_sysctl_ok(key))
		return;
	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, value, sizeof(value) - 1);
	if (n < 0)
		return;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	s = arena_push(a, &ns->sysctls, &ns->nsysctls, sizeof(*s));
	s->key = key;
	s->value = arena_strdup(a, value);
}

static bool wanted(const struct observe_what *w, const struct obs_ns *ns)
{
	const struct obs_link *lo;
	size_t i;

	if (!w->mark || !*ns->name)
		return true;
	lo = obs_link(ns, "lo");
	if (lo && lo->alias && strcmp(lo->alias, w->mark) == 0)
		return true;
	for (i = 0; i < w->nnames; i++)
		if (strcmp(w->names[i], ns->name) == 0)
			return true;
	return false;
}

static void rtnl_release(struct rtnl **r)
{
	rtnl_free(*r);
}

/* The namespace that the thread is in now. */
static int look_here(struct look *l, const char *name)
{
	auto_(rtnl_release) struct rtnl *r = NULL;
	struct obs_ns ns = {.name = name}, *slot;
	size_t i;
	int e;

	e = rtnl_open(&r, -1, &l->err);
	if (e == 0)
		e = observe_links(l->a, r, &ns, &l->err);
	if (e < 0 || !wanted(l->what, &ns))
		return e;
	e = observe_tables(l->a, r, &ns, &l->err);
	if (e < 0)
		return e;
	for (i = 0; i < l->what->nsysctls; i++)
		read_sysctl(l->a, &ns, l->what->sysctls[i]);
	if (l->o->nns >= OBSERVE_NS_MAX)
		return err_set(&l->err, -E2BIG, "more than %d namespaces",
			       OBSERVE_NS_MAX);
	slot = arena_push(l->a, &l->o->ns, &l->o->nns, sizeof(*slot));
	*slot = ns;
	return 0;
}

static int look_named(struct look *l, const char *name)
{
	auto_close int fd = netns_open(name, NULL);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return 0;
	return look_here(l, name);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int look_all(struct look *l)
{
	struct dirent **names = NULL;
	int i, n, e;

	e = look_here(l, "");
	if (e < 0)
		return e;
	n = scandir(NETNS_DIR, &names, visible, alphasort);
	for (i = 0; i < n; i++) {
		if (e == 0) {
			e = look_named(l, arena_strdup(l->a, names[i]->d_name));
			if (e < 0)
				err_prefix(&l->err, "namespace %s",
					   names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
	return e;
}

static void *look_thread(void *ctx)
{
	struct look *l = ctx;

	l->res = look_all(l);
	return NULL;
}

int observe(struct arena *a, const struct observe_what *what,
	    struct observed *ret, struct err *reterr)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct observed o = {0};
	struct look l = {.a = a, .what = what, .o = &o};
	pthread_t t;
	int e;

	gethostname(host, sizeof(host) - 1);
	o.hostname = arena_strdup(a, host);
	o.real_ns = clock_real_ns();
	e = pthread_create(&t, NULL, look_thread, &l);
	if (e != 0)
		return err_sys(reterr, -e, "start a thread");
	pthread_join(t, NULL);
	if (l.res < 0) {
		if (reterr)
			*reterr = l.err;
		return l.res;
	}
	if (what->state_dir)
		engine_look(a, what->state_dir, &o);
	*ret = o;
	return 0;
}

const struct obs_ns *obs_ns(const struct observed *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->nns; i++)
		if (strcmp(o->ns[i].name, name) == 0)
			return &o->ns[i];
	return NULL;
}

const struct obs_link *obs_link(const struct obs_ns *ns, const char *name)
{
	size_t i;

	for (i = 0; ns && i < ns->nlinks; i++)
		if (strcmp(ns->links[i].name, name) == 0)
			return &ns->links[i];
	return NULL;
}

bool obs_has_addr(const struct obs_ns *ns, const char *dev,
		  const struct ipnet *addr)
{
	size_t i;

	for (i = 0; ns && i < ns->naddrs; i++)
		if (strcmp(ns->addrs[i].dev, dev) == 0 &&
		    ipnet_equal(&ns->addrs[i].addr, addr))
			return true;
	return false;
}
