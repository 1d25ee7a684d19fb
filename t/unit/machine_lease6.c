/* SPDX-License-Identifier: MIT */
/* What a DHCPv6 client's environment becomes: servers that are right, wrong and
 * hostile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "provision/machine/lease6.h"
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

#define DUID "new_dhcp6_server_id=0:3:0:1:fa:16:3e:0:9:2"
#define ADDR                                                                   \
	"interface=eth0;new_ip6_address=fd00:9::4;new_max_life=7500;"          \
	"new_preferred_life=7200"

static const struct {
	const char *what, *env, *words, *notes;
} right[] = {
	{"all that Neutron's dnsmasq tells",
	 ADDR ";" DUID ";new_dhcp6_name_servers=2001:db8::53 2001:db8::54;"
	      "new_dhcp6_domain_search=openstacklocal. other.",
	 "eth0: DHCPv6 lease of fd00:9::4 from the server "
	 "00:03:00:01:fa:16:3e:00:09:02 for 7500 s\n"
	 "  DNS server 2001:db8::53\n"
	 "  DNS server 2001:db8::54\n"
	 "  domain openstacklocal\n",
	 ""},
	{"no more than an address", ADDR,
	 "eth0: DHCPv6 lease of fd00:9::4 for 7500 s\n", ""},
	{"for ever",
	 "interface=eth0;new_ip6_address=fd00:9::4;new_max_life=4294967295",
	 "eth0: DHCPv6 lease of fd00:9::4 for ever\n", ""},
	{"without an address",
	 "interface=eth0;" DUID ";new_dhcp6_name_servers=fd00:9::2",
	 "eth0: DHCPv6 answer from the server 00:03:00:01:fa:16:3e:00:09:02\n"
	 "  DNS server fd00:9::2\n",
	 ""},
	{"nothing at all", "interface=eth0", "eth0: DHCPv6 answer\n", ""},
	{"a DUID that is none", ADDR ";new_dhcp6_server_id=0:3:$(id)",
	 "eth0: DHCPv6 lease of fd00:9::4 for 7500 s\n",
	 "server '0:3:$(id)'... left out\n"},
	{"DNS servers that nobody can ask",
	 ADDR ";new_dhcp6_name_servers=::1 ff02::1 fe80::1 10.0.0.1 "
	      "::ffff:10.0.0.1 x fd00:9::2",
	 "eth0: DHCPv6 lease of fd00:9::4 for 7500 s\n"
	 "  DNS server fd00:9::2\n",
	 "dns '::1'... left out\n"
	 "dns 'ff02::1'... left out\n"
	 "dns 'fe80::1'... left out\n"
	 "dns '10.0.0.1'... left out\n"
	 "dns '::ffff:10.0.0.1'... left out\n"
	 "dns 'x'... left out\n"},
	{"a domain for a shell", ADDR ";new_dhcp6_domain_search=a$(id)\033b",
	 "eth0: DHCPv6 lease of fd00:9::4 for 7500 s\n",
	 "domain 'a$(id)?b'... left out\n"},
	{"a domain of dots alone", ADDR ";new_dhcp6_domain_search=.",
	 "eth0: DHCPv6 lease of fd00:9::4 for 7500 s\n",
	 "domain ''... left out\n"},
};

static const struct {
	const char *what, *env, *why;
} wrong[] = {
	{"no interface", "new_ip6_address=fd00:9::4;new_max_life=60",
	 "no interface is named"},
	{"an interface that is a path", "interface=../eth0",
	 "no interface is named"},
	{"an address of the link",
	 "interface=eth0;new_ip6_address=fe80::4;new_max_life=60",
	 "no usable address"},
	{"a group", "interface=eth0;new_ip6_address=ff0e::4;new_max_life=60",
	 "no usable address"},
	{"the unspecified address",
	 "interface=eth0;new_ip6_address=::;new_max_life=60",
	 "no usable address"},
	{"IPv4", "interface=eth0;new_ip6_address=10.0.0.4;new_max_life=60",
	 "no usable address"},
	{"no time", "interface=eth0;new_ip6_address=fd00:9::4",
	 "no usable lease time"},
	{"a time that is over",
	 "interface=eth0;new_ip6_address=fd00:9::4;new_max_life=0",
	 "no usable lease time"},
};

/* The same through JSON. */
static void round_trip(const struct lease6 *l, const char *what)
{
	auto_buf struct buf json = {0}, before = {0}, after = {0};
	auto_arena struct arena a = {0};
	struct doc_error where;
	struct doc *d = NULL;
	struct lease6 back;
	struct json j;

	json_init(&j, &json, 0);
	lease6_encode(l, &j);
	lease6_print(l, &before);
	if (!ok(doc_parse(&a, json.data, json.len, &d, &where) == 0 &&
			lease6_decode(d, &back, NULL) == 0,
		"%s: comes back", what))
		return;
	lease6_print(&back, &after);
	is(after.data, before.data, "%s: as it was", what);
}

