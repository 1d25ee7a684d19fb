/* SPDX-License-Identifier: MIT */
/*
 * Rows: every type is read, written and refused; what is written and read
 * again is the same; a hostile document stops at its first fault.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/ip.h"
#include "lib/keys/keys.h"
#include "lib/mono.h"
#include "lib/text.h"
#include "t/lib/tap.h"

struct leaf {
	const char *name;
	const struct doc *at;
	uint8_t n;
	const char *text;
};

struct inner {
	bool deep;
	uint16_t port;
};

struct all {
	bool b;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	int64_t i64;
	int8_t i8;
	unsigned u;
	unsigned cs;
	const char *text;
	char name[8];
	struct ip ip;
	struct ipnet net;
	struct mac mac;
	enum { RED, GREEN, BLUE } color;
	unsigned flags;
	const char *const *texts;
	size_t ntexts;
	struct inner in;
	struct leaf *list;
	size_t nlist;
	struct leaf *named;
	size_t nnamed;
	struct leaf **far;
	size_t nfar;
	uint32_t maybe;
	bool has_maybe;
	const struct doc *maybe_at;
	bool even_checked;
	uint32_t even;
};

static const char *const colors[] = {"red", "green", "blue"};
static const char *const sides[] = {"ha", "tunnel", "wan"};

static const struct key leaf_keys[] = {
	{"n", KEY_UINT, KEY_FIELD(struct leaf, n), .def = 7},
	{"text", KEY_TEXT, KEY_FIELD(struct leaf, text), .max = 5},
};
static const struct key_table leaf_table = {
	.name = "leaf",
	.what = "small leaf",
	.keys = leaf_keys,
	.n = ARRAY_LEN(leaf_keys),
	.size = sizeof(struct leaf),
	.id = offsetof(struct leaf, name),
	.place = offsetof(struct leaf, at),
};

static const struct key inner_keys[] = {
	{"deep", KEY_BOOL, KEY_FIELD(struct inner, deep)},
	{"port", KEY_UINT, KEY_FIELD(struct inner, port), .def = 8472},
};
static const struct key_table inner_table =
	KEY_TABLE("inner", struct inner, inner_keys);

static bool is_even(struct keys *ks, const struct key *k, const struct doc *v,
		    void *obj)
{
	struct all *a = obj;

	(void)k;
	a->even_checked = true;
	if (a->even % 2 == 0)
		return true;
	keys_wrong(ks, v, "%u is odd", a->even);
	return false;
}

/* clang-format off */
static const struct key all_keys[] = {
	{"b", KEY_BOOL, KEY_FIELD(struct all, b)},
	{"u8", KEY_UINT, KEY_FIELD(struct all, u8), .min = 1, .max = 254,
	 .def = 50},
	{"u16", KEY_UINT, KEY_FIELD(struct all, u16)},
	{"u32", KEY_UINT, KEY_FIELD(struct all, u32)},
	{"i64", KEY_INT, KEY_FIELD(struct all, i64)},
	{"i8", KEY_INT, KEY_FIELD(struct all, i8)},
	{"u", KEY_UINT, KEY_FIELD(struct all, u), .def = 3},
	{"interval", KEY_DURATION, KEY_FIELD(struct all, cs), .def = 200,
	 .unit = NS_PER_CS, .step = NS_PER_S, .min = NS_PER_S,
	 .max = 255 * NS_PER_S},
	{"text", KEY_TEXT, KEY_FIELD(struct all, text), .def_text = "none"},
	{"name", KEY_CHARS, KEY_FIELD(struct all, name), .min = 1},
	{"ip", KEY_IP, KEY_FIELD(struct all, ip)},
	{"net", KEY_NET, KEY_FIELD(struct all, net)},
	{"mac", KEY_MAC, KEY_FIELD(struct all, mac)},
	{"color", KEY_ENUM, KEY_FIELD(struct all, color), KEY_WORDS(colors)},
	{"flags", KEY_FLAGS, KEY_FIELD(struct all, flags), KEY_WORDS(sides),
	 .def = 3, .what = "side"},
	{"texts", KEY_TEXTS, KEY_ITEMS(struct all, texts, ntexts), .max = 3},
	{"in", KEY_MAP, KEY_FIELD(struct all, in), .table = &inner_table,
	 .flags = KEY_EMPTY},
	{"list", KEY_LIST, KEY_ITEMS(struct all, list, nlist),
	 .table = &leaf_table, .max = 4},
	{"named", KEY_NAMED, KEY_ITEMS(struct all, named, nnamed),
	 .table = &leaf_table, .max = 2, .flags = KEY_EMPTY},
	{"far", KEY_NAMED, KEY_ITEMS(struct all, far, nfar),
	 .table = &leaf_table, .max = 3, .flags = KEY_POINTERS},
	{"maybe", KEY_UINT, KEY_FIELD(struct all, maybe),
	 .known = offsetof(struct all, has_maybe),
	 .at = offsetof(struct all, maybe_at)},
	{"even", KEY_UINT, KEY_FIELD(struct all, even), .check = is_even,
	 .def = 2},
};
/* clang-format on */
static const struct key_table all_table =
	KEY_TABLE("all", struct all, all_keys);

