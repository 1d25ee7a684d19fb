/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "lib/mono.h"
#include "lib/parse.h"
#include "t/lib/tap.h"

/* What is a number, what comes after it; nothing where there is none. */
static void beginnings(void)
{
	static const struct {
		const char *text, *rest;
		int64_t v;
	} rows[] = {
		{"0", "", 0},
		{" \t42\n", "\n", 42},
		{"-1", "", -1},
		{"1000 ms", " ms", 1000},
		{"9223372036854775807", "", INT64_MAX},
		{"-9223372036854775808 ", " ", INT64_MIN},
		{"9223372036854775808", NULL, 0},
		{"99999999999999999999", NULL, 0},
		{"-99999999999999999999", NULL, 0},
		{"max", NULL, 0},
		{"-", NULL, 0},
		{"+1", NULL, 0},
		{"- 1", NULL, 0},
		{"", NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = rows[i].text;
		int64_t v = 0;
		bool got = parse_begins(&at, &v);

		ok(got == (rows[i].rest != NULL) && v == rows[i].v,
		   "parse_begins '%s'", rows[i].text);
		is(at, got ? rows[i].rest : rows[i].text, "and what is left");
	}
}

static void numbers(void)
{
	static const struct {
		const char *text;
		int r;
		uint32_t v;
	} rows[] = {{"0", 0, 0},          {"42", 0, 42},
		    {"100", 0, 100},      {"101", -ERANGE, 0},
		    {"", -EINVAL, 0},     {"-1", -EINVAL, 0},
		    {" 1", -EINVAL, 0},   {"1x", -EINVAL, 0},
		    {"0x10", -EINVAL, 0}, {"18446744073709551616", -ERANGE, 0}};
	uint32_t v;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		v = 0;
		is_int(parse_u32(rows[i].text, 0, 100, &v), rows[i].r,
		       "parse_u32 '%s'", rows[i].text);
		is_int(v, rows[i].v, "parse_u32 '%s': value", rows[i].text);
	}
}

static void durations(void)
{
	static const struct {
		const char *text;
		int r;
		int64_t ns;
	} rows[] = {{"2", 0, 2 * NS_PER_S},
		    {"2s", 0, 2 * NS_PER_S},
		    {"100ms", 0, 100 * NS_PER_MS},
		    {"1.5s", 0, 1500 * NS_PER_MS},
		    {"10us", 0, 10000},
		    {"2m", 0, 120 * NS_PER_S},
		    {"0.001h", 0, 3600 * NS_PER_MS},
		    {"", -EINVAL, 0},
		    {".5", -EINVAL, 0},
		    {"5.", -EINVAL, 0},
		    {"1 s", -EINVAL, 0},
		    {"1d", -EINVAL, 0},
		    {"999999h", -ERANGE, 0},
		    {"99999999999999999999", -ERANGE, 0}};
	int64_t ns;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ns = 0;
		is_int(parse_duration(rows[i].text, &ns), rows[i].r,
		       "parse_duration '%s'", rows[i].text);
		is_int(ns, rows[i].ns, "parse_duration '%s': value",
		       rows[i].text);
	}
}

static void nearest(void)
{
	static const char *const names[] = {"networks", "nodes", NULL,
					    "routers", "instances"};

	is(parse_nearest("netwroks", names, ARRAY_LEN(names)), "networks",
	   "transposition");
	is(parse_nearest("Node", names, ARRAY_LEN(names)), "nodes",
	   "a letter short, other case");
	is(parse_nearest("gateway", names, ARRAY_LEN(names)), NULL,
	   "nothing near");
}

