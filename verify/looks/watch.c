/* SPDX-License-Identifier: MIT */
/*
 * Watching: addresses, routes and links of a namespace as rtnetlink tells of
 * them. The kernel does not stamp these messages; the stamp is of reading,
 * which in a waiting process follows within tens of microseconds.
 */
#include "verify/looks/watch.h"

#include <errno.h>
#include <net/if.h>
#include <linux/if.h> /* after net/if.h, which it makes room for */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/ip.h"
#include "lib/kernel/netns.h"
#include "verify/looks/op.h"

#define RCVBUF_BYTES (4 << 20)
#define READ_BYTES 65536

/* Names outlive their links here. */
struct dev {
	int index;
	const char *name;
};

struct watch {
	struct arena arena;
	struct seen_event *events;
	size_t n;
	struct dev *devs;
	size_t ndevs;
	bool overrun;
};

static const char *name_of(struct watch *w, int index, const char *told)
{
	char name[IF_NAMESIZE];
	struct dev *d;
	size_t i;

	for (i = 0; i < w->ndevs; i++)
		if (w->devs[i].index == index)
			break;
	if (i < w->ndevs) {
		d = &w->devs[i];
	} else {
		d = arena_push(&w->arena, &w->devs, &w->ndevs, sizeof(*d));
		d->index = index;
		d->name = "";
		if (!told && if_indextoname((unsigned)index, name))
			told = name;
	}
	if (told && strcmp(told, d->name) != 0)
		d->name = arena_strdup(&w->arena, told);
	return d->name;
}

static void add_event(struct watch *w, int64_t t, const char *what,
		      const char *dev, const char *text)
{
	struct seen_event *e;

	if (w->n == WATCH_EVENTS_MAX) {
		w->overrun = true;
		return;
	}
	e = arena_push(&w->arena, &w->events, &w->n, sizeof(*e));
	*e = (struct seen_event){t, what, dev, arena_strdup(&w->arena, text)};
}

static bool get_ip(const struct rtattr *a, int family, struct ip *ret)
{
	size_t size = family == AF_INET6 ? 16 : 4;

	if (!a || RTA_PAYLOAD(a) < size)
		return false;
	*ret = (struct ip){.family = family == AF_INET6 ? 6 : 4};
	memcpy(ret->b, RTA_DATA(a), size);
	return true;
}

static void on_addr(struct watch *w, int64_t t, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a, *local = NULL, *address = NULL;
	char text[IP_TEXT_MAX];
	struct ipnet n = {.len = m->ifa_prefixlen};
	size_t len = IFA_PAYLOAD(h);

	for (a = IFA_RTA(m); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == IFA_LOCAL)
			local = a;
		else if (a->rta_type == IFA_ADDRESS)
			address = a;
	}
	if (!get_ip(local ? local : address, m->ifa_family, &n.ip))
		return;
	add_event(w, t, h->nlmsg_type == RTM_NEWADDR ? "+addr" : "-addr",
		  name_of(w, (int)m->ifa_index, NULL), ipnet_print(&n, text));
}

static void on_route(struct watch *w, int64_t t, const struct nlmsghdr *h)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	const struct rtattr *a, *dst = NULL, *via = NULL, *oif = NULL;
	char to_text[IP_TEXT_MAX] = "default", via_text[IP_TEXT_MAX];
	char text[2 * IP_TEXT_MAX + 8];
	struct ipnet to = {.len = m->rtm_dst_len};
	size_t len = RTM_PAYLOAD(h);
	const char *dev = "";
	struct ip gw;
	int index;

	if (m->rtm_table != RT_TABLE_MAIN || (m->rtm_flags & RTM_F_CLONED) ||
	    (m->rtm_family != AF_INET && m->rtm_family != AF_INET6))
		return;
	for (a = RTM_RTA(m); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == RTA_DST)
			dst = a;
		else if (a->rta_type == RTA_GATEWAY)
			via = a;
		else if (a->rta_type == RTA_OIF)
			oif = a;
	}
	if (get_ip(dst, m->rtm_family, &to.ip))
		ipnet_print(&to, to_text);
	if (oif && RTA_PAYLOAD(oif) >= sizeof(index)) {
		memcpy(&index, RTA_DATA(oif), sizeof(index));
		dev = name_of(w, index, NULL);
	}
	if (get_ip(via, m->rtm_family, &gw))
		snprintf(text, sizeof(text), "%s via %s", to_text,
			 ip_print(&gw, via_text));
	else
		snprintf(text, sizeof(text), "%s", to_text);
	add_event(w, t, h->nlmsg_type == RTM_NEWROUTE ? "+route" : "-route",
		  dev, text);
}

static void on_link(struct watch *w, int64_t t, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const char *name = NULL, *text;
	size_t len = IFLA_PAYLOAD(h);
	const struct rtattr *a;

	if (m->ifi_family != AF_UNSPEC)
		return; /* a bridge's or IPv6's own view of the link */
	for (a = IFLA_RTA(m); RTA_OK(a, len); a = RTA_NEXT(a, len))
		if (a->rta_type == IFLA_IFNAME && RTA_PAYLOAD(a) > 0)
			name = RTA_DATA(a);
	if (h->nlmsg_type == RTM_DELLINK)
		text = "gone";
	else if (!(m->ifi_flags & IFF_UP))
		text = "down";
	else
		text = m->ifi_flags & IFF_LOWER_UP ? "up" : "up, no carrier";
	add_event(w, t, "link", name_of(w, m->ifi_index, name), text);
}

