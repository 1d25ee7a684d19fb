/* SPDX-License-Identifier: MIT */
#include "vrrp/kernel/place_msg.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "lib/kernel/rtmsg.h"
#include "vrrp/notice.h"

void vrrp_queue_address(struct vrrp_space *s, int type, const struct ipnet *net,
			unsigned ifindex, const char *dev)
{
	const struct rtmsg_addr a = {
		.index = ifindex,
		.dev = dev,
		.addr = *net,
		.flags = net->ip.family == 6 ? IFA_F_NODAD : 0,
		.scope = ip_is_link_local(&net->ip) ? RT_SCOPE_LINK
						    : RT_SCOPE_UNIVERSE,
		.proto = type == RTM_NEWADDR ? VRRP_PROTOCOL : 0,
	};

	rtmsg_addr(s->rtnl, type == RTM_NEWADDR ? RTMSG_SET : RTMSG_DEL, &a);
}

void vrrp_queue_route(struct vrrp_space *s, int type,
		      const struct vrrp_vroute *v, unsigned ifindex)
{
	const struct rtmsg_route t = {
		.index = ifindex,
		.dev = v->dev,
		.to = v->to,
		.via = v->via,
		.proto = VRRP_PROTOCOL,
		.type = RTN_UNICAST,
	};

	rtmsg_route(s->rtnl, type == RTM_NEWROUTE ? RTMSG_SET : RTMSG_DEL, &t);
}
