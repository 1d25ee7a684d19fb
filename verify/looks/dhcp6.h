/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_DHCP6_H
#define LABCTL_VERIFY_LOOKS_DHCP6_H

/*
 *   dhcp6 {"netns", "dev", "mac", "stateless", "duration_ms", "enough"}
 *        -> {"offers": [{"duid", "addr", "from", "mac"}]}
 *
 * Asks all DHCPv6 servers that hear it what they would lend to the client with
 * this MAC (Solicit, RFC 8415 section 18.2.1), or, stateless, what else they
 * would tell it (Information-request, 18.2.6); nothing is taken. It is a
 * frame, with the names that the machine's own client has (lease6.h), so
 * that servers answer as they would that one, which is not disturbed. Each
 * different answer is told once. Ends after duration_ms, or when enough
 * servers have answered (0: never enough).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "provision/machine/lease6.h"

#define DHCP6_OFFERS_MAX 64
#define DHCP6_ASK_MAX 128 /* bytes of a frame with either question */

struct dhcp6_ask {
	const char *netns, *dev;
	struct mac mac;
	bool stateless;
	unsigned duration_ms, enough;
};

struct seen_offer6 {
	const char *duid; /* the server's, as lease6.h writes it; "": none */
	struct ip addr;   /* family 0: it offers none */
	struct ip from;   /* the packet's sender, */
	struct mac mac;   /* and the frame's */
};

struct seen_offers6 {
	const char *error; /* why nobody could be asked, or NULL */
	struct seen_offer6 *items;
	size_t n;
};

/* The request's members. */
void dhcp6_ask(const struct dhcp6_ask *q, struct buf *out);

/* The agent's side. */
int look_dhcp6(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void dhcp6_answer(struct arena *a, const struct doc *d,
		  struct seen_offers6 *ret);

/* Writes the frame that asks; returns its size. xid has 24 bits. Pure. */
size_t dhcp6_question(const struct mac *mac, bool stateless, uint32_t xid,
		      uint8_t out[DHCP6_ASK_MAX]);

/* Whether a frame answers xid, and what it offers; its duid is in duid. Pure;
 * frames come from anybody. */
bool dhcp6_offer_read(const uint8_t *frame, size_t len, uint32_t xid,
		      struct seen_offer6 *ret, char duid[LEASE6_DUID_TEXT]);

#endif
