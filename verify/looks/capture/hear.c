/* SPDX-License-Identifier: MIT */
#include "verify/looks/capture/hear.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/map.h"
#include "lib/parse.h"
#include "verify/looks/op.h"

#define CLOSERS 32

/* Closing a packet socket waits until no processor looks at it, some 10 ms:
 * many wait together. */
struct closing {
	const int *fds;
	size_t n;
	atomic_size_t next;
};

static void *closer(void *ctx)
{
	struct closing *c = ctx;
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) < c->n)
		if (c->fds[i] >= 0)
			close(c->fds[i]);
	return NULL;
}

static void close_all(const int *fds, size_t n)
{
	struct closing c = {.fds = fds, .n = n};
	pthread_t t[CLOSERS];
	size_t started = 0, i;

	while (started < CLOSERS && started < n &&
	       pthread_create(&t[started], NULL, closer, &c) == 0)
		started++;
	closer(&c);
	for (i = 0; i < started; i++)
		pthread_join(t[i], NULL);
}

static const uint8_t mark[HEAR_MARK_LEN - 4] = {'l', 'a', 'b',  'c',
						't', 'l', 0xa5, 0x3c};

void hear_mark(uint32_t id, uint8_t ret[HEAR_MARK_LEN])
{
	uint32_t wire = htonl(id);

	memcpy(ret, mark, sizeof(mark));
	memcpy(ret + sizeof(mark), &wire, sizeof(wire));
}

/* --- hearing --------------------------------------------------------------
 */

struct place {
	const char *netns, *dev;
	bool out;
	int fd;
	struct err err;
	uint8_t *heard; /* a bit a number; NULL: none yet */
};

static int open_place(struct place *p)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL)};
	auto_close int ns = netns_open(p->netns, &p->err), fd = -1;
	struct ifreq ifr = {0};

	if (ns < 0)
		return ns;
	fd = netns_socket(ns, AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(&p->err, fd, "listen");
	memccpy(ifr.ifr_name, p->dev, '\0', sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
		return err_sys(&p->err, -errno, "find %s", p->dev);
	at.sll_ifindex = ifr.ifr_ifindex;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return err_sys(&p->err, -errno, "listen on %s", p->dev);
	p->fd = take_fd(&fd);
	return 0;
}

static void hear_frame(struct place *p, const uint8_t *frame, size_t len)
{
	const uint8_t *at = memmem(frame, len, mark, sizeof(mark));
	uint32_t id;

	if (!at || (size_t)(frame + len - at) < HEAR_MARK_LEN)
		return;
	memcpy(&id, at + sizeof(mark), sizeof(id));
	id = ntohl(id);
	if (id >= HEAR_IDS_MAX)
		return;
	if (!p->heard)
		p->heard = calloc(1, HEAR_IDS_MAX / 8);
	if (p->heard)
		p->heard[id / 8] |= (uint8_t)(1u << id % 8);
}

static void hear_some(struct place *p)
{
	uint8_t frame[UTTER_BYTES_MAX * 2];
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(p->fd, frame, sizeof(frame), 0,
			     (struct sockaddr *)&from, &size)) >= 0 ||
	       errno == EINTR) {
		if (n > 0 && (from.sll_pkttype == PACKET_OUTGOING) == p->out)
			hear_frame(p, frame, (size_t)n);
		size = sizeof(from);
	}
}

static void tell(const struct place *p, struct json *j)
{
	json_obj(j);
	if (p->err.code)
		json_kstr(j, "error", p->err.msg);
	json_key(j, "ids");
	json_arr(j);
	for (uint32_t id = 0; p->heard && id < HEAR_IDS_MAX; id++)
		if (p->heard[id / 8] >> id % 8 & 1)
			json_int(j, id);
	json_arr_end(j);
	json_obj_end(j);
}

static int read_places(struct arena *a, const struct doc *req,
		       struct place **ret, size_t *ret_n, struct err *reterr)
{
	const struct doc *item;
	struct place *p;

	DOC_FOREACH (item, doc_get(req, "places")) {
		if (*ret_n == HEAR_PLACES_MAX)
			return err_set(reterr, -E2BIG,
				       "more than %d places to listen at",
				       HEAR_PLACES_MAX);
		p = arena_push(a, ret, ret_n, sizeof(*p));
		p->netns = doc_str(item, "netns", "");
		p->dev = doc_str(item, "dev", "");
		p->out = doc_bool(item, "out", false);
		p->fd = -1;
	}
	return 0;
}

