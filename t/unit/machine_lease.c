/* SPDX-License-Identifier: MIT */
/* What a DHCP client's environment becomes: servers that are right, wrong and
 * hostile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "provision/machine/lease.h"
#include "t/lib/tap.h"

/* An environment as one text: "NAME=VALUE;NAME=VALUE". */
static const char *from_text(void *ctx, const char *name)
{
	static char values[16][8192]; /* as many as are held at once */
	static size_t turn;
	const char *at = ctx;
	size_t n = strlen(name), len;
	char *value;

	for (; at; at = strchr(at, ';'), at += at ? 1 : 0) {
		if (strncmp(at, name, n) != 0 || at[n] != '=')
			continue;
		len = strcspn(at + n + 1, ";");
		value = values[turn++ % ARRAY_LEN(values)];
		memcpy(value, at + n + 1, len);
		value[len] = '\0';
		return value;
	}
	return NULL;
}

#define BASE "interface=eth0;ip=10.0.0.4;mask=24;lease=120"

/* Address and time, then what lease_print() and the notes say. */
static const struct {
	const char *what, *env, *words, *notes;
} right[] = {
	{"all that Neutron's dnsmasq tells",
	 BASE ";serverid=10.0.0.2;mtu=1450;dns=10.0.0.2 10.0.0.3;"
	      "domain=openstacklocal;router=10.0.0.1;staticroutes="
	      "169.254.169.254/32 10.0.0.2 0.0.0.0/0 10.0.0.1",
	 "eth0: lease of 10.0.0.4/24 from 10.0.0.2 for 120 s\n"
	 "  MTU 1450\n"
	 "  DNS server 10.0.0.2\n"
	 "  DNS server 10.0.0.3\n"
	 "  domain openstacklocal\n"
	 "  route 169.254.169.254/32 via 10.0.0.2 dev eth0\n"
	 "  route default via 10.0.0.1 dev eth0\n",
	 ""},
	{"no more than an address", BASE,
	 "eth0: lease of 10.0.0.4/24 for 120 s\n", ""},
	{"a router without classless routes", BASE ";router=10.0.0.1 10.0.0.9",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  route default via 10.0.0.1 dev eth0\n",
	 ""},
	{"RFC 3442: the router option is ignored beside classless routes",
	 BASE ";router=10.0.0.1;staticroutes=10.9.0.0/16 10.0.0.7",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  route 10.9.0.0/16 via 10.0.0.7 dev eth0\n",
	 ""},
	{"RFC 3442: a router of 0.0.0.0 is the link",
	 BASE ";staticroutes=10.9.0.0/16 0.0.0.0",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  route 10.9.0.0/16 dev eth0\n",
	 ""},
	{"RFC 3442: host bits of a destination count nothing",
	 BASE ";staticroutes=10.9.3.7/16 10.0.0.7",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  route 10.9.0.0/16 via 10.0.0.7 dev eth0\n",
	 ""},
	{"for ever", "interface=eth0;ip=10.0.0.4;mask=24;lease=4294967295",
	 "eth0: lease of 10.0.0.4/24 for ever\n", ""},
	{"a network of two", "interface=eth0;ip=10.0.0.4;mask=31;lease=1",
	 "eth0: lease of 10.0.0.4/31 for 1 s\n", ""},
	{"an MTU that no host may have", BASE ";mtu=68",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n", "mtu '68' left out\n"},
	{"an MTU that is none", BASE ";mtu=-1",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n", "mtu '-1' left out\n"},
	{"an MTU over a field", BASE ";mtu=65536",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n", "mtu '65536' left out\n"},
	{"a domain for a shell", BASE ";domain=$(reboot)",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n",
	 "domain '$(reboot)' left out\n"},
	{"a domain with a line of its own",
	 BASE ";domain=a\nnameserver 6.6.6.6",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n",
	 "domain 'a?nameserver 6.6.6.6' left out\n"},
	{"a domain that the client found hostile itself", BASE ";domain=bad",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n", "domain 'bad' left out\n"},
	{"a domain that is an option", BASE ";domain=-v",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n", "domain '-v' left out\n"},
	{"a domain with a terminal's orders", BASE ";domain=\033[2J",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n", "domain '?[2J' left out\n"},
	{"DNS servers of which one is none", BASE ";dns=10.0.0.2 ;dns=x",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  DNS server 10.0.0.2\n",
	 ""},
	{"DNS servers that are none",
	 BASE ";dns=ten 127.0.0.1 224.0.0.1 0.0.0.0 fd00::1 10.0.0.2",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  DNS server 10.0.0.2\n",
	 "dns 'ten' left out\ndns '127.0.0.1' left out\n"
	 "dns '224.0.0.1' left out\ndns '0.0.0.0' left out\n"
	 "dns 'fd00::1' left out\n"},
	{"routers that are none", BASE ";router=255.255.255.255 10.0.0.1",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  route default via 10.0.0.1 dev eth0\n",
	 "router '255.255.255.255' left out\n"},
	{"a server that is none", BASE ";serverid=0.0.0.0",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n",
	 "serverid '0.0.0.0' left out\n"},
	{"routes that are none",
	 BASE ";staticroutes=10.0.0.0/33 10.0.0.1 10.0.0.0/-1 10.0.0.1 "
	      "127.0.0.0/8 10.0.0.1 224.0.0.0/4 10.0.0.1 10.1.0.0/16 "
	      "10.0.0.256 10.2.0.0/16 fd00::1 10.3.0.0/16 127.0.0.1 "
	      "fd00::/64 10.0.0.1 10.4.0.0 10.0.0.1",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n",
	 "staticroutes '10.0.0.0/33' left out\n"
	 "staticroutes '10.0.0.0/-1' left out\n"
	 "staticroutes '127.0.0.0/8' left out\n"
	 "staticroutes '224.0.0.0/4' left out\n"
	 "staticroutes '10.1.0.0/16' left out\n"
	 "staticroutes '10.2.0.0/16' left out\n"
	 "staticroutes '10.3.0.0/16' left out\n"
	 "staticroutes 'fd00::/64' left out\n"
	 "staticroutes '10.4.0.0' left out\n"},
	{"the same destination twice",
	 BASE ";staticroutes=10.9.0.0/16 10.0.0.7 10.9.0.0/16 10.0.0.8",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  route 10.9.0.0/16 via 10.0.0.7 dev eth0\n",
	 "staticroutes '10.9.0.0/16' left out\n"},
	{"half a route at the end",
	 BASE ";staticroutes=10.9.0.0/16 10.0.0.7 10.8.0.0/16",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  route 10.9.0.0/16 via 10.0.0.7 dev eth0\n",
	 "staticroutes '10.8.0.0/16' left out\n"},
	{"a word without an end",
	 BASE ";dns=1111111111111111111111111111111111111111111111111111111111"
	      "1111111111111111111111111 10.0.0.2",
	 "eth0: lease of 10.0.0.4/24 for 120 s\n"
	 "  DNS server 10.0.0.2\n",
	 "dns '' left out\n"},
};

static const struct {
	const char *what, *env;
} wrong[] = {
	{"nothing", "x=y"},
	{"no interface", "ip=10.0.0.4;mask=24;lease=120"},
	{"an interface that is a path",
	 "interface=../eth0;ip=10.0.0.4;mask=24;lease=120"},
	{"an interface too long",
	 "interface=eth0123456789abcdef;ip=10.0.0.4;mask=24;lease=120"},
	{"no address", "interface=eth0;mask=24;lease=120"},
	{"an address that is none",
	 "interface=eth0;ip=10.0.0.400;mask=24;lease=120"},
	{"an address with a command",
	 "interface=eth0;ip=10.0.0.4|reboot;mask=24;lease=120"},
	{"loopback", "interface=eth0;ip=127.0.0.2;mask=8;lease=120"},
	{"multicast", "interface=eth0;ip=224.0.0.18;mask=24;lease=120"},
	{"all zero", "interface=eth0;ip=0.0.0.0;mask=24;lease=120"},
	{"IPv6", "interface=eth0;ip=fd00::4;mask=64;lease=120"},
	{"no mask", "interface=eth0;ip=10.0.0.4;lease=120"},
	{"a mask of 0", "interface=eth0;ip=10.0.0.4;mask=0;lease=120"},
	{"a mask of 33", "interface=eth0;ip=10.0.0.4;mask=33;lease=120"},
	{"a network's own address",
	 "interface=eth0;ip=10.0.0.0;mask=24;lease=120"},
	{"a network's broadcast",
	 "interface=eth0;ip=10.0.0.255;mask=24;lease=120"},
	{"no lease time", "interface=eth0;ip=10.0.0.4;mask=24"},
	{"a lease of 0 s", "interface=eth0;ip=10.0.0.4;mask=24;lease=0"},
	{"a lease too long",
	 "interface=eth0;ip=10.0.0.4;mask=24;lease=4294967296"},
};

static void take(void *env, const char *what, const char *words,
		 const char *notes)
{
	auto_buf struct buf said = {0}, left = {0}, json = {0}, again = {0};
	auto_arena struct arena a = {0};
	struct err err = {.msg = ""};
	struct lease l, back;
	struct doc *d = NULL;
	struct json j;

	buf_adds(&left, "");
	if (!ok(lease_read(from_text, env, &l, &left, &err) == 0, "%s", what)) {
		tap_diag("%s", err.msg);
		return;
	}
	l.at_ns = 1234;
	lease_print(&l, &said);
	is(said.data, words, "%s: what it says", what);
	is(left.data, notes, "%s: what is left out", what);
	json_init(&j, &json, 0);
	lease_encode(&l, &j);
	ok(doc_parse_line(&a, json.data, json.len, &d, &err) == 0 &&
		   lease_decode(d, &back, &err) == 0,
	   "%s: as JSON and back", what);
	lease_print(&back, &again);
	is(again.data, said.data, "%s: is the same", what);
	ok(back.at_ns == 1234, "%s: its time too", what);
}

/* As many as there are, and one word longer than any. */
static void too_much(void)
{
	auto_buf struct buf env = {0}, notes = {0};
	struct err err;
	struct lease l;
	size_t i;

	buf_adds(&env, BASE ";staticroutes=");
	for (i = 0; i < 100; i++)
		buf_printf(&env, "10.%zu.0.0/16 10.0.0.7 ", i + 1);
	ok(lease_read(from_text, env.data, &l, &notes, &err) == 0 &&
		   l.nroutes == LEASE_ROUTES_MAX,
	   "of 100 routes those that there is room for");
	buf_reset(&env);
	buf_reset(&notes);
	buf_adds(&env, BASE ";dns=");
	for (i = 0; i < 100; i++)
		buf_printf(&env, "10.0.0.%zu ", i + 1);
	ok(lease_read(from_text, env.data, &l, &notes, &err) == 0 &&
		   l.ndns == LEASE_DNS_MAX,
	   "and of DNS servers");
	buf_reset(&env);
	buf_reset(&notes);
	buf_adds(&env, BASE ";domain=");
	for (i = 0; i < 5000; i++)
		buf_addc(&env, 'a');
	ok(lease_read(from_text, env.data, &l, &notes, &err) == 0 && !*l.domain,
	   "an option longer than any is left out");
	ok(notes.data && strlen(notes.data) < 100, "and not told in full");
}

static void resolv(void)
{
	auto_buf struct buf out = {0}, notes = {0};
	char env[] = BASE ";dns=10.0.0.2 10.0.0.3;domain=lab.test";
	struct err err;
	struct lease l;

	ok(lease_read(from_text, env, &l, &notes, &err) == 0, "a lease");
	lease_resolv(&l, &out);
	is(out.data,
	   "search lab.test\nnameserver 10.0.0.2\n"
	   "nameserver 10.0.0.3\n",
	   "its resolv.conf");
}

static void not_leases(void)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"address\": \"10.0.0.4/24\"}",
		"{\"address\": \"10.0.0.4/24\", \"seconds\": 0}",
		"{\"address\": \"10.0.0.4\", \"seconds\": 9}",
		"{\"address\": \"10.0.0.4/24\", \"seconds\": 9, \"dns\": [x]}",
		"{\"address\": \"10.0.0.4/24\", \"seconds\": 9, \"routes\": "
		"[{\"to\": \"10.0.0.0\"}]}",
		"{\"address\": \"10.0.0.4/24\", \"seconds\": 9, \"domain\": "
		"\"a b\"}",
		"{\"address\": \"10.0.0.4/24\", \"seconds\": 9, \"mtu\": -1}",
	};
	auto_arena struct arena a = {0};
	struct err err;
	struct lease l;
	struct doc *d;
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++) {
		d = NULL;
		ok(doc_parse_line(&a, texts[i], strlen(texts[i]), &d, &err) ==
				   0 &&
			   lease_decode(d, &l, &err) == -EINVAL,
		   "no lease: %s", texts[i]);
	}
}

int main(void)
{
	auto_buf struct buf notes = {0};
	struct err err;
	struct lease l;
	size_t i;

	for (i = 0; i < ARRAY_LEN(right); i++)
		take((void *)(uintptr_t)right[i].env, right[i].what,
		     right[i].words, right[i].notes);
	for (i = 0; i < ARRAY_LEN(wrong); i++)
		is_int(lease_read(from_text, (void *)(uintptr_t)wrong[i].env,
				  &l, &notes, &err),
		       -EINVAL, "no lease: %s", wrong[i].what);
	too_much();
	resolv();
	not_leases();
	return tap_done();
}