struct strict {
	const char *id;
	const char *dev;
};

static const struct key strict_keys[] = {
	{"id", KEY_TEXT, KEY_FIELD(struct strict, id), .flags = KEY_REQUIRED},
	{"dev", KEY_TEXT, KEY_FIELD(struct strict, dev), .flags = KEY_REQUIRED},
};
static const struct key_table strict_table =
	KEY_TABLE("strict", struct strict, strict_keys);

static struct doc *parse(struct arena *a, const char *text)
{
	struct doc_error where;
	struct doc *root = NULL;

	if (doc_parse(a, text, strlen(text), &root, &where) < 0)
		tap_diag("%u:%u: %s", where.line, where.col, where.msg);
	return root;
}

static void collect(struct keys *ks, const struct key_fault *f)
{
	struct buf *b = ks->ctx;

	buf_printf(b, "%u:%u: %s\n", f->at ? f->at->line : 0,
		   f->at ? f->at->col : 0, keys_fault_print(ks->a, f));
}

/* Every fault of a text read into ret. */
static char *faults(struct arena *a, const char *text, bool lax,
		    struct all *ret)
{
	auto_buf struct buf b = {0};
	struct keys ks = {.a = a, .report = collect, .ctx = &b, .lax = lax};
	const struct doc *root = parse(a, text);

	*ret = (struct all){0};
	keys_read(&ks, root, &all_table, ret, root, "it");
	return arena_strdup(a, b.data ? b.data : "");
}

static void values(void)
{
	auto_arena struct arena a = {0};
	struct all x;

	is(faults(&a, "{}", false, &x), "", "an empty map");
	is_int(x.u8, 50, "default of a number");
	is_int(x.cs, 200, "default of a duration");
	is(x.text, "none", "default of a text");
	is_int(x.flags, 3, "default of flags");
	is_int(x.in.port, 8472, "default inside a map that is not there");
	ok(!x.even_checked, "defaults are not checked");
	is(faults(&a,
		  "b: true\nu8: 254\nu16: 65535\nu32: 4294967295\n"
		  "i64: -9223372036854775807\ni8: -128\nu: 0\ninterval: 1m\n"
		  "text: \"1\"\nname: abcdefg\nip: 'fd00::1'\n"
		  "net: 192.168.1.7/24\nmac: fa:16:3e:00:00:01\ncolor: blue\n"
		  "flags: [wan]\ntexts: [x, y]\nin: {deep: true}\n"
		  "list: [{n: 1}, {text: abc}]\nnamed: {one: {n: 2}, two: }\n"
		  "maybe: 0\neven: 4\n",
		  false, &x),
	   "", "one of each");
	ok(x.b && x.u8 == 254 && x.u16 == 65535 && x.u32 == UINT32_MAX &&
		   x.i64 == -INT64_MAX && x.i8 == -128 && x.u == 0 &&
		   x.cs == 6000,
	   "numbers");
	is(x.text, "1", "a text in quotes");
	is(x.name, "abcdefg", "a text of as many bytes as there are");
	ok(x.ip.family == 6 && x.net.len == 24 && x.net.ip.b[3] == 7 &&
		   x.mac.b[0] == 0xfa,
	   "addresses");
	ok(x.color == BLUE && x.flags == 4 && x.ntexts == 2, "words");
	is(x.texts[1], "y", "texts");
	ok(x.in.deep && x.in.port == 8472, "a map inside");
	ok(x.nlist == 2 && x.list[0].n == 1 && x.list[1].n == 7, "a list");
	ok(x.nnamed == 2 && x.named[1].n == 7 && x.named[0].at->line == 19,
	   "named things");
	is(x.named[1].name, "two", "the name");
	ok(x.has_maybe && x.maybe_at && x.maybe_at->line == 20,
	   "what was there is known, and its place");
	ok(x.even == 4 && x.even_checked, "a check that holds");
}

