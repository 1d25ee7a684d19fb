/* SPDX-License-Identifier: MIT */
/*
 * Making, setting and removing links
 * ==================================
 * Making a link takes its MAC address, MTU and kind, and nothing else: alias
 * and the way IPv6 addresses are made are only taken by a second message, and
 * a link may go up only after that, in a third, because the kernel handles
 * the flags of one message before its IPv6 part. Links are named by name,
 * which the kernel looks up itself, so that a link can be made and set in one
 * send; what stands on a link needs its index.
 */
#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/kernel/rtmsg.h"
#include "lib/kernel/solicit.h"
#include "provision/kinds/link/link.h"
#include "provision/kinds/link/port.h"
#include "provision/node/tx.h"

/* The link group of what is about to be deleted; nobody else's by chance. */
#define DOOMED_GROUP 0x6c616264u

void link_put_fixed(struct nl_msg *m, const struct res_link *l)
{
	if (l->has_mac)
		rtmsg_put_mac(m, IFLA_ADDRESS, &l->mac);
	if (l->mtu)
		(void)nla_put_u32(m, IFLA_MTU, l->mtu);
}

struct nl_msg *link_new(struct place *p, const struct res_link *l)
{
	struct nl_msg *m = rtmsg_link_new(p->rtnl, 0, l->name, RTMSG_AS_IS);

	link_put_fixed(m, l);
	return m;
}

void link_make(struct tx *tx, const struct change *c)
{
	const struct link_type *t = link_type(&c->want->link);
	struct place *p;

	if (c->blocked) {
		tx_fail(tx, c, c->why);
		return;
	}
	if (c->op != CHANGE_ADD || !t->make)
		return;
	p = tx_place(tx, c->want->netns, c);
	if (p)
		t->make(tx, p, c);
}

static void set_file(struct tx *tx, const struct change *c, const char *family,
		     const char *setting, const char *value)
{
	char key[256];

	snprintf(key, sizeof(key), "net/%s/conf/%s/%s", family,
		 c->want->link.name, setting);
	tx_write(tx, c, key, value);
}

/* Those whose value is not always the same. */
static void set_ipv6(struct tx *tx, const struct change *c, unsigned fields)
{
	const struct res ra = {.kind = RES_SYSCTL,
			       .netns = c->want->netns,
			       .sysctl.key = LINK_DEFAULT_ACCEPT_RA};
	const struct res *want;
	char mtu[16];

	if (fields & LINK_HAS_IPV6_MTU) {
		snprintf(mtu, sizeof(mtu), "%u", c->want->link.mtu);
		set_file(tx, c, "ipv6", "mtu", mtu);
	}
	want = fields & LINK_HAS_ACCEPT_RA ? tx_wanted(tx, &ra) : NULL;
	if (!want)
		return;
	set_file(tx, c, "ipv6", "accept_ra", want->sysctl.value);
	if (strcmp(want->sysctl.value, "0") != 0)
		solicit_routers(if_nametoindex(c->want->link.name));
}

/* Some settings of a link have no message, only a file. */
static void set_files(struct tx *tx, const struct change *c, unsigned fields)
{
	const struct res_link *l = &c->want->link;

	/* A new link inherits the others. */
	if (c->op == CHANGE_ADD)
		fields = (l->ipv6_off ? LINK_HAS_IPV6_OFF : 0) |
			 (l->ipv6_by_role && !l->engine_addrs
				  ? LINK_HAS_IPV6_ROUTER
				  : 0);
	fields &= LINK_HAS_IPV6_OFF | LINK_HAS_IPV6_QUIET |
		  LINK_HAS_IPV6_ROUTER | LINK_HAS_FORWARD | LINK_HAS_RP_FILTER |
		  LINK_HAS_ARP_IGNORE | LINK_HAS_ACCEPT_RA | LINK_HAS_IPV6_MTU;
	if (!fields || !tx_enter(tx, c->want->netns, c))
		return;
	if (fields & LINK_HAS_IPV6_OFF)
		set_file(tx, c, "ipv6", "disable_ipv6",
			 l->ipv6_off ? "1" : "0");
	if (fields & LINK_HAS_IPV6_QUIET)
		set_file(tx, c, "ipv6", "forwarding", "0");
	if (fields & LINK_HAS_IPV6_ROUTER)
		set_file(tx, c, "ipv6", "forwarding", "1");
	if (fields & LINK_HAS_FORWARD)
		set_file(tx, c, "ipv4", "forwarding", "1");
	if (fields & LINK_HAS_RP_FILTER)
		set_file(tx, c, "ipv4", "rp_filter", "0");
	if (fields & LINK_HAS_ARP_IGNORE)
		set_file(tx, c, "ipv4", "arp_ignore", "0");
	set_ipv6(tx, c, fields);
}

