/* SPDX-License-Identifier: MIT */
/*
 * The one place where verify meets the engine's codec. Fields are read here
 * by offset, so that a message which is refused can still be told of; whether
 * it is refused is the codec's word.
 */
#include "verify/decode/advert.h"

#include <string.h>

#include "lib/mono.h"
#include "vrrp/core/advert.h"

#define ADVERT_HEADER 8

static struct vrrp_addr to_vrrp(const struct ip *ip)
{
	struct vrrp_addr a = {.family = ip->family};

	memcpy(a.b, ip->b, sizeof(a.b));
	return a;
}

/*
 * Asks the codec as a receiver would that is configured for exactly this
 * VRID, version and interval: what it refuses then, everybody refuses.
 */
static const char *refusal(const uint8_t *p, size_t len, const struct frame *f,
			   const struct frame_advert *a)
{
	struct vrrp_packet packet = {.src = to_vrrp(&f->ip_src),
				     .dst = to_vrrp(&f->ip_dst),
				     .ttl = f->ttl,
				     .payload = p,
				     .len = len};
	struct vrrp_group group = {.vrid = a->vrid,
				   .version = a->version,
				   .family = f->ip_src.family,
				   .interval_ns = a->adver_cs * NS_PER_CS};
	struct vrrp_advert advert;
	enum vrrp_drop drop;
	size_t which;

	drop = vrrp_advert_decode(&packet, &group, 1, &which, &advert);
	return drop == VRRP_TAKEN ? NULL : vrrp_drop_name[drop];
}

void decode_advert(const uint8_t *p, size_t len, const struct frame *f,
		   struct frame_advert *ret)
{
	size_t size = f->ip_src.family == 6 ? 16 : 4;
	unsigned i;

	*ret = (struct frame_advert){0};
	if (len < ADVERT_HEADER) {
		ret->fault = vrrp_drop_name[VRRP_DROP_TRUNCATED];
		return;
	}
	ret->version = p[0] >> 4;
	ret->type = p[0] & 0x0f;
	ret->vrid = p[1];
	ret->priority = p[2];
	ret->naddrs = p[3];
	if (ret->version < 3) {
		ret->auth_type = p[4];
		ret->adver_cs = p[5] * 100u;
	} else {
		ret->adver_cs = (p[4] & 0x0fu) << 8 | p[5];
	}
	for (i = 0; i < ret->naddrs && i < DECODE_ADVERT_ADDRS &&
		    len >= ADVERT_HEADER + (i + 1) * size;
	     i++) {
		ret->addrs[i].family = f->ip_src.family;
		memcpy(ret->addrs[i].b, p + ADVERT_HEADER + i * size, size);
	}
	ret->fault = refusal(p, len, f, ret);
}
