/* SPDX-License-Identifier: MIT */
/*
 * Questions and answers of DNS: RFC 1035's form, and what liars send. And what
 * a machine is said to hold, of the wrong form.
 */
#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "t/lib/tap.h"
#include "verify/looks/dns.h"
#include "verify/looks/guest.h"

#define ID 0x1234
#define HEAD(flags, code, questions, answers)                                  \
	"\x12\x34" flags code "\0" questions "\0" answers "\0\0\0\0"
#define QUESTION                                                               \
	"\x09"                                                                 \
	"openstack"                                                            \
	"\x03"                                                                 \
	"org\0\0\1\0\1"
#define RECORD(name, type, class, size)                                        \
	name "\0" type "\0" class "\0\0\0\x3c\0" size
#define POINTER "\xc0\x0c"
#define A "\xc0\0\2\x50"

/* clang-format off */
static const struct {
	const char *what, *p;
	size_t len;
	bool is;
	unsigned code;
	size_t n;
} answers[] = {
#define BYTES(s) s, sizeof(s) - 1
	{"an address", BYTES(HEAD("\x85", "\x80", "\1", "\1") QUESTION
	 RECORD(POINTER, "\1", "\1", "\4") A), true, 0, 1},
	{"behind another name for it", BYTES(HEAD("\x85", "\x80", "\1", "\2")
	 QUESTION RECORD(POINTER, "\5", "\1", "\2") POINTER
	 RECORD(POINTER, "\1", "\1", "\4") A), true, 0, 1},
	{"of a class of its own", BYTES(HEAD("\x85", "\x80", "\1", "\1")
	 QUESTION RECORD(POINTER, "\1", "\3", "\4") A), true, 0, 0},
	{"an A record of three bytes", BYTES(HEAD("\x85", "\x80", "\1", "\1")
	 QUESTION RECORD(POINTER, "\1", "\1", "\3") "\xc0\0\2"), true, 0, 0},
	{"one of which a byte lacks", BYTES(HEAD("\x85", "\x80", "\1", "\1")
	 QUESTION RECORD(POINTER, "\1", "\1", "\4") "\xc0\0\2"), true, 0, 0},
	{"no such name", BYTES(HEAD("\x85", "\x83", "\1", "\0") QUESTION),
	 true, 3, 0},
	{"more records than there are", BYTES(HEAD("\x85", "\x80", "\1", "\xff")
	 QUESTION RECORD(POINTER, "\1", "\1", "\4") A), true, 0, 1},
	{"more questions than there are", BYTES(HEAD("\x85", "\x80", "\xff",
	 "\1") QUESTION), true, 0, 0},
	{"a name without end", BYTES(HEAD("\x85", "\x80", "\1", "\1")
	 "\x3f" "aaaaaaaaaaaaaaaaaaaa"), true, 0, 0},
	{"half a pointer", BYTES(HEAD("\x85", "\x80", "\0", "\1") "\xc0"),
	 true, 0, 0},
	{"a question", BYTES(HEAD("\x05", "\x80", "\1", "\0") QUESTION),
	 false, 0, 0},
	{"another's answer", BYTES("\x12\x35\x85\x80\0\0\0\0\0\0\0\0"),
	 false, 0, 0},
	{"half a header", BYTES("\x12\x34\x85\x80\0\1"), false, 0, 0},
	{"nothing", BYTES(""), false, 0, 0},
};
/* clang-format on */

static void read_answers(void)
{
	struct ip addrs[DNS_ADDRS_MAX];
	char text[IP_TEXT_MAX];
	unsigned code;
	size_t i, n;

	for (i = 0; i < ARRAY_LEN(answers); i++) {
		bool is_one;

		code = 0;
		n = 0;
		is_one = dns_read((const uint8_t *)answers[i].p, answers[i].len,
				  ID, &code, addrs, &n);
		ok(is_one == answers[i].is && code == answers[i].code &&
			   n == answers[i].n,
		   "%s: %zu addresses, code %u", answers[i].what, n, code);
		if (n)
			is(ip_print(&addrs[0], text), "192.0.2.80", "%s: it",
			   answers[i].what);
	}
}

static void many(void)
{
	static const char one[] = RECORD(POINTER, "\1", "\1", "\4") A;
	struct ip addrs[DNS_ADDRS_MAX];
	auto_buf struct buf b = {0};
	unsigned code;
	size_t n;

	buf_add(&b, HEAD("\x85", "\x80", "\0", "\x64"), 12);
	for (int i = 0; i < 100; i++)
		buf_add(&b, one, sizeof(one) - 1);
	ok(dns_read((const uint8_t *)b.data, b.len, ID, &code, addrs, &n) &&
		   n == DNS_ADDRS_MAX,
	   "of a hundred addresses as many are kept as there is room for");
}

static void ask(void)
{
	uint8_t q[DNS_QUERY_MAX];
	char name[DNS_NAME_MAX + 2];

	is_int(dns_query("openstack.org", ID, q), 12 + 15 + 4, "a question");
	ok(memcmp(q, "\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION, 31) == 0,
	   "as RFC 1035 has it");
	is_int(dns_query("", ID, q), -EINVAL, "no name");
	is_int(dns_query("a..b", ID, q), -EINVAL, "an empty label");
	is_int(dns_query("a.", ID, q), -EINVAL, "an end in a dot");
	memset(name, 'a', 64);
	name[64] = '\0';
	is_int(dns_query(name, ID, q), -EINVAL, "a label of 64");
	for (int i = 0; i <= DNS_NAME_MAX; i++)
		name[i] = i % 2 ? '.' : 'a';
	name[DNS_NAME_MAX] = '\0';
	is_int(dns_query(name, ID, q), DNS_NAME_MAX + 2 + 12 + 4,
	       "the longest name fits");
	name[DNS_NAME_MAX] = 'a';
	name[DNS_NAME_MAX + 1] = '\0';
	is_int(dns_query(name, ID, q), -EINVAL, "a longer one is none");
}

static const struct {
	const char *what, *text;
	bool error, leased;
	char client;
} guests[] = {
	{"all of it",
	 "{\"lease\": {\"address\": \"10.0.0.4/24\", \"mtu\": 1450, "
	 "\"seconds\": 86400}, "
	 "\"resolv\": \"nameserver 10.0.0.2\", \"client\": \"S\"}",
	 false, true, 'S'},
	{"no lease and no client", "{\"resolv\": \"\"}", false, false, 0},
	{"a lease that is none", "{\"lease\": [1], \"resolv\": \"\"}", false,
	 false, 0},
	{"a client that is a list", "{\"resolv\": \"\", \"client\": [\"S\"]}",
	 false, false, 0},
	{"a resolv.conf that is a map", "{\"resolv\": {}}", true, false, 0},
	{"nothing", "{}", true, false, 0},
	{"no map", "[]", true, false, 0},
};

static void guest(void)
{
	for (size_t i = 0; i < ARRAY_LEN(guests); i++) {
		auto_arena struct arena a = {0};
		struct seen_guest g;
		struct doc *d = NULL;

		if (doc_parse_line(&a, guests[i].text, strlen(guests[i].text),
				   &d, NULL) < 0)
			d = NULL;
		guest_answer(&a, d, &g);
		ok(!g.error == !guests[i].error &&
			   g.leased == guests[i].leased &&
			   g.client == guests[i].client,
		   "a machine: %s", guests[i].what);
	}
}

int main(void)
{
	read_answers();
	many();
	ask();
	guest();
	return tap_done();
}
