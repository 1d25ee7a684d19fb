/* SPDX-License-Identifier: MIT */
/*
 * Ports: an interface with its sockets, and which packet is whose.
 *
 * Adverts leave as Ethernet frames. An IP socket needs a neighbour entry for
 * 224.0.0.18 on each interface, of a table that the whole machine shares; when
 * that is full the packet vanishes, and raw sockets are not told. They come in
 * by an IP socket in the group, which needs none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/ip.h"
#include "vrrp/engine.h"
#include "vrrp/sock.h"

/* IPv4 header at its longest, and the longest message. */
#define PACKET_MAX (60 + VRRP_ADVERT_MAX)

_Static_assert(VRRP_FRAME_MAX <= VRRP_ADVERT_MAX, "one buffer for both");

/* Packets of one port before the others have their turn. */
#define DRAIN_MAX 256

struct port *port_new(struct room *room, const char *dev)
{
	struct port *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->room = room;
	p->fd = p->out = -1;
	snprintf(p->dev, sizeof(p->dev), "%s", dev);
	return p;
}

void port_close(struct port *p)
{
	auto_close_fn(&p->fd);
	auto_close_fn(&p->out);
	p->fd = p->out = -1;
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

static int set_filter(struct port *p, struct err *reterr)
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

int port_set_routers(struct port *p, struct router **all, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += all[i]->port == p;
	free(p->groups);
	free(p->routers);
	p->groups = calloc(k + 1, sizeof(*p->groups));
	p->routers = calloc(k + 1, sizeof(struct router *));
	if (!p->groups || !p->routers)
		abort();
	p->n = 0;
	for (i = 0; i < n; i++) {
		const struct vrrp_settings *set = &all[i]->cfg->set;

		if (all[i]->port != p)
			continue;
		p->routers[p->n] = all[i];
		p->groups[p->n++] = (struct vrrp_group){
			.vrid = set->vrid,
			.version = set->version,
			.family = 4,
			.interval_ns = set->interval_ns,
			.addrs = all[i]->list,
			.naddrs = (unsigned)all[i]->cfg->nadvert,
		};
	}
	return p->fd >= 0 ? set_filter(p, NULL) : 0;
}

static void ready(struct engine *e, void *obj)
{
	port_drain(e, obj);
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
	/* Its own, so that no burst of announcements fills its buffer. */
	p->out = vrrp_sock_packet(p->room->s.nsfd, reterr);
	if (p->out < 0)
		return p->out;
	r = set_filter(p, reterr);
	if (r < 0)
		return r;
	p->io = (struct io){ready, p};
	return engine_watch(e, p->fd, EPOLLIN, &p->io, reterr);
}

void port_review(struct engine *e, struct port *p)
{
	const struct vrrp_link *link = NULL;
	struct err why;
	size_t i;

	if (p->room->s.open && !p->room->gone)
		link = vrrp_space_link(&p->room->s, p->dev);
	if (link) {
		p->has_mac = link->has_mac;
		memcpy(p->mac, link->mac, sizeof(p->mac));
	}
	if (link && p->fd >= 0 && link->ifindex == p->ifindex)
		return;
	if (!link && p->room->gone)
		return; /* needed for the last words */
	/* Called otherwise now: the last words can still be said. */
	if (!link && p->fd >= 0 && !p->lost &&
	    vrrp_space_link_at(&p->room->s, p->ifindex)) {
		p->lost = true;
		return;
	}
	port_close(p);
	p->why[0] = '\0';
	if (!link)
		return;
	if (open_socket(e, p, link, &why) < 0) {
		port_close(p);
		snprintf(p->why, sizeof(p->why), "%.150s", why.msg);
		return;
	}
	for (i = 0; i < p->n; i++)
		p->routers[i]->source_stale = true;
}

int port_send(struct port *p, const struct vrrp_advert *a,
	      enum vrrp_checksum csum)
{
	static uint8_t out[VRRP_ADVERT_MAX];

	if (p->fd < 0)
		return -ENOTCONN;
	if (p->has_mac)
		return vrrp_sock_frame(p->out, p->ifindex, out,
				       vrrp_advert_frame(a, csum, p->mac, out));
	return vrrp_sock_send(p->fd, p->ifindex, &a->src, out,
			      vrrp_advert_encode(a, csum, out));
}

/* --- packets in -------------------------------------------------------- */

static void taken(struct engine *e, struct router *r,
		  const struct vrrp_group *g, struct mono now,
		  const struct vrrp_advert *a)
{
	struct vrrp_event ev = {.kind = VRRP_EV_ADVERT};
	char text[IP_TEXT_MAX];
	struct ip from = {.family = 4};

	memcpy(from.b, a->src.b, 4);
	if (!vrrp_advert_same_list(a, g) && r->other_list++ % 100 == 0)
		vrrp_journal(&r->log, LOG_LEVEL_WARN,
			     "%u %s %s: %s advertises other addresses",
			     r->cfg->set.vrid, r->cfg->dev, r->cfg->name,
			     ip_print(&from, text));
	if (vrrp_addr_cmp(&a->src, &r->source) == 0 &&
	    r->core.count[VRRP_N_SAME_SOURCE] % 100 == 0)
		vrrp_journal(&r->log, LOG_LEVEL_WARN,
			     "%u %s %s: another speaks from our address %s",
			     r->cfg->set.vrid, r->cfg->dev, r->cfg->name,
			     ip_print(&from, text));
	ev.advert.priority = a->priority;
	ev.advert.interval_ns = a->interval_ns;
	ev.advert.source = a->src;
	router_step(e, r, now, &ev);
}

/* from has no family where the packet did not get so far. */
static void refused(struct port *p, size_t group, const struct vrrp_addr *from,
		    enum vrrp_drop why)
{
	struct ip ip = {.family = from->family};
	char text[IP_TEXT_MAX];

	uint64_t *count =
		group < p->n ? &p->routers[group]->drops[why] : &p->drops[why];

	memcpy(ip.b, from->b, sizeof(ip.b));
	if ((*count)++ % 100 == 0)
		vrrp_journal(&p->log, LOG_LEVEL_WARN,
			     "%s: advert of %s refused: %s", p->dev,
			     ip_is_set(&ip) ? ip_print(&ip, text) : "somebody",
			     vrrp_drop_name[why]);
}

void port_drain(struct engine *e, struct port *p)
{
	static uint8_t in[PACKET_MAX];
	struct vrrp_packet packet;
	struct vrrp_advert advert;
	enum vrrp_drop why;
	size_t group;
	ssize_t len;
	int i;

	for (i = 0; i < DRAIN_MAX && p->fd >= 0; i++) {
		len = vrrp_sock_recv(p->fd, in, sizeof(in));
		if (len == -EAGAIN)
			return;
		/* ENETDOWN and the like: an error that was waiting. */
		if (len < 0)
			continue;
		group = p->n;
		packet.src = (struct vrrp_addr){0};
		why = vrrp_packet_ipv4(in, (size_t)len, &packet);
		if (why == VRRP_TAKEN)
			why = vrrp_advert_decode(&packet, p->groups, p->n,
						 &group, &advert);
		if (why == VRRP_TAKEN)
			taken(e, p->routers[group], &p->groups[group],
			      clock_mono(), &advert);
		else
			refused(p, group, &packet.src, why);
	}
}