static void words(void)
{
	/* clang-format off */
	static const struct {
		const char *text, *want;
	} cases[] = {
	{"[1]", "1:1: it must be a map of keys, found a list\n"},
	{"u9: 1", "1:1: unknown key 'u9' in it; did you mean 'u8'?\n"},
	{"zzzzzz: 1", "1:1: unknown key 'zzzzzz' in it\n"},
	{"deep: 1", "1:1: unknown key 'deep' in it; it belongs under in: "
		    "{deep: ...}\n"},
	{"<<: {}", "1:1: merge keys ('<<') are not read; alias a whole value "
		   "instead\n"},
	{"b: true\nb: true", "2:1: key 'b' is here twice, first in line 1\n"},
	{"qq: 1\nqq: 1", "1:1: unknown key 'qq' in it\n"
			 "2:1: key 'qq' is here twice, first in line 1\n"},
	{"u8:", "1:1: key 'u8' has no value\n"},
	{"in:", ""},
	{"named: ~", ""},
	{"b: yes", "1:4: expected true or false, found the text 'yes'; write "
		   "true\n"},
	{"b: 1", "1:4: expected true or false, found a number\n"},
	{"b: 'true'", "1:4: expected true or false, found the text 'true'; "
		      "write true\n"},
	{"u8: 0", "1:5: 0 is out of range: 1 to 254\n"},
	{"u8: 255", "1:5: 255 is out of range: 1 to 254\n"},
	{"u8: -1", "1:5: -1 is out of range: 1 to 254\n"},
	{"u8: '7'", "1:5: expected a whole number from 1 to 254, found a "
		    "text\n"},
	{"u8: 7.5", "1:5: expected a whole number from 1 to 254, found a "
		    "number\n"},
	{"u8: 010", "1:5: '010' has leading zeros; write 10: labctl does not "
		    "read octal\n"},
	{"u8: 000", "1:5: '000' has leading zeros; write 0: labctl does not "
		    "read octal\n"},
	{"i64: -010", "1:6: '-010' has leading zeros; write -10: labctl does "
		      "not read octal\n"},
	{"u16: 65536", "1:6: 65536 is out of range: 0 to 65535\n"},
	{"u32: 99999999999999999999", "1:6: 99999999999999999999 is out of "
				      "range: 0 to 4294967295\n"},
	{"i8: -129", "1:5: -129 is out of range: -128 to 127\n"},
	{"i8: 0x10", "1:5: expected a whole number from -128 to 127, found a "
		     "number\n"},
	{"interval: 1500ms", "1:11: '1500ms' must be whole seconds\n"},
	{"interval: 0", "1:11: '0' is out of range: 1s to 255s\n"},
	{"interval: 256s", "1:11: '256s' is out of range: 1s to 255s\n"},
	{"interval: 010s", "1:11: '010s' has leading zeros; write 10s: labctl "
			   "does not read octal\n"},
	{"interval: soon", "1:11: 'soon' is not a duration such as 2s or 1m\n"},
	{"interval: []", "1:11: expected a duration such as 2s, found a "
			 "list\n"},
	{"text: 7", "1:7: expected a text, found a number; in quotes it is "
		    "one: \"7\"\n"},
	{"text: {}", "1:7: expected a text, found a map\n"},
	{"name: abcdefgh", "1:7: 'name' must have 1 to 7 bytes, this has 8\n"},
	{"name: ''", "1:7: 'name' must have 1 to 7 bytes, this has 0\n"},
	{"ip: 10.0.0.1/8", "1:5: '10.0.0.1/8' is not an address; it has no "
			   "prefix length here\n"},
	{"net: 10.0.0.1", "1:6: '10.0.0.1' is not a range such as "
			  "192.168.1.0/24; its prefix length lacks\n"},
	{"net: 10.0.0.0/08", "1:6: '10.0.0.0/08' has leading zeros; write "
			     "10.0.0.0/8: labctl does not read octal\n"},
	{"mac: 1", "1:6: '1' is not a MAC address such as "
		   "fa:16:3e:00:00:01\n"},
	{"color: blu", "1:8: unknown color 'blu'; did you mean 'blue'? (there "
		       "are red, green and blue)\n"},
	{"flags: [ha, ha]", "1:13: 'ha' is here twice\n"},
	{"flags: ha", "1:8: expected a list such as [ha, tunnel]\n"},
	{"flags: [tunel]", "1:9: unknown side 'tunel'; did you mean 'tunnel'? "
			   "(there are ha, tunnel and wan)\n"},
	{"texts: x", "1:8: expected a list of texts, found a text\n"},
	{"flags: [1]", "1:9: expected a text, found a number; in quotes it is "
		       "one: \"1\"\n"},
	{"texts: [1]", "1:9: expected a text, found a number; in quotes it is "
		       "one: \"1\"\n"},
	{"texts: [a, b, c, d]", "1:18: 4 texts are too many; the limit is "
				"3\n"},
	{"in: true", "1:5: in of it must be a map of keys, found true\n"},
	{"in: {dep: true}", "1:6: unknown key 'dep' in in of it; did you mean "
			    "'deep'?\n"},
	{"list: {}", "1:7: expected a list, found a map\n"},
	{"list: [x]", "1:8: small leaf must be a map of keys, found a text\n"},
	{"named: []", "1:8: expected a map from small leaf names to what they "
		      "are, found a list\n"},
	{"named: {a: {}, a: {}}", "1:16: key 'a' is here twice, first in line "
				  "1\n"},
	{"named: {a: {}, b: {}, c: {}}", "1:23: 3 small leafs are too many; "
					 "the limit is 2\n"},
	{"named: {a: {text: abcdef}}", "1:19: 'text' must have 0 to 5 bytes, "
				       "this has 6\n"},
	{"named: {a: {tex: b}}", "1:13: unknown key 'tex' in small leaf 'a'; "
				 "did you mean 'text'?\n"},
	{"even: 3", "1:7: 3 is odd\n"},
	{"u8: 0\nu16: x", "1:5: 0 is out of range: 1 to 254\n2:6: expected a "
			  "whole number from 0 to 65535, found a text\n"},
	};
	/* clang-format on */
	auto_arena struct arena a = {0};
	struct all x;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		is(faults(&a, cases[i].text, false, &x), cases[i].want, "%s",
		   cases[i].text);
	faults(&a, "even: 3", false, &x);
	is_int(x.even, 2, "what a check refuses is taken back");
	is(faults(&a, "u8: '7'\nb: yes\ntext: 7", true, &x), "",
	   "lax: quotes do not matter");
	ok(x.u8 == 7 && x.b && strcmp(x.text, "7") == 0, "lax: values");
}

