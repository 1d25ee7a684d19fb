/* SPDX-License-Identifier: MIT */
#include "vrrp/kernel/echo.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"

#define PACKET_MAX 128 /* an IP header at its longest, and a reply */
#define IP_HEADER_MIN 20

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 1071, of an even number of bytes. */
static unsigned checksum(const uint8_t *p, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

void vrrp_echo_write(int family, const struct vrrp_echo *echo, uint8_t *out)
{
	memset(out, 0, VRRP_ECHO_LEN);
	out[0] = family == 4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	put16(out + 4, echo->id);
	put16(out + 6, echo->seq);
	memcpy(out + 8, &echo->nonce, sizeof(echo->nonce));
	if (family == 4)
		put16(out + 2, checksum(out, VRRP_ECHO_LEN));
}

bool vrrp_echo_read(int family, const uint8_t *p, size_t len,
		    struct vrrp_echo *ret)
{
	size_t skip = 0;

	if (family == 4) {
		if (len < IP_HEADER_MIN)
			return false;
		skip = (size_t)(p[0] & 0x0f) * 4;
		if (skip < IP_HEADER_MIN)
			return false;
	}
	if (len < skip + VRRP_ECHO_LEN)
		return false;
	p += skip;
	if (p[0] != (family == 4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) || p[1])
		return false;
	ret->id = (uint16_t)get16(p + 4);
	ret->seq = (uint16_t)get16(p + 6);
	memcpy(&ret->nonce, p + 8, sizeof(ret->nonce));
	return true;
}

int vrrp_echo_socket(int nsfd, int family, struct err *reterr)
{
	struct icmp_filter four = {.data = ~(1u << ICMP_ECHOREPLY)};
	struct icmp6_filter six;
	auto_close int fd =
		netns_socket(nsfd, family == 4 ? AF_INET : AF_INET6,
			     SOCK_RAW | SOCK_NONBLOCK,
			     family == 4 ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
	int r;

	if (fd < 0)
		return err_sys(reterr, fd, "open a socket for pings");
	ICMP6_FILTER_SETBLOCKALL(&six);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
	r = family == 4
		    ? setsockopt(fd, SOL_RAW, ICMP_FILTER, &four, sizeof(four))
		    : setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &six,
				 sizeof(six));
	if (r < 0)
		return err_sys(reterr, -errno, "filter pings");
	return take_fd(&fd);
}

int vrrp_echo_send(int fd, const struct ip *to, const struct vrrp_echo *echo)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	uint8_t out[VRRP_ECHO_LEN];
	ssize_t n;

	vrrp_echo_write(to->family, echo, out);
	memcpy(&in.sin_addr, to->b, 4);
	memcpy(&in6.sin6_addr, to->b, 16);
	do
		n = to->family == 4
			    ? sendto(fd, out, sizeof(out), MSG_NOSIGNAL,
				     (struct sockaddr *)&in, sizeof(in))
			    : sendto(fd, out, sizeof(out), MSG_NOSIGNAL,
				     (struct sockaddr *)&in6, sizeof(in6));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

bool vrrp_echo_recv(int fd, int family, struct ip *ret_from,
		    struct vrrp_echo *ret)
{
	struct sockaddr_in6 from;
	struct sockaddr_in in;
	uint8_t p[PACKET_MAX];
	socklen_t size;
	ssize_t n;

	for (;;) {
		size = sizeof(from);
		n = recvfrom(fd, p, sizeof(p), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (!vrrp_echo_read(family, p, (size_t)n, ret))
			continue;
		*ret_from = (struct ip){.family = (uint8_t)family};
		if (family == 4) {
			memcpy(&in, &from, sizeof(in));
			memcpy(ret_from->b, &in.sin_addr, 4);
		} else {
			memcpy(ret_from->b, &from.sin6_addr, 16);
		}
		return true;
	}
}
