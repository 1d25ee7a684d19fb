/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_HOP_H
#define LABCTL_VERIFY_LOOKS_HOP_H

/*
 *   hop {"netns", "dev", "mac", "targets": [IP], "duration_ms"}
 *       -> {"answers": [IP]}
 *
 * Who is there on a link, by ARP and neighbour discovery, until all have
 * answered. Asked from a MAC address that is not the link's own: a standby's
 * link has the active one's, and who hears it there would send to the wrong
 * one. So are the addresses asked from: none of IPv4's, as of one that looks
 * whether an address is free (RFC 5227), and the link-local one of that MAC.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define HOP_TARGETS_MAX 16
#define HOP_SOLICIT_SIZE 86 /* Ethernet, IPv6 and the message */

struct hop_ask {
	const char *netns, *dev;
	struct mac mac; /* that asks */
	const struct ip *targets;
	size_t n;
	unsigned duration_ms;
};

struct seen_hops {
	const char *error; /* why nobody could be asked, or NULL */
	struct ip *answers;
	size_t n;
};

/* The request's members. */
void hop_ask(const struct hop_ask *q, struct buf *out);

/* The agent's side. */
int look_hop(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void hop_answer(struct arena *a, const struct doc *d, struct seen_hops *ret);

/* Writes a neighbour solicitation, HOP_SOLICIT_SIZE bytes (RFC 4861 4.3).
 * Pure. */
void hop_solicit(const struct mac *mac, const struct ip *target, uint8_t *out);

/* Whether a frame says that somebody is there who was asked by this MAC, and
 * who. Pure; frames come from anybody. */
bool hop_read(const uint8_t *frame, size_t len, const struct mac *mac,
	      struct ip *ret);

#endif
