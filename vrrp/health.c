/* SPDX-License-Identifier: MIT */
/*
 * Echo requests to the gateways of a router, while it is Active: one socket
 * of each family in its namespace, opened with the first round and closed with
 * the role, so that a Backup has none. An answer counts that comes from the
 * gateway with what only this round's requests had in them. One that comes too
 * late counts no more, but is told: a slow gateway is no silent one. What
 * cannot be sent is as good as lost.
 *
 * To hand over is the router's: it does what it does when a path fails, and
 * is at once a Backup again, whose timers give the others their turn
 * (core/health.h).
 */
#include "vrrp/health.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "vrrp/kernel/echo.h"

#define DRAIN_MAX 64 /* answers of one turn */

_Static_assert(VRRP_GATEWAYS_MAX < 32, "a bit for each");

static void close_all(struct health *h)
{
	for (unsigned i = 0; i < ARRAY_LEN(h->fd); i++) {
		auto_close_fn(&h->fd[i]);
		h->fd[i] = -1;
	}
}

static bool is_of(const struct health_round *r, const struct vrrp_echo *echo)
{
	return echo->seq == r->seq && echo->nonce == r->nonce;
}

/* The gateway that an address is, or h->n. */
static size_t gateway(const struct health *h, const struct ip *ip)
{
	size_t i = 0;

	while (i < h->n && !ip_equal(&h->gateways[i], ip))
		i++;
	return i;
}

/* It counts no more, but a gateway that is slow is not one that is silent. */
static void take_late(struct health_gateway *g, const struct health_round *r)
{
	g->late_ns = mono_sub(clock_mono(), r->sent);
}

static void take(struct engine *e, struct health *h, const struct ip *from,
		 const struct vrrp_echo *echo)
{
	size_t i = gateway(h, from);
	uint32_t bit = UINT32_C(1) << i;

	if (i == h->n)
		return;
	if (is_of(&h->before, echo) && h->seen[i].silent_ns)
		take_late(&h->seen[i], &h->before);
	if (!is_of(&h->round, echo) || h->answered & bit)
		return;
	if (!h->core.out) {
		take_late(&h->seen[i], &h->round);
		return;
	}
	h->answered |= bit;
	h->seen[i] = (struct health_gateway){.answered_ns = clock_real_ns()};
	if (h->answered == (UINT32_C(1) << h->n) - 1 &&
	    vrrp_health_answered(&h->core))
		h->well(e, h->router);
}

static void ready(struct engine *e, void *obj)
{
	struct health *h = obj;
	struct vrrp_echo echo;
	struct ip from;
	unsigned f, i;

	for (f = 0; f < ARRAY_LEN(h->fd); f++)
		for (i = 0; i < DRAIN_MAX && h->fd[f] >= 0 &&
			    vrrp_echo_recv(h->fd[f], f ? 6 : 4, &from, &echo);
		     i++)
			take(e, h, &from, &echo);
}

static int open_one(struct engine *e, struct health *h, unsigned f, int nsfd)
{
	h->fd[f] = vrrp_echo_socket(nsfd, f ? 6 : 4, NULL);
	if (h->fd[f] < 0)
		return h->fd[f];
	h->io[f] = (struct io){ready, h};
	return engine_watch(e, h->fd[f], EPOLLIN, &h->io[f], NULL);
}

static void ask(struct engine *e, struct health *h, int nsfd)
{
	struct vrrp_echo echo;

	h->rounds++;
	h->answered = 0;
	h->before = h->round;
	h->round.seq++;
	h->round.sent = h->core.round;
	if (getrandom(&h->round.nonce, sizeof(h->round.nonce), GRND_NONBLOCK) <
	    0)
		h->round.nonce++;
	h->asked_ns = clock_real_ns();
	echo = (struct vrrp_echo){.seq = h->round.seq, .nonce = h->round.nonce};
	for (size_t i = 0; i < h->n; i++) {
		unsigned f = h->gateways[i].family == 6;

		if (h->fd[f] >= 0 || open_one(e, h, f, nsfd) >= 0)
			(void)vrrp_echo_send(h->fd[f], &h->gateways[i], &echo);
	}
}

/* The round is over; who has not answered it is silent since then, or longer.
 */
static void miss(struct health *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (!(h->answered & UINT32_C(1) << i) && !h->seen[i].silent_ns)
			h->seen[i].silent_ns = h->asked_ns;
}

static void say_why(struct health *h)
{
	char text[IP_TEXT_MAX];
	size_t i = 0;

	while (i + 1 < h->n && (h->answered & UINT32_C(1) << i))
		i++;
	ip_print(&h->gateways[i], text);
	if (h->seen[i].late_ns)
		snprintf(h->why, sizeof(h->why),
			 "gateway %s answers too late, after %.1f s", text,
			 (double)h->seen[i].late_ns / (double)NS_PER_S);
	else
		snprintf(h->why, sizeof(h->why), "gateway %s does not answer",
			 text);
}

bool health_due(struct engine *e, struct health *h, int nsfd)
{
	struct mono now = clock_mono();

	if (mono_before(now, vrrp_health_deadline(&h->core)))
		return false;
	/* A process that stood still finds answers that came meanwhile. */
	ready(e, h);
	if (h->core.out && !mono_before(now, h->core.due))
		miss(h);
	switch (vrrp_health_timer(&h->core, now)) {
	case VRRP_HEALTH_NOTHING:
		break;
	case VRRP_HEALTH_ASK:
		ask(e, h, nsfd);
		break;
	case VRRP_HEALTH_LOST:
		h->lost++;
		say_why(h);
		return true;
	}
	return false;
}

void health_init(struct health *h, void *router,
		 void (*well)(struct engine *e, void *router))
{
	*h = (struct health){.router = router, .well = well, .fd = {-1, -1}};
}

void health_release(struct health *h)
{
	close_all(h);
}

void health_configure(struct health *h, const struct vrrp_router_config *r)
{
	int64_t interval = r->ngateways ? r->health_ns : 0;
	bool same = interval == h->core.interval_ns && r->ngateways == h->n;

	for (size_t i = 0; same && i < h->n; i++)
		same = ip_equal(&h->gateways[i], &r->gateways[i]);
	h->gateways = r->gateways;
	h->n = r->ngateways;
	if (same)
		return;
	h->core = (struct vrrp_health){.interval_ns = interval};
	memset(h->seen, 0, sizeof(h->seen));
	h->asked_ns = 0;
}

void health_follow(struct health *h, bool active)
{
	if (active && !h->core.asking) {
		vrrp_health_begin(&h->core, clock_mono());
	} else if (!active) {
		vrrp_health_end(&h->core);
		close_all(h);
	}
}

void health_settings(const struct health *h, struct vrrp_settings *set)
{
	int64_t own = set->promote_delay_ns;

	if (!h->core.sick)
		return;
	set->preempt = false;
	if (own == VRRP_DELAY_DERIVED)
		own = 0;
	set->promote_delay_ns =
		own + vrrp_health_delay_ns(&h->core, set->interval_ns);
}
