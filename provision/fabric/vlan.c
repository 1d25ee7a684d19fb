/* SPDX-License-Identifier: MIT */
/*
 * VLANs of the host outside
 * =========================
 * An external network may be a VLAN of its wire, and then the host outside
 * must tag. The kernel's way is 8021q, which it need not have, least of all
 * where nodes tag by Open vSwitch because it has not. So the host outside has a
 * tap for each such VLAN, and one process that puts tags on and takes them off,
 * between the tap and a packet socket on the wire. The kernel hands a frame
 * over without its tag, which it tells beside it; what it left undone of a
 * frame (checksum, segments) is told before it, and handed on as it is.
 */
#include "provision/fabric/vlan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/parse.h"

#define FRAME_MAX (64 * 1024 + ETH_HLEN)
#define MACS (2 * ETH_ALEN)
#define TAP_FLAGS (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)

struct relay {
	char lower[IFNAME_MAX];
	unsigned index; /* of lower */
	uint16_t vlan;
	int tap, wire;
};

static int open_tap(const char *name, struct err *reterr)
{
	struct ifreq ifr = {.ifr_flags = TAP_FLAGS};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), e;

	if (fd < 0)
		return err_sys(reterr, -errno, "open /dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) == 0)
		return fd;
	e = -errno;
	close(fd);
	return err_sys(reterr, e, "the tap %s", name);
}

int emul_vlan_make(const struct emul_nic *nic, struct err *reterr)
{
	struct ifreq ifr = {.ifr_hwaddr.sa_family = ARPHRD_ETHER};
	auto_close int fd = -1;

	if (if_nametoindex(nic->ifname))
		return 0;
	fd = open_tap(nic->ifname, reterr);
	if (fd < 0)
		return fd;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", nic->ifname);
	memcpy(ifr.ifr_hwaddr.sa_data, nic->mac.b, sizeof(nic->mac.b));
	if (ioctl(fd, TUNSETPERSIST, 1) < 0 ||
	    ioctl(fd, SIOCSIFHWADDR, &ifr) < 0)
		return err_sys(reterr, -errno, "the tap %s", nic->ifname);
	return 0;
}

struct emul_daemon emul_vlan_daemon(struct arena *a, const struct emul_node *n)
{
	const char **argv = arena_array(a, 2 * n->nnics + 3, sizeof(*argv));
	size_t k = 0;

	argv[k++] = "/proc/self/exe";
	argv[k++] = "vlan";
	for (size_t i = 0; i < n->nnics; i++) {
		if (!n->nics[i].vlan)
			continue;
		argv[k++] = n->nics[i].lower;
		argv[k++] = arena_printf(a, "%u", n->nics[i].vlan);
	}
	return (struct emul_daemon){.argv = k > 2 ? argv : NULL,
				    .log = "/var/log/vlan.log"};
}

/* --- passing on ----------------------------------------------------------- */

static int open_wire(const struct relay *r, struct err *reterr)
{
	const struct sockaddr_ll to = {.sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)r->index};
	static const int options[] = {PACKET_AUXDATA, PACKET_VNET_HDR,
				      PACKET_IGNORE_OUTGOING};
	auto_close int fd = -1;
	int one = 1;

	/* None until it is bound. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "packet socket");
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (setsockopt(fd, SOL_PACKET, options[i], &one, sizeof(one)) <
		    0)
			return err_sys(reterr, -errno, "packet socket");
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(reterr, -errno, "packet socket on %s", r->lower);
	return take_fd(&fd);
}

static bool has_tag(struct msghdr *m, uint16_t vlan)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return (aux.tp_status & TP_STATUS_VLAN_VALID) &&
		       (aux.tp_vlan_tci & 0x0fff) == vlan;
	}
	return false;
}

/* A frame that cannot be passed on is lost, as on any wire. */
static int from_wire(struct relay *r, uint8_t *buf, size_t size)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec iov = {buf, size};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(r->wire, &m, 0);

	if (n < 0)
		return errno == EAGAIN || if_nametoindex(r->lower) == r->index
			       ? 0
			       : -errno;
	if (has_tag(&m, r->vlan))
		(void)!write(r->tap, buf, (size_t)n);
	return 0;
}