static void told(void)
{
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		auto_buf struct buf notes = {0}, words = {0};
		struct err err = {.msg = ""};
		struct lease6 l;
		int r;

		buf_adds(&notes, "");
		r = lease6_read(from_text, (void *)(uintptr_t)right[i].env, &l,
				&notes, &err);
		if (!ok(r == 0, "%s: read%s%s", right[i].what,
			*err.msg ? ": " : "", err.msg))
			continue;
		lease6_print(&l, &words);
		is(words.data, right[i].words, "%s: its words", right[i].what);
		is(notes.data, right[i].notes, "%s: notes", right[i].what);
		round_trip(&l, right[i].what);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		auto_buf struct buf notes = {0};
		struct err err = {.msg = ""};
		struct lease6 l;

		is_int(lease6_read(from_text, (void *)(uintptr_t)wrong[i].env,
				   &l, &notes, &err),
		       -EINVAL, "%s: refused", wrong[i].what);
		is(err.msg, wrong[i].why, "%s: why", wrong[i].what);
	}
}

/* Two addresses, of which one alone is renewed, and is given up in the end. */
static void later(void)
{
	auto_buf struct buf notes = {0};
	struct lease6 first, l;

	(void)lease6_read(from_text, (void *)(uintptr_t)ADDR, &first, &notes,
			  NULL);
	first.at_ns = INT64_C(1000000) * NS_PER_S;
	first.addrs[1] = first.addrs[0];
	first.addrs[1].addr.b[15] = 9;
	first.addrs[1].preferred = 3000;
	first.naddrs = 2;

	l = first;
	l.naddrs = 1;
	l.at_ns += 3 * NS_PER_S;
	lease6_merge(&l, &first);
	is_int(l.addrs[1].valid, 7500, "addresses of one answer");

	l = first;
	l.naddrs = 1;
	l.at_ns += 3600 * NS_PER_S;
	lease6_merge(&l, &first);
	is_int(l.naddrs, 2, "one that was not renewed stays");
	is_int(l.addrs[0].valid, 7500, "the other has all its time");
	is_int(l.addrs[1].valid, 3900, "it has what is left of it");
	is_int(l.addrs[1].preferred, 0, "and is preferred no more");

	l = first;
	l.naddrs = 1;
	l.at_ns += 7500 * NS_PER_S;
	lease6_merge(&l, &first);
	is_int(l.naddrs, 1, "but not when its time is over");
	first.addrs[1].valid = UINT32_MAX;
	lease6_merge(&l, &first);
	is_int(l.naddrs, 2, "one for ever is never");
	is_int(l.addrs[1].valid, UINT32_MAX, "and stays so");

	ok(!lease6_drop(&l, &(struct ip){.family = 6}), "not the lease's");
	is_int(l.naddrs, 2, "nothing goes");
	ok(lease6_drop(&l, &first.addrs[0].addr) && l.naddrs == 1 &&
		   lease6_has(&l, &first.addrs[1].addr),
	   "one goes, the other stays");
}

static void merged(void)
{
	auto_buf struct buf notes = {0}, words = {0};
	struct lease6 l, more;

	(void)lease6_read(from_text, (void *)(uintptr_t)ADDR, &l, &notes, NULL);
	more = l;
	more.addrs[0].addr.b[15] = 9;
	lease6_merge(&l, &more);
	lease6_merge(&l, &more);
	is_int(l.naddrs, 2, "addresses that are told one by one add up");
	lease6_print(&l, &words);
	is(words.data,
	   "eth0: DHCPv6 lease of fd00:9::4, fd00:9::9 for 7500 s\n",
	   "and are told");
	for (uint8_t i = 10; i < 30; i++) {
		more.addrs[0].addr.b[15] = i;
		lease6_merge(&l, &more);
	}
	is_int(l.naddrs, LEASE6_ADDRS_MAX, "up to a limit");
	later();
}

/* Texts that are none, as a machine's root may write them. */
static void refused(void)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"x",
		"{device: eth0, server: 'zz'}",
		"{device: eth0, domain: 'a b'}",
		"{device: eth0eth0eth0eth0eth0}",
		"{device: eth0, dns: [x]}",
		"{device: eth0, addresses: [{address: fd00::1}]}",
		"{device: eth0, addresses: [{address: fe80::1, valid: 1}]}",
		"{device: eth0, addresses: [{address: fd00::1, valid: 1, "
		"preferred: 2}]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_arena struct arena a = {0};
		struct doc_error where;
		struct doc *d = NULL;
		struct lease6 l;

		ok(doc_parse(&a, texts[i], strlen(texts[i]), &d, &where) < 0 ||
			   lease6_decode(d, &l, NULL) < 0,
		   "no lease: %s", texts[i]);
	}
}

static void duids(void)
{
	static const struct mac mac = {{0xfa, 0x16, 0x3e, 0, 9, 2}};
	uint8_t most[LEASE6_DUID_MAX + 9];
	char text[LEASE6_DUID_TEXT];

	is(lease6_duid_text(&mac, text), "00:03:00:01:fa:16:3e:00:09:02",
	   "a DUID of a MAC");
	is(lease6_duid_print(most, 0, text), "", "an empty one");
	memset(most, 0xff, sizeof(most));
	is_int(strlen(lease6_duid_print(most, sizeof(most), text)),
	       LEASE6_DUID_TEXT - 1, "the longest one, cut");
}

int main(void)
{
	told();
	merged();
	refused();
	duids();
	return tap_done();
}