static void on_message(struct watch *w, int64_t t, const struct nlmsghdr *h)
{
	switch (h->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (NLMSG_PAYLOAD(h, 0) >= sizeof(struct ifaddrmsg))
			on_addr(w, t, h);
		return;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (NLMSG_PAYLOAD(h, 0) >= sizeof(struct rtmsg))
			on_route(w, t, h);
		return;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (NLMSG_PAYLOAD(h, 0) >= sizeof(struct ifinfomsg))
			on_link(w, t, h);
		return;
	default:
		return;
	}
}

/* All that waits; returns -errno where the socket is of no use any more. */
static int receive(struct watch *w, int fd)
{
	_Alignas(struct nlmsghdr) char b[READ_BYTES];
	const struct nlmsghdr *h;
	ssize_t r;

	for (;;) {
		int64_t t = clock_real_ns();
		size_t len;

		r = recv(fd, b, sizeof(b), MSG_DONTWAIT);
		if (r < 0 && errno == ENOBUFS) {
			w->overrun = true;
			continue;
		}
		if (r < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		len = (size_t)r;
		for (h = (const struct nlmsghdr *)(const void *)b;
		     NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
			on_message(w, t, h);
	}
}

static int open_monitor(struct err *reterr)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK,
				 .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
					      RTMGRP_IPV6_IFADDR |
					      RTMGRP_IPV4_ROUTE |
					      RTMGRP_IPV6_ROUTE};
	auto_close int fd = -1;
	int size = RCVBUF_BYTES;

	fd = netns_socket(-1, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd < 0)
		return err_sys(reterr, fd, "open a netlink socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_sys(reterr, -errno, "watch the kernel's tables");
	return take_fd(&fd);
}

/* Names of what is there now, for events of links that go. */
static void learn_names(struct watch *w)
{
	struct if_nameindex *list = if_nameindex();
	size_t i;

	for (i = 0; list && list[i].if_index; i++)
		name_of(w, (int)list[i].if_index, list[i].if_name);
	if (list)
		if_freenameindex(list);
}

static void watch_release(struct watch *w)
{
	arena_release(&w->arena);
}

int look_watch(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_(watch_release) struct watch w = {0};
	auto_close int fd = -1;
	struct mono until;
	int64_t duration;
	unsigned wake;
	size_t i;
	int r;

	r = look_number(req, "duration_ms", 0, LOOK_DURATION_MAX_MS,
			LOOK_DURATION_MAX_MS, &duration, reterr);
	if (r == 0)
		r = look_enter(doc_str(req, "netns", ""), reterr);
	if (r < 0)
		return r;
	fd = open_monitor(reterr);
	if (fd < 0)
		return fd;
	learn_names(&w);
	until = mono_add(clock_mono(), duration * NS_PER_MS);
	do {
		wake = look_wait(fd, until);
		r = receive(&w, fd);
		if (r < 0)
			return err_sys(reterr, r, "watch the kernel's tables");
	} while (!(wake & (LOOK_STOP | LOOK_TIME)));
	json_key(j, "events");
	json_arr(j);
	for (i = 0; i < w.n; i++) {
		json_obj(j);
		json_kint(j, "t", w.events[i].t);
		json_kstr(j, "what", w.events[i].what);
		json_kstr(j, "dev", w.events[i].dev);
		json_kstr(j, "text", w.events[i].text);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_kbool(j, "overrun", w.overrun);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void watch_ask(const char *netns, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", netns);
}

static const struct key event_rows[] = {
	{"t", KEY_INT, KEY_FIELD(struct seen_event, t)},
	{"what", KEY_TEXT, KEY_FIELD(struct seen_event, what),
	 .flags = KEY_REQUIRED},
	{"dev", KEY_TEXT, KEY_FIELD(struct seen_event, dev),
	 .flags = KEY_REQUIRED},
	{"text", KEY_TEXT, KEY_FIELD(struct seen_event, text),
	 .flags = KEY_REQUIRED},
};

static const struct key_table event_table =
	KEY_TABLE("event", struct seen_event, event_rows);

static const struct key rows[] = {
	{"events", KEY_LIST, KEY_ITEMS(struct seen_events, items, n),
	 .max = WATCH_EVENTS_MAX, .table = &event_table},
	{"overrun", KEY_BOOL, KEY_FIELD(struct seen_events, overrun)},
};

static const struct key_table table =
	KEY_TABLE("answer", struct seen_events, rows);

void watch_answer(struct arena *a, const struct doc *d, struct seen_events *ret)
{
	*ret = (struct seen_events){0};
	/* What cannot be read tells as much as what was lost. */
	if (look_read(a, d, &table, ret))
		*ret = (struct seen_events){.overrun = true};
}
