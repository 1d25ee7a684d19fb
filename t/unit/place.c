/* SPDX-License-Identifier: MIT */
#include "provision/host/place.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

static const char text[] =
	"lab: p\n"
	"nodes: {c: {role: controller}, n1: {role: network}, n2: {role: "
	"network}, vm: {role: compute}}\n"
	"physical: {management: {cidr: 10.0.0.0/24}, tunnel: {cidr: "
	"10.0.1.0/24}, external: {}}\n"
	"networks:\n"
	"  ext: {external: true, type: flat, physical: external, subnets: {e4: "
	"{cidr: 203.0.113.0/24, gateway: 203.0.113.1}}}\n"
	"  net: {project: a, type: vxlan, subnets: {s4: {cidr: 192.168.1.0/24, "
	"gateway: 192.168.1.1}}}\n"
	"routers: {r1: {project: a, gateway: ext, interfaces: [s4]}}\n"
	"instances: {i1: {node: vm, network: net}, i2: {node: vm, network: "
	"net}}\n";

static void found(const struct lab *lab)
{
	static const struct {
		const char *name, *netns, *router;
		const char *node;  /* NULL: outside, or not known yet */
		const char *error; /* part of it; NULL: found */
	} rows[] = {
		{"n1", NULL, NULL, "n1", NULL},
		{"n1", "x", NULL, "n1", NULL},
		{"n1", NULL, "r1", "n1", NULL},
		{"outside", NULL, NULL, NULL, NULL},
		{"i1", NULL, NULL, "vm", NULL},
		{"r1", NULL, NULL, NULL, NULL},
		{"n3", NULL, NULL, NULL, "did you mean 'n"},
		{"nothing-near", NULL, NULL, NULL, "no node, instance or"},
		{"n1", "a/b", NULL, NULL, "cannot name"},
		{"n1", "x", "r1", NULL, "either"},
		{"vm", NULL, "r1", NULL, "is not on vm"},
		{"outside", NULL, "r1", NULL, "is not on outside"},
		{"n1", NULL, "r2", NULL, "did you mean 'r1'"},
		{"i1", "x", NULL, NULL, "--netns goes with a node"},
		{"r1", NULL, "r1", NULL, "--router goes with a node"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = {0};
		struct place p;
		int r = place_find(lab, rows[i].name, rows[i].netns,
				   rows[i].router, &p, &e);

		if (rows[i].error) {
			ok(r == -EINVAL && strstr(e.msg, rows[i].error),
			   "%s %zu: %s", rows[i].name, i, e.msg);
			continue;
		}
		is_int(r, 0, "%s %zu is a place", rows[i].name, i);
		is(p.node ? p.node->name : NULL, rows[i].node, "%s: its node",
		   rows[i].name);
		is_int(p.router != NULL, strcmp(rows[i].name, "r1") == 0,
		       "%s: a router's is still to be found", rows[i].name);
		is_int(p.netns != NULL,
		       rows[i].netns || rows[i].router ||
			       *rows[i].name == 'i' || *rows[i].name == 'r',
		       "%s: its namespace", rows[i].name);
	}
}

static void many(const struct lab *lab)
{
	static const struct {
		const char *word, *places;
		bool many;
	} rows[] = {
		{"n1", "n1", false},
		{"all", "c n1 n2 vm", true},
		{"n*", "n1 n2", true},
		{"?1", "n1 i1 r1", true},
		{"[ir]*", "i1 i2 r1", true},
		{"o*", "outside", true},
		{"x*", "", true},
		{"*", "c n1 n2 vm outside i1 i2 r1", true},
	};
	size_t i, k, n;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena a = {0};
		auto_buf struct buf b = {0};
		const char **names;

		is_int(place_is_many(lab, rows[i].word), rows[i].many,
		       "%s: one or many", rows[i].word);
		n = place_match(&a, lab, rows[i].word, &names);
		for (k = 0; k < n; k++)
			buf_printf(&b, "%s%s", k ? " " : "", names[k]);
		is(b.data ? b.data : "", rows[i].places, "%s: which",
		   rows[i].word);
	}
}

static void commands(const struct lab *lab)
{
	static char ls[] = "ls", blank[] = "a b", pipe_[] = "ip netns | wc -l";
	char *const none[] = {NULL}, *const two[] = {ls, blank, NULL};
	char *const one[] = {ls, NULL}, *const piped[] = {pipe_, NULL};
	const struct {
		const char *netns;
		char *const *words;
		const char *is, *has; /* all of it, or a part */
		bool machine;
	} rows[] = {
		{NULL, none, "", NULL, false},
		{NULL, one, "ls", NULL, false},
		{NULL, two, "ls 'a b'", NULL, false},
		{NULL, piped, NULL, "exit 127; }; 'ip netns | wc -l'", false},
		{NULL, piped, NULL, "labctl exec n1 -- sh -c", false},
		{"ns", none, NULL, "ip netns exec ns \"${SHELL:-/bin/sh}\"",
		 false},
		{"ns", two, NULL, "exec ip netns exec ns ls 'a b'", false},
		{"ns", two, NULL, "n1 has no network namespace", false},
		{"ns", two, NULL,
		 "; test ! -e /run/machine/ns || exec /run/machine/labctl "
		 "machine --enter ns -- ls 'a b'; exec ip netns exec ns ls",
		 true},
		{"ns", none, NULL, "machine --enter ns -- ; exec ip netns",
		 true},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct place p = {.name = "n1",
				  .node = topo_node(lab, "n1"),
				  .netns = rows[i].netns,
				  .machine = rows[i].machine};
		auto_buf struct buf b = {0};

		place_command(&p, rows[i].words, &b);
		if (rows[i].is)
			is(b.data, rows[i].is, "command %zu", i);
		else if (!ok(strstr(b.data, rows[i].has) != NULL, "command %zu",
			     i))
			tap_diag("%s", b.data);
	}
}

int main(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab = NULL;

	if (topo_load_text("p", text, strlen(text), &lab, &errs) < 0) {
		tap_diag("%s", errs.items[0].msg);
		return 1;
	}
	found(lab);
	many(lab);
	commands(lab);
	lab_free(lab);
	return tap_done();
}
