/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_ARP_H
#define LABCTL_VERIFY_LOOKS_ARP_H

/*
 *   arp {"netns", "dev", "mac", "targets": [{"ip", "from"}], "duration_ms",
 *        "settle_ms"} -> {"answers": [{"ip", "mac"}]}
 *
 * Asks who has addresses, each question from an own address, and hears all who
 * answer: until settle_ms after the last of them was answered, at most
 * duration_ms.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define ARP_TARGETS_MAX 64
#define ARP_ANSWERS_MAX 256
#define ARP_SIZE 42 /* Ethernet and the message */

struct arp_target {
	struct ip ip, from; /* IPv4: whose MAC is asked for, and who asks */
};

struct arp_ask {
	const char *netns, *dev;
	struct mac mac; /* of dev */
	const struct arp_target *targets;
	size_t n;
	unsigned duration_ms, settle_ms;
};

/* One who says that it has an address. */
struct seen_holder {
	struct ip ip;
	struct mac mac;
};

struct seen_holders {
	const char *error; /* why nobody could be asked, or NULL */
	struct seen_holder *items;
	size_t n;
};

/* The request's members. */
void arp_ask(const struct arp_ask *q, struct buf *out);

/* The agent's side. */
int look_arp(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void arp_answer(struct arena *a, const struct doc *d, struct seen_holders *ret);

/* Writes a question, ARP_SIZE bytes (RFC 826). Pure. */
void arp_question(const struct mac *mac, const struct arp_target *t,
		  uint8_t *out);

/* Whether a frame answers a question, and who has which address. Pure; frames
 * come from anybody. */
bool arp_read(const uint8_t *frame, size_t len, struct seen_holder *ret);

#endif
