/* SPDX-License-Identifier: MIT */
/*
 * Ports: an interface with its sockets.
 *
 * Adverts leave as Ethernet frames. An IP socket needs a neighbour entry for
 * 224.0.0.18 on each interface, of a table that the whole machine shares; when
 * that is full the packet vanishes, and raw sockets are not told. They come in
 * by an IP socket in the group, which needs none. What they leave by is the
 * namespace's packet socket: closing one takes the kernel longer than anything
 * else that the engine has it do.
 */
#include "vrrp/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/ip.h"
#include "lib/mem.h"
#include "vrrp/kernel/sock.h"
#include "vrrp/room.h"

_Static_assert(VRRP_FRAME_MAX <= VRRP_ADVERT_MAX, "one buffer for both");

struct port *port_new(struct room *room, const char *dev,
		      void (*ready)(struct engine *e, void *port))
{
	struct port *p = mem_zero(1, sizeof(*p));

	p->room = room;
	p->fd = -1;
	p->io = (struct io){ready, p};
	snprintf(p->dev, sizeof(p->dev), "%s", dev);
	return p;
}

void port_close(struct port *p)
{
	auto_close_fn(&p->fd);
	p->fd = -1;
	p->ifindex = 0;
	p->lost = false;
}

void port_free(struct port *p)
{
	port_close(p);
	free(p->groups);
	free(p->routers);
	free(p);
}

int port_filter(struct port *p, struct err *reterr)
{
	uint8_t vrids[255];
	bool seen[256] = {false};
	size_t i, n = 0;

	for (i = 0; i < p->n; i++) {
		if (seen[p->groups[i].vrid])
			continue;
		seen[p->groups[i].vrid] = true;
		vrids[n++] = p->groups[i].vrid;
	}
	return vrrp_sock_filter(p->fd, vrids, n, reterr);
}

static int open_socket(struct engine *e, struct port *p,
		       const struct vrrp_link *link, struct err *reterr)
{
	int r;

	p->fd = vrrp_sock_advert(p->room->s.nsfd, p->dev, link->ifindex,
				 reterr);
	if (p->fd < 0)
		return p->fd;
	p->ifindex = link->ifindex;
	r = port_filter(p, reterr);
	if (r < 0)
		return r;
	return engine_watch(e, p->fd, EPOLLIN, &p->io, reterr);
}

bool port_review(struct engine *e, struct port *p)
{
	const struct vrrp_link *link = NULL;
	struct err why;

	if (p->room->s.open && !p->room->gone)
		link = vrrp_space_link(&p->room->s, p->dev);
	if (link) {
		p->has_mac = link->has_mac;
		memcpy(p->mac, link->mac, sizeof(p->mac));
	}
	if (link && p->fd >= 0 && link->ifindex == p->ifindex)
		return false;
	if (!link && p->room->gone)
		return false; /* needed for the last words */
	/* Called otherwise now: the last words can still be said. */
	if (!link && p->fd >= 0 && !p->lost &&
	    vrrp_space_link_at(&p->room->s, p->ifindex)) {
		p->lost = true;
		return false;
	}
	port_close(p);
	p->why[0] = '\0';
	if (!link)
		return false;
	if (open_socket(e, p, link, &why) < 0) {
		port_close(p);
		snprintf(p->why, sizeof(p->why), "%.150s", why.msg);
		return false;
	}
	return true;
}

int port_send(struct port *p, const struct vrrp_advert *a,
	      enum vrrp_checksum csum)
{
	static uint8_t out[VRRP_ADVERT_MAX];

	if (p->fd < 0)
		return -ENOTCONN;
	if (p->has_mac)
		return vrrp_sock_frame(p->room->s.packet, p->ifindex, out,
				       vrrp_advert_frame(a, csum, p->mac, out));
	return vrrp_sock_send(p->fd, p->ifindex, &a->src, out,
			      vrrp_advert_encode(a, csum, out));
}
