/* SPDX-License-Identifier: MIT */
#include "lib/kernel/solicit.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/auto.h"

void solicit_routers(unsigned index)
{
	static const struct nd_router_solicit rs = {.nd_rs_type =
							    ND_ROUTER_SOLICIT};
	const struct sockaddr_in6 all_routers = {
		.sin6_family = AF_INET6,
		.sin6_addr = {{{0xff, 2, [15] = 2}}},
		.sin6_scope_id = index};
	const int hops = 255;
	auto_close int fd =
		socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
				 sizeof(hops)) < 0)
		return;
	(void)sendto(fd, &rs, sizeof(rs), 0,
		     (const struct sockaddr *)&all_routers,
		     sizeof(all_routers));
}