static void put_addr_gen(struct nl_msg *m, bool none)
{
	struct nlattr *spec = nla_nest_start(m, IFLA_AF_SPEC);
	struct nlattr *inet6 = nla_nest_start(m, AF_INET6);

	(void)nla_put_u8(m, IFLA_INET6_ADDR_GEN_MODE,
			 none ? IN6_ADDR_GEN_MODE_NONE
			      : IN6_ADDR_GEN_MODE_EUI64);
	nla_nest_end(m, inet6);
	nla_nest_end(m, spec);
}

static void put_no_xdp(struct nl_msg *m)
{
	struct nlattr *xdp = nla_nest_start(m, IFLA_XDP);

	(void)nla_put_s32(m, IFLA_XDP_FD, -1);
	nla_nest_end(m, xdp);
}

/* What is to be set of a link that was just made. */
static unsigned fields_of_new(const struct res_link *l)
{
	unsigned f = LINK_HAS_MARK | LINK_HAS_UP;

	if (!link_type(l)->made)
		f = LINK_HAS_UP;
	else if (l->addr_gen_none)
		f |= LINK_HAS_ADDR_GEN;
	return l->master ? f | LINK_HAS_MASTER : f;
}

static void set_common(struct tx *tx, struct place *p, const struct res_link *l,
		       unsigned fields, unsigned master)
{
	const unsigned here = LINK_HAS_MARK | LINK_HAS_MAC | LINK_HAS_MTU |
			      LINK_HAS_MASTER | LINK_HAS_ADDR_GEN |
			      LINK_HAS_PROTO_DOWN | LINK_HAS_MODE |
			      LINK_HAS_XDP;
	struct nl_msg *m;

	if (!(fields & here))
		return;
	m = rtmsg_link(p->rtnl, 0, l->name, RTMSG_AS_IS);
	if (fields & LINK_HAS_MARK)
		(void)nla_put_string(m, IFLA_IFALIAS, tx_plan(tx)->mark);
	if (fields & LINK_HAS_MAC)
		rtmsg_put_mac(m, IFLA_ADDRESS, &l->mac);
	if (fields & LINK_HAS_MTU)
		(void)nla_put_u32(m, IFLA_MTU, l->mtu);
	if (fields & LINK_HAS_MASTER)
		(void)nla_put_u32(m, IFLA_MASTER, master);
	if (fields & LINK_HAS_ADDR_GEN)
		put_addr_gen(m, l->addr_gen_none);
	if (fields & LINK_HAS_PROTO_DOWN)
		(void)nla_put_u8(m, IFLA_PROTO_DOWN, 0);
	if (fields & LINK_HAS_MODE)
		(void)nla_put_u8(m, IFLA_LINKMODE, 0);
	if (fields & LINK_HAS_XDP)
		put_no_xdp(m);
}

/* A link whose MTU is too small for IPv6 has neither its settings nor their
 * files: it must be large enough before they can be set, and all of them are.
 */
