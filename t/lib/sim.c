/* SPDX-License-Identifier: MIT */
#include "t/lib/sim.h"

#include <string.h>

uint32_t sim_random(struct sim *s, uint32_t below)
{
	/* xorshift32: the same on every machine. */
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return below ? s->random % below : 0;
}

void sim_init(struct sim *s, uint32_t seed, unsigned n,
	      const struct vrrp_settings *set)
{
	unsigned i;

	memset(s, 0, sizeof(*s));
	s->random = seed * 2654435761u | 1;
	s->n = n;
	s->learnt = -1;
	s->delay_min_ns = 20 * NS_PER_US;
	s->delay_max_ns = 80 * NS_PER_US;
	s->wake_max_ns = 100 * NS_PER_US;
	for (i = 0; i < n; i++)
		vrrp_init(&s->node[i].r, &set[i]);
}

static int64_t between(struct sim *s, int64_t min, int64_t max)
{
	return min + (max > min ? sim_random(s, (uint32_t)(max - min)) : 0);
}

static void put(struct sim *s, unsigned from, unsigned to,
		const struct sim_packet *p)
{
	struct mono at =
		mono_add(s->now, between(s, s->delay_min_ns, s->delay_max_ns));
	unsigned i;

	if (mono_before(at, s->last[from][to]))
		at = mono_add(s->last[from][to], 1);

	for (i = 0; i < SIM_FLIGHT; i++) {
		if (s->flight[i].used)
			continue;
		s->flight[i] = *p;
		s->flight[i].used = true;
		s->flight[i].to = to;
		s->flight[i].at = at;
		s->last[from][to] = at;
		if (i >= s->top)
			s->top = i + 1;
		return;
	}
	s->over_full++;
}

static void send_advert(struct sim *s, unsigned from, uint8_t priority)
{
	const struct vrrp_settings *set = &s->node[from].r.set;
	const struct sim_packet p = {.priority = priority,
				     .interval_ns = set->interval_ns,
				     .source = set->source};
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (i != from && s->node[i].running && !s->cut[from][i] &&
		    sim_random(s, 100) >= s->loss)
			put(s, from, i, &p);
}

static void step(struct sim *s, unsigned i, const struct vrrp_event *ev)
{
	struct sim_node *node = &s->node[i];
	struct vrrp_effects fx;
	unsigned k;

	vrrp_step(&node->r, s->now, ev, &fx);
	for (k = 0; k < fx.n; k++) {
		switch (fx.fx[k].kind) {
		case VRRP_FX_ADVERT:
			send_advert(s, i, fx.fx[k].priority);
			break;
		case VRRP_FX_ADD:
			node->holding = true;
			break;
		case VRRP_FX_REMOVE:
			node->holding = false;
			break;
		case VRRP_FX_ANNOUNCE:
			node->announced++;
			s->learnt = (int)i;
			break;
		case VRRP_FX_STATE:
			node->alone += fx.fx[k].why == VRRP_WHY_NO_SUCCESSOR;
			if (fx.fx[k].state == VRRP_ACTIVE &&
			    fx.fx[k].why != VRRP_WHY_NO_SUCCESSOR &&
			    fx.fx[k].why != VRRP_WHY_PEER_YIELDS) {
				node->became_active++;
				node->active_at = s->now;
			}
			break;
		}
	}
}

void sim_event(struct sim *s, unsigned i, const struct vrrp_event *ev)
{
	step(s, i, ev);
}

void sim_start(struct sim *s, unsigned i)
{
	const struct vrrp_event ev = {.kind = VRRP_EV_START, .path_up = true};
	struct vrrp_settings set = s->node[i].r.set;

	vrrp_init(&s->node[i].r, &set);
	s->node[i].running = true;
	s->node[i].asleep = false;
	step(s, i, &ev);
}

void sim_start_all(struct sim *s)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		sim_start(s, i);
}

static void forget(struct sim *s, unsigned i)
{
	unsigned k;

	for (k = 0; k < s->top; k++)
		if (s->flight[k].to == i)
			s->flight[k].used = false;
	s->node[i].running = false;
	s->node[i].holding = false;
}

void sim_stop(struct sim *s, unsigned i)
{
	const struct vrrp_event ev = {.kind = VRRP_EV_STOP};

	step(s, i, &ev);
	forget(s, i);
}

