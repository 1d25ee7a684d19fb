/* SPDX-License-Identifier: MIT */
/*
 * What a DHCPv6 client's event means for its machine
 * ==================================================
 * As hook.c has it for DHCP: the client (dhclient) changes nothing itself. An
 * address is set as one of /128 with the lease's times (RFC 8415, section
 * 18.2.10.1): that its prefix is on the link, and the way out, routers tell. So
 * what DHCPv6 gave is known on the device: what is so long and has a lifetime.
 *
 * BOUND6, RENEW6, REBIND6: as it says. PREINIT6: the client begins anew, and
 * what it was told before is nothing any more; an address stays until another
 * was lent, as a client that was killed is no reason to be without. DEPREF6:
 * the kernel has done so by the lifetimes. EXPIRE6, RELEASE6, STOP6: the
 * address goes that it names, and with the last one the lease.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/rtmsg.h"
#include "provision/machine/inside.h"
#include "provision/machine/lease6.h"

#define HELD_MAX 64
#define FILE_MAX (64u << 10)

struct held {
	unsigned index;
	struct ip addrs[HELD_MAX];
	size_t n;
};

static void auto_rtnl(struct rtnl **r)
{
	rtnl_free(*r);
}

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	struct held *held = ctx;
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	uint32_t flags;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX) ||
	    ifa->ifa_index != held->index || ifa->ifa_family != AF_INET6 ||
	    ifa->ifa_prefixlen != 128 || held->n == HELD_MAX)
		return 0;
	flags = tb[IFA_FLAGS] ? rtmsg_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	if (!(flags & IFA_F_PERMANENT))
		held->addrs[held->n++] = rtmsg_ip(tb[IFA_ADDRESS]);
	return 0;
}

static void forget(void *ctx)
{
	((struct held *)ctx)->n = 0;
}

/* All that is held and not of the lease (NULL: none). */
static int remove_others(struct rtnl *r, const char *device, unsigned index,
			 const struct lease6 *l, struct err *reterr)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_INET6};
	struct held held = {.index = index};
	size_t i;
	int e;

	e = rtmsg_dump(r, RTM_GETADDR, &ifa, sizeof(ifa), on_addr, forget,
		       &held, reterr);
	for (i = 0; e == 0 && i < held.n; i++) {
		const struct rtmsg_addr a = {.index = index,
					     .dev = device,
					     .addr = {held.addrs[i], 128}};

		if (!l || !lease6_has(l, &held.addrs[i]))
			rtmsg_addr(r, RTMSG_DEL, &a);
	}
	/* One that has just expired is gone: that was the wish. */
	(void)rtnl_commit(r, NULL);
	return e;
}

static int keep(const char *device, const struct lease6 *l, struct err *reterr)
{
	auto_(auto_rtnl) struct rtnl *r = NULL;
	unsigned index = if_nametoindex(device);
	int e;

	if (!index)
		return 0;
	e = rtnl_open(&r, -1, reterr);
	return e < 0 ? e : remove_others(r, device, index, l, reterr);
}

int machine_unlease6(const char *device, struct err *reterr)
{
	return keep(device, NULL, reterr);
}

/* One for ever still has a lifetime: so it is known for a lease. */
static uint32_t life(uint32_t seconds)
{
	return seconds < UINT32_MAX ? seconds : UINT32_MAX - 1;
}

static int set_addrs(const struct lease6 *l, struct err *reterr)
{
	auto_(auto_rtnl) struct rtnl *r = NULL;
	unsigned index = if_nametoindex(l->device);
	int e;

	if (!index)
		return err_sys(reterr, -errno, "%s", l->device);
	e = rtnl_open(&r, -1, reterr);
	if (e < 0)
		return e;
	for (size_t i = 0; i < l->naddrs; i++) {
		const struct rtmsg_addr a = {
			.index = index,
			.dev = l->device,
			.addr = {l->addrs[i].addr, 128},
			.proto = RTPROT_DHCP,
			.valid_s = life(l->addrs[i].valid),
			.preferred_s = life(l->addrs[i].preferred),
		};

		rtmsg_addr(r, RTMSG_SET, &a);
	}
	e = rtnl_commit(r, reterr);
	return e < 0 ? e : remove_others(r, l->device, index, l, reterr);
}