static void required(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"{id: a, dev: b}", ""},
		{"{id: a, deb: b}",
		 "line 1, column 9: unknown key 'deb' in strict; did you mean "
		 "'dev'?"},
		{"{id: a}",
		 "line 1, column 1, 'dev': strict needs the key 'dev'"},
		{"{id: a, dev: null}",
		 "line 1, column 1, 'dev': strict needs the key 'dev'"},
		{"{id: 1, dev: []}",
		 "line 1, column 6, 'id': expected a text, found a number; in "
		 "quotes it is one: \"1\""},
		{"[]", "line 1, column 1: strict must be a map of keys, found "
		       "a list"},
	};
	auto_arena struct arena a = {0};
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strict s = {0};
		int r;

		err = (struct err){0};
		r = keys_read_first(&a, parse(&a, cases[i].text), &strict_table,
				    &s, &err);
		is(err.msg, cases[i].want, "%s", cases[i].text);
		is_int(r, *cases[i].want ? -EINVAL : 0, "%s: returns",
		       cases[i].text);
	}
}

/* --- what is written is read ---------------------------------------------- */

static unsigned pick(unsigned n)
{
	return (unsigned)random() % n;
}

static const char *any_text(struct arena *a)
{
	static const char *const texts[] = {
		"",     "x",   "true", "1",    "null", "~",     "- a",
		"a: b", "#",   "\"",   "a\nb", "010",  " lead", "\xc3\xa4",
		"*x",   "[a]", "yes",  "'",    "a\tb", "0x1f"};

	return arena_strdup(a, texts[pick(ARRAY_LEN(texts))]);
}

