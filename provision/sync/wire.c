/* SPDX-License-Identifier: MIT */
#include "provision/sync/wire.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

static const uint8_t magic[4] = {'l', 'c', 't', '1'};

const char *const wire_drop_names[WIRE_DROP_N] = {
	[WIRE_TAKEN] = "taken",
	[WIRE_SHORT] = "too short",
	[WIRE_MAGIC] = "another program's",
	[WIRE_KIND] = "of no known kind",
	[WIRE_LENGTH] = "of a wrong length",
	[WIRE_VALUE] = "a connection that cannot be",
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

/* --- one record ------------------------------------------------------ */

#define TUPLE 40
_Static_assert(16 + 2 * TUPLE == WIRE_RECORD, "a record's parts");

static void get_tuple(const uint8_t *p, uint8_t family, struct ct_tuple *ret)
{
	size_t size = family == 4 ? 4 : 16;

	*ret = (struct ct_tuple){.src.family = family, .dst.family = family};
	memcpy(ret->src.b, p, size);
	memcpy(ret->dst.b, p + 16, size);
	ret->sport = get16(p + 32);
	ret->dport = get16(p + 34);
	ret->icmp_type = p[36];
	ret->icmp_code = p[37];
}

static void put_tuple(const struct ct_tuple *t, uint8_t *p)
{
	size_t size = t->src.family == 4 ? 4 : 16;

	memset(p, 0, TUPLE);
	memcpy(p, t->src.b, size);
	memcpy(p + 16, t->dst.b, size);
	put16(p + 32, t->sport);
	put16(p + 34, t->dport);
	p[36] = t->icmp_type;
	p[37] = t->icmp_code;
}

/* An address that a packet through a router may have. */
static bool unicast(const struct ip *ip)
{
	const uint8_t *b = ip->b;

	if (ip->family == 4)
		return b[0] != 0 && b[0] != 127 && b[0] < 224 &&
		       !(b[0] == 169 && b[1] == 254);
	if (b[0] == 0xff || ip_is_link_local(ip))
		return false;
	/* ::, ::1 and what is mapped. */
	for (int i = 0; i < 10; i++)
		if (b[i])
			return true;
	return false;
}

static bool possible(const struct ct_state *s)
{
	const struct ct_tuple *const both[] = {&s->orig, &s->reply};
	bool four = s->orig.src.family == 4;
	size_t i;

	switch (s->proto) {
	case IPPROTO_TCP:
		if (s->tcp < TCP_CONNTRACK_ESTABLISHED ||
		    s->tcp > TCP_CONNTRACK_CLOSE_WAIT)
			return false;
		break;
	case IPPROTO_UDP:
		break;
	case IPPROTO_ICMP:
		if (!four)
			return false;
		break;
	case IPPROTO_ICMPV6:
		if (four)
			return false;
		break;
	default:
		return false;
	}
	for (i = 0; i < 2; i++) {
		if (!unicast(&both[i]->src) || !unicast(&both[i]->dst))
			return false;
		if ((s->proto == IPPROTO_TCP || s->proto == IPPROTO_UDP) &&
		    (!both[i]->sport || !both[i]->dport))
			return false;
	}
	return s->timeout <= WIRE_TIMEOUT_MAX &&
	       !(s->status & ~(uint32_t)(IPS_SEEN_REPLY | IPS_ASSURED));
}

static bool get_record(const uint8_t *p, struct ct_state *ret)
{
	*ret = (struct ct_state){.proto = p[1],
				 .tcp = p[2],
				 .zone = get16(p + 4),
				 .status = get32(p + 8),
				 .timeout = get32(p + 12)};
	if (p[0] != 4 && p[0] != 6)
		return false;
	get_tuple(p + 16, p[0], &ret->orig);
	get_tuple(p + 16 + TUPLE, p[0], &ret->reply);
	return possible(ret);
}

static void put_record(const struct ct_state *s, uint8_t *p)
{
	memset(p, 0, 16);
	p[0] = s->orig.src.family;
	p[1] = s->proto;
	p[2] = s->tcp;
	put16(p + 4, s->zone);
	put32(p + 8, s->status & (IPS_SEEN_REPLY | IPS_ASSURED));
	put32(p + 12,
	      s->timeout < WIRE_TIMEOUT_MAX ? s->timeout : WIRE_TIMEOUT_MAX);
	put_tuple(&s->orig, p + 16);
	put_tuple(&s->reply, p + 16 + TUPLE);
}

/* --- a datagram ------------------------------------------------------ */

enum wire_drop wire_decode(const uint8_t *in, size_t len, struct wire *ret)
{
	size_t i;

	if (len < WIRE_HEAD)
		return WIRE_SHORT;
	if (memcmp(in, magic, sizeof(magic)) != 0)
		return WIRE_MAGIC;
	if (in[4] < WIRE_STATE || in[4] >= WIRE_KIND_END)
		return WIRE_KIND;
	if (in[5] > WIRE_RECORDS_MAX ||
	    len != WIRE_HEAD + (size_t)in[5] * WIRE_RECORD)
		return WIRE_LENGTH;
	ret->kind = (enum wire_kind)in[4];
	ret->n = in[5];
	ret->epoch = get32(in + 8);
	ret->number = get32(in + 12);
	if (ret->n && ret->kind != WIRE_STATE && ret->kind != WIRE_GONE)
		return WIRE_LENGTH;
	for (i = 0; i < ret->n; i++)
		if (!get_record(in + WIRE_HEAD + i * WIRE_RECORD,
				&ret->items[i]))
			return WIRE_VALUE;
	return WIRE_TAKEN;
}

size_t wire_encode(const struct wire *w, uint8_t *out)
{
	size_t i;

	memcpy(out, magic, sizeof(magic));
	out[4] = (uint8_t)w->kind;
	out[5] = (uint8_t)w->n;
	put16(out + 6, 0);
	put32(out + 8, w->epoch);
	put32(out + 12, w->number);
	for (i = 0; i < w->n; i++)
		put_record(&w->items[i], out + WIRE_HEAD + i * WIRE_RECORD);
	return WIRE_HEAD + w->n * WIRE_RECORD;
}

/* --- its headers ----------------------------------------------------- */

static uint16_t sum16(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += get16(p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void wire_udp(const struct ip *from, const struct ip *to, uint16_t port,
	      size_t len, uint8_t *out)
{
	uint8_t *udp = out + 20;

	memset(out, 0, WIRE_UDP);
	out[0] = 0x45;
	put16(out + 2, (uint16_t)(WIRE_UDP + len));
	put16(out + 6, 0x4000); /* not to be cut */
	out[8] = 255;
	out[9] = IPPROTO_UDP;
	memcpy(out + 12, from->b, 4);
	memcpy(out + 16, to->b, 4);
	put16(out + 10, sum16(out, 20));
	put16(udp, port);
	put16(udp + 2, port);
	put16(udp + 4, (uint16_t)(8 + len));
}
