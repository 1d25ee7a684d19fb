/* SPDX-License-Identifier: MIT */
#include "vrrp/engine.h"

#include <errno.h>
#include <sys/epoll.h>

int engine_watch(struct engine *e, int fd, unsigned events, struct io *io,
		 struct err *reterr)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	if (epoll_ctl(e->ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(reterr, -errno, "epoll");
	return 0;
}
