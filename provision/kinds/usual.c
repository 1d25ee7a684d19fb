/* SPDX-License-Identifier: MIT */
/*
 * A list of settings that stop traffic is never whole, and the kernel grows.
 * So a fresh namespace is asked: whatever it lets its owner write is read
 * once, and compared with what a lab's namespaces have. It costs an open and
 * a read for each setting and namespace; what links inherit (conf/default) and
 * what links have (conf/DEV, neigh/DEV) is not read from files, as one dump
 * tells it of all links.
 */
#include "provision/kinds/usual.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"

#define DEPTH_MAX 6
#define SETTINGS_MAX 4096

/*
 * What is no traffic's of a lab: labels, the ends of TCP's connections, which
 * verify tries, and what IPv6's "all" has of advertisements, where the kernel
 * never looks. Each costs an open and a read in every namespace. One is drawn
 * by the kernel.
 */
static const char *const left_out[] = {
	"net/ipv4/cipso_",
	"net/ipv4/tcp_",
	"net/ipv6/calipso_",
	"net/ipv6/conf/all/accept_ra",
	"net/ipv6/conf/all/dad_transmits",
	"net/ipv6/conf/all/ioam6_",
	"net/ipv6/conf/all/max_",
	"net/ipv6/conf/all/mld",
	"net/ipv6/conf/all/ra_",
	"net/ipv6/conf/all/regen_",
	"net/ipv6/conf/all/router_",
	"net/ipv6/conf/all/seg6_",
	"net/ipv6/conf/all/temp_",
	"net/ipv6/conf/all/use_tempaddr",
	"net/ipv6/ioam6_",
	"net/mptcp",
	"net/netfilter/nf_conntrack_dccp_",
	"net/netfilter/nf_conntrack_sctp_",
	"net/netfilter/nf_hooks_lwtunnel",
	"net/netfilter/nf_log",
};

static struct arena arena;
static struct usual usual;
static bool known;

long usual_read(int dir, const char *name, char out[USUAL_VALUE_MAX])
{
	auto_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, USUAL_VALUE_MAX - 1);
	if (n < 0)
		return -errno;
	if (n && out[n - 1] == '\n')
		n--;
	out[n] = '\0';
	return n;
}

static bool is_left_out(const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(left_out); i++)
		if (strncmp(key, left_out[i], strlen(left_out[i])) == 0)
			return true;
	return false;
}

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && strcmp(path + n - m, end) == 0;
}

static void take(struct usual *u, int dir, const char *path, const char *name)
{
	char value[USUAL_VALUE_MAX];
	struct usual_setting *s;
	const char *key;

	if (u->n == SETTINGS_MAX ||
	    faccessat(dir, name, R_OK | W_OK, AT_EACCESS) < 0)
		return;
	key = arena_printf(&arena, "%s/%s", path, name);
	if (is_left_out(key) || usual_read(dir, name, value) < 0)
		return;
	s = arena_push(&arena, &u->settings, &u->n, sizeof(*s));
	*s = (struct usual_setting){
		.key = key,
		.name = key + strlen(path) + 1,
		.value = arena_strdup(&arena, value),
		.dir = u->ndirs - 1,
		.inherited = ends_in(path, "/conf/default"),
	};
}

/* Folders of links: all's are the namespace's, default's links inherit. */
static bool is_links(const char *path, const char *name)
{
	if (ends_in(path, "/conf"))
		return strcmp(name, "all") != 0 && strcmp(name, "default") != 0;
	return ends_in(path, "/neigh");
}

static void walk(struct usual *u, int at, const char *path, unsigned depth)
{
	auto_close int dir =
		openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **list = NULL;
	int i, n;

	n = dir < 0 ? 0 : scandirat(dir, ".", &list, NULL, alphasort);
	if (n > 0)
		*(const char **)arena_push(&arena, &u->dirs, &u->ndirs,
					   sizeof(*u->dirs)) =
			arena_strdup(&arena, path);
	for (i = 0; i < n; i++)
		if (list[i]->d_type == DT_REG)
			take(u, dir, path, list[i]->d_name);
	for (i = 0; i < n; i++) {
		if (list[i]->d_type == DT_DIR && list[i]->d_name[0] != '.' &&
		    depth && !is_links(path, list[i]->d_name))
			walk(u, at,
			     arena_printf(&arena, "%s/%s", path,
					  list[i]->d_name),
			     depth - 1);
		free(list[i]);
	}
	free(list);
}