static struct leaf *leaves(struct arena *a, size_t n)
{
	struct leaf *l = arena_array(a, n, sizeof(*l));

	for (size_t i = 0; i < n; i++) {
		l[i].n = (uint8_t)pick(256);
		l[i].text = pick(2) ? any_text(a) : NULL;
		l[i].name = arena_printf(a, "l%zu", i);
	}
	return l;
}

static void any(struct arena *a, struct all *x)
{
	const char **texts = arena_array(a, 3, sizeof(*texts));

	*x = (struct all){0};
	x->b = pick(2);
	x->u8 = (uint8_t)(1 + pick(254));
	x->u16 = (uint16_t)random();
	x->u32 = (uint32_t)random() * 2;
	x->i64 = (int64_t)random() * (pick(2) ? 1 : -1) *
		 (INT64_C(1) << pick(30));
	x->i8 = (int8_t)random();
	x->u = pick(5);
	x->cs = (1 + pick(255)) * 100;
	x->text = any_text(a);
	snprintf(x->name, sizeof(x->name), "%.*s", (int)pick(8), "abcdefgh");
	if (pick(2))
		x->ip = ip_v4((uint32_t)random());
	if (pick(2))
		x->net = (struct ipnet){ip_v4((uint32_t)random()),
					(uint8_t)pick(33)};
	x->mac.b[5] = (uint8_t)pick(3);
	x->color = pick(3);
	x->flags = pick(8);
	x->ntexts = pick(4);
	for (size_t i = 0; i < x->ntexts; i++)
		texts[i] = any_text(a);
	x->texts = texts;
	x->in.deep = pick(2);
	x->in.port = pick(2) ? 8472 : 0;
	x->nlist = pick(5);
	x->list = leaves(a, x->nlist);
	x->nnamed = pick(3);
	x->named = leaves(a, x->nnamed);
	x->nfar = pick(4);
	x->far = arena_array(a, x->nfar, sizeof(*x->far));
	for (size_t i = 0; i < x->nfar; i++) {
		x->far[i] = leaves(a, 1);
		x->far[i]->name = arena_printf(a, "f%zu", i);
	}
	x->has_maybe = pick(2);
	x->maybe = x->has_maybe ? pick(2) : 0;
	x->even = pick(3) * 2;
}

static bool same_leaves(const struct leaf *a, const struct leaf *b, size_t n,
			bool named)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].n != b[i].n || !text_same(a[i].text, b[i].text) ||
		    (named && !text_same(a[i].name, b[i].name)))
			return false;
	return true;
}

