/* SPDX-License-Identifier: MIT */
#include "verify/report/tap.h"

#include <string.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

static void versions(void)
{
	static const struct {
		const char *version, *text;
	} rows[] = {{NULL, "TAP version 13\n1..2\n"},
		    {"13", "TAP version 13\n1..2\n"},
		    {"14", "TAP version 14\n1..2\n"},
		    {"15", "TAP version 13\n1..2\n"},
		    {"12", "1..2\n"},
		    {"no", "TAP version 13\n1..2\n"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_buf struct buf b = {0};
		struct tap t;

		tap_open(&t, &b, rows[i].version, 2);
		is(b.data, rows[i].text, "TAP_VERSION %s",
		   rows[i].version ? rows[i].version : "unset");
	}
}

static void colors(void)
{
	auto_arena struct arena a = {0};
	struct verdict good = {.arena = &a}, bad = {.arena = &a};
	struct verdict blind = {.arena = &a};
	auto_buf struct buf b = {0};
	struct tap t;

	tap_open(&t, &b, "12", 4);
	t.color = true;
	buf_reset(&b);
	tap_point(&t, "a", "a", &good, "");
	tap_skip_point(&t, "b", "why");
	tap_note(&t, "note");
	is(b.data,
	   "\033[32mok\033[0m 1 - a\n\033[2mok\033[0m 2 - b # SKIP why\n"
	   "\033[2m# note\033[0m\n",
	   "colours for a person");
	buf_reset(&b);
	verdict_saw(&bad, false, "x");
	tap_point(&t, "c", "c", &bad, "");
	ok(strncmp(b.data, "\033[31mnot ok\033[0m 3 - c\n", 22) == 0,
	   "a failure is red");
	buf_reset(&b);
	verdict_blind(&blind, "x");
	tap_point(&t, "d", "d", &blind, "");
	ok(strncmp(b.data, "\033[33mnot ok\033[0m 4 - d\n", 22) == 0,
	   "not having looked is another");
}

static void points(void)
{
	auto_arena struct arena a = {0};
	struct verdict good = {.arena = &a}, bad = {.arena = &a};
	struct verdict blind = {.arena = &a}, late = {.arena = &a};
	auto_buf struct buf b = {0};
	struct tap t = {.out = &b};

	tap_point(&t, "a: 100% # SKIP \\ it\nall", "a", &good, "cmd");
	is(b.data, "ok 1 - a: 100% \\# SKIP \\\\ it all\n",
	   "what is TAP's own is escaped, on one line");

	buf_reset(&b);
	verdict_want(&bad, "%d of 4", 4);
	verdict_saw(&bad, true, "not this");
	verdict_saw(&bad, false, "\"quoted\" \x01");
	tap_point(&t, "b", "pings", &bad, "ping 'x'");
	is(b.data,
	   "not ok 2 - b\n  ---\n  check: \"pings\"\n  verdict: \"wrong\"\n"
	   "  expected:\n    - \"4 of 4\"\n  observed:\n    - \"not this\"\n"
	   "    - \"\\\"quoted\\\" \\u0001\"\n  command: \"ping 'x'\"\n"
	   "  ...\n",
	   "diagnostics as YAML");

	buf_reset(&b);
	verdict_blind(&blind, "no %s", "node");
	verdict_blind(&blind, "a later reason");
	tap_point(&t, "c", "agents", &blind, "");
	is(b.data,
	   "not ok 3 - c\n  ---\n  check: \"agents\"\n"
	   "  verdict: \"could not look\"\n"
	   "  could_not_look: \"no node\"\n  ...\n",
	   "not having looked is not ok, with the first reason");

	buf_reset(&b);
	tap_skip_point(&t, "d # x", "no need");
	is(b.data, "ok 4 - d \\# x # SKIP no need\n", "a skip is ok");

	buf_reset(&b);
	late.note = "later";
	tap_point(&t, "e", "e", &late, "");
	is(b.data, "# later\nok 5 - e\n", "a note goes before");
	is_int(t.failed, 2, "failures are counted");

	buf_reset(&b);
	tap_bail(&b, "the %s\nburns", "house");
	is(b.data, "Bail out! the house burns\n", "bail out, on one line");
}

static void limits(void)
{
	auto_arena struct arena a = {0};
	struct verdict v = {.arena = &a};
	int i;

	for (i = 0; i < VERDICT_LINES_MAX + 5; i++)
		verdict_saw(&v, i != VERDICT_LINES_MAX + 2, "line");
	is_int(v.observed.n, VERDICT_LINES_MAX, "lines are limited");
	is_int(v.observed.more, 5, "the rest is counted");
	is_int(v.kind, VERDICT_WRONG, "and judged all the same");
	verdict_blind(&v, "half of it");
	is_int(v.kind, VERDICT_WRONG, "wrong stays wrong");
}

int main(void)
{
	versions();
	points();
	colors();
	limits();
	return tap_done();
}