static int from_tap(struct relay *r, uint8_t *buf, size_t size)
{
	const uint8_t tag[] = {ETH_P_8021Q >> 8, ETH_P_8021Q & 0xff,
			       (uint8_t)(r->vlan >> 8), (uint8_t)r->vlan};
	static const struct virtio_net_hdr whole;
	ssize_t n = read(r->tap, buf, size);
	uint8_t *frame = buf + sizeof(whole);
	struct iovec iov[4];

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	n -= (ssize_t)sizeof(whole);
	if (n < ETH_HLEN)
		return 0;
	iov[0] = (struct iovec){(void *)(uintptr_t)&whole, sizeof(whole)};
	iov[1] = (struct iovec){frame, MACS};
	iov[2] = (struct iovec){(void *)(uintptr_t)tag, sizeof(tag)};
	iov[3] = (struct iovec){frame + MACS, (size_t)n - MACS};
	(void)!writev(r->wire, iov, ARRAY_LEN(iov));
	return 0;
}

static int begin(struct relay *r, const char *lower, const char *id,
		 struct err *reterr)
{
	char name[IFNAME_MAX];
	uint32_t vlan;

	if (parse_u32(id, 1, TOPO_VLAN_MAX, &vlan) < 0 ||
	    strlen(lower) > IFNAME_MAX - sizeof(".4094"))
		return err_set(reterr, -EINVAL, "'%s' has no VLAN '%s'", lower,
			       id);
	r->vlan = (uint16_t)vlan;
	snprintf(r->lower, sizeof(r->lower), "%s", lower);
	r->index = if_nametoindex(lower);
	if (!r->index)
		return err_set(reterr, -ENODEV, "there is no %s", lower);
	snprintf(name, sizeof(name), "%.10s.%u", lower, vlan & 0xfff);
	r->tap = open_tap(name, reterr);
	if (r->tap < 0)
		return r->tap;
	r->wire = open_wire(r, reterr);
	return r->wire < 0 ? r->wire : 0;
}

static int run(struct relay *relays, size_t n)
{
	static uint8_t buf[sizeof(struct virtio_net_hdr) + FRAME_MAX];
	struct pollfd p[2 * EMUL_VLANS_MAX];
	int e = 0;

	for (size_t i = 0; i < n; i++) {
		p[2 * i] =
			(struct pollfd){.fd = relays[i].wire, .events = POLLIN};
		p[2 * i + 1] =
			(struct pollfd){.fd = relays[i].tap, .events = POLLIN};
	}
	while (e == 0) {
		if (poll(p, 2 * n, -1) < 0 && errno != EINTR)
			return -errno;
		for (size_t i = 0; i < n && e == 0; i++) {
			if (p[2 * i].revents)
				e = from_wire(&relays[i], buf, sizeof(buf));
			if (e == 0 && p[2 * i + 1].revents)
				e = from_tap(&relays[i], buf, sizeof(buf));
		}
	}
	return e;
}

int emul_vlan_relay(char *const *words, size_t n, struct err *reterr)
{
	struct relay relays[EMUL_VLANS_MAX];
	int e = 0;

	if (!n || n > EMUL_VLANS_MAX)
		return err_set(reterr, -EINVAL, "%zu VLANs of %d", n,
			       EMUL_VLANS_MAX);
	/* They end with the process. */
	for (size_t i = 0; i < n && e == 0; i++)
		e = begin(&relays[i], words[2 * i], words[2 * i + 1], reterr);
	if (e < 0)
		return e;
	e = run(relays, n);
	return err_sys(reterr, e, "pass frames on");
}
