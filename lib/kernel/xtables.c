/* SPDX-License-Identifier: MIT */
/*
 * A table is a run of entries: for each hook the rules and at their end the
 * policy, which is an entry too, and one of an error at the very end. So a
 * table that says nothing has one entry more than it has hooks, and each of
 * the hooks' accepts. Both families have the same numbers for the socket's
 * options, and layouts that differ in sizes only.
 */
#include "lib/kernel/xtables.h"

#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"

#define NAMES_MAX 4096
#define TABLE_MAX (64u << 20) /* bytes of one */
#define ACCEPTS (-NF_ACCEPT - 1)

_Static_assert(IPT_SO_GET_INFO == IP6T_SO_GET_INFO, "options");
_Static_assert(IPT_SO_GET_ENTRIES == IP6T_SO_GET_ENTRIES, "options");
_Static_assert(IPT_SO_SET_REPLACE == IP6T_SO_SET_REPLACE, "options");
_Static_assert(sizeof(struct ipt_replace) == sizeof(struct ip6t_replace),
	       "layout");
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo),
	       "layout");

struct layout {
	int domain, level;
	const char *names; /* the kernel's list of tables */
	size_t entry;      /* size of an entry's head */
	size_t target, next;
};

static const struct layout layouts[] = {
	{AF_INET, IPPROTO_IP, "/proc/thread-self/net/ip_tables_names",
	 sizeof(struct ipt_entry), offsetof(struct ipt_entry, target_offset),
	 offsetof(struct ipt_entry, next_offset)},
	{AF_INET6, IPPROTO_IPV6, "/proc/thread-self/net/ip6_tables_names",
	 sizeof(struct ip6t_entry), offsetof(struct ip6t_entry, target_offset),
	 offsetof(struct ip6t_entry, next_offset)},
};

static const struct layout *layout_of(int family)
{
	return &layouts[family == 6];
}

static int open_in(int nsfd, const struct layout *l)
{
	return netns_socket(nsfd, l->domain, SOCK_RAW, IPPROTO_RAW);
}

static int info(int fd, const struct layout *l, const char *table,
		struct ipt_getinfo *ret)
{
	socklen_t len = sizeof(*ret);

	*ret = (struct ipt_getinfo){0};
	snprintf(ret->name, sizeof(ret->name), "%s", table);
	return getsockopt(fd, l->level, IPT_SO_GET_INFO, ret, &len) < 0 ? -errno
									: 0;
}

static unsigned hooks(const struct ipt_getinfo *in)
{
	return (unsigned)__builtin_popcount(in->valid_hooks);
}

/* Whether the entry that a hook begins with is a policy that accepts. */
static bool accepts(const struct layout *l, const char *entries, size_t size,
		    size_t at)
{
	struct xt_standard_target t;
	uint16_t target;

	if (at > size || size - at < l->entry)
		return false;
	memcpy(&target, entries + at + l->target, sizeof(target));
	if (target > size - at || size - at - target < sizeof(t))
		return false;
	memcpy(&t, entries + at + target, sizeof(t));
	return t.verdict == ACCEPTS;
}

/* Says it nothing? 1 or 0, or -errno. */
static int idle(int fd, const struct layout *l, const char *table)
{
	struct ipt_getinfo in;
	auto_buf struct buf b = {0};
	struct ipt_get_entries *get;
	bool all = true;
	socklen_t len;
	int r;

	r = info(fd, l, table, &in);
	if (r < 0)
		return r;
	if (in.num_entries != hooks(&in) + 1)
		return 0;
	if (in.size > TABLE_MAX)
		return -EFBIG;
	len = (socklen_t)(sizeof(*get) + in.size);
	get = (struct ipt_get_entries *)(void *)buf_room(&b, len);
	memset(get, 0, len);
	snprintf(get->name, sizeof(get->name), "%s", table);
	get->size = in.size;
	if (getsockopt(fd, l->level, IPT_SO_GET_ENTRIES, get, &len) < 0)
		return -errno;
	for (unsigned h = 0; h < NF_INET_NUMHOOKS; h++)
		if (in.valid_hooks >> h & 1)
			all = all && accepts(l, (const char *)get->entrytable,
					     in.size, in.hook_entry[h]);
	return all;
}

