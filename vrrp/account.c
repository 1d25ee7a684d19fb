/* SPDX-License-Identifier: MIT */
#include "vrrp/account.h"

#define GAP_NS (5 * NS_PER_MS)

void account_ask(struct account *a, struct mono now)
{
	struct mono at = now, soonest = mono_add(a->last, GAP_NS);

	if (a->last.ns && mono_before(at, soonest))
		at = soonest;
	/* In debt: when enough has come in again. */
	if (account_empty(a)) {
		soonest = mono_add(a->last,
				   a->spent_ns + ACCOUNT_LOOK_NS - ACCOUNT_NS);
		if (mono_before(at, soonest))
			at = soonest;
	}
	a->at = mono_min(a->at, at);
}

void account_pay(struct account *a, struct mono now)
{
	int64_t in = a->last.ns ? mono_sub(now, a->last) : ACCOUNT_NS;

	a->spent_ns = in > a->spent_ns ? 0 : a->spent_ns - in;
	a->spent_ns += ACCOUNT_LOOK_NS;
	a->last = now;
}

bool account_empty(const struct account *a)
{
	return a->spent_ns > ACCOUNT_NS - ACCOUNT_LOOK_NS;
}
