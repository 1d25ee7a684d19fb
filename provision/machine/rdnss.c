/* SPDX-License-Identifier: MIT */
#include "provision/machine/rdnss.h"

#include <string.h>

#define HEADER 8
#define FOR_EVER UINT32_MAX

static size_t place_of(const struct rdnss *r, const struct ip *ip)
{
	size_t i = 0;

	while (i < r->n && !ip_equal(&r->addrs[i], ip))
		i++;
	return i;
}

static void forget(struct rdnss *r, size_t i)
{
	r->n--;
	for (; i < r->n; i++) {
		r->addrs[i] = r->addrs[i + 1];
		r->until[i] = r->until[i + 1];
	}
}

bool rdnss_hear(struct rdnss *r, const uint8_t *option, size_t len,
		struct mono now)
{
	struct mono until = MONO_NEVER;
	bool changed = false;
	uint32_t life;
	size_t at, i;

	if (len < HEADER || option[0] != RDNSS_OPTION || option[1] < 3 ||
	    option[1] % 2 == 0 || (size_t)option[1] * 8 > len)
		return false;
	life = (uint32_t)option[4] << 24 | (uint32_t)option[5] << 16 |
	       (uint32_t)option[6] << 8 | option[7];
	if (life != FOR_EVER)
		until = mono_add(now, (int64_t)life * NS_PER_S);
	for (at = HEADER; at + 16 <= (size_t)option[1] * 8; at += 16) {
		struct ip ip = {.family = 6};

		memcpy(ip.b, option + at, 16);
		i = place_of(r, &ip);
		if (!life && i < r->n) {
			forget(r, i);
			changed = true;
		} else if (life && i < RDNSS_MAX) {
			changed |= i == r->n;
			r->n += i == r->n;
			r->addrs[i] = ip;
			r->until[i] = until;
		}
	}
	return changed;
}

bool rdnss_expire(struct rdnss *r, struct mono now)
{
	size_t i, n = r->n;

	for (i = r->n; i-- > 0;)
		if (!mono_before(now, r->until[i]))
			forget(r, i);
	return r->n < n;
}

struct mono rdnss_next(const struct rdnss *r)
{
	struct mono next = MONO_NEVER;
	size_t i;

	for (i = 0; i < r->n; i++)
		next = mono_min(next, r->until[i]);
	return next;
}
