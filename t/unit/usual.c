/* SPDX-License-Identifier: MIT */
/*
 * What a namespace has otherwise than a fresh one: nothing, where nobody
 * changed anything; then whatever is changed, of the namespace and of links,
 * without a list of it.
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/file.h"
#include "lib/kernel/rtnl.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/link/parms.h"
#include "provision/kinds/usual.h"
#include "provision/node/apply.h"
#include "provision/node/look.h"
#include "t/lib/tap.h"

#define ROUNDS 20

static const struct usual *usual;

/* What is seen, a line for each, in the order of looking. */
static const char *unusual(struct arena *a)
{
	const struct look_what what = {.usual = usual};
	struct observed o = {0};
	const struct res_list *list;
	const char *s = "";
	struct err err;
	size_t i;

	if (look_own(a, &what, &o, &err) < 0)
		return arena_printf(a, "error: %s\n", err.msg);
	list = &o.ns[0].of[RES_SYSCTL];
	for (i = 0; i < list->n; i++)
		if (strcmp(list->items[i].sysctl.value,
			   list->items[i].sysctl.usual) != 0)
			s = arena_printf(a, "%s%s: %s, not %s\n", s,
					 list->items[i].sysctl.key,
					 list->items[i].sysctl.value,
					 list->items[i].sysctl.usual);
	return s;
}

static bool put(const char *key, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	return file_write(path, 0644, value, strlen(value), NULL) == 0;
}

static const char *value(const char *key)
{
	const struct usual_setting *s = usual_setting(usual, key);

	return s ? s->value : "none";
}

static double cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static void t_changes(struct arena *a)
{
	static const struct {
		const char *key, *value;
	} tries[] = {
		{"net/ipv4/icmp_ratelimit", "99999"},
		{"net/ipv4/conf/all/arp_filter", "1"},
		{"net/ipv4/ip_local_reserved_ports", "1-65535"},
		{"net/ipv4/ip_local_port_range", "1024\t1025"},
		{"net/ipv6/icmp/ratemask", "1"},
		{"net/ipv6/max_hbh_length", "1"},
		{"net/ipv4/conf/lo/accept_local", "1"},
		{"net/ipv6/conf/lo/hop_limit", "3"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(tries); i++) {
		const char *key = tries[i].key, *said;
		bool written = put(key, tries[i].value);

		said = unusual(a);
		if (!written) {
			tap_skip("this kernel has none", "%s", key);
			continue;
		}
		ok(strncmp(said, key, strlen(key)) == 0 &&
			   strchr(said, '\n') == strrchr(said, '\n'),
		   "%s is seen, and nothing else", key);
		if (strstr(key, "/lo/"))
			put(key, strcmp(key, "net/ipv6/conf/lo/hop_limit") == 0
					 ? "64"
					 : "0");
		else
			put(key, *value(key) ? value(key) : "\n");
		is(unusual(a), "", "and no more when it is as it was");
	}
}

static void t_neighbours(struct arena *a)
{
	const char *key = "net/ipv6/neigh/lo/mcast_solicit";
	unsigned lo = if_nametoindex("lo");
	struct rtnl *rtnl;
	struct err err;

	if (rtnl_open(&rtnl, -1, &err) < 0) {
		ok(false, "a socket: %s", err.msg);
		return;
	}
	ok(neigh_parms_is(key) && !neigh_parms_is("net/ipv6/conf/lo/mtu"),
	   "settings of neighbours are known by their names");
	neigh_parms_set(rtnl, key, lo, "0");
	neigh_parms_set(rtnl, "net/ipv4/neigh/lo/gc_stale_time", lo, "1000 ms");
	is_int(rtnl_commit(rtnl, &err), 0, "who is asked for, and how often");
	is(unusual(a),
	   "net/ipv4/neigh/lo/gc_stale_time: 1000 ms, not 60000 ms\n"
	   "net/ipv6/neigh/lo/mcast_solicit: 0, not 3\n",
	   "is seen of both families");
	neigh_parms_set(rtnl, key, lo, "3");
	neigh_parms_set(rtnl, "net/ipv4/neigh/lo/gc_stale_time", lo,
			"60000 ms");
	is_int(rtnl_commit(rtnl, &err), 0, "it can be set");
	is(unusual(a), "", "to what it was");
	rtnl_free(rtnl);
}

/* In a user namespace that may have no further network namespace. */
static int without(void)
{
	struct res want = {
		.kind = RES_SYSCTL,
		.netns = "",
		.sysctl = {.key = "net/ipv4/ip_forward", .value = "0"}};
	const struct plan plan = {.lab = "l",
				  .mark = "labctl:l",
				  .state_dir = "/run/labctl/none",
				  .res = &want,
				  .n = 1};
	const struct look_what what = {.unusual = true, .mark = "l"};
	auto_arena struct arena a = {0};
	struct observed o = {0};
	struct convergence c;
	struct err err;

	if (look_node(&a, &what, &o, &err) < 0 || !o.nns ||
	    !seen_link(&o.ns[0], "lo"))
		return 2;
	if (!o.unlooked || !strstr(o.unlooked, "a namespace to compare with: "
					       "No space left on device"))
		return 3;
	if (converge_node_here(&a, &plan, false, &c, &err) < 0 ||
	    c.changes.n != 1 || c.failed.n ||
	    strcmp(c.changes.items[0].why, o.unlooked) != 0)
		return 4;
	return converge_node_here(&a, &plan, true, &c, &err) < 0 ||
			       c.failed.n != 1
		       ? 5
		       : 0;
}

static void t_none(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
		    file_write("/proc/sys/user/max_net_namespaces", 0644, "0",
			       1, NULL) < 0)
			_exit(1);
		_exit(without());
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		tap_skip("no user namespace", "no namespace to compare with");
	else
		is_int(status >> 8, 0,
		       "without a namespace to compare with, all else is "
		       "looked at, and why is told");
}

