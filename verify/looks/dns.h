/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_DNS_H
#define LABCTL_VERIFY_LOOKS_DNS_H

/*
 *   dns {"netns", "name", "servers": [...], "timeout_ms"}
 *        -> {"answers": [{"server", "addrs": [...], "error"}]}
 *
 * Asks DNS servers for a name's IPv4 addresses, each by itself and all at
 * once; the question is repeated, for it may be lost.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define DNS_SERVERS_MAX 64
#define DNS_ADDRS_MAX 8 /* kept of one answer */
#define DNS_NAME_MAX 253
#define DNS_QUERY_MAX (12 + DNS_NAME_MAX + 2 + 4)

struct dns_ask {
	const char *netns, *name;
	const struct ip *servers;
	size_t n;
	unsigned timeout_ms;
};

/* What one server said. */
struct seen_name {
	struct ip server;
	const char *error; /* "no answer", "NXDOMAIN", ...; or NULL */
	struct ip addrs[DNS_ADDRS_MAX];
	size_t naddrs;
};

struct seen_names {
	const char *error; /* why nobody could be asked, or NULL */
	struct seen_name *items;
	size_t n;
};

/* The request's members. */
void dns_ask(const struct dns_ask *q, struct buf *out);

/* The agent's side. */
int look_dns(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void dns_answer(struct arena *a, const struct doc *d, struct seen_names *ret);

/* Writes a question for a name's A records; returns its size, or -EINVAL where
 * it is no name. out has DNS_QUERY_MAX bytes. Pure. */
int dns_query(const char *name, uint16_t id, uint8_t *out);

/*
 * Reads a message; false where it is not the answer to this id. *ret_code is
 * its response code; ret and *ret_n are its A records, as far as they can be
 * read. Pure; messages come from anybody.
 */
bool dns_read(const uint8_t *p, size_t len, uint16_t id, unsigned *ret_code,
	      struct ip ret[DNS_ADDRS_MAX], size_t *ret_n);

#endif
