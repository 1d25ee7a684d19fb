/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_DHCP_H
#define LABCTL_VERIFY_LOOKS_DHCP_H

/*
 *   dhcp {"netns", "dev", "mac", "duration_ms", "enough"}
 *        -> {"offers": [{"server", "addr", "from"}]}
 *
 * Asks all DHCP servers that hear it what they would lend to a host with this
 * MAC (DHCPDISCOVER, RFC 2131), and takes nothing. It is a frame, so an
 * interface without an address will do, and a client of the machine's own is
 * not disturbed. Each different offer is told once. Ends after duration_ms,
 * or when enough servers have answered (0: never enough).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define DHCP_OFFERS_MAX 64
/* Of a frame with it: 300 bytes are the least of a BOOTP message (RFC 1542). */
#define DHCP_DISCOVER_SIZE 342

struct dhcp_ask {
	const char *netns, *dev;
	struct mac mac;
	unsigned duration_ms, enough;
};

struct seen_offer {
	struct ip server; /* its identifier; family 0: it told none */
	struct ip addr;
	struct mac from; /* the frame's sender */
};

struct seen_offers {
	const char *error; /* why nobody could be asked, or NULL */
	struct seen_offer *items;
	size_t n;
};

/* The request's members. */
void dhcp_ask(const struct dhcp_ask *q, struct buf *out);

/* The agent's side. */
int look_dhcp(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void dhcp_answer(struct arena *a, const struct doc *d, struct seen_offers *ret);

/* Writes the frame that asks, DHCP_DISCOVER_SIZE bytes. Pure. */
void dhcp_discover(const struct mac *mac, uint32_t xid, uint8_t *out);

/* Whether a frame is an offer in answer to xid, and what it offers. Pure;
 * frames come from anybody. */
bool dhcp_offer_read(const uint8_t *frame, size_t len, uint32_t xid,
		     struct seen_offer *ret);

#endif
