/* SPDX-License-Identifier: MIT */
#include "vrrp/core/health.h"

#include <string.h>

void vrrp_health_begin(struct vrrp_health *h, struct mono now)
{
	if (!h->interval_ns)
		return;
	h->asking = true;
	h->out = h->proved = false;
	h->lost = 0;
	h->begun = h->due = now;
}

void vrrp_health_end(struct vrrp_health *h)
{
	h->asking = h->out = false;
	h->lost = 0;
}

struct mono vrrp_health_deadline(const struct vrrp_health *h)
{
	return h->asking ? h->due : MONO_NEVER;
}

static enum vrrp_health_do unanswered(struct vrrp_health *h, struct mono now)
{
	bool settles =
		!h->proved && mono_sub(now, h->begun) < VRRP_HEALTH_SETTLE_NS;

	h->out = false;
	if (++h->lost < VRRP_HEALTH_FALL || settles) {
		h->due = mono_add(h->round, h->interval_ns);
		return VRRP_HEALTH_NOTHING;
	}
	vrrp_health_end(h);
	h->sick = true;
	h->turns = 0;
	h->last = (struct vrrp_addr){0};
	return VRRP_HEALTH_LOST;
}

enum vrrp_health_do vrrp_health_timer(struct vrrp_health *h, struct mono now)
{
	int64_t wait = h->interval_ns < VRRP_HEALTH_WAIT_NS
			       ? h->interval_ns
			       : VRRP_HEALTH_WAIT_NS;

	if (!h->asking || mono_before(now, h->due))
		return VRRP_HEALTH_NOTHING;
	if (h->out && unanswered(h, now) == VRRP_HEALTH_LOST)
		return VRRP_HEALTH_LOST;
	if (mono_before(now, h->due))
		return VRRP_HEALTH_NOTHING;
	h->out = true;
	h->round = now;
	h->due = mono_add(now, wait);
	return VRRP_HEALTH_ASK;
}

bool vrrp_health_answered(struct vrrp_health *h)
{
	bool was = h->sick;

	if (!h->asking || !h->out)
		return false;
	h->out = false;
	h->lost = 0;
	h->proved = true;
	h->sick = false;
	h->due = mono_add(h->round, h->interval_ns);
	return was;
}

bool vrrp_health_heard(struct vrrp_health *h, const struct vrrp_addr *source)
{
	if (!h->sick || vrrp_addr_cmp(source, &h->last) == 0)
		return false;
	h->last = *source;
	h->turns++;
	return true;
}

/* Half of an interval of adverts at least, so that one that is well, whose
 * delay is below a step of the skew, is always first. */
int64_t vrrp_health_delay_ns(const struct vrrp_health *h, int64_t advert_ns)
{
	unsigned turns = h->turns ? h->turns : 1;

	return h->sick ? advert_ns / 2 + advert_ns / turns : 0;
}
