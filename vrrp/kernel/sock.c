/* SPDX-License-Identifier: MIT */
#include "vrrp/kernel/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/unix.h"
#include "vrrp/core/advert.h"

#define TOS_INTERNETWORK_CONTROL 0xc0
#define PRIO_CONTROL 7 /* TC_PRIO_CONTROL: ahead of data in the queue */
#define WATCH_RCVBUF (1 << 20)
#define CONTROL_BACKLOG 8
#define CONTROL_TIMEOUT_S 10

struct setting {
	int level, name;
	const void *value;
	socklen_t len;
	const char *what;
};

static int set_all(int fd, const struct setting *s, size_t n, const char *dev,
		   struct err *reterr)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (setsockopt(fd, s[i].level, s[i].name, s[i].value,
			       s[i].len) < 0)
			return err_sys(reterr, -errno, "%s on %s", s[i].what,
				       dev);
	return 0;
}

int vrrp_sock_advert(int nsfd, const char *dev, unsigned ifindex,
		     struct err *reterr)
{
	struct vrrp_addr all = vrrp_group_addr(4);
	struct ip_mreqn group = {.imr_ifindex = (int)ifindex};
	const int ttl = VRRP_TTL, off = 0, tos = TOS_INTERNETWORK_CONTROL,
		  prio = PRIO_CONTROL;
	/* Bound to the interface before anything can come in by another. */
	const struct setting settings[] = {
		{SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev),
		 "bind a socket"},
		{IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl), "set TTL"},
		{IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off),
		 "stop looping"},
		{IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off),
		 "leave other groups"},
		{IPPROTO_IP, IP_TOS, &tos, sizeof(tos), "set TOS"},
		{SOL_SOCKET, SO_PRIORITY, &prio, sizeof(prio), "set priority"},
		{IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof(group),
		 "choose the interface"},
		{IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group),
		 "join 224.0.0.18"},
	};
	auto_close int fd = -1;
	int r;

	memcpy(&group.imr_multiaddr, all.b, 4);
	fd = netns_socket(nsfd, AF_INET, SOCK_RAW | SOCK_NONBLOCK, VRRP_PROTO);
	if (fd < 0)
		return err_sys(reterr, fd, "open a raw socket");
	r = set_all(fd, settings, ARRAY_LEN(settings), dev, reterr);
	if (r < 0)
		return r;
	return take_fd(&fd);
}

int vrrp_sock_filter(int fd, const uint8_t *vrids, size_t n, struct err *reterr)
{
	struct sock_filter code[8 + 256];
	struct sock_fprog prog = {.filter = code};
	size_t i, k = 0;

	/* Data begins with the IP header; 28 bytes hold it and the VRID. */
	code[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0);
	code[k++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 28,
						 1, 0);
	code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	code[k++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0);
	code[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1);
	if (n > 255)
		return err_set(reterr, -E2BIG, "more than 255 VRIDs");
	for (i = 0; i < n; i++)
		code[k++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, vrids[i], (uint8_t)(n - i),
			0);
	code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	prog.len = (unsigned short)k;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) <
	    0)
		return err_sys(reterr, -errno, "attach a filter");
	return 0;
}

