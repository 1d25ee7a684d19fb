/* SPDX-License-Identifier: MIT */
#include "verify/tries_frame.h"

#include <string.h>

#include "verify/looks/capture/hear.h"

#define TCP 6
#define UDP 17
#define ICMP 1
#define ICMPV6 58
#define SYN 2
#define TTL 64
#define TTL_ND 255 /* RFC 4861: what has come by a router is none */
#define FRAME_MIN 60
#define OPTION 253 /* of neighbour discovery: for experiments (RFC 4727) */
#define OPTION_LEN 16
#define SPORTS 20000u

struct out {
	uint8_t b[UTTER_BYTES_MAX];
	size_t n;
};

static void u8(struct out *o, unsigned v)
{
	o->b[o->n++] = (uint8_t)v;
}

static void u16(struct out *o, unsigned v)
{
	u8(o, v >> 8 & 0xff);
	u8(o, v & 0xff);
}

static void u32(struct out *o, uint32_t v)
{
	u16(o, v >> 16);
	u16(o, v & 0xffff);
}

static void bytes(struct out *o, const void *p, size_t n)
{
	memcpy(o->b + o->n, p, n);
	o->n += n;
}

static void mark(struct out *o, uint32_t id)
{
	uint8_t m[HEAR_MARK_LEN];

	hear_mark(id, m);
	bytes(o, m, sizeof(m));
}

static uint32_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i++)
		s += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	return s;
}

static unsigned fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s & 0xffff;
}

static void set16(struct out *o, size_t at, unsigned v)
{
	o->b[at] = (uint8_t)(v >> 8);
	o->b[at + 1] = (uint8_t)v;
}

/* Of neighbour discovery: a message whose option has the mark. Its lifetime is
 * none, and it overrides nothing. */
static void discovery(struct out *o, unsigned type, const struct ip *target,
		      uint32_t id)
{
	if (type == 134) {
		u32(o, 0); /* no hop limit, no flags, no lifetime */
		u32(o, 0);
		u32(o, 0);
	} else {
		u32(o, 0);
		bytes(o, target->b, 16);
	}
	u8(o, OPTION);
	u8(o, OPTION_LEN / 8);
	mark(o, id);
	u16(o, 0);
}

static bool is_discovery(const struct tries_packet *p)
{
	unsigned type = p->dport >> 8;

	return p->protocol == ICMPV6 && type >= 133 && type <= 137;
}

static void transport(struct out *o, const struct tries_packet *p, uint32_t id)
{
	unsigned sport = p->sport ? p->sport : TRIES_SPORT + id % SPORTS;

	switch (p->protocol) {
	case TCP:
		u16(o, sport);
		u16(o, p->dport);
		u32(o, id);
		u32(o, 0);
		u16(o, 5u << 12 | SYN);
		u16(o, 1024);
		u32(o, 0); /* checksum, urgent */
		break;
	case UDP:
		u16(o, sport);
		u16(o, p->dport);
		u16(o, 8 + HEAR_MARK_LEN);
		u16(o, 0);
		break;
	default:
		u16(o, p->dport);
		u16(o, 0);
		if (is_discovery(p)) {
			discovery(o, p->dport >> 8, &p->src, id);
			return;
		}
		u16(o, id & 0xffff);
		u16(o, 1);
		break;
	}
	mark(o, id);
}

static void checksum(struct out *o, size_t at, const struct tries_packet *p)
{
	size_t len = o->n - at, where;
	uint32_t s = 0;
	unsigned v;

	if (p->protocol != ICMP) {
		s = sum(p->src.b, ip_size(&p->src), s);
		s = sum(p->dst.b, ip_size(&p->dst), s);
		s += p->protocol + (uint32_t)len;
	}
	v = fold(sum(o->b + at, len, s));
	where = p->protocol == TCP ? 16 : p->protocol == UDP ? 6 : 2;
	set16(o, at + where, p->protocol == UDP && !v ? 0xffff : v);
}

static void packet(struct out *o, const struct tries_packet *p, uint32_t id)
{
	size_t head = o->n, at;

	if (p->src.family == 4) {
		u16(o, 0x4500);
		u16(o, 0); /* length */
		u16(o, id & 0xffff);
		u16(o, 0);
		u8(o, TTL);
		u8(o, p->protocol);
		u16(o, 0);
		bytes(o, p->src.b, 4);
		bytes(o, p->dst.b, 4);
		set16(o, head + 10, 0);
	} else {
		u32(o, 6u << 28);
		u16(o, 0);
		u8(o, p->protocol);
		u8(o, is_discovery(p) ? TTL_ND : TTL);
		bytes(o, p->src.b, 16);
		bytes(o, p->dst.b, 16);
	}
	at = o->n;
	transport(o, p, id);
	checksum(o, at, p);
	if (p->src.family == 4) {
		set16(o, head + 2, (unsigned)(o->n - head));
		set16(o, head + 10, fold(sum(o->b + head, 20, 0)));
	} else {
		set16(o, head + 4, (unsigned)(o->n - at));
	}
}

static void arp(struct out *o, const struct tries_packet *p, uint32_t id)
{
	static const uint8_t none[6];

	u16(o, 1);
	u16(o, 0x0800);
	u16(o, 0x0604);
	u16(o, 1);
	bytes(o, p->smac.b, 6);
	bytes(o, p->src.b, 4);
	bytes(o, none, 6);
	bytes(o, p->dst.b, 4);
	mark(o, id); /* as what fills a frame up */
}

const uint8_t *tries_packet(struct arena *a, const struct tries_packet *p,
			    uint32_t id, size_t *ret_len)
{
	struct out o = {.n = 0};
	uint8_t *copy;

	if (p->has_mac) {
		bytes(&o, p->dmac.b, 6);
		bytes(&o, p->smac.b, 6);
		if (p->tags > 1)
			u32(&o, 0x88a80000);
		if (p->tags)
			u32(&o, 0x81000000);
		u16(&o, p->arp ? 0x0806 : p->src.family == 6 ? 0x86dd : 0x0800);
	}
	if (p->arp)
		arp(&o, p, id);
	else
		packet(&o, p, id);
	while (p->has_mac && o.n < FRAME_MIN)
		u8(&o, 0);
	copy = arena_alloc(a, o.n);
	memcpy(copy, o.b, o.n);
	*ret_len = o.n;
	return copy;
}
