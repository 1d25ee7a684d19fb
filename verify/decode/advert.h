/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DECODE_ADVERT_H
#define LABCTL_VERIFY_DECODE_ADVERT_H

#include <stddef.h>
#include <stdint.h>

#include "verify/decode/frame.h"

/*
 * Reads a VRRP message of len bytes, carried by f (whose IP fields are set),
 * as far as it goes. ret->fault is the codec's reason where the message must
 * be discarded by every receiver (RFC 9568 7.1), whatever its configuration.
 */
void decode_advert(const uint8_t *p, size_t len, const struct frame *f,
		   struct frame_advert *ret);

#endif