static bool same(const struct all *a, const struct all *b)
{
	if (a->b != b->b || a->u8 != b->u8 || a->u16 != b->u16 ||
	    a->u32 != b->u32 || a->i64 != b->i64 || a->i8 != b->i8 ||
	    a->u != b->u || a->cs != b->cs || !text_same(a->text, b->text) ||
	    !text_same(a->name, b->name) || !ip_equal(&a->ip, &b->ip) ||
	    !ipnet_equal(&a->net, &b->net) || !mac_equal(&a->mac, &b->mac) ||
	    a->color != b->color || a->flags != b->flags ||
	    a->ntexts != b->ntexts || a->in.deep != b->in.deep ||
	    a->in.port != b->in.port || a->nlist != b->nlist ||
	    a->nnamed != b->nnamed || a->nfar != b->nfar ||
	    a->has_maybe != b->has_maybe || a->maybe != b->maybe ||
	    a->even != b->even)
		return false;
	for (size_t i = 0; i < a->ntexts; i++)
		if (!text_same(a->texts[i], b->texts[i]))
			return false;
	for (size_t i = 0; i < a->nfar; i++)
		if (!same_leaves(a->far[i], b->far[i], 1, true))
			return false;
	return same_leaves(a->list, b->list, a->nlist, false) &&
	       same_leaves(a->named, b->named, a->nnamed, true);
}

static void round_trip(void)
{
	unsigned bad = 0;

	srandom(7);
	for (unsigned i = 0; i < 2000; i++) {
		auto_arena struct arena a = {0};
		auto_buf struct buf b = {0}, c = {0};
		struct all x, y = {0};
		struct json j;
		struct err err = {0};
		struct doc *root;

		any(&a, &x);
		json_init(&j, &b, 0);
		json_obj(&j);
		keys_write(&all_table, &x, &j);
		json_obj_end(&j);
		root = parse(&a, b.data);
		/* Leaves' texts have a limit that any_text() knows nothing
		 * of; none is longer. */
		if (keys_read_first(&a, root, &all_table, &y, &err) < 0 ||
		    !same(&x, &y)) {
			tap_diag("%s: %s", err.msg, b.data);
			bad++;
			continue;
		}
		json_init(&j, &c, 0);
		json_obj(&j);
		keys_write(&all_table, &y, &j);
		json_obj_end(&j);
		bad += strcmp(b.data, c.data) != 0;
	}
	is_int(bad, 0, "2000 structs are the same after writing and reading");
}

static void defaults_are_left_out(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct strict s = {"x", ""};
	struct json j;
	struct all x;

	faults(&a, "{}", false, &x);
	json_init(&j, &b, 0);
	json_obj(&j);
	keys_write(&all_table, &x, &j);
	json_obj_end(&j);
	is(b.data, "{}", "nothing but defaults is nothing");
	buf_reset(&b);
	json_init(&j, &b, 0);
	json_obj(&j);
	keys_write(&strict_table, &s, &j);
	json_obj_end(&j);
	is(b.data, "{\"id\": \"x\",\"dev\": \"\"}", "required ones are there");
}

/* A document of nothing but faults is told of once, and quickly. */
static void hostile(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct err err = {0};
	struct all x = {0};
	struct keys ks = {.a = &a, .report = collect, .ctx = &b, .most = 10};
	struct doc *root;

	buf_adds(&b, "{\"list\": [");
	for (int i = 0; i < 60000; i++)
		buf_printf(&b, "{\"n\": -1, \"k%d\": 0},", i);
	buf_adds(&b, "]}");
	root = parse(&a, b.data);
	is_int(keys_read_first(&a, root, &all_table, &x, &err), -EINVAL,
	       "60000 entries where 4 may be");
	is(err.msg,
	   "line 1, column 87, 'list': 60000 list are too many; the limit is "
	   "4",
	   "only the first is told");
	buf_reset(&b);
	buf_adds(&b, "{");
	for (int i = 0; i < 60000; i++)
		buf_printf(&b, "\"k%d\": 0,", i);
	buf_adds(&b, "}");
	root = parse(&a, b.data);
	buf_reset(&b);
	keys_read(&ks, root, &all_table, &x, root, "it");
	is_int(ks.faults, 60000, "60000 unknown keys are counted");
}

