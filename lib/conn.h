/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_CONN_H
#define LABCTL_LIB_CONN_H

/* A tracked connection, as its first packet was. */

#include <stdint.h>

#include "lib/ip.h"

struct conn {
	uint16_t zone;
	uint8_t protocol;
	struct ip src, dst;
	uint16_t sport, dport; /* of ICMP, dport: type << 8 | code */
};

#endif
