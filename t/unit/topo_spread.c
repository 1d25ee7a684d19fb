/* SPDX-License-Identifier: MIT */
/*
 * Routers are spread over network nodes, and so are those who lead them:
 * evenly, the same each time, and none moves when one is added.
 */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "t/lib/tap.h"
#include "topologies/resolve/spread.h"
#include "topologies/topo.h"

static unsigned gap(const unsigned *load, size_t n)
{
	unsigned min = load[0], max = load[0];

	for (size_t i = 1; i < n; i++) {
		min = load[i] < min ? load[i] : min;
		max = load[i] > max ? load[i] : max;
	}
	return max - min;
}

static void even(void)
{
	unsigned carries = 0, leads = 0, wrong = 0;
	size_t hosts[TOPO_NODES_MAX], lead;
	struct spread s;

	for (size_t n = 2; n <= TOPO_NODES_MAX; n++) {
		for (size_t max = 0; max <= n; max += max ? 1 : 2) {
			spread_init(&s, n, max);
			for (int r = 0; r < 150; r++) {
				spread_next(&s, hosts, &lead);
				wrong += s.each != (max ? max : n) ||
					 lead >= s.each;
				for (size_t i = 1; i < s.each; i++)
					wrong += hosts[i] <= hosts[i - 1];
				carries += gap(s.carries, n) > 1;
				leads += gap(s.leads, n) > 1;
			}
		}
	}
	is_int(wrong, 0, "as many hosts as asked for, in the file's order");
	is_int(carries, 0, "what nodes carry differs by one at most");
	is_int(leads, 0, "what nodes lead differs by one at most");
}

static struct lab *load(const char *max, unsigned nodes, unsigned routers)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf b = {0};
	struct lab *lab = NULL;

	buf_printf(&b, "lab: t\n%snodes:\n", max);
	for (unsigned i = 1; i <= nodes; i++)
		buf_printf(&b, "  n%u: {role: network}\n", i);
	buf_adds(&b, "routers:\n");
	for (unsigned i = 1; i <= routers; i++)
		buf_printf(&b, "  r%u:\n", i);
	if (topo_load_text("lab", b.data, b.len, &lab, &errs) < 0)
		tap_diag("%s", errs.items[0].msg);
	return lab;
}

/* "n1 n2* n4": the hosts, and who has the highest address. */
static const char *hosts_of(const struct topo_router *r, struct buf *b)
{
	size_t lead = 0;

	buf_reset(b);
	for (size_t i = 1; i < r->nhosts; i++)
		if (ip_cmp(&r->ha_ports[i]->addrs[0].addr.ip,
			   &r->ha_ports[lead]->addrs[0].addr.ip) > 0)
			lead = i;
	for (size_t i = 0; i < r->nhosts; i++)
		buf_printf(b, "%s%s%s", i ? " " : "", r->hosts[i]->name,
			   i == lead ? "*" : "");
	return b->data;
}

static void whole_labs(void)
{
	static const struct {
		const char *max;
		unsigned nodes;
		const char *want[5];
	} cases[] = {
		{"", 2, {"n1 n2*", "n1* n2", "n1 n2*", "n1* n2", "n1 n2*"}},
		{"",
		 3,
		 {"n1 n2 n3*", "n1 n2* n3", "n1* n2 n3", "n1 n2 n3*",
		  "n1 n2* n3"}},
		{"",
		 4,
		 {"n1 n2 n3*", "n1 n2* n4", "n1* n3 n4", "n2 n3 n4*",
		  "n1 n2 n3*"}},
		{"max_l3_agents_per_router: 2\n",
		 4,
		 {"n1 n2*", "n3 n4*", "n1* n2", "n3* n4", "n1 n2*"}},
		{"max_l3_agents_per_router: 0\n",
		 4,
		 {"n1 n2 n3 n4*", "n1 n2 n3* n4", "n1 n2* n3 n4",
		  "n1* n2 n3 n4", "n1 n2 n3 n4*"}},
		{"max_l3_agents_per_router: 64\n",
		 2,
		 {"n1 n2*", "n1* n2", "n1 n2*", "n1* n2", "n1 n2*"}},
	};
	auto_buf struct buf b = {0};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lab *more = load(cases[i].max, cases[i].nodes, 6);
		struct lab *lab = load(cases[i].max, cases[i].nodes, 5);

		if (!ok(lab && more, "%s%u nodes", cases[i].max,
			cases[i].nodes))
			continue;
		for (size_t r = 0; r < 5; r++) {
			is(hosts_of(&lab->routers[r], &b), cases[i].want[r],
			   "router %zu of %u nodes", r + 1, cases[i].nodes);
			is(hosts_of(&more->routers[r], &b), cases[i].want[r],
			   "router %zu, with one more behind", r + 1);
		}
		lab_free(lab);
		lab_free(more);
	}
}

int main(void)
{
	even();
	whole_labs();
	return tap_done();
}
