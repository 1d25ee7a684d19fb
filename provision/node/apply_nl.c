/* SPDX-License-Identifier: MIT */
/*
 * Messages of the changes. Links are named by name, which the kernel looks
 * up itself, so that a link can be made and set in one send; what stands on a
 * link needs its index.
 *
 * Making a link takes its MAC address, MTU and kind, and nothing else: alias
 * and the way IPv6 addresses are made are only taken by a second message, and
 * a link may go up only after that, in a third, because the kernel handles
 * the flags of one message before its IPv6 part.
 */
#include "provision/node/apply_nl.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

/* IN6_ADDR_GEN_MODE_*, whose header cannot stand beside net/if.h. */
#define ADDR_GEN_EUI64 0
#define ADDR_GEN_NONE 1

static void put_ip(struct nl_msg *m, int type, const struct ip *ip)
{
	nla_put(m, type, (int)ip_size(ip), ip->b);
}

static int family(const struct ip *ip)
{
	return ip->family == 6 ? AF_INET6 : AF_INET;
}

static struct nl_msg *link_msg(struct rtnl *r, int type, int flags,
			       const char *name, unsigned ifi_flags,
			       unsigned change)
{
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_flags = ifi_flags,
		.ifi_change = change,
	};
	struct nl_msg *m =
		rtnl_add(r, type, flags, &ifi, sizeof(ifi), "link %s", name);

	nla_put_string(m, IFLA_IFNAME, name);
	return m;
}

/* The kernel takes no forward delay of 0 while STP is on, and handles the
 * delay first whatever the order: so a bridge that stands needs two messages.
 */
enum bridge_part { BRIDGE_MODES = 1 << 0, BRIDGE_DELAY = 1 << 1 };

static void put_bridge(struct nl_msg *m, unsigned parts)
{
	struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO), *data;

	nla_put_string(m, IFLA_INFO_KIND, "bridge");
	data = nla_nest_start(m, IFLA_INFO_DATA);
	if (parts & BRIDGE_MODES) {
		nla_put_u32(m, IFLA_BR_STP_STATE, 0);
		nla_put_u8(m, IFLA_BR_MCAST_SNOOPING, 0);
	}
	if (parts & BRIDGE_DELAY)
		nla_put_u32(m, IFLA_BR_FORWARD_DELAY, 0);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
}

static void put_vxlan(struct nl_msg *m, const struct res_link *l,
		      unsigned lower)
{
	struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO), *data;

	nla_put_string(m, IFLA_INFO_KIND, "vxlan");
	data = nla_nest_start(m, IFLA_INFO_DATA);
	nla_put_u32(m, IFLA_VXLAN_ID, l->vni);
	nla_put_u32(m, IFLA_VXLAN_LINK, lower);
	if (ip_is_set(&l->group))
		put_ip(m,
		       l->group.family == 6 ? IFLA_VXLAN_GROUP6
					    : IFLA_VXLAN_GROUP,
		       &l->group);
	if (ip_is_set(&l->local))
		put_ip(m,
		       l->local.family == 6 ? IFLA_VXLAN_LOCAL6
					    : IFLA_VXLAN_LOCAL,
		       &l->local);
	nla_put_u16(m, IFLA_VXLAN_PORT,
		    (uint16_t)(l->port >> 8 | l->port << 8));
	nla_put_u8(m, IFLA_VXLAN_LEARNING, l->learning);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
}

static void put_fixed(struct nl_msg *m, const struct res_link *l)
{
	if (l->has_mac)
		nla_put(m, IFLA_ADDRESS, sizeof(l->mac.b), l->mac.b);
	if (l->mtu)
		nla_put_u32(m, IFLA_MTU, l->mtu);
}