static void addresses(void)
{
	char text[IP_TEXT_MAX];
	struct ipnet n, m;
	struct ip ip, ip2;
	struct mac mac;

	ok(ipnet_parse("10.5.150.0/16", &n) == 0, "host address ending in .0");
	is(ipnet_print(&n, text), "10.5.150.0/16", "host bits are kept");
	ip = ipnet_network(&n);
	is(ip_print(&ip, text), "10.5.0.0", "network");
	ip = ipnet_last(&n);
	is(ip_print(&ip, text), "10.5.255.255", "last");
	ok(ipnet_parse("10.5.0.0/33", &m) < 0, "length over 32");
	ok(ipnet_parse("10.5.0.0", &m) < 0, "no length");
	ok(ipnet_parse("10.5.0.0/", &m) < 0, "empty length");
	ok(ip_parse("10.5.0.256", &ip) < 0, "octet over 255");
	ok(ip_parse("010.5.0.1", &ip) < 0, "leading zero");
	ok(ipnet_parse("fd00:198:51:100::/64", &n) == 0, "IPv6 prefix");
	ok(ip_parse("fd00:198:51:100::1", &ip) == 0 && ipnet_contains(&n, &ip),
	   "contained");
	ok(ip_parse("fd00:198:51:101::1", &ip) == 0 && !ipnet_contains(&n, &ip),
	   "not contained");
	ip_parse("10.0.0.255", &ip);
	ip = ip_add(ip, 2);
	is(ip_print(&ip, text), "10.0.1.1", "add carries");
	ip_parse("10.0.0.1", &ip2);
	is_int(ip_distance(&ip2, &ip), 256, "distance");
	is_int(ip_distance(&ip, &ip2), 0, "distance backwards");
	ip_parse("::", &ip);
	ip_parse("ffff::", &ip2);
	ok(ip_distance(&ip, &ip2) == UINT64_MAX, "distance saturates");
	ipnet_parse("10.0.0.0/8", &n);
	ipnet_parse("10.1.0.0/16", &m);
	ok(ipnet_overlap(&n, &m) && ipnet_overlap(&m, &n), "overlap");
	ipnet_parse("11.0.0.0/8", &m);
	ok(!ipnet_overlap(&n, &m), "no overlap");
	ok(mac_parse("fa:16:3e:13:a9:24", &mac) == 0, "mac");
	ip = ip_link_local(&mac);
	ok(ip_is_link_local(&ip), "link-local");
	is(ip_print(&ip, text), "fe80::f816:3eff:fe13:a924",
	   "link-local of a MAC, as in the documents");
	ip_parse("fec0::1", &ip);
	ok(!ip_is_link_local(&ip), "site-local is not link-local");
	ip_parse("254.128.0.1", &ip);
	ok(!ip_is_link_local(&ip), "nor is IPv4 with its bytes");
	n = ipnet_host(&ip);
	is(ipnet_print(&n, text), "254.128.0.1/32", "a host's prefix");
	ok(ipnet_parse_host("2001:db8::1", &n) == 0 && n.len == 128,
	   "an address is its own prefix");
	ok(ipnet_parse_host("10.0.0.1/24", &n) == 0 && n.len == 24,
	   "with a length it has that");
	ok(ipnet_parse_host("10.0.0.1/", &n) < 0 &&
		   ipnet_parse_host("", &n) < 0,
	   "neither is neither");
	ok(mac_parse("fa:16:3e:13:a9", &mac) < 0, "short mac");
	ok(mac_parse("fa:16:3e:13:a9:2g", &mac) < 0, "not hex");
}

static void documents(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct doc_error where;
	struct doc *d;
	struct json j;

	static const char text[] = "a: &x [1, two]\nb: *x\n'c d': {e: ~}\n";
	ok(doc_parse(&a, text, strlen(text), &d, &where) == 0, "parse");
	is_int(doc_len(doc_get(d, "b")), 2, "alias");
	is(doc_get(d, "b")->items[1]->str, "two", "alias value");
	is_int(doc_get(d, "c d")->line, 3, "line");
	ok(doc_is_null(doc_get(doc_get(d, "c d"), "e")), "null");

	json_init(&j, &b, 0);
	json_obj(&j);
	json_kstr(&j, "s", "q\"b\\n\n\x01 é");
	json_kint(&j, "i", -7);
	json_key(&j, "l");
	json_arr(&j);
	json_bool(&j, true);
	json_obj(&j);
	json_obj_end(&j);
	json_arr_end(&j);
	json_obj_end(&j);
	is(b.data,
	   "{\"s\": \"q\\\"b\\\\n\\n\\u0001 é\",\"i\": -7,\"l\": [true,{}]}",
	   "one line of JSON");
	ok(doc_parse(&a, b.data, b.len, &d, &where) == 0, "is YAML");
	is(doc_str(d, "s", NULL), "q\"b\\n\n\x01 é", "text survives");
	is_int(doc_int(d, "i", 0), -7, "negative number");
}

