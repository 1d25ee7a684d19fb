/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SYNC_WIRE_H
#define LABCTL_PROVISION_SYNC_WIRE_H

/*
 * What nodes tell each other of connections, in datagrams:
 *
 *   head    "lct1", kind (1), number of records (1), 0 (2), epoch (4), number
 *           of the datagram (4)
 *   record  family (1), protocol (1), TCP state (1), 0 (1), zone (2), 0 (2),
 *           status (4), timeout (4), then both tuples: source, destination (16
 *           each), their ports (2 each), ICMP type and code (1 each), 0 (2)
 *
 * in network order. Pure: bytes to values and back.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/kernel/ctstate.h"

#define WIRE_UDP 28 /* the headers of IPv4 and UDP */
#define WIRE_HEAD 16
#define WIRE_RECORD 96
#define WIRE_RECORDS_MAX 14 /* in one datagram: below any MTU of a lab */
#define WIRE_MAX (WIRE_HEAD + WIRE_RECORDS_MAX * WIRE_RECORD)
#define WIRE_TIMEOUT_MAX 432000 /* s: an established connection's */

enum wire_kind {
	WIRE_STATE = 1, /* these are so */
	WIRE_GONE,      /* these are no more */
	WIRE_HELLO,     /* tell me all */
	WIRE_BEAT,      /* this was the last that I sent */
	WIRE_FIRST,     /* what follows is all I have */
	WIRE_LAST,      /* and that was all */
	WIRE_KIND_END
};

struct wire {
	enum wire_kind kind;
	uint32_t epoch, number;
	size_t n;
	struct ct_state items[WIRE_RECORDS_MAX];
};

/* Why a datagram is refused. */
enum wire_drop {
	WIRE_TAKEN,
	WIRE_SHORT,
	WIRE_MAGIC,
	WIRE_KIND,
	WIRE_LENGTH,
	WIRE_VALUE, /* a record that no router could have */
	WIRE_DROP_N
};
extern const char *const wire_drop_names[WIRE_DROP_N];

enum wire_drop wire_decode(const uint8_t *in, size_t len, struct wire *ret);

/* out has room for WIRE_MAX; returns how long it is. */
size_t wire_encode(const struct wire *w, uint8_t *out);

/*
 * The IPv4 and UDP headers (RFC 791, 768) of len bytes from one address to
 * another, both with that port, with a TTL of 255 and no checksum of the
 * datagram. out has room for WIRE_UDP.
 */
void wire_udp(const struct ip *from, const struct ip *to, uint16_t port,
	      size_t len, uint8_t *out);

#endif
