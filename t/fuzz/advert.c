/* SPDX-License-Identifier: MIT */
/*
 * The decoder of advertisements. The first byte chooses what stands before
 * the message: 0, an IPv4 header to be walked; else the family. What is taken
 * must be encoded to the same bytes again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrrp/core/advert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int cond, const char *what)
{
	if (cond)
		return;
	fprintf(stderr, "advert: %s\n", what);
	abort();
}

static int reserved_set(const struct vrrp_packet *p)
{
	return p->payload[0] >> 4 == 3 && p->payload[4] & 0xf0;
}

static void judge(const struct vrrp_packet *p, const struct vrrp_advert *a)
{
	uint8_t out[VRRP_ADVERT_MAX];
	size_t body = 8 + a->naddrs * (a->family == 4 ? 4u : 16u);

	must(a->naddrs >= 1 && a->naddrs <= VRRP_ADDRS_MAX, "a count of 0");
	must(a->addrs + (body - 8) <= p->payload + p->len, "out of bounds");
	must(a->interval_ns > 0, "an interval of 0");
	must(vrrp_advert_encode(a, VRRP_CSUM_MESSAGE, out) == p->len,
	     "another length");
	if (reserved_set(p))
		return;
	/* The checksum has two right values over IPv4 in version 3. */
	must(memcmp(out, p->payload, 6) == 0 &&
		     memcmp(out + 8, p->payload + 8, body - 8) == 0,
	     "other bytes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vrrp_group groups[] = {
		{1, 2, 4, 2 * NS_PER_S, NULL, 0},
		{51, 3, 4, NS_PER_S, NULL, 0},
		{51, 3, 6, NS_PER_S, NULL, 0},
	};
	struct vrrp_packet p = {.ttl = 255};
	struct vrrp_advert a;
	enum vrrp_drop why;
	size_t group;

	if (size < 1)
		return 0;
	if (data[0] == 0) {
		why = vrrp_packet_ipv4(data + 1, size - 1, &p);
		must(why == VRRP_TAKEN || why == VRRP_DROP_TRUNCATED ||
			     why == VRRP_DROP_IP_HEADER,
		     "another reason");
		if (why != VRRP_TAKEN)
			return 0;
		must(p.payload + p.len <= data + size, "a long packet");
	} else {
		p.src.family = p.dst.family = data[0] & 1 ? 4 : 6;
		p.src.b[0] = 0xfe;
		p.src.b[1] = 0x80;
		p.dst = vrrp_group_addr(p.src.family);
		p.payload = data + 1;
		p.len = size - 1;
	}
	why = vrrp_advert_decode(&p, groups, 3, &group, &a);
	must(why < VRRP_DROP_N && vrrp_drop_name[why], "no name");
	must((group < 3) == (why == VRRP_TAKEN || why > VRRP_DROP_VRID),
	     "a group where there is none");
	if (why == VRRP_TAKEN)
		judge(&p, &a);
	return 0;
}