void sim_resign(struct sim *s, unsigned i)
{
	const struct vrrp_event ev = {.kind = VRRP_EV_RESIGN};

	step(s, i, &ev);
}

void sim_crash(struct sim *s, unsigned i)
{
	forget(s, i);
}

void sim_last_words(struct sim *s, unsigned i)
{
	forget(s, i);
	send_advert(s, i, VRRP_PRIORITY_STOP);
}

void sim_sleep(struct sim *s, unsigned i, bool asleep)
{
	s->node[i].asleep = asleep;
}

void sim_isolate(struct sim *s, unsigned i, bool cut)
{
	unsigned k;

	for (k = 0; k < s->n; k++)
		s->cut[i][k] = s->cut[k][i] = cut;
}

static bool awake(const struct sim *s, unsigned i)
{
	return s->node[i].running && !s->node[i].asleep;
}

static int next_packet(struct sim *s)
{
	int best = -1;
	unsigned i;

	while (s->top && !s->flight[s->top - 1].used)
		s->top--;
	for (i = 0; i < s->top; i++)
		if (s->flight[i].used && awake(s, s->flight[i].to) &&
		    (best < 0 ||
		     mono_before(s->flight[i].at, s->flight[best].at)))
			best = (int)i;
	return best;
}

static void pass_time(struct sim *s, struct mono to)
{
	int64_t ns = mono_sub(to, s->now);

	if (ns <= 0)
		return;
	if (sim_holders(s) > 1)
		s->shared_ns += ns;
	if (sim_holders(s) == 0)
		s->nobody_ns += ns;
	s->now = to;
}

static void deliver(struct sim *s, int k)
{
	struct sim_packet *p = &s->flight[k];
	struct vrrp_event ev = {.kind = VRRP_EV_ADVERT};

	pass_time(s, p->at);
	p->used = false;
	ev.advert.priority = p->priority;
	ev.advert.interval_ns = p->interval_ns;
	ev.advert.source = p->source;
	if (p->priority != VRRP_PRIORITY_STOP)
		s->node[p->to].heard = p->source;
	step(s, p->to, &ev);
}

/* The earliest packet that node i could read by now, or -1. */
static int first_for(const struct sim *s, unsigned i)
{
	int best = -1;
	unsigned k;

	for (k = 0; k < s->top; k++)
		if (s->flight[k].used && s->flight[k].to == i &&
		    !mono_before(s->now, s->flight[k].at) &&
		    (best < 0 ||
		     mono_before(s->flight[k].at, s->flight[best].at)))
			best = (int)k;
	return best;
}

/* As the engine does: what has come in is read before a timer is believed. */
static void fire(struct sim *s, unsigned i)
{
	const struct vrrp_event ev = {.kind = VRRP_EV_TIMER};
	int k;

	pass_time(s, mono_add(vrrp_deadline(&s->node[i].r),
			      between(s, 0, s->wake_max_ns)));
	while ((k = first_for(s, i)) >= 0)
		deliver(s, k);
	if (!mono_before(s->now, vrrp_deadline(&s->node[i].r)))
		step(s, i, &ev);
}

void sim_run(struct sim *s, int64_t for_ns)
{
	struct mono until = mono_add(s->now, for_ns);

	for (;;) {
		struct mono at = until;
		int packet = next_packet(s), timer = -1;
		unsigned i;

		for (i = 0; i < s->n; i++)
			if (awake(s, i) &&
			    mono_before(vrrp_deadline(&s->node[i].r), at)) {
				at = vrrp_deadline(&s->node[i].r);
				timer = (int)i;
			}
		if (packet >= 0 && !mono_before(at, s->flight[packet].at))
			deliver(s, packet);
		else if (timer >= 0)
			fire(s, (unsigned)timer);
		else
			break;
	}
	pass_time(s, until);
}

unsigned sim_holders(const struct sim *s)
{
	unsigned i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->node[i].holding;
	return n;
}

int sim_holder(const struct sim *s)
{
	unsigned i;

	if (sim_holders(s) != 1)
		return -1;
	for (i = 0; i < s->n && !s->node[i].holding; i++)
		;
	return (int)i;
}