static unsigned enlarge(struct tx *tx, const struct change *c)
{
	const struct res_link *l = &c->want->link;
	struct place *p;

	if (c->op != CHANGE_MODIFY || !(c->fields & LINK_HAS_MTU) ||
	    c->seen->link.mtu >= IPV6_MIN_MTU || l->mtu < IPV6_MIN_MTU)
		return c->fields;
	p = tx_place(tx, c->want->netns, c);
	if (!p)
		return c->fields;
	(void)nla_put_u32(rtmsg_link(p->rtnl, 0, l->name, RTMSG_AS_IS),
			  IFLA_MTU, l->mtu);
	tx_own(tx, p, c);
	tx_send(tx, p);
	return c->fields | (l->ipv6_off ? LINK_HAS_IPV6_OFF : 0);
}

void link_set(struct tx *tx, const struct change *c)
{
	const struct res_link *l = &c->want->link;
	unsigned fields = enlarge(tx, c), master = 0;
	struct place *p;

	if (c->op == CHANGE_ADD && link_type(l)->fetch)
		link_type(l)->fetch(tx, c);
	if (!tx_failed(tx, c))
		set_files(tx, c, fields);
	if (tx_failed(tx, c))
		return;
	p = tx_place(tx, c->want->netns, c);
	if (!p)
		return;
	if (c->op == CHANGE_ADD)
		fields = fields_of_new(l);
	if ((fields & LINK_HAS_MASTER) && l->master) {
		master = tx_index(tx, p, c, l->master);
		if (!master)
			fields &= ~(unsigned)LINK_HAS_MASTER;
	}
	set_common(tx, p, l, fields, master);
	if (fields & LINK_HAS_PORT)
		port_put_usual(rtmsg_link(p->rtnl, 0, l->name, RTMSG_AS_IS),
			       c->seen->link.port_odd);
	if (fields & LINK_HAS_OWN)
		link_type(l)->set(p, l, &c->seen->link);
	if (fields & (LINK_HAS_ARP | LINK_HAS_MULTICAST))
		rtmsg_link_flags(p->rtnl, l->name, IFF_MULTICAST,
				 (fields & LINK_HAS_ARP ? IFF_NOARP : 0) |
					 (fields & LINK_HAS_MULTICAST
						  ? IFF_MULTICAST
						  : 0));
	if (fields & LINK_HAS_UP)
		(void)rtmsg_link(p->rtnl, 0, l->name,
				 l->up ? RTMSG_UP : RTMSG_DOWN);
}

/* What is there of somebody else's making when its maker was told: it goes
 * back to where it was made. */
static void put_out(struct tx *tx, struct place *p, const struct change *c)
{
	struct place *own = *c->have.netns ? tx_other(tx, "", c) : NULL;
	struct nl_msg *m;

	if (!own)
		return;
	m = rtmsg_link(p->rtnl, 0, c->have.link.name, RTMSG_AS_IS);
	(void)nla_put_u32(m, IFLA_NET_NS_FD, (uint32_t)own->fd);
}

/*
 * Links are put in a group and deleted all at once: each deletion of its own
 * costs the kernel some 50 ms of waiting, and so do all together.
 */
void link_unmake(struct tx *tx, const struct change *c)
{
	struct place *p = tx_place(tx, c->have.netns, c);
	struct nl_msg *m;

	if (!p)
		return;
	if (link_type(&c->have.link)->elsewhere) {
		put_out(tx, p, c);
		return;
	}
	m = rtmsg_link(p->rtnl, 0, c->have.link.name, RTMSG_AS_IS);
	(void)nla_put_u32(m, IFLA_GROUP, DOOMED_GROUP);
	tx_put_off(tx, p, c);
}

void link_settle(struct tx *tx, struct place *p)
{
	size_t i;

	if (!p->noff)
		return;
	rtmsg_group_del(p->rtnl, DOOMED_GROUP);
	if (rtnl_commit(p->rtnl, NULL) == 0)
		return;
	/* None is left, as the far ends were deleted first; or one of them
	 * cannot be deleted, and which one is worth knowing. */
	for (i = 0; i < p->noff; i++) {
		const struct change *c = &tx->ch->items[p->off[i]];

		rtmsg_link_del(p->rtnl, 0, c->have.link.name);
		tx_own(tx, p, c);
	}
	tx_send(tx, p);
}
