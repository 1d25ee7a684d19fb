/* SPDX-License-Identifier: MIT */
/*
 * The one place where verify meets the engine's codec. Fields are read here
 * by offset, so that a message which is refused can still be told of; whether
 * it is refused is the codec's word.
 */
#include "verify/decode_advert.h"

#include <string.h>

#define ADVERT_HEADER 8

void decode_advert(const uint8_t *p, size_t len, const struct frame *f,
		   struct frame_advert *ret)
{
	size_t size = f->ip_src.family == 6 ? 16 : 4;
	unsigned i;

	*ret = (struct frame_advert){0};
	if (len < ADVERT_HEADER) {
		ret->fault = "truncated";
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
}
