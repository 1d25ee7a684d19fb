/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_ECHO_H
#define LABCTL_VRRP_KERNEL_ECHO_H

/* Echo requests and replies of ICMP (RFC 792) and ICMPv6 (RFC 4443). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "lib/ip.h"

#define VRRP_ECHO_LEN 16 /* bytes of a message: header, and the nonce */

struct vrrp_echo {
	uint16_t id, seq;
	uint64_t nonce;
};

/* A raw socket that hears nothing but echo replies, non-blocking and
 * close-on-exec, in the namespace nsfd. family is 4 or 6. */
int vrrp_echo_socket(int nsfd, int family, struct err *reterr);

/* 0 or -errno. */
int vrrp_echo_send(int fd, const struct ip *to, const struct vrrp_echo *echo);

/* A reply that came, into ret, and from whom; false when there is none. What
 * is no reply, or a malformed one, is passed over. */
bool vrrp_echo_recv(int fd, int family, struct ip *ret_from,
		    struct vrrp_echo *ret);

/* A request as bytes, VRRP_ECHO_LEN of them; of IPv6 the kernel fills in the
 * checksum. And a reply, of IPv4 behind its IP header; false where it is none.
 * Pure. */
void vrrp_echo_write(int family, const struct vrrp_echo *echo, uint8_t *out);
bool vrrp_echo_read(int family, const uint8_t *p, size_t len,
		    struct vrrp_echo *ret);

#endif
