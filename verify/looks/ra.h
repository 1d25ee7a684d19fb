/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_RA_H
#define LABCTL_VERIFY_LOOKS_RA_H

/*
 *   ra {"netns", "dev", "mac", "duration_ms", "settle_ms"}
 *        -> {"adverts": [{"mac", "from", "hops", "managed", "other",
 *            "lifetime", "mtu", "prefixes": [{"prefix", "onlink", "auto",
 *            "valid", "preferred"}], "rdnss": [...]}]}
 *
 * Asks for routers (RFC 4861, section 6.3.7) and hears whoever advertises
 * itself on the link: until settle_ms after the first, at most duration_ms.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define RA_ADVERTS_MAX 16
#define RA_PREFIXES_MAX 16
#define RA_DNS_MAX 16
#define RA_SOLICIT_SIZE 62 /* Ethernet, IPv6, the message */

struct ra_ask {
	const char *netns, *dev;
	struct mac mac; /* of dev */
	unsigned duration_ms, settle_ms;
};

struct ra_prefix {
	struct ipnet prefix;
	bool onlink, autonomous;
	uint32_t valid, preferred; /* s */
};

/* A router advertisement, RFC 4861 section 4.2. */
struct seen_advert {
	struct mac mac; /* the frame's sender */
	struct ip from;
	uint8_t hops;
	bool managed, other;
	uint16_t lifetime; /* s */
	uint32_t mtu;      /* 0: not told */
	struct ra_prefix prefixes[RA_PREFIXES_MAX];
	size_t nprefixes;
	struct ip dns[RA_DNS_MAX]; /* RFC 8106 */
	size_t ndns;
};

struct seen_adverts {
	const char *error; /* why nobody could be asked, or NULL */
	struct seen_advert *items;
	size_t n;
};

/* The request's members. */
void ra_ask(const struct ra_ask *q, struct buf *out);

/* The agent's side. */
int look_ra(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void ra_answer(struct arena *a, const struct doc *d, struct seen_adverts *ret);

/* Writes the frame that asks, RA_SOLICIT_SIZE bytes, from the unspecified
 * address. Pure. */
void ra_solicit(const struct mac *mac, uint8_t *out);

/* Whether a frame is a router advertisement, and what it says. Pure; frames
 * come from anybody. What is malformed is none. */
bool ra_read(const uint8_t *frame, size_t len, struct seen_advert *ret);

#endif