static int write_files(const struct lease6 *l, struct err *reterr)
{
	auto_buf struct buf json = {0};
	struct json j;
	int e;

	json_init(&j, &json, 2);
	lease6_encode(l, &j);
	buf_addc(&json, '\n');
	e = file_replace(MACHINE_LEASE6, 0644, json.data, json.len, reterr);
	return e < 0 ? e : machine_resolv_write(reterr);
}

static bool told_before(struct lease6 *ret)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf text = {0};

	return file_read(MACHINE_LEASE6, FILE_MAX, &text) == 0 &&
	       lease6_parse(&a, &text, ret);
}

static const char *from_env(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static int take_lease(bool renewal, struct err *reterr)
{
	auto_buf struct buf notes = {0}, words = {0};
	struct lease6 l, before;
	int e;

	e = lease6_read(from_env, NULL, &l, &notes, reterr);
	if (e < 0)
		return err_prefix(reterr, "DHCPv6's answer");
	l.at_ns = clock_real_ns();
	/* Of several addresses it tells one after the other. */
	if (told_before(&before))
		lease6_merge(&l, &before);
	e = set_addrs(&l, reterr);
	if (e == 0)
		e = write_files(&l, reterr);
	if (notes.len)
		machine_say("%s", notes.data);
	if (e < 0)
		return e;
	if (renewal && l.naddrs)
		machine_say("%s: DHCPv6 lease renewed for %u s\n", l.device,
			    l.addrs[0].valid);
	lease6_print(&l, &words);
	if (!renewal || !l.naddrs)
		machine_say("%s", words.data);
	return 0;
}

/* One address of several. */
static bool drop_one(const char *device, int *ret, struct err *reterr)
{
	const char *old = getenv("old_ip6_address");
	char text[IP_TEXT_MAX];
	struct lease6 l;
	struct ip ip;

	if (!old || ip_parse(old, &ip) < 0 || !told_before(&l) ||
	    !lease6_drop(&l, &ip) || !l.naddrs)
		return false;
	machine_say("%s: the DHCPv6 lease of %s is gone\n", device,
		    ip_print(&ip, text));
	*ret = keep(device, &l, reterr);
	if (*ret == 0)
		*ret = write_files(&l, reterr);
	return true;
}

static int drop_lease(const char *device, struct err *reterr)
{
	int e;

	if (drop_one(device, &e, reterr))
		return e;

	if (unlink(MACHINE_LEASE6) == 0)
		machine_say("%s: the DHCPv6 lease is gone\n", device);
	e = machine_unlease6(device, reterr);
	return e < 0 ? e : machine_resolv_write(reterr);
}

int machine_hook6(const char *reason, struct err *reterr)
{
	static const char *const taken[] = {"BOUND6", "RENEW6", "REBIND6"};
	static const char *const over[] = {"EXPIRE6", "RELEASE6", "STOP6"};
	const char *device = getenv("interface");
	size_t i;
	int e = 0;

	for (i = 0; i < ARRAY_LEN(taken); i++)
		if (strcmp(reason, taken[i]) == 0)
			e = take_lease(i > 0, reterr);
	for (i = 0; device && i < ARRAY_LEN(over); i++)
		if (strcmp(reason, over[i]) == 0)
			e = drop_lease(device, reterr);
	if (strcmp(reason, "PREINIT6") == 0 && unlink(MACHINE_LEASE6) == 0)
		e = machine_resolv_write(reterr);
	if (e < 0 && reterr)
		machine_say("%s\n", reterr->msg);
	return e;
}
