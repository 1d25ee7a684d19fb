/* SPDX-License-Identifier: MIT */
/* The controller of generic netlink (ctrl) is asked for the family by name,
 * which has the kernel load the module where it may. */
#include "lib/kernel/datapath.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/auto.h"

#define FAMILY "ovs_datapath"
#define ANSWER_S 5

static bool ask(void)
{
	const struct timeval patience = {.tv_sec = ANSWER_S};
	auto_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct {
		struct nlmsghdr h;
		struct genlmsghdr g;
		struct nlattr a;
		char name[NLA_ALIGN(sizeof(FAMILY))];
	} q = {
		.h = {.nlmsg_len = sizeof(q),
		      .nlmsg_type = GENL_ID_CTRL,
		      .nlmsg_flags = NLM_F_REQUEST},
		.g = {.cmd = CTRL_CMD_GETFAMILY, .version = 1},
		.a = {.nla_len = NLA_HDRLEN + sizeof(FAMILY),
		      .nla_type = CTRL_ATTR_FAMILY_NAME},
		.name = FAMILY,
	};
	char in[8192];
	struct nlmsghdr h;
	ssize_t n;

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	if (send(fd, &q, sizeof(q), 0) != (ssize_t)sizeof(q))
		return false;
	do
		n = recv(fd, in, sizeof(in), 0);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)sizeof(h))
		return false;
	memcpy(&h, in, sizeof(h));
	return h.nlmsg_type == GENL_ID_CTRL;
}

bool datapath_in_kernel(void)
{
	static bool yes;

	yes = yes || ask();
	return yes;
}
