/* SPDX-License-Identifier: MIT */
/* DNS servers of router advertisements, for as long as they said; and the
 * resolv.conf that follows. */
#include "provision/machine/rdnss.h"

#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "provision/machine/inside.h"
#include "t/lib/tap.h"

#define S(n) ((struct mono){(n)*NS_PER_S})

static size_t option(uint8_t *p, uint32_t life, unsigned from, unsigned n)
{
	memset(p, 0, 8 + 16 * (size_t)n);
	p[0] = RDNSS_OPTION;
	p[1] = (uint8_t)(1 + 2 * n);
	p[4] = (uint8_t)(life >> 24);
	p[5] = (uint8_t)(life >> 16);
	p[6] = (uint8_t)(life >> 8);
	p[7] = (uint8_t)life;
	for (unsigned i = 0; i < n; i++) {
		p[8 + 16 * i] = 0xfd;
		p[8 + 16 * i + 15] = (uint8_t)(from + i);
	}
	return 8 + 16 * (size_t)n;
}

static void hearing(void)
{
	struct rdnss r = {0};
	uint8_t p[512];
	size_t len;

	ok(mono_is_never(rdnss_next(&r)), "nothing expires where nothing is");
	len = option(p, 200, 1, 2);
	ok(rdnss_hear(&r, p, len, S(0)) && r.n == 2, "two servers");
	ok(!rdnss_hear(&r, p, len, S(50)) && r.n == 2,
	   "told again, they are the same");
	is_int(rdnss_next(&r).ns, S(250).ns, "and live from then on");
	len = option(p, UINT32_MAX, 3, 1);
	ok(rdnss_hear(&r, p, len, S(60)) && r.n == 3, "a third, for ever");
	ok(!rdnss_expire(&r, S(249)), "none expires early");
	ok(rdnss_expire(&r, S(250)) && r.n == 1 && r.addrs[0].b[15] == 3,
	   "two expire in their time");
	ok(mono_is_never(rdnss_next(&r)), "the other does not");
	len = option(p, 0, 3, 1);
	ok(rdnss_hear(&r, p, len, S(300)) && !r.n,
	   "a lifetime of 0 takes it away (RFC 8106 5.1)");
	ok(!rdnss_hear(&r, p, len, S(300)), "once");
	len = option(p, 9, 0, 12);
	ok(rdnss_hear(&r, p, len, S(300)) && r.n == RDNSS_MAX,
	   "no more than there is room for");
}

static void strange(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} rows[] = {
		{"another option", 0, 24},
		{"an option without a server", 1, 1},
		{"half a server", 1, 2},
		{"more than there is", 1, 7},
	};
	struct rdnss r = {0};
	size_t len, i, n;
	uint8_t p[64];

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		len = option(p, 9, 1, 1);
		p[rows[i].at] = rows[i].value;
		ok(!rdnss_hear(&r, p, len, S(0)) && !r.n, "%s: nothing",
		   rows[i].what);
	}
	len = option(p, 9, 1, 1);
	for (i = n = 0; i < len; i++) {
		uint8_t *cut = malloc(i ? i : 1);

		memcpy(cut, p, i);
		n += rdnss_hear(&r, cut, i, S(0));
		free(cut);
	}
	is_int(n, 0, "nothing of one that is cut");
}

static void text(void)
{
	auto_buf struct buf b = {0};
	struct lease l = {.domain = "openstacklocal"};

	(void)ip_parse("8.8.4.4", &l.dns[l.ndns++]);
	machine_resolv(&l, NULL, "nameserver 1.2.3.4\n", "nameserver fd00::1\n",
		       &b);
	is(b.data,
	   "search openstacklocal\nnameserver 8.8.4.4\nnameserver fd00::1\n",
	   "a lease's servers, then routers'");
	buf_reset(&b);
	machine_resolv(NULL, NULL, "nameserver fd00::1\n",
		       "nameserver fd00::1\nnameserver fd00::12\n", &b);
	is(b.data, "nameserver fd00::1\nnameserver fd00::12\n",
	   "what was written, and no server twice");
	buf_reset(&b);
	machine_resolv(NULL, NULL, "", "", &b);
	is(b.data, "", "nothing of nothing");
}

int main(void)
{
	hearing();
	strange();
	text();
	return tap_done();
}
