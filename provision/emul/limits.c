/* SPDX-License-Identifier: MIT */
#include "provision/emul/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/kernel/neightab.h"
#include "lib/parse.h"
#include "provision/plan/services/metadata.h"

#define SMALL_MB 200u /* a lab of five nodes takes some 60 */
#define SMALL_PROCESSES 256u
#define SMALL_NAMESPACES 64u
#define SMALL_FILES 256u
/* What a lab takes, by what is in it. */
#define LAB_MB 20u
#define NODE_MB 8u
#define INSTANCE_MB 2u
#define DHCP_MB 2u
#define ROUTER_KB 700u /* on each of its hosts: namespace, links, rules */
#define PROXY_MB 7u    /* a router's haproxy, where it is Active */
#define NODE_PROCESSES 6u
#define INSTANCE_PROCESSES 3u
#define ROUTER_PROCESSES 4u
#define ROUTER_FILES 6u /* of the engine: sockets, the namespace */
#define ENGINE_FILES 64u
#define NODE_FILES 128u
#define INSTANCE_FILES 16u
/* Engine, metadata, Open vSwitch. */
#define NODE_INOTIFY 3u
/* Whom a booting instance asks, without a reservation. */
#define LEASED_NEIGHBOURS 3u
#define TIGHT_PERCENT 75u
/* Or more, as files of the first version say it. */
#define UNLIMITED (1ull << 62)

/* --- what a lab takes ------------------------------------------------------
 */

static bool is_machine(const struct topo_instance *in)
{
	for (size_t i = 0; i < in->port->naddrs; i++)
		if (topo_leased(in->port, &in->port->addrs[i]))
			return true;
	return false;
}

static uint64_t most_routers(const struct lab *lab)
{
	uint64_t n, most = 0;

	for (size_t i = 0; i < lab->nnodes; i++) {
		n = 0;
		for (size_t k = 0; k < lab->nrouters; k++)
			for (size_t h = 0; h < lab->routers[k].nhosts; h++)
				n += lab->routers[k].hosts[h] == &lab->nodes[i];
		most = n > most ? n : most;
	}
	return most;
}

void emul_uses(const struct lab *lab, struct emul_uses *ret)
{
	uint64_t routers = 0, dhcp = 0, machines = 0, proxies;

	*ret = (struct emul_uses){.netns = SMALL_NAMESPACES,
				  .netns_kept = SMALL_NAMESPACES,
				  .mntns = SMALL_NAMESPACES,
				  .pidns = SMALL_NAMESPACES,
				  .processes = SMALL_PROCESSES,
				  .files = SMALL_FILES,
				  .memory_mb = SMALL_MB};
	if (!lab)
		return;
	for (size_t i = 0; i < lab->nrouters; i++)
		routers += lab->routers[i].nhosts;
	for (size_t i = 0; i < lab->nnetworks; i++)
		dhcp += lab->networks[i].ndhcp;
	for (size_t i = 0; i < lab->ninstances; i++)
		machines += is_machine(&lab->instances[i]);
	proxies = lab->nrouters < PLAN_PROXIES_MAX ? lab->nrouters : 0;
	/* The fabric, the host outside; and a scratch one for rules. */
	ret->mntns = ret->pidns = lab->nnodes + 2 + machines;
	ret->netns_kept = lab->nnodes + 2 + routers + dhcp + lab->ninstances;
	ret->netns = ret->netns_kept + lab->nnodes;
	ret->processes = lab->nnodes * NODE_PROCESSES +
			 machines * INSTANCE_PROCESSES + dhcp +
			 lab->nrouters * ROUTER_PROCESSES;
	ret->files = ENGINE_FILES + ROUTER_FILES * most_routers(lab);
	if (ret->files < SMALL_FILES)
		ret->files = SMALL_FILES;
	ret->all_files = lab->nnodes * NODE_FILES + routers * ROUTER_FILES +
			 lab->ninstances * INSTANCE_FILES;
	ret->inotify = lab->nnodes * NODE_INOTIFY;
	ret->neighbours = machines * LEASED_NEIGHBOURS + 4 * lab->nnodes;
	ret->memory_mb = LAB_MB + lab->nnodes * NODE_MB +
			 lab->ninstances * INSTANCE_MB + dhcp * DHCP_MB +
			 proxies * PROXY_MB + routers * ROUTER_KB / 1024;
}

/* --- what there is ---------------------------------------------------------
 */

struct limits {
	struct arena *a;
	const char *root;
	struct emul_limit *all;
	size_t n;
};

/* A number that begins a file; false where there is none ("max" is none). */
static bool number_in(const struct limits *l, const char *path, uint64_t *ret)
{
	auto_buf struct buf b = {0};
	const char *text;
	int64_t v;

	if (file_read(arena_printf(l->a, "%s%s", l->root, path), 64, &b) < 0)
		return false;
	text = b.len ? b.data : "";
	if (!parse_begins(&text, &v) || v < 0)
		return false;
	*ret = (uint64_t)v;
	return *ret < UNLIMITED;
}

