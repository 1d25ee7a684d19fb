/* SPDX-License-Identifier: MIT */
/*
 * Namespaces
 * ==========
 * Sockets hold a namespace alive after its name is gone, with its links and
 * addresses. So the engine looks whether the name still means what it opened
 * (device and inode of the namespace file), and lets go when it does not.
 *
 * Links are read once and then followed by notification. Notifications of
 * family AF_BRIDGE tell of a bridge's ports, not of links: a "deletion" there
 * is a port leaving its bridge, and is passed over.
 */
#include "vrrp/kernel/space.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/closer.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtnl.h"
#include "lib/mem.h"
#include "vrrp/kernel/sock.h"

#define DUMP_TRIES 5
#define READ_BYTES 32768

void vrrp_space_init(struct vrrp_space *s, const char *name)
{
	*s = (struct vrrp_space){.nsfd = -1, .watch = -1, .packet = -1};
	s->name = mem_text(name);
}

void vrrp_space_close(struct vrrp_space *s)
{
	auto_close_fn(&s->nsfd);
	auto_close_fn(&s->watch);
	closer_take(s->packet);
	rtnl_free(s->rtnl);
	free(s->links);
	s->nsfd = s->watch = s->packet = -1;
	s->rtnl = NULL;
	s->links = NULL;
	s->nlinks = s->cap = 0;
	s->open = false;
}

void vrrp_space_release(struct vrrp_space *s)
{
	vrrp_space_close(s);
	free(s->name);
	s->name = NULL;
}

/* --- links ------------------------------------------------------------- */

static struct vrrp_link *by_index(const struct vrrp_space *s, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (s->links[i].ifindex == ifindex)
			return &s->links[i];
	return NULL;
}

const struct vrrp_link *vrrp_space_link_at(const struct vrrp_space *s,
					   unsigned ifindex)
{
	return by_index(s, ifindex);
}

const struct vrrp_link *vrrp_space_link(const struct vrrp_space *s,
					const char *name)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (strcmp(s->links[i].name, name) == 0)
			return &s->links[i];
	return NULL;
}

static struct vrrp_link *new_link(struct vrrp_space *s)
{
	struct vrrp_link *grown;

	if (s->nlinks == VRRP_LINKS_MAX)
		return NULL;
	if (s->nlinks == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		grown = mem_grow(s->links, s->cap, sizeof(*grown));
		s->links = grown;
	}
	return &s->links[s->nlinks++];
}

static bool same_link(const struct vrrp_link *a, const struct vrrp_link *b)
{
	return a->ifindex == b->ifindex && a->up == b->up &&
	       a->running == b->running && a->port == b->port &&
	       a->has_mac == b->has_mac &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

/* Is what comes in at this link for its master alone? */
static bool is_port(const struct nlattr *info)
{
	static const char *const takes_all[] = {"bridge", "bond", "team",
						"openvswitch"};
	const struct nlattr *a = nla_data(info);
	int left = nla_len(info);
	size_t i;

	for (; nla_ok(a, left); a = nla_next(a, &left))
		for (i = 0; nla_type(a) == IFLA_INFO_SLAVE_KIND &&
			    i < ARRAY_LEN(takes_all);
		     i++)
			if (nla_len(a) == (int)strlen(takes_all[i]) + 1 &&
			    memcmp(nla_data(a), takes_all[i],
				   (size_t)nla_len(a)) == 0)
				return true;
	return false;
}

/* Takes a link message in; true where something changed. */
static bool take_link(struct vrrp_space *s, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct vrrp_link now = {0}, *old;
	const struct nlattr *a;
	int left;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*ifi)) ||
	    ifi->ifi_family == AF_BRIDGE || ifi->ifi_index <= 0)
		return false;
	old = by_index(s, (unsigned)ifi->ifi_index);
	if (h->nlmsg_type == RTM_DELLINK) {
		if (old)
			*old = s->links[--s->nlinks];
		return old != NULL;
	}
	now.ifindex = (unsigned)ifi->ifi_index;
	now.up = ifi->ifi_flags & IFF_UP;
	now.running = now.up && (ifi->ifi_flags & IFF_RUNNING);
	left = (int)(h->nlmsg_len - NLMSG_LENGTH(sizeof(*ifi)));
	for (a = (const struct nlattr *)((const char *)ifi +
					 NLMSG_ALIGN(sizeof(*ifi)));
	     nla_ok(a, left); a = nla_next(a, &left)) {
		if (nla_type(a) == IFLA_IFNAME)
			snprintf(now.name, sizeof(now.name), "%.*s", nla_len(a),
				 (const char *)nla_data(a));
		else if (nla_type(a) == IFLA_ADDRESS && nla_len(a) == 6) {
			memcpy(now.mac, nla_data(a), 6);
			now.has_mac = true;
		} else if (nla_type(a) == IFLA_LINKINFO)
			now.port = is_port(a);
	}
	if (!old) {
		old = new_link(s);
		if (!old)
			return false;
	} else if (same_link(old, &now)) {
		return false;
	}
	*old = now;
	return true;
}

