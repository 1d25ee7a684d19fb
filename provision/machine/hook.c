/* SPDX-License-Identifier: MIT */
/*
 * What a DHCP client's event means for its machine
 * ================================================
 * bound, renew: the lease's address with the lease's time for a lifetime, so
 * that the kernel takes it away when nobody renews it; the MTU on the link;
 * routes; resolv.conf; and the lease as it was read, for who looks. The order
 * is such that a renewal takes nothing away even for a moment: the new is set,
 * then what is no longer meant goes. deconfig: all of it goes.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/rtmsg.h"
#include "provision/machine/inside.h"
#include "provision/machine/lease.h"

#define HELD_MAX 64 /* leased addresses and routes that are looked at */

/* What stands on the device of a DHCP's. */
struct held {
	unsigned index;
	struct ipnet addrs[HELD_MAX];
	size_t naddrs;
	struct lease_route routes[HELD_MAX];
	size_t nroutes;
};

static void auto_rtnl(struct rtnl **r)
{
	rtnl_free(*r);
}

/* --- looking -------------------------------------------------------------- */

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	struct held *held = ctx;
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	struct ipnet *to;
	uint32_t flags;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX) ||
	    ifa->ifa_index != held->index || held->naddrs == HELD_MAX)
		return 0;
	flags = tb[IFA_FLAGS] ? rtmsg_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	if (flags & IFA_F_PERMANENT)
		return 0;
	to = &held->addrs[held->naddrs];
	to->ip = rtmsg_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	to->len = ifa->ifa_prefixlen;
	if (ip_is_set(&to->ip))
		held->naddrs++;
	return 0;
}

static int on_route(const struct nlmsghdr *h, void *ctx)
{
	struct held *held = ctx;
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *tb[RTA_MAX + 1];
	struct lease_route *to;

	if (!rtmsg_parse(h, RTM_NEWROUTE, sizeof(*rtm), tb, RTA_MAX) ||
	    rtm->rtm_protocol != RTPROT_DHCP ||
	    rtmsg_u32(tb[RTA_OIF]) != held->index || held->nroutes == HELD_MAX)
		return 0;
	to = &held->routes[held->nroutes++];
	to->to.ip = rtmsg_ip(tb[RTA_DST]);
	to->to.ip.family = 4;
	to->to.len = rtm->rtm_dst_len;
	to->via = rtmsg_ip(tb[RTA_GATEWAY]);
	return 0;
}

/* An entry told twice is removed once, in vain once. */
static int look(struct rtnl *r, struct held *held, struct err *reterr)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_INET};
	const struct rtmsg rtm = {.rtm_family = AF_INET};
	int e;

	e = rtmsg_dump(r, RTM_GETADDR, &ifa, sizeof(ifa), on_addr, NULL, held,
		       reterr);
	if (e == 0)
		e = rtmsg_dump(r, RTM_GETROUTE, &rtm, sizeof(rtm), on_route,
			       NULL, held, reterr);
	return e;
}

/* --- taking away ---------------------------------------------------------- */

static bool leases_addr(const struct lease *l, const struct ipnet *addr)
{
	return l && ipnet_equal(&l->addr, addr);
}

static bool leases_route(const struct lease *l, const struct lease_route *route)
{
	size_t i;

	for (i = 0; l && i < l->nroutes; i++)
		if (ipnet_equal(&l->routes[i].to, &route->to) &&
		    ip_equal(&l->routes[i].via, &route->via))
			return true;
	return false;
}

/* All that is held and not of the lease (NULL: none). */
static int remove_others(struct rtnl *r, const char *device, unsigned index,
			 const struct lease *l, struct err *reterr)
{
	struct held held = {.index = index};
	size_t i;
	int e;

	e = look(r, &held, reterr);
	for (i = 0; e == 0 && i < held.nroutes; i++) {
		const struct rtmsg_route t = {.index = index,
					      .dev = device,
					      .to = held.routes[i].to,
					      .via = held.routes[i].via,
					      .proto = RTPROT_DHCP};

		if (!leases_route(l, &held.routes[i]))
			rtmsg_route(r, RTMSG_DEL, &t);
	}
	for (i = 0; e == 0 && i < held.naddrs; i++) {
		const struct rtmsg_addr a = {
			.index = index, .dev = device, .addr = held.addrs[i]};

		if (!leases_addr(l, &held.addrs[i]))
			rtmsg_addr(r, RTMSG_DEL, &a);
	}
	/* One that has just expired is gone: that was the wish. */
	(void)rtnl_commit(r, NULL);
	return e;
}

int machine_unlease(const char *device, struct err *reterr)
{
	auto_(auto_rtnl) struct rtnl *r = NULL;
	unsigned index = if_nametoindex(device);
	int e;

	if (!index)
		return 0;
	e = rtnl_open(&r, -1, reterr);
	return e < 0 ? e : remove_others(r, device, index, NULL, reterr);
}

