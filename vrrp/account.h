/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_ACCOUNT_H
#define LABCTL_VRRP_ACCOUNT_H

/*
 * When a suspect router is looked at. Another program may undo a mending at
 * once, and so on: a look therefore costs ACCOUNT_LOOK_NS of an account that
 * holds ACCOUNT_NS and fills by the clock. That is ACCOUNT_NS /
 * ACCOUNT_LOOK_NS looks at once, some milliseconds apart, and then one each
 * ACCOUNT_LOOK_NS.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/mono.h"

#define ACCOUNT_LOOK_NS (250 * NS_PER_MS)
#define ACCOUNT_NS (32 * ACCOUNT_LOOK_NS)

/* Of one router. Zeroed but for at, MONO_NEVER, it is ready to use. */
struct account {
	struct mono at;   /* when to look, MONO_NEVER: all is well */
	struct mono last; /* last look */
	int64_t spent_ns; /* of what may be spent on looks */
};

/* Has it looked at as soon as there is enough for that. */
void account_ask(struct account *a, struct mono now);

/* A look at now. */
void account_pay(struct account *a, struct mono now);

/* Is nothing left for another look. */
bool account_empty(const struct account *a);

#endif