int xtables_look(int family, struct xtables_list *ret, struct err *reterr)
{
	const struct layout *l = layout_of(family);
	auto_buf struct buf b = {0};
	auto_close int fd = -1;
	char *name, *rest;
	int r;

	ret->n = 0;
	if (file_read(l->names, NAMES_MAX, &b) < 0 || !b.len)
		return 0;
	fd = open_in(-1, l);
	if (fd < 0)
		return err_sys(reterr, fd, "open a raw socket");
	for (name = strtok_r(b.data, "\n", &rest); name;
	     name = strtok_r(NULL, "\n", &rest)) {
		r = idle(fd, l, name);
		if (r < 0)
			return err_sys(reterr, r, "read the table %s", name);
		if (r == 0 && ret->n < XTABLES_MAX)
			snprintf(ret->names[ret->n++], XTABLES_NAME_MAX, "%s",
				 name);
	}
	return 0;
}

static void put_entry(const struct layout *l, struct buf *b, const void *target,
		      size_t size)
{
	uint16_t at = (uint16_t)l->entry, next = (uint16_t)(l->entry + size);
	char *head = buf_room(b, l->entry);

	memset(head, 0, l->entry);
	memcpy(head + l->target, &at, sizeof(at));
	memcpy(head + l->next, &next, sizeof(next));
	b->len += l->entry;
	buf_add(b, target, size);
}

/* All hooks of a table accept, and nothing else. */
static void put_empty(const struct layout *l, const struct ipt_getinfo *in,
		      struct ipt_replace *head, struct buf *entries)
{
	struct xt_standard_target accept = {
		.target.u.user.target_size = sizeof(accept),
		.verdict = ACCEPTS,
	};
	struct xt_error_target end = {
		.target.u.user.target_size = sizeof(end),
		.target.u.user.name = XT_ERROR_TARGET,
		.errorname = XT_ERROR_TARGET,
	};

	for (unsigned h = 0; h < NF_INET_NUMHOOKS; h++) {
		if (!(in->valid_hooks >> h & 1))
			continue;
		head->hook_entry[h] = head->underflow[h] =
			(unsigned)entries->len;
		put_entry(l, entries, &accept, sizeof(accept));
	}
	put_entry(l, entries, &end, sizeof(end));
	head->valid_hooks = in->valid_hooks;
	head->num_entries = hooks(in) + 1;
	head->size = (unsigned)entries->len;
}

int xtables_empty(int nsfd, int family, const char *table, struct err *reterr)
{
	const struct layout *l = layout_of(family);
	auto_close int fd = open_in(nsfd, l);
	auto_buf struct buf entries = {0}, old = {0}, all = {0};
	struct ipt_replace head = {0};
	struct ipt_getinfo in;
	int r;

	if (fd < 0)
		return err_sys(reterr, fd, "open a raw socket");
	r = info(fd, l, table, &in);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_sys(reterr, r, "read the table %s", table);
	snprintf(head.name, sizeof(head.name), "%s", table);
	put_empty(l, &in, &head, &entries);
	/* It hands out the counters of what it replaces. */
	head.num_counters = in.num_entries;
	head.counters = (struct xt_counters *)(void *)buf_room(
		&old, in.num_entries * sizeof(*head.counters));
	buf_add(&all, &head, sizeof(head));
	buf_add(&all, entries.data, entries.len);
	if (setsockopt(fd, l->level, IPT_SO_SET_REPLACE, all.data,
		       (socklen_t)all.len) < 0)
		return err_sys(reterr, -errno, "empty the table %s", table);
	return 0;
}
