/* SPDX-License-Identifier: MIT */
/*
 * The setting has no message, only a file, and which interface the file is
 * about the kernel tells by the namespace of the thread that opens it.
 */
#include "vrrp/kernel/forward.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"

static int set_one(const char *dev, bool on)
{
	char path[sizeof("/proc/sys/net/ipv6/conf//forwarding") + VRRP_DEV_MAX];
	auto_close int fd = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/forwarding",
		 dev);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return write(fd, on ? "1" : "0", 1) == 1 ? 0 : -errno;
}

int vrrp_forward(const struct vrrp_space *s, const struct vrrp_router_config *r,
		 bool on, struct err *reterr)
{
	auto_close int own = -1;
	int e, bad = 0;
	size_t i;

	if (!r->nforwarding || !s->open)
		return 0;
	if (s->nsfd >= 0) {
		own = netns_open("", reterr);
		if (own < 0)
			return own;
		if (setns(s->nsfd, CLONE_NEWNET) < 0)
			return err_sys(reterr, -errno, "enter %s", s->name);
	}
	for (i = 0; i < r->nforwarding; i++) {
		e = set_one(r->forwarding[i], on);
		if (e < 0 && !bad)
			bad = err_sys(reterr, e, "set the forwarding of %s",
				      r->forwarding[i]);
	}
	if (own >= 0 && setns(own, CLONE_NEWNET) < 0)
		return err_sys(reterr, -errno, "leave %s", s->name);
	return bad;
}