static void hostile_documents(void)
{
	auto_buf struct buf b = {0};
	struct doc_error where;
	static const struct {
		const char *what, *text;
		size_t len;
		unsigned line;
	} rows[] = {
		{"not YAML", "a: [1, 2\nb: 3\n", 14, 2},
		{"two documents", "a: 1\n---\nb: 2\n", 14, 2},
		{"NUL byte", "a: 1\nb\0c: 2\n", 12, 2},
		{"not UTF-8", "a: \xff\xfe\n", 6, 1},
		{"alias of nothing", "a: *no\n", 7, 1},
		{"alias of itself", "a: &x [*x]\n", 11, 1},
		{"key is a list", "[a]: 1\n", 7, 1},
		{"NUL by escape", "a: \"x\\0y\"\n", 10, 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena a = {0};
		struct doc *d;

		ok(doc_parse(&a, rows[i].text, rows[i].len, &d, &where) < 0,
		   "%s: refused", rows[i].what);
		is_int(where.line, rows[i].line, "%s: line", rows[i].what);
		ok(where.msg[0], "%s: %s", rows[i].what, where.msg);
	}

	auto_arena struct arena a = {0};
	struct doc *d;
	buf_adds(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_printf(&b, "*a%d%s", i - 1, k < 9 ? "," : "");
		buf_adds(&b, "]\n");
	}
	is_int(doc_parse(&a, b.data, b.len, &d, &where), -E2BIG,
	       "a billion laughs are not laughed");
	buf_reset(&b);
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, "[");
	is_int(doc_parse(&a, b.data, b.len, &d, &where), -E2BIG, "depth");
}

static void bufs(void)
{
	auto_buf struct buf b = {0};

	buf_drop(&b, 0);
	is_int((long)b.len, 0, "nothing dropped of nothing");
	buf_adds(&b, "abc");
	buf_drop(&b, 2);
	is(b.data, "c", "the first bytes are dropped");
}

static void arenas(void)
{
	auto_arena struct arena a = {0};
	size_t n = 0;
	int *items = NULL;
	bool same = true;

	for (int i = 0; i < 1000; i++)
		*(int *)arena_push(&a, &items, &n, sizeof(int)) = i;
	for (int i = 0; i < 1000; i++)
		same &= items[i] == i;
	ok(same && n == 1000, "pushed elements stay");
}

static void adopted(void)
{
	struct arena from = {0};
	auto_arena struct arena a = {0};
	char *first = arena_strdup(&a, "own"), *moved;

	moved = arena_strdup(&from, "moved");
	arena_adopt(&a, &from);
	ok(!from.head, "an adopted arena is empty");
	arena_strdup(&from, "again");
	arena_release(&from);
	is(moved, "moved", "what was adopted stays");
	is(first, "own", "and what was there");
	ok(arena_strdup(&a, "next") == first + alignof(max_align_t),
	   "the block in use stays in use");
}

static void raw_json(void)
{
	auto_buf struct buf b = {0};
	struct json j;

	json_init(&j, &b, 0);
	json_obj(&j);
	json_key(&j, "a");
	json_raw(&j, "[1, 2]");
	json_kint(&j, "b", 3);
	json_obj_end(&j);
	is(b.data, "{\"a\": [1, 2],\"b\": 3}", "raw JSON between others");
}

int main(void)
{
	numbers();
	beginnings();
	durations();
	nearest();
	addresses();
	documents();
	hostile_documents();
	bufs();
	arenas();
	adopted();
	raw_json();
	return tap_done();
}