/* need is an estimate, mostly too high; sure: so much it takes at least. */
static struct emul_limit *add(struct limits *l, const char *name, uint64_t need,
			      uint64_t sure, uint64_t max, uint64_t taken)
{
	struct emul_limit *e = arena_push(l->a, &l->all, &l->n, sizeof(*e));

	e->name = name;
	e->need = need;
	e->max = max;
	e->fit = sure > max ? EMUL_NEVER
		 : need + taken > max / 100 * TIGHT_PERCENT +
					  max % 100 * TIGHT_PERCENT / 100
			 ? EMUL_TIGHT
			 : EMUL_FITS;
	e->found = arena_printf(
		l->a, "at most %" PRIu64 "; needs some %" PRIu64, max, need);
	return e;
}

static void with_cure(struct emul_limit *e, const char *cure)
{
	if (e->fit != EMUL_FITS)
		e->cure = cure;
}

static void look_sysctls(struct limits *l, const struct emul_uses *u)
{
	const struct {
		const char *name, *key;
		uint64_t need, sure;
	} rows[] = {
		{"network namespaces", "user/max_net_namespaces", u->netns,
		 u->netns_kept},
		{"mount namespaces", "user/max_mnt_namespaces", u->mntns,
		 u->mntns},
		{"PID namespaces", "user/max_pid_namespaces", u->pidns,
		 u->pidns},
		{"inotify instances", "fs/inotify/max_user_instances",
		 u->inotify, u->inotify / NODE_INOTIFY},
		{"process ids", "kernel/pid_max", u->processes,
		 u->processes / 2},
		{"threads", "kernel/threads-max", u->processes,
		 u->processes / 2},
		{"files of all", "fs/file-max", u->all_files, u->all_files / 2},
	};
	uint64_t max;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *key;

		if (!rows[i].need ||
		    !number_in(l,
			       arena_printf(l->a, "/proc/sys/%s", rows[i].key),
			       &max))
			continue;
		key = arena_strdup(l->a, rows[i].key);
		for (char *c = key; *c; c++)
			if (*c == '/')
				*c = '.';
		with_cure(add(l, rows[i].name, rows[i].need, rows[i].sure, max,
			      0),
			  arena_printf(l->a, "as root: sysctl %s=%" PRIu64, key,
				       rows[i].need * 2));
	}
}

/* The kernel's own words of a line of /proc/meminfo, in MB. */
static bool meminfo(const char *text, const char *name, uint64_t *ret_mb)
{
	const char *s = strstr(text, name);
	unsigned long long kb;

	if (!s || sscanf(s + strlen(name), ": %llu", &kb) != 1)
		return false;
	*ret_mb = kb / 1024;
	return true;
}

static void look_memory(struct limits *l, const struct emul_uses *u)
{
	auto_buf struct buf b = {0};
	uint64_t total, left;
	struct emul_limit *e;

	if (file_read(arena_printf(l->a, "%s/proc/meminfo", l->root), 65536,
		      &b) < 0 ||
	    !meminfo(b.data, "MemTotal", &total) ||
	    !meminfo(b.data, "MemAvailable", &left))
		return;
	e = add(l, "memory", u->memory_mb, u->memory_mb / 2, total, 0);
	if (e->fit != EMUL_NEVER)
		e->fit = u->memory_mb > left ? EMUL_TIGHT : EMUL_FITS;
	e->found = arena_printf(l->a,
				"%" PRIu64 " MB of %" PRIu64
				" available; needs some %" PRIu64,
				left, total, u->memory_mb);
	with_cure(e, "more memory, or less to run beside it");
}

