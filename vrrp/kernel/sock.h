/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_SOCK_H
#define LABCTL_VRRP_KERNEL_SOCK_H

/*
 * Every socket of the engine but rtnetlink's request socket. Descriptors are
 * non-blocking and close-on-exec; nsfd is a network namespace, -1 the
 * thread's own.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "vrrp/core/announce.h"
#include "vrrp/core/fsm.h"

/*
 * One socket for all IPv4 advertisements on an interface, in and out: bound
 * to it, in the group, TTL 255, own packets not looped back.
 */
int vrrp_sock_advert(int nsfd, const char *dev, unsigned ifindex,
		     struct err *reterr);

/*
 * Has the kernel drop what carries another VRID than these, so that an engine
 * among 255 routers on one link is not woken by all of them. What is too
 * short to tell comes through.
 */
int vrrp_sock_filter(int fd, const uint8_t *vrids, size_t n,
		     struct err *reterr);

/*
 * Sends one Ethernet frame by a socket of vrrp_sock_packet(). 0 or -errno;
 * unlike vrrp_sock_send() it needs nothing of the kernel's neighbour table
 * and hears of a queue that is full (-ENOBUFS).
 */
int vrrp_sock_frame(int fd, unsigned ifindex, const uint8_t *frame, size_t len);

/*
 * Sends an advertisement from src (IPv4), for interfaces that are not
 * Ethernet. 0 or -errno.
 */
int vrrp_sock_send(int fd, unsigned ifindex, const struct vrrp_addr *src,
		   const uint8_t *msg, size_t len);

/* A packet with its IP header; -EAGAIN when there is none. */
ssize_t vrrp_sock_recv(int fd, uint8_t *out, size_t size);

/* For vrrp_sock_frame() and _frames(); receives nothing. */
int vrrp_sock_packet(int nsfd, struct err *reterr);

struct vrrp_frame {
	unsigned ifindex;
	size_t len;
	uint8_t bytes[VRRP_ANNOUNCE_MAX];
};

#define VRRP_FRAMES_MAX 64

/*
 * Sends up to VRRP_FRAMES_MAX Ethernet frames; one that cannot be sent does
 * not stop the others, and none is where half of the socket's buffer is taken:
 * the rest is for adverts. Returns how many could not.
 */
size_t vrrp_sock_frames(int fd, const struct vrrp_frame *f, size_t n);

/* Netlink notifications about links, addresses and routes of both families,
 * but for routes of the kernel's own. */
int vrrp_sock_watch(int nsfd, struct err *reterr);

/* The control socket: mode 0600; what stands at path is replaced. */
int vrrp_sock_listen(const char *path, struct err *reterr);
int vrrp_sock_connect(const char *path, struct err *reterr); /* blocking */

#endif
