/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_LEASE6_H
#define LABCTL_PROVISION_MACHINE_LEASE6_H

/*
 * What an instance's DHCPv6 client was told (RFC 8415): addresses, or none
 * where it asked for the rest alone. Read from the words of a server that
 * nobody vouches for, told as text and as JSON. Pure.
 *
 * Servers and clients are known by DUIDs (section 11). A machine's own is made
 * of its MAC (type 3), and its IAID is the MAC's last four bytes, so that who
 * knows the MAC can ask as it would.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "provision/machine/lease.h"

/* How long dhclient would have an address: nobody can tell it otherwise, and a
 * server lends it for no longer. It renews after 3600 s. */
#define LEASE6_SECONDS 7500
#define LEASE6_RENEW_S 3600

#define LEASE6_ADDRS_MAX 8
#define LEASE6_DUID_MAX 130 /* bytes: RFC 8415, section 11.1 */
#define LEASE6_DUID_TEXT (3 * LEASE6_DUID_MAX)

struct lease6_addr {
	struct ip addr;
	uint32_t valid, preferred; /* seconds; UINT32_MAX: for ever */
};

struct lease6 {
	char device[LEASE_DEVICE_MAX];
	struct lease6_addr addrs[LEASE6_ADDRS_MAX];
	size_t naddrs;               /* 0: stateless */
	char duid[LEASE6_DUID_TEXT]; /* the server's; "": it told none */
	struct ip dns[LEASE_DNS_MAX];
	size_t ndns;
	char domain[LEASE_NAME_MAX + 1]; /* the first to search; "": none */
	int64_t at_ns;                   /* CLOCK_REALTIME of the answer */
};

/* "00:03:00:01:fa:16:3e:01:02:03"; one that is too long is cut. Returns out. */
char *lease6_duid_print(const uint8_t *duid, size_t n,
			char out[LEASE6_DUID_TEXT]);

/* The DUID of whom is known by a MAC; returns its size. */
size_t lease6_duid_of(const struct mac *mac, uint8_t out[LEASE6_DUID_MAX]);

/* The same as text. */
char *lease6_duid_text(const struct mac *mac, char out[LEASE6_DUID_TEXT]);

/*
 * Reads what dhclient tells its script (dhclient-script(8)): interface and,
 * with "new_" before each, ip6_address, max_life, preferred_life,
 * dhcp6_server_id, dhcp6_name_servers and dhcp6_domain_search. It tells one
 * address at a time: ret has one, or none. An option that makes no sense is
 * left out, and a line about it is added to notes; an address that no host can
 * have is -EINVAL. at_ns is left 0.
 */
int lease6_read(lease_env *env, void *ctx, struct lease6 *ret,
		struct buf *notes, struct err *reterr);

bool lease6_has(const struct lease6 *l, const struct ip *addr);

/* Adds the addresses of one told before to it, but those that both have and
 * those whose time is over; the others have what is left of it. */
void lease6_merge(struct lease6 *l, const struct lease6 *before);

/* Takes an address out. False where it is none of the lease's. */
bool lease6_drop(struct lease6 *l, const struct ip *addr);

/* Lines that a person reads, each with its end. */
void lease6_print(const struct lease6 *l, struct buf *out);

/* Its lines of /etc/resolv.conf. */
void lease6_resolv(const struct lease6 *l, struct buf *out);

/* As one JSON object, and back: -EINVAL where it is none of these. */
void lease6_encode(const struct lease6 *l, struct json *j);
int lease6_decode(const struct doc *d, struct lease6 *ret, struct err *reterr);

/* A text that lease6_encode() wrote, which need not be one. */
bool lease6_parse(struct arena *a, struct buf *text, struct lease6 *ret);

#endif
