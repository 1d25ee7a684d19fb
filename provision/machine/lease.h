/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_LEASE_H
#define LABCTL_PROVISION_MACHINE_LEASE_H

/*
 * A DHCP lease as an instance's client got it: read from the words of a
 * server that nobody vouches for, told as text and as JSON. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define LEASE_DNS_MAX 8
#define LEASE_ROUTES_MAX 32
#define LEASE_TEXT_MAX 4096 /* bytes of any one option as text */
#define LEASE_NAME_MAX 253  /* of a domain: RFC 1035, section 3.1 */
#define LEASE_DEVICE_MAX 16
#define LEASE_MTU_MIN 576 /* every IPv4 host takes these: RFC 791 */
#define LEASE_MTU_MAX 65535

struct lease_route {
	struct ipnet to; /* len 0: the default route */
	struct ip via;   /* family 0: on the link */
};

struct lease {
	char device[LEASE_DEVICE_MAX];
	struct ipnet addr;
	struct ip server; /* family 0: it did not say */
	uint32_t seconds; /* how long it is lent; UINT32_MAX: for ever */
	uint32_t mtu;     /* 0: not told */
	struct ip dns[LEASE_DNS_MAX];
	size_t ndns;
	struct lease_route routes[LEASE_ROUTES_MAX];
	size_t nroutes;
	char domain[LEASE_NAME_MAX + 1]; /* "": not told */
	int64_t at_ns;                   /* CLOCK_REALTIME of the answer */
};

/* The value of a word of the client's environment, or NULL. */
typedef const char *lease_env(void *ctx, const char *name);

/*
 * Reads what udhcpc tells its script (busybox, networking/udhcp/dhcpc.c):
 * interface, ip, mask, serverid, lease, mtu, dns, domain, router and
 * staticroutes, which goes before router (RFC 3442). An option that makes no
 * sense is left out, and a line about it is added to notes; without an
 * address, its prefix and a lease time there is no lease: -EINVAL.
 * at_ns is left 0.
 */
int lease_read(lease_env *env, void *ctx, struct lease *ret, struct buf *notes,
	       struct err *reterr);

/* Lines that a person reads, each with its end. */
void lease_print(const struct lease *l, struct buf *out);

/* The text of /etc/resolv.conf. */
void lease_resolv(const struct lease *l, struct buf *out);

/* As one JSON object, and back: -EINVAL where it is none of these. */
void lease_encode(const struct lease *l, struct json *j);
int lease_decode(const struct doc *d, struct lease *ret, struct err *reterr);

#endif
