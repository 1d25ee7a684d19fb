/* SPDX-License-Identifier: MIT */
/*
 * A tap that stays when nobody has it open: the near end of a bridge of Open
 * vSwitch's own datapath, which so keeps its addresses when ovs-vswitchd dies.
 * It is made by ioctl(2), not by a message.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/link.h"
#include "provision/node/tx.h"

static void make(struct tx *tx, struct place *p, const struct change *c)
{
	const struct res_link *l = &c->want->link;
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	auto_close int fd = -1;
	struct nl_msg *m;
	struct err err;

	if (!tx_enter(tx, c->want->netns, c))
		return;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		err_sys(&err, -errno, "open /dev/net/tun");
		tx_fail(tx, c, err.msg);
		return;
	}
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", l->name);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0 || ioctl(fd, TUNSETPERSIST, 1) < 0) {
		err_sys(&err, -errno, "make the tap");
		tx_fail(tx, c, err.msg);
		return;
	}
	m = rtmsg_link(p->rtnl, 0, l->name, RTMSG_AS_IS);
	link_put_fixed(m, l);
}

const struct link_type link_tap = {
	.name = "tun",
	.made = true,
	.shell_add = "tuntap add mode tap",
	.make = make,
};