/* This process's place below a controller ("" is version 2), or NULL. */
static const char *group_of(const struct limits *l, const char *controller)
{
	auto_buf struct buf b = {0};
	char *line, *save = NULL;
	size_t len = strlen(controller);

	if (file_read(arena_printf(l->a, "%s/proc/self/cgroup", l->root), 65536,
		      &b) < 0)
		return NULL;
	for (line = strtok_r(b.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *at = strchr(line, ':');

		if (at && strncmp(at + 1, controller, len) == 0 &&
		    at[1 + len] == ':')
			return arena_strdup(l->a, at + 2 + len);
	}
	return NULL;
}

/* The least of a group's and those above it, with what is taken there. */
static bool least(const struct limits *l, const char *mount, const char *group,
		  const char *max, const char *current, uint64_t *ret,
		  uint64_t *ret_taken)
{
	char *path = arena_strdup(l->a, group), *slash;
	uint64_t v, taken;
	bool found = false;

	for (;;) {
		if (number_in(l,
			      arena_printf(l->a, "/sys/fs/cgroup%s%s/%s", mount,
					   path, max),
			      &v) &&
		    (!found || v < *ret)) {
			found = true;
			*ret = v;
			*ret_taken =
				number_in(l,
					  arena_printf(l->a,
						       "/sys/fs/cgroup%s%s/%s",
						       mount, path, current),
					  &taken)
					? taken
					: 0;
		}
		slash = strrchr(path, '/');
		if (!slash)
			return found;
		*slash = '\0';
	}
}

static void look_groups(struct limits *l, const struct emul_uses *u)
{
	static const struct {
		const char *controller, *mount;
		const char *pids, *pids_now, *memory, *memory_now;
	} versions[] = {
		{"", "", "pids.max", "pids.current", "memory.max",
		 "memory.current"},
		{"pids", "/pids", "pids.max", "pids.current", NULL, NULL},
		{"memory", "/memory", NULL, NULL, "memory.limit_in_bytes",
		 "memory.usage_in_bytes"},
	};
	uint64_t max, now;

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		const char *g = group_of(l, versions[i].controller);

		if (g && versions[i].pids &&
		    least(l, versions[i].mount, g, versions[i].pids,
			  versions[i].pids_now, &max, &now))
			with_cure(add(l, "cgroup's processes", u->processes,
				      u->processes / 2, max, now),
				  "a higher pids.max of the cgroup (of a "
				  "container: --pids-limit)");
		if (g && versions[i].memory &&
		    least(l, versions[i].mount, g, versions[i].memory,
			  versions[i].memory_now, &max, &now))
			with_cure(add(l, "cgroup's memory, MB", u->memory_mb,
				      u->memory_mb / 2, max >> 20, 0),
				  "a higher limit of the cgroup's memory (of a "
				  "container: --memory)");
	}
}

/*
 * Places that a lab reserves do not count, though the kernel's own figure of
 * entries has them; so only what a lab needs besides is held against the limit.
 */
static void look_neighbours(struct limits *l, const struct emul_uses *u)
{
	const char *key = neightab_sysctls[NEIGHTAB_ARP];
	uint64_t max;

	if (!u->neighbours ||
	    !number_in(l, "/proc/sys/net/ipv4/neigh/default/gc_thresh3", &max))
		return;
	with_cure(add(l, "places for neighbours", u->neighbours, 0, max, 0),
		  arena_printf(l->a, "as root: sysctl %s=%" PRIu64, key,
			       u->neighbours * 2));
}

/* What opens many raises its own limit as far as it may, and the rest needs
 * few. */
static void look_files(struct limits *l, const struct emul_uses *u)
{
	uint64_t need = u->files, max;
	struct emul_limit *e;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	max = r.rlim_max;
	if (r.rlim_cur < SMALL_FILES) {
		need = SMALL_FILES;
		max = r.rlim_cur;
	}
	if (max >= UNLIMITED)
		return;
	e = add(l, "open files", need, need, max, 0);
	if (e->fit == EMUL_TIGHT)
		e->fit = EMUL_FITS; /* it is one process's own */
	with_cure(e, arena_printf(l->a, "ulimit -n %" PRIu64, need));
}

static void look_processes(struct limits *l, const struct emul_uses *u)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NPROC, &r) < 0 || r.rlim_cur >= UNLIMITED)
		return;
	with_cure(add(l, "processes", u->processes, u->processes / 2,
		      r.rlim_cur, 0),
		  arena_printf(l->a, "ulimit -u %" PRIu64, u->processes * 2));
}

void emul_limits(struct arena *a, const struct emul_uses *u, const char *root,
		 struct emul_limit **ret, size_t *ret_n)
{
	struct limits l = {.a = a, .root = root};

	look_memory(&l, u);
	/* A test's machine has none. */
	if (!*root) {
		look_processes(&l, u);
		look_files(&l, u);
	}
	look_sysctls(&l, u);
	look_groups(&l, u);
	look_neighbours(&l, u);
	*ret = l.all;
	*ret_n = l.n;
}

int emul_fits(struct arena *a, const struct lab *lab, const char *root,
	      const char ***ret_warnings, size_t *ret_n, struct err *reterr)
{
	struct emul_limit *all;
	struct emul_uses u;
	size_t i, n;

	*ret_warnings = NULL;
	*ret_n = 0;
	emul_uses(lab, &u);
	emul_limits(a, &u, root, &all, &n);
	for (i = 0; i < n; i++) {
		const char **slot;

		if (all[i].fit == EMUL_FITS)
			continue;
		if (all[i].fit == EMUL_NEVER)
			return err_set(reterr, -ENOSPC,
				       "%s cannot fit on this machine: %s: "
				       "%s (%s)",
				       lab->name, all[i].name, all[i].found,
				       all[i].cure);
		slot = arena_push(a, ret_warnings, ret_n, sizeof(*slot));
		*slot = arena_printf(a, "it may not fit: %s: %s (%s)",
				     all[i].name, all[i].found, all[i].cure);
	}
	return 0;
}
