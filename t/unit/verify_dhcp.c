/* SPDX-License-Identifier: MIT */
/* The question to DHCP servers, and what is taken for an answer. */
#include "verify/looks/dhcp.h"

#include <stdlib.h>
#include <string.h>

#include "t/lib/tap.h"

#define XID 0x12345678u
#define ETH 14
#define UDP (ETH + 20)
#define BOOTP (UDP + 8)
#define OPTIONS (BOOTP + 240)
#define SIZE (OPTIONS + 10)

static const struct mac client = {{0xfa, 0x16, 0x3e, 1, 2, 3}};

/* As a server would make it of the question. */
static void make_offer(uint8_t *p)
{
	static const uint8_t options[] = {53, 1, 2, 54, 4, 10, 9, 0, 2, 255};
	static const uint8_t addr[] = {10, 9, 0, 4};
	uint8_t question[DHCP_DISCOVER_SIZE];

	dhcp_discover(&client, XID, question);
	memcpy(p, question, SIZE);
	memcpy(p + 6, "\x02\0\0\0\0\x66", 6);
	p[UDP + 1] = 67;
	p[UDP + 3] = 68;
	p[BOOTP] = 2;
	memcpy(p + BOOTP + 16, addr, 4);
	memcpy(p + OPTIONS, options, sizeof(options));
}

static void question(void)
{
	uint8_t p[DHCP_DISCOVER_SIZE];
	uint32_t sum = 0;
	struct seen_offer o;
	size_t i;

	dhcp_discover(&client, XID, p);
	for (i = ETH; i < UDP; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	is_int((sum & 0xffff) + (sum >> 16), 0xffff,
	       "its IP header adds up (RFC 791)");
	ok(memcmp(p, "\xff\xff\xff\xff\xff\xff", 6) == 0 &&
		   memcmp(p + 6, client.b, 6) == 0 &&
		   memcmp(p + BOOTP + 28, client.b, 6) == 0,
	   "it is from the client, to all");
	ok(p[BOOTP + 10] == 0x80, "its answer is to be broadcast");
	ok(!dhcp_offer_read(p, sizeof(p), XID, &o), "it is no offer itself");
}

static void offers(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} others[] = {
		{"another protocol", ETH + 9, 6},
		{"another ethertype", 12, 0x86},
		{"another port", UDP + 3, 69},
		{"another transaction", BOOTP + 4, 0x99},
		{"a request", BOOTP, 1},
		{"no DHCP", BOOTP + 236, 0},
		{"an ACK", OPTIONS + 2, 5},
		{"an option that is cut", OPTIONS + 4, 250},
		{"a header that is cut", ETH, 0x44},
		{"options of the header", ETH, 0x4f},
	};
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	struct seen_offer o;
	uint8_t p[SIZE];
	size_t i, n;

	make_offer(p);
	ok(dhcp_offer_read(p, SIZE, XID, &o), "an offer is read");
	is(ip_print(&o.server, ip), "10.9.0.2", "its server");
	is(ip_print(&o.addr, ip), "10.9.0.4", "its address");
	is(mac_print(&o.from, mac), "02:00:00:00:00:66", "and its sender");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		make_offer(p);
		p[others[i].at] = others[i].value;
		ok(!dhcp_offer_read(p, SIZE, XID, &o), "%s is none",
		   others[i].what);
	}
	make_offer(p);
	for (i = n = 0; i < OPTIONS + 3; i++) {
		/* Of its very size, so that a sanitizer sees what is read. */
		uint8_t *cut = malloc(i + 1);

		if (!cut)
			abort();
		memcpy(cut, p, i);
		n += dhcp_offer_read(cut, i, XID, &o);
		free(cut);
	}
	is_int(n, 0, "a frame that is cut is none");
}

int main(void)
{
	question();
	offers();
	return tap_done();
}