/* A list that is full may lack something. */
static void t_full(void)
{
	struct seen_ns ns = {.name = ""};
	struct err err = {0};

	ns.of[RES_ROUTE].n = SEEN_LIST_MAX - 1;
	is_int(kind_full(&ns, &err), 0, "a list that has room");
	ns.of[RES_ROUTE].n = SEEN_LIST_MAX;
	is_int(kind_full(&ns, &err), -E2BIG, "one that has none");
	is(err.msg,
	   "65536 or more of the kind 'route': more than can be looked "
	   "at",
	   "is told by its name and the limit");
}

int main(void)
{
	auto_arena struct arena a = {0};
	struct err err;
	const struct usual *again;
	double began;
	size_t i;

	t_none();
	t_full();
	if (unshare(CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return printf("1..0 # SKIP no namespace of its own: %s\n",
			      strerror(errno)) < 0;
	began = cpu_ms();
	if (usual_here(&usual, &err) < 0 || !usual)
		return printf("1..0 # SKIP %s\n", err.msg) < 0;
	tap_diag("%zu settings, %.2f ms", usual->n, cpu_ms() - began);
	ok(usual->n > 100, "a fresh namespace's settings");
	is(value("net/ipv4/ip_forward"), "0", "by name");
	is(value("net/ipv4/route/flush"), "none", "not what cannot be read");
	is(unusual(&a), "", "another fresh one has nothing else");
	ok(usual_here(&again, &err) == 0 && again == usual, "it is asked once");
	began = cpu_ms();
	for (i = 0; i < ROUNDS; i++)
		(void)unusual(&a);
	tap_diag("a look takes %.2f ms", (cpu_ms() - began) / ROUNDS);
	usual = NULL;
	began = cpu_ms();
	for (i = 0; i < ROUNDS; i++)
		(void)unusual(&a);
	tap_diag("without settings %.2f ms", (cpu_ms() - began) / ROUNDS);
	usual = again;
	t_changes(&a);
	t_neighbours(&a);
	return tap_done();
}
