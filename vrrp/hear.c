/* SPDX-License-Identifier: MIT */
/*
 * Packets in: which is whose, and which is nobody's.
 */
#include "vrrp/hear.h"

#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/ip.h"
#include "vrrp/kernel/sock.h"
#include "vrrp/port.h"
#include "vrrp/router.h"

/* IPv4 header at its longest, and the longest message. */
#define PACKET_MAX (60 + VRRP_ADVERT_MAX)

/* Packets of one port before the others have their turn. */
#define DRAIN_MAX 256

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
	if (a->priority != VRRP_PRIORITY_STOP)
		router_heard(e, r, &a->src);
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

void hear_ready(struct engine *e, void *port)
{
	struct port *p = port;
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