static void hear_until(int ep, struct place *list, struct mono until)
{
	struct epoll_event ev[16];
	unsigned wake = 0;
	int n, i;

	while (!(wake & (LOOK_STOP | LOOK_TIME))) {
		wake = look_wait(ep, until);
		n = epoll_wait(ep, ev, ARRAY_LEN(ev), 0);
		for (i = 0; i < n; i++)
			hear_some(&list[ev[i].data.u32]);
	}
}

int look_hear(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct place *list = NULL;
	int *fds;
	auto_close int ep = -1;
	struct epoll_event ev;
	int64_t duration;
	size_t n = 0, i;
	int r;

	r = look_number(req, "duration_ms", 1, LOOK_DURATION_MAX_MS, 1000,
			&duration, reterr);
	if (r == 0)
		r = read_places(&a, req, &list, &n, reterr);
	if (r < 0)
		return r;
	if (!list)
		return err_set(reterr, -EINVAL, "no place to listen at");
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0)
		return err_sys(reterr, -errno, "epoll");
	for (i = 0; i < n; i++) {
		if (open_place(&list[i]) < 0)
			continue;
		ev = (struct epoll_event){.events = EPOLLIN,
					  .data.u32 = (uint32_t)i};
		if (epoll_ctl(ep, EPOLL_CTL_ADD, list[i].fd, &ev) < 0)
			err_sys(&list[i].err, -errno, "epoll");
	}
	hear_until(ep, list, mono_add(clock_mono(), duration * NS_PER_MS));
	fds = arena_array(&a, n + 1, sizeof(*fds));
	for (i = 0; i < n; i++) {
		fds[i] = list[i].fd;
		if (fds[i] >= 0)
			hear_some(&list[i]);
	}
	close_all(fds, n);
	json_key(j, "heard");
	json_arr(j);
	for (i = 0; i < n; i++) {
		tell(&list[i], j);
		free(list[i].heard);
	}
	json_arr_end(j);
	return 0;
}

/* --- uttering -------------------------------------------------------------
 */

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

static int read_bytes(const char *hex, uint8_t *ret, size_t *ret_len)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		int hi = digit(hex[0]), lo = digit(hex[1]);

		if (hi < 0 || lo < 0 || n == UTTER_BYTES_MAX)
			return -EINVAL;
		ret[n++] = (uint8_t)(hi << 4 | lo);
	}
	*ret_len = n;
	return *hex || n < 20 ? -EINVAL : 0;
}

static int utter_packet(int ns, const uint8_t *b, size_t len)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	bool v6 = b[0] >> 4 == 6;
	auto_close int fd = -1;

	if (v6 && len < 40)
		return -EINVAL;
	fd = netns_socket(ns, v6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		return fd;
	memcpy(v6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr,
	       b + (v6 ? 24 : 16), v6 ? 16 : 4);
	return sendto(fd, b, len, MSG_NOSIGNAL,
		      v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four,
		      v6 ? sizeof(six) : sizeof(four)) < 0
		       ? -errno
		       : 0;
}

/* Sockets stay open for more frames of the same place. */
struct utters {
	struct map by_netns; /* to where it stands in fds, and 1 */
	int *fds;
	size_t n;
	struct arena a;
};

static int packet_socket(struct utters *u, int ns, const char *netns)
{
	uintptr_t at = (uintptr_t)map_gets(&u->by_netns, netns);
	int fd;

	if (at)
		return u->fds[at - 1];
	fd = netns_socket(ns, AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		return fd;
	*(int *)arena_push(&u->a, &u->fds, &u->n, sizeof(fd)) = fd;
	map_puts(&u->a, &u->by_netns, arena_strdup(&u->a, netns),
		 (void *)(uintptr_t)u->n);
	return fd;
}

static int utter_frame(int fd, const char *dev, const uint8_t *b, size_t len)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_halen = ETH_ALEN};
	struct ifreq ifr = {0};

	if (fd < 0)
		return fd;
	memccpy(ifr.ifr_name, dev, '\0', sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
		return -errno;
	to.sll_ifindex = ifr.ifr_ifindex;
	memcpy(to.sll_addr, b, ETH_ALEN);
	memcpy(&to.sll_protocol, b + 12, 2);
	return sendto(fd, b, len, MSG_NOSIGNAL, (struct sockaddr *)&to,
		      sizeof(to)) < 0
		       ? -errno
		       : 0;
}