static int dumped_link(const struct nlmsghdr *h, void *ctx)
{
	take_link(ctx, h);
	return 0;
}

static int read_links(struct vrrp_space *s, struct err *reterr)
{
	const struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	int r, tries = 0;

	do {
		s->nlinks = 0;
		r = rtnl_dump(s->rtnl, RTM_GETLINK, &all, sizeof(all),
			      dumped_link, s, reterr);
	} while (r == -EINTR && ++tries < DUMP_TRIES);
	/* Links that come and go all the time: the watch tells the rest. */
	return r == -EINTR ? 0 : r;
}

/* --- opening ----------------------------------------------------------- */

static int open_all(struct vrrp_space *s, struct err *reterr)
{
	struct stat st;
	int r;

	if (*s->name) {
		s->nsfd = netns_open(s->name, reterr);
		if (s->nsfd < 0)
			return s->nsfd;
		if (fstat(s->nsfd, &st) < 0)
			return err_sys(reterr, -errno, "%s", s->name);
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	/* Watch first, then read: nothing falls in between. */
	s->watch = vrrp_sock_watch(s->nsfd, reterr);
	if (s->watch < 0)
		return s->watch;
	s->packet = vrrp_sock_packet(s->nsfd, reterr);
	if (s->packet < 0)
		return s->packet;
	r = rtnl_open(&s->rtnl, s->nsfd, reterr);
	if (r < 0)
		return r;
	return read_links(s, reterr);
}

int vrrp_space_open(struct vrrp_space *s, struct err *reterr)
{
	struct err e;
	int r = open_all(s, &e);

	if (r == 0) {
		s->open = true;
		s->why[0] = '\0';
		return 0;
	}
	vrrp_space_close(s);
	snprintf(s->why, sizeof(s->why), "%.150s", e.msg);
	return err_set(reterr, r, "%s", e.msg);
}

bool vrrp_space_stands(const struct vrrp_space *s)
{
	char path[sizeof(NETNS_DIR) + 256];
	struct stat st;

	if (!*s->name)
		return true;
	snprintf(path, sizeof(path), NETNS_DIR "/%s", s->name);
	return stat(path, &st) == 0 && st.st_dev == s->dev &&
	       st.st_ino == s->ino;
}

/* --- notifications ----------------------------------------------------- */

static bool notified(struct vrrp_space *s, const char *in, ssize_t len,
		     vrrp_space_fn *fn, void *ctx)
{
	const struct nlmsghdr *h;
	struct vrrp_notice n;
	bool changed = false;

	for (h = (const struct nlmsghdr *)in; NLMSG_OK(h, len);
	     h = NLMSG_NEXT(h, len)) {
		if (h->nlmsg_type == RTM_NEWLINK ||
		    h->nlmsg_type == RTM_DELLINK)
			changed |= take_link(s, h);
		else if (vrrp_notice_read(h, &n))
			fn(ctx, &n);
	}
	return changed;
}

int vrrp_space_read(struct vrrp_space *s, vrrp_space_fn *fn, void *ctx)
{
	static char in[READ_BYTES] __attribute__((aligned(8)));
	bool changed = false, again = false;
	ssize_t got;
	int r;

	for (;;) {
		got = recv(s->watch, in, sizeof(in), MSG_DONTWAIT);
		if (got >= 0) {
			changed |= notified(s, in, got, fn, ctx);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == ENOBUFS) {
			/* The kernel could not tell all: ask when it is done.
			 */
			again = true;
			continue;
		}
		if (errno != EAGAIN)
			return -errno;
		break;
	}
	if (again) {
		r = read_links(s, NULL);
		if (r < 0)
			return r;
		fn(ctx, NULL);
		changed = true;
	}
	return changed;
}

/* --- addresses and routes ---------------------------------------------- */

static int dumped(const struct nlmsghdr *h, void *ctx)
{
	struct vrrp_notice n;

	if (vrrp_notice_read(h, &n))
		vrrp_notices_add(ctx, &n);
	return 0;
}

int vrrp_space_dump(struct vrrp_space *s, int type, int af, unsigned ifindex,
		    struct vrrp_notices *ret, struct err *reterr)
{
	const struct ifaddrmsg addrs = {.ifa_family = (unsigned char)af,
					.ifa_index = ifindex};
	const struct rtmsg routes = {.rtm_family = (unsigned char)af,
				     .rtm_table = RT_TABLE_MAIN,
				     .rtm_protocol = VRRP_PROTOCOL};
	bool addr = type == RTM_GETADDR;
	int r, tries = 0;

	do {
		ret->n = 0;
		r = rtnl_dump(s->rtnl, type,
			      addr ? (const void *)&addrs : &routes,
			      addr ? sizeof(addrs) : sizeof(routes), dumped,
			      ret, reterr);
	} while (r == -EINTR && ++tries < DUMP_TRIES);
	/* A table that was never written to does not exist. */
	return r == -EINTR || r == -ENOENT ? 0 : r;
}

bool vrrp_space_marks(void)
{
	static int known = -1;
	unsigned major = 0, minor = 0;
	struct utsname u;

	if (known < 0)
		known = uname(&u) == 0 &&
			sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
			(major > 5 || (major == 5 && minor >= 18));
	return known;
}

/* --- the primary address ----------------------------------------------- */

static bool is_virtual(const struct vrrp_router_config *r, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < r->naddrs; i++)
		if (ip_equal(&r->addrs[i].net.ip, ip))
			return true;
	return false;
}

