/* SPDX-License-Identifier: MIT */
/* Counters of the kernel's neighbour tables, from texts as kernels write
 * them. */
#include "lib/kernel/neightab.h"

#include <errno.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

#define HEAD                                                                   \
	"entries  allocs   destroys hash_grows lookups  hits     res_failed "  \
	"rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs "   \
	"unresolved_discards table_fulls\n"
#define CPU(fulls)                                                             \
	"000003fd 00001732 00001763 00000003   0001cc87 00003223 0000001b   "  \
	"00000000         00000000         0000012d         00000000       "   \
	"00000000            " fulls "\n"

static const struct {
	const char *what, *text;
	int result;
	uint32_t entries;
	uint64_t fulls;
} rows[] = {
	{"one processor", HEAD CPU("00000000"), 0, 1021, 0},
	{"the sum of two", HEAD CPU("00000010") CPU("00000002"), 0, 1021, 18},
	{"other columns", "table_fulls entries\n0000000a 00000005\n", 0, 5, 10},
	{"no line of numbers", HEAD, -EINVAL, 0, 0},
	{"a column less", "entries\n00000001\n", -EINVAL, 0, 0},
	{"a short line", "entries table_fulls\n00000001\n", -EINVAL, 0, 0},
	{"no number", "entries table_fulls\n00000001 many\n", -EINVAL, 0, 0},
	{"nothing", "", -EINVAL, 0, 0},
};

int main(void)
{
	struct neightab_watch w;
	struct neightab t;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		t = (struct neightab){0};
		is_int(neightab_parse(rows[i].text, &t), rows[i].result, "%s",
		       rows[i].what);
		ok(t.entries == rows[i].entries && t.fulls == rows[i].fulls,
		   "%s: %u entries, full %llu times", rows[i].what, t.entries,
		   (unsigned long long)t.fulls);
	}
	/* This machine's own, where they can be seen from here. */
	neightab_watch(&w);
	for (i = 0; i < NEIGHTABS; i++)
		ok(neightab_look(&w, (enum neightab_family)i, &t) == -ENOENT ||
			   (t.fulls >= w.first[i].fulls && t.max &&
			    t.max == w.first[i].max),
		   "%s: a second look", neightab_names[i]);
	neightab_watch_end(&w);
	return tap_done();
}