static void put_veth(struct nl_msg *m, const char *peer_name,
		     const struct res_link *peer, int peer_ns)
{
	struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO), *data, *end;
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};

	nla_put_string(m, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(m, IFLA_INFO_DATA);
	end = nla_nest_start(m, VETH_INFO_PEER);
	nlmsg_append(m, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	nla_put_string(m, IFLA_IFNAME, peer_name);
	nla_put_u32(m, IFLA_NET_NS_FD, (uint32_t)peer_ns);
	if (peer)
		put_fixed(m, peer);
	nla_nest_end(m, end);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
}

void apply_nl_create(struct rtnl *r, const struct res_link *l,
		     const struct res_link *peer, int peer_ns, unsigned lower)
{
	struct nl_msg *m = link_msg(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
				    l->name, 0, 0);

	put_fixed(m, l);
	if (l->kind == LINK_BRIDGE)
		put_bridge(m, BRIDGE_MODES | BRIDGE_DELAY);
	if (l->kind == LINK_VXLAN)
		put_vxlan(m, l, lower);
	if (l->kind == LINK_VETH)
		put_veth(m, l->peer, peer, peer_ns);
}

static void put_addr_gen(struct nl_msg *m, bool none)
{
	struct nlattr *spec = nla_nest_start(m, IFLA_AF_SPEC);
	struct nlattr *inet6 = nla_nest_start(m, AF_INET6);

	nla_put_u8(m, IFLA_INET6_ADDR_GEN_MODE,
		   none ? ADDR_GEN_NONE : ADDR_GEN_EUI64);
	nla_nest_end(m, inet6);
	nla_nest_end(m, spec);
}

void apply_nl_set(struct rtnl *r, const char *name, const char *mark,
		  const struct res_link *l, unsigned fields, unsigned master)
{
	const unsigned here = LINK_HAS_MARK | LINK_HAS_MAC | LINK_HAS_MTU |
			      LINK_HAS_MASTER | LINK_HAS_ADDR_GEN |
			      LINK_HAS_BRIDGE;
	struct nl_msg *m;

	if (!(fields & here))
		return;
	m = link_msg(r, RTM_NEWLINK, 0, name, 0, 0);
	if (fields & LINK_HAS_MARK)
		nla_put_string(m, IFLA_IFALIAS, mark);
	if ((fields & LINK_HAS_MAC) && l->has_mac)
		nla_put(m, IFLA_ADDRESS, sizeof(l->mac.b), l->mac.b);
	if ((fields & LINK_HAS_MTU) && l->mtu)
		nla_put_u32(m, IFLA_MTU, l->mtu);
	if (fields & LINK_HAS_MASTER)
		nla_put_u32(m, IFLA_MASTER, master);
	if (fields & LINK_HAS_ADDR_GEN)
		put_addr_gen(m, l->addr_gen_none);
	if (!(fields & LINK_HAS_BRIDGE))
		return;
	put_bridge(m, BRIDGE_MODES);
	m = link_msg(r, RTM_NEWLINK, 0, name, 0, 0);
	put_bridge(m, BRIDGE_DELAY);
}

void apply_nl_mark(struct rtnl *r, const char *name, const char *mark)
{
	struct nl_msg *m = link_msg(r, RTM_NEWLINK, 0, name, 0, 0);

	nla_put_string(m, IFLA_IFALIAS, mark);
}

void apply_nl_updown(struct rtnl *r, const char *name, bool up)
{
	(void)link_msg(r, RTM_NEWLINK, 0, name, up ? IFF_UP : 0, IFF_UP);
}

void apply_nl_del_link(struct rtnl *r, const char *name)
{
	(void)link_msg(r, RTM_DELLINK, 0, name, 0, 0);
}

void apply_nl_group(struct rtnl *r, const char *name, uint32_t group)
{
	struct nl_msg *m = link_msg(r, RTM_NEWLINK, 0, name, 0, 0);

	nla_put_u32(m, IFLA_GROUP, group);
}

void apply_nl_del_group(struct rtnl *r, uint32_t group)
{
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	struct nl_msg *m = rtnl_add(r, RTM_DELLINK, 0, &ifi, sizeof(ifi),
				    "links of group %u", group);

	nla_put_u32(m, IFLA_GROUP, group);
}

void apply_nl_addr(struct rtnl *r, bool add, const struct ipnet *addr,
		   unsigned index)
{
	struct ifaddrmsg ifa = {
		.ifa_family = (uint8_t)family(&addr->ip),
		.ifa_prefixlen = addr->len,
		/* The address is unique by the plan: nobody need be asked. */
		.ifa_flags = addr->ip.family == 6 ? IFA_F_NODAD : 0,
		.ifa_index = index,
	};
	struct nl_msg *m = rtnl_add(r, add ? RTM_NEWADDR : RTM_DELADDR,
				    add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
				    &ifa, sizeof(ifa), "address");

	put_ip(m, IFA_LOCAL, &addr->ip);
	if (addr->ip.family == 4)
		put_ip(m, IFA_ADDRESS, &addr->ip);
}

void apply_nl_route(struct rtnl *r, bool add, const struct ipnet *to,
		    const struct ip *via, unsigned index)
{
	struct rtmsg rtm = {
		.rtm_family = (uint8_t)family(&to->ip),
		.rtm_dst_len = to->len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = add ? RTPROT_STATIC : RTPROT_UNSPEC,
		.rtm_scope = add ? (ip_is_set(via) ? RT_SCOPE_UNIVERSE
						   : RT_SCOPE_LINK)
				 : RT_SCOPE_NOWHERE,
		.rtm_type = add ? RTN_UNICAST : RTN_UNSPEC,
	};
	struct nl_msg *m = rtnl_add(r, add ? RTM_NEWROUTE : RTM_DELROUTE,
				    add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
				    &rtm, sizeof(rtm), "route");

	if (to->len)
		put_ip(m, RTA_DST, &to->ip);
	if (ip_is_set(via))
		put_ip(m, RTA_GATEWAY, via);
	nla_put_u32(m, RTA_OIF, index);
}

void apply_nl_fdb(struct rtnl *r, bool add, const struct mac *mac,
		  const struct ip *dst, unsigned index)
{
	static const struct mac all = {{0}};
	struct ndmsg ndm = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)index,
		.ndm_state = NUD_PERMANENT,
		.ndm_flags = NTF_SELF,
	};
	/* Only the flood address may have many destinations. */
	int how = mac_equal(mac, &all) ? NLM_F_APPEND : NLM_F_REPLACE;
	struct nl_msg *m = rtnl_add(r, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
				    add ? NLM_F_CREATE | how : 0, &ndm,
				    sizeof(ndm), "fdb");

	nla_put(m, NDA_LLADDR, sizeof(mac->b), mac->b);
	put_ip(m, NDA_DST, dst);
}