/* Does the interface really have it: was it not a router that added it? */
static bool is_real(const struct vrrp_router_config *r,
		    const struct vrrp_notice *n)
{
	return vrrp_space_marks() ? n->protocol != VRRP_PROTOCOL
				  : r->set.priority == VRRP_PRIORITY_OWNER;
}

int vrrp_space_source(struct vrrp_space *s, unsigned ifindex,
		      const struct vrrp_router_config *r, struct vrrp_addr *ret)
{
	struct vrrp_notices all = {0};
	struct vrrp_addr a;
	const struct ip *found = NULL, *second = NULL;
	size_t i;
	int e;

	e = vrrp_space_dump(s, RTM_GETADDR, AF_INET, ifindex, &all, NULL);
	for (i = 0; e == 0 && !found && i < all.n; i++) {
		const struct vrrp_notice *n = &all.list[i];

		/* A kernel without strict checking tells of all. */
		if (n->ifindex != ifindex)
			continue;
		a = vrrp_addr_of(&n->net.ip);
		if (r->set.source.family) {
			if (vrrp_addr_cmp(&a, &r->set.source) == 0)
				found = &n->net.ip;
		} else if (!is_virtual(r, &n->net.ip) &&
			   n->protocol != VRRP_PROTOCOL) {
			found = &n->net.ip;
		} else if (!second && is_real(r, n)) {
			second = &n->net.ip;
		}
	}
	if (!found)
		found = second;
	if (e == 0 && found)
		*ret = vrrp_addr_of(found);
	else if (e == 0)
		e = -EADDRNOTAVAIL;
	vrrp_notices_release(&all);
	return e;
}