static int utter_one(struct utters *u, const struct doc *item,
		     struct err *reterr)
{
	const char *dev = doc_str(item, "dev", "");
	const char *netns = doc_str(item, "netns", "");
	auto_close int ns = netns_open(netns, reterr);
	uint8_t bytes[UTTER_BYTES_MAX];
	size_t len;
	int r;

	if (ns < 0)
		return ns;
	if (read_bytes(doc_str(item, "bytes", ""), bytes, &len) < 0)
		return err_set(reterr, -EINVAL, "no frame");
	r = *dev ? utter_frame(packet_socket(u, ns, netns), dev, bytes, len)
		 : utter_packet(ns, bytes, len);
	return r < 0 ? err_sys(reterr, r, "send") : 0;
}

int look_utter(const struct doc *req, struct json *j, struct err *reterr)
{
	struct utters u = {0};
	const struct doc *item;
	struct err err;
	size_t n = 0;

	json_key(j, "errors");
	json_arr(j);
	DOC_FOREACH (item, doc_get(req, "frames")) {
		if (n == UTTER_MAX) {
			arena_release(&u.a); /* sockets end with the process */
			return err_set(reterr, -E2BIG,
				       "more than %d frames to send",
				       UTTER_MAX);
		}
		if (utter_one(&u, item, &err) < 0) {
			json_obj(j);
			json_kint(j, "at", (int64_t)n);
			json_kstr(j, "error", err.msg);
			json_obj_end(j);
		}
		n++;
	}
	json_arr_end(j);
	close_all(u.fds, u.n);
	arena_release(&u.a);
	return 0;
}

/* --- the other side: the requests and their answers ----------------------- */

void hear_ask(const struct hear_place *p, size_t n, unsigned duration_ms,
	      struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_kint(&j, "duration_ms", duration_ms);
	json_key(&j, "places");
	json_arr(&j);
	for (size_t i = 0; i < n; i++) {
		json_obj(&j);
		json_kstr(&j, "netns", p[i].netns);
		json_kstr(&j, "dev", p[i].dev);
		json_kbool(&j, "out", p[i].out);
		json_obj_end(&j);
	}
	json_arr_end(&j);
}

void hear_answer(struct arena *a, const struct doc *d, struct hear_place *p,
		 size_t n)
{
	const struct doc *item, *id;
	size_t i = 0;

	DOC_FOREACH (item, doc_get(d, "heard")) {
		const char *error = doc_str(item, "error", NULL);
		uint32_t *ids = NULL;
		uint32_t v;

		if (i == n)
			return;
		p[i].error = error ? arena_strdup(a, error) : NULL;
		p[i].nids = 0;
		DOC_FOREACH (id, doc_get(item, "ids")) {
			if (p[i].nids == HEAR_IDS_MAX ||
			    id->kind != DOC_SCALAR ||
			    parse_u32(id->str, 0, HEAR_IDS_MAX - 1, &v) < 0)
				break;
			*(uint32_t *)arena_push(a, &ids, &p[i].nids,
						sizeof(*ids)) = v;
		}
		p[i++].ids = ids;
	}
	for (; i < n; i++)
		p[i].error = "its answer is missing";
}

void utter_ask(const struct utter_frame *f, size_t n, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * UTTER_BYTES_MAX + 1];
	struct json j;

	json_init(&j, out, 0);
	json_key(&j, "frames");
	json_arr(&j);
	for (size_t i = 0; i < n; i++) {
		size_t len =
			f[i].len < UTTER_BYTES_MAX ? f[i].len : UTTER_BYTES_MAX;

		for (size_t k = 0; k < len; k++) {
			hex[2 * k] = digits[f[i].bytes[k] >> 4];
			hex[2 * k + 1] = digits[f[i].bytes[k] & 15];
		}
		hex[2 * len] = '\0';
		json_obj(&j);
		json_kstr(&j, "netns", f[i].netns);
		if (f[i].dev)
			json_kstr(&j, "dev", f[i].dev);
		json_kstr(&j, "bytes", hex);
		json_obj_end(&j);
	}
	json_arr_end(&j);
}

void utter_answer(struct arena *a, const struct doc *d, struct utter_frame *f,
		  size_t n)
{
	const struct doc *list = doc_get(d, "errors"), *item;
	size_t i;

	for (i = 0; i < n; i++)
		f[i].error = list ? NULL : "its answer is missing";
	if (!list)
		return;
	DOC_FOREACH (item, list) {
		int64_t at = doc_int(item, "at", -1);

		if (at >= 0 && (size_t)at < n)
			f[at].error = arena_strdup(
				a, doc_str(item, "error", "not sent"));
	}
}