/* --- setting -------------------------------------------------------------- */

static void queue_mtu(struct rtnl *r, const struct lease *l, unsigned index)
{
	struct nl_msg *m;

	if (!l->mtu)
		return;
	m = rtmsg_link(r, index, l->device, RTMSG_AS_IS);
	(void)nla_put_u32(m, IFLA_MTU, l->mtu);
}

static int set_addr(struct rtnl *r, const struct lease *l, unsigned index,
		    struct err *reterr)
{
	/* One for ever still has a lifetime: so it is known for a lease. */
	const uint32_t life =
		l->seconds < UINT32_MAX ? l->seconds : UINT32_MAX - 1;
	const struct rtmsg_addr a = {
		.index = index,
		.dev = l->device,
		.addr = l->addr,
		.proto = RTPROT_DHCP,
		.broadcast = true,
		.valid_s = life,
		.preferred_s = life,
	};

	queue_mtu(r, l, index);
	rtmsg_addr(r, RTMSG_SET, &a);
	return rtnl_commit(r, reterr);
}

/* The one or the other may lead nowhere; those on the link come first. */
static void set_routes(struct rtnl *r, const struct lease *l, unsigned index)
{
	const struct lease_route *of[LEASE_ROUTES_MAX];
	char to[IP_TEXT_MAX];
	size_t i, n = 0;
	int pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < l->nroutes; i++) {
			const struct rtmsg_route t = {
				.index = index,
				.dev = l->device,
				.to = l->routes[i].to,
				.via = l->routes[i].via,
				.from = l->addr.ip,
				.proto = RTPROT_DHCP,
			};

			if (ip_is_set(&t.via) != (pass == 1))
				continue;
			rtmsg_route(r, RTMSG_SET, &t);
			of[n++] = &l->routes[i];
		}
	(void)rtnl_commit(r, NULL);
	for (i = 0; i < n; i++)
		if (rtnl_result(r, i) < 0)
			machine_say("%s: the kernel refuses the route to %s: "
				    "%s\n",
				    l->device, ipnet_print(&of[i]->to, to),
				    strerrordesc_np(-rtnl_result(r, i)));
}

static int write_files(const struct lease *l, struct err *reterr)
{
	auto_buf struct buf json = {0};
	struct json j;
	int e;

	json_init(&j, &json, 2);
	lease_encode(l, &j);
	buf_addc(&json, '\n');
	e = file_replace(MACHINE_LEASE, 0644, json.data, json.len, reterr);
	return e < 0 ? e : machine_resolv_write(reterr);
}

static const char *from_env(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static int take_lease(bool renewal, struct err *reterr)
{
	auto_(auto_rtnl) struct rtnl *r = NULL;
	auto_buf struct buf notes = {0}, words = {0};
	struct lease l;
	unsigned index;
	int e;

	e = lease_read(from_env, NULL, &l, &notes, reterr);
	if (e < 0)
		return err_prefix(reterr, "DHCP's answer");
	l.at_ns = clock_real_ns();
	index = if_nametoindex(l.device);
	if (!index)
		return err_sys(reterr, -errno, "%s", l.device);
	e = rtnl_open(&r, -1, reterr);
	if (e == 0)
		e = set_addr(r, &l, index, reterr);
	if (e < 0)
		return e;
	set_routes(r, &l, index);
	e = remove_others(r, l.device, index, &l, reterr);
	if (e == 0)
		e = write_files(&l, reterr);
	if (notes.len)
		machine_say("%s", notes.data);
	if (renewal)
		machine_say("%s: lease renewed for %u s\n", l.device,
			    l.seconds);
	lease_print(&l, &words);
	if (!renewal)
		machine_say("%s", words.data);
	return e;
}

int machine_hook(const char *event, struct err *reterr)
{
	const char *device = getenv("interface");
	int e = 0;

	if (strcmp(event, "bound") == 0 || strcmp(event, "renew") == 0) {
		e = take_lease(*event == 'r', reterr);
		if (e < 0 && reterr)
			machine_say("%s\n", reterr->msg);
	} else if (strcmp(event, "deconfig") == 0) {
		if (unlink(MACHINE_LEASE) == 0)
			machine_say("%s: the lease is gone\n",
				    device ? device : "?");
		e = device ? machine_unlease(device, reterr) : 0;
	} else if (strcmp(event, "leasefail") == 0) {
		machine_say("%s: no DHCP server answers; asking again\n",
			    device ? device : "?");
	} else if (strcmp(event, "nak") == 0) {
		machine_say("%s: a DHCP server refused (NAK)\n",
			    device ? device : "?");
	}
	return e;
}
