/* SPDX-License-Identifier: MIT */
#include "vrrp/place_msg.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include "lib/rtnl.h"
#include "vrrp/notice.h"

/* To add is to replace: what is there already is no error. */
static int flags_of(int type)
{
	return type == RTM_NEWADDR || type == RTM_NEWROUTE
		       ? NLM_F_CREATE | NLM_F_REPLACE
		       : 0;
}

static int af_of(const struct ip *ip)
{
	return ip->family == 4 ? AF_INET : AF_INET6;
}

bool vrrp_link_local(const struct ip *ip)
{
	return ip->family == 6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

void vrrp_queue_address(struct vrrp_space *s, int type, const struct ipnet *net,
			unsigned ifindex, const char *dev)
{
	struct ifaddrmsg h = {
		.ifa_family = (unsigned char)af_of(&net->ip),
		.ifa_prefixlen = net->len,
		.ifa_scope = vrrp_link_local(&net->ip) ? RT_SCOPE_LINK
						       : RT_SCOPE_UNIVERSE,
		.ifa_index = ifindex,
	};
	const uint8_t protocol = VRRP_PROTOCOL;
	char text[IP_TEXT_MAX];
	struct nl_msg *m;

	if (net->ip.family == 6)
		h.ifa_flags = IFA_F_NODAD;
	m = rtnl_add(s->rtnl, type, flags_of(type), &h, sizeof(h),
		     "%s %s on %s", type == RTM_NEWADDR ? "add" : "remove",
		     ipnet_print(net, text), dev);
	nla_put(m, IFA_LOCAL, (int)ip_size(&net->ip), net->ip.b);
	if (net->ip.family == 4)
		nla_put(m, IFA_ADDRESS, (int)ip_size(&net->ip), net->ip.b);
	if (type == RTM_NEWADDR)
		nla_put(m, IFA_PROTO, sizeof(protocol), &protocol);
}

void vrrp_queue_route(struct vrrp_space *s, int type,
		      const struct vrrp_vroute *v, unsigned ifindex)
{
	const struct rtmsg h = {
		.rtm_family = (unsigned char)af_of(&v->to.ip),
		.rtm_dst_len = v->to.len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = VRRP_PROTOCOL,
		.rtm_scope = v->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	char text[IP_TEXT_MAX];
	struct nl_msg *m;

	m = rtnl_add(s->rtnl, type, flags_of(type), &h, sizeof(h),
		     "%s route to %s on %s",
		     type == RTM_NEWROUTE ? "add" : "remove",
		     ipnet_print(&v->to, text), v->dev);
	if (v->to.len)
		nla_put(m, RTA_DST, (int)ip_size(&v->to.ip), v->to.ip.b);
	if (v->via.family)
		nla_put(m, RTA_GATEWAY, (int)ip_size(&v->via), v->via.b);
	nla_put_u32(m, RTA_OIF, ifindex);
}