struct party {
	struct ip *ips;
	size_t nips;
	struct ip few[2];
	size_t nfew;
	struct leaf leaves[2];
	size_t nleaves;
	uint8_t small;
	const char *text;
};

static const struct key party_keys[] = {
	{"ips", KEY_IPS, KEY_ITEMS(struct party, ips, nips), .max = 3},
	{"few", KEY_IPS, KEY_ARRAY(struct party, few, nfew)},
	{"leaves", KEY_LIST, KEY_ARRAY(struct party, leaves, nleaves),
	 .table = &leaf_table},
	{"small", KEY_UINT, KEY_FIELD(struct party, small), .def = 9},
	{"text", KEY_TEXT, KEY_FIELD(struct party, text)},
};
static const struct key_table party_table =
	KEY_TABLE("party", struct party, party_keys);

static void addresses(void)
{
	static const char text[] = "{\"ips\": [\"10.0.0.1\",\"2001:db8::1\"],"
				   "\"few\": [\"10.0.0.2\",\"10.0.0.3\"],"
				   "\"leaves\": [{\"n\": 1},{}],\"small\": 3}";
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct party x = {0};
	struct err err = {0};
	struct json j;

	is_int(keys_read_first(&a, parse(&a, text), &party_table, &x, &err), 0,
	       "lists of addresses, and arrays in the struct");
	ok(x.nips == 2 && x.ips[1].family == 6 && x.nfew == 2 &&
		   x.few[1].b[3] == 3 && x.nleaves == 2 && x.leaves[0].n == 1 &&
		   x.leaves[1].n == 7,
	   "and what is in them");
	json_init(&j, &b, 0);
	json_obj(&j);
	keys_write(&party_table, &x, &j);
	json_obj_end(&j);
	is(b.data, text, "written as they were");
	x = (struct party){0};
	is_int(keys_read_first(&a, parse(&a, "{ips: [10.0.0.1, no]}"),
			       &party_table, &x, &err),
	       -EINVAL, "%s", err.msg);
	is_int(keys_read_first(&a, parse(&a, "{few: ['::1', '::2', '::3']}"),
			       &party_table, &x, &err),
	       -EINVAL, "%s", err.msg);
}

/* Of an answer of which nothing is believed, all that can be read is. */
static void loose(void)
{
	auto_arena struct arena a = {0};
	struct party x = {0};

	keys_read_loose(&a,
			parse(&a,
			      "{more: 1, ips: [no, 10.0.0.1, [], '::1'],"
			      "few: ['::1', '::2', '::3', '::4'], small: 256,"
			      "leaves: [{n: -1, text: a}, 5, {}, {}],"
			      "text: 12}"),
			&party_table, &x);
	ok(x.nips == 1 && x.ips[0].family == 4, "loose: one address of three");
	is_int(x.nfew, 2, "loose: an array holds what it can");
	is_int(x.small, 9, "loose: a number that does not fit is none");
	ok(x.nleaves == 2 && x.leaves[0].n == 7 && x.leaves[0].text &&
		   strcmp(x.leaves[0].text, "a") == 0 && x.leaves[1].n == 7,
	   "loose: entries keep what is right in them");
	is(x.text, "12", "loose: whatever is written there is a text");
	x = (struct party){0};
	keys_read_loose(&a, parse(&a, "[1]"), &party_table, &x);
	keys_read_loose(&a, NULL, &party_table, &x);
	keys_read_loose(&a, parse(&a, "{ips: 5, leaves: {}, text: [a]}"),
			&party_table, &x);
	ok(!x.nips && !x.nleaves && !x.text, "loose: nothing of nothing");
}

int main(void)
{
	values();
	addresses();
	loose();
	words();
	required();
	defaults_are_left_out();
	round_trip();
	hostile();
	return tap_done();
}