int vrrp_sock_send(int fd, unsigned ifindex, const struct vrrp_addr *src,
		   const uint8_t *msg, size_t len)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {0};
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct vrrp_addr all = vrrp_group_addr(4);
	struct in_pktinfo info = {.ipi_ifindex = (int)ifindex};
	struct iovec iov = {.iov_base = (void *)msg, .iov_len = len};
	struct msghdr m = {.msg_name = &to,
			   .msg_namelen = sizeof(to),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.room,
			   .msg_controllen = sizeof(control.room)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	memcpy(&to.sin_addr, all.b, 4);
	memcpy(&info.ipi_spec_dst, src->b, 4);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	while (sendmsg(fd, &m, MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

ssize_t vrrp_sock_recv(int fd, uint8_t *out, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, out, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int vrrp_sock_packet(int nsfd, struct err *reterr)
{
	const int prio = PRIO_CONTROL;
	int fd = netns_socket(nsfd, AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_sys(reterr, fd, "open a packet socket");
	/* Best effort: it only matters where a queue has several bands. */
	(void)setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &prio, sizeof(prio));
	return fd;
}

int vrrp_sock_frame(int fd, unsigned ifindex, const uint8_t *frame, size_t len)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)ifindex};

	memcpy(&to.sll_protocol, frame + 12, 2);
	while (sendto(fd, frame, len, MSG_DONTWAIT, (struct sockaddr *)&to,
		      sizeof(to)) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/*
 * Adverts leave by the same socket. Where frames wait for a device, the half of
 * its buffer is theirs.
 */
static bool is_half_full(int fd)
{
	socklen_t len = sizeof(int);
	int queued = 0, size = 0;

	return ioctl(fd, SIOCOUTQ, &queued) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) == 0 &&
	       queued > size / 2;
}

size_t vrrp_sock_frames(int fd, const struct vrrp_frame *f, size_t n)
{
	struct sockaddr_ll to[VRRP_FRAMES_MAX];
	struct iovec iov[VRRP_FRAMES_MAX];
	struct mmsghdr m[VRRP_FRAMES_MAX];
	size_t i, failed = 0;
	int r;

	if (is_half_full(fd))
		return n;
	memset(m, 0, sizeof(m));
	memset(to, 0, sizeof(to));
	for (i = 0; i < n; i++) {
		to[i].sll_family = AF_PACKET;
		to[i].sll_ifindex = (int)f[i].ifindex;
		/* As the frame itself says, which taps on the way look at. */
		memcpy(&to[i].sll_protocol, f[i].bytes + 12, 2);
		iov[i].iov_base = (void *)f[i].bytes;
		iov[i].iov_len = f[i].len;
		m[i].msg_hdr.msg_name = &to[i];
		m[i].msg_hdr.msg_namelen = sizeof(to[i]);
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < n;) {
		r = sendmmsg(fd, m + i, (unsigned)(n - i), MSG_DONTWAIT);
		if (r < 0 && errno == EINTR)
			continue;
		if (r > 0) {
			i += (size_t)r;
			continue;
		}
		failed++;
		i++;
	}
	return failed;
}

int vrrp_sock_watch(int nsfd, struct err *reterr)
{
	/* Each address comes with some routes that the kernel makes. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTPROT_KERNEL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog prog = {.len = ARRAY_LEN(code), .filter = code};
	struct sockaddr_nl here = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
			     RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE};
	auto_close int fd = -1;
	int size = WATCH_RCVBUF;

	fd = netns_socket(nsfd, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK,
			  NETLINK_ROUTE);
	if (fd < 0)
		return err_sys(reterr, fd, "open a netlink socket");
	/* Best effort: an overrun is survived. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	/* Best effort too: it only spares work. */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0)
		return err_sys(reterr, -errno, "watch links");
	return take_fd(&fd);
}

/* --- control ----------------------------------------------------------- */

int vrrp_sock_listen(const char *path, struct err *reterr)
{
	struct sockaddr_un at;
	auto_close int fd = -1;
	mode_t mask;
	int r;

	r = unix_address(path, &at, reterr);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "open a socket");
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(reterr, -errno, "replace %s", path);
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0)
		return err_sys(reterr, r, "%s", path);
	if (listen(fd, CONTROL_BACKLOG) < 0)
		return err_sys(reterr, -errno, "%s", path);
	return take_fd(&fd);
}

int vrrp_sock_connect(const char *path, struct err *reterr)
{
	const struct timeval limit = {.tv_sec = CONTROL_TIMEOUT_S};
	struct sockaddr_un at;
	auto_close int fd = -1;
	int r;

	r = unix_address(path, &at, reterr);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "open a socket");
	/* A stopped engine must not stop whoever asks. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return err_sys(reterr, -errno, "no engine answers at %s", path);
	return take_fd(&fd);
}