static void *copy(const void *data, size_t len)
{
	return memcpy(arena_alloc(&arena, len), data, len);
}

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	struct usual *u = ctx;
	struct nlattr *tb[IFLA_MAX + 1];

	if (rtmsg_parse(h, RTM_NEWLINK, sizeof(struct ifinfomsg), tb,
			IFLA_MAX) &&
	    tb[IFLA_IFNAME] && tb[IFLA_AF_SPEC] &&
	    strcmp(nla_data(tb[IFLA_IFNAME]), "lo") == 0)
		u->lo = copy(tb[IFLA_AF_SPEC], tb[IFLA_AF_SPEC]->nla_len);
	return 0;
}

static int on_table(const struct nlmsghdr *h, void *ctx)
{
	struct usual *u = ctx;

	*(const struct nlmsghdr **)arena_push(&arena, &u->tables, &u->ntables,
					      sizeof(*u->tables)) =
		copy(h, h->nlmsg_len);
	return 0;
}

static void forget_tables(void *ctx)
{
	((struct usual *)ctx)->ntables = 0;
}

static void forget_link(void *ctx)
{
	((struct usual *)ctx)->lo = NULL;
}

static int read_links(struct usual *u, struct err *reterr)
{
	const struct ndtmsg all = {.ndtm_family = AF_UNSPEC};
	struct rtnl *rtnl;
	int r = rtnl_open(&rtnl, -1, reterr);

	if (r < 0)
		return r;
	r = rtmsg_dump_links(rtnl, on_link, forget_link, u, reterr);
	if (r == 0)
		r = rtmsg_dump(rtnl, RTM_GETNEIGHTBL, &all, sizeof(all),
			       on_table, forget_tables, u, reterr);
	rtnl_free(rtnl);
	return r;
}

/* What namespaces inherit from the one that they are made in. */
static bool inherits(void)
{
	static const char *const left[] = {
		"/proc/sys/net/ipv4/tcp_child_ehash_entries",
		"/proc/sys/net/ipv4/udp_child_hash_entries",
	};
	char value[USUAL_VALUE_MAX];
	size_t i;

	for (i = 0; i < ARRAY_LEN(left); i++)
		if (usual_read(AT_FDCWD, left[i], value) > 0 &&
		    strcmp(value, "0") != 0)
			return true;
	return false;
}

static int leave_for_fresh(struct err *reterr)
{
	bool again = inherits();

	if (unshare(CLONE_NEWNET) < 0 || (again && unshare(CLONE_NEWNET) < 0))
		return err_sys(reterr, -errno, "a namespace to compare with");
	return 0;
}

static int read_all(struct usual *u, struct err *reterr)
{
	auto_close int sys =
		open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	if (sys < 0)
		return err_sys(reterr, -errno, "/proc/sys");
	walk(u, sys, "net", DEPTH_MAX);
	for (i = 0; i < u->n; i++)
		map_puts(&arena, &u->by_key, u->settings[i].key,
			 &u->settings[i]);
	return read_links(u, reterr);
}

int usual_here(const struct usual **ret, struct err *reterr)
{
	auto_close int back = -1;
	int r;

	*ret = known ? &usual : NULL;
	if (known)
		return 0;
	back = netns_open("", reterr);
	if (back < 0)
		return 0;
	r = leave_for_fresh(reterr);
	known = r == 0 && read_all(&usual, reterr) == 0;
	if (!known) {
		usual = (struct usual){0};
		arena_release(&arena);
	}
	if (setns(back, CLONE_NEWNET) < 0)
		return err_sys(reterr, -errno, "back to the own namespace");
	*ret = known ? &usual : NULL;
	return 0;
}

const struct usual_setting *usual_setting(const struct usual *u,
					  const char *key)
{
	return map_gets(&u->by_key, key);
}
