/* SPDX-License-Identifier: MIT */
/*
 * labctl show: one thing of a lab, in its own words. A kind is a row here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/show_tables.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "provision/host/place.h"
#include "provision/host/remote.h"
#include "provision/machine/machine.h"
#include "provision/way.h"
#include "topologies/topo.h"

struct show {
	const char *kind;
	int (*run)(const struct lab *lab, const char *name);
	bool inside;    /* it looks at nodes */
	unsigned names; /* that it takes at most */
};

/* --- console -------------------------------------------------------------- */

static int no_such_instance(const struct lab *lab, const char *name)
{
	const char *names[TOPO_INSTANCES_MAX];
	size_t i;

	for (i = 0; i < lab->ninstances; i++)
		names[i] = lab->instances[i].name;
	return cmd_no_such(lab, "instance", name, names, lab->ninstances);
}

static int print_file(const struct lab *lab, const struct place *p,
		      const char *path)
{
	char cat[] = "cat", file[64];
	char *const words[] = {cat, file, NULL};
	auto_arena struct arena a = {0};
	auto_buf struct buf line = {0};
	struct ways ways;
	struct err e = {0};
	struct way w;
	int r;

	snprintf(file, sizeof(file), "%s", path);
	place_command(p, words, &line);
	ways_look(&a, lab, &ways);
	r = way_find(&a, &ways, p->node, &w, &e);
	if (r == 0)
		r = remote_exec(&w.target, line.data, &e);
	if (r >= 0)
		return r;
	err_prefix(&e, "%s", p->node->name);
	return cmd_fail(EXIT_CANNOT, &e);
}

static int console(const struct lab *lab, const char *name)
{
	const struct topo_instance *in = topo_instance(lab, name);
	struct err e = {0};
	struct place p;

	if (!in)
		return no_such_instance(lab, name);
	if (!topo_told(in->port))
		return cmd_wrong("instance %s does not boot: its network "
				 "tells it nothing ('dhcp: true' of a subnet "
				 "does)",
				 name);
	if (place_find(lab, name, NULL, NULL, &p, &e) < 0)
		return cmd_fail(EXIT_USAGE, &e);
	return print_file(lab, &p, MACHINE_CONSOLE);
}

/* --- tables --------------------------------------------------------------- */

static int print(struct table *t)
{
	auto_buf struct buf out = {0};

	table_print(t, cmd_color(stdout), &out);
	fwrite(out.data, 1, out.len, stdout);
	table_release(t);
	return EXIT_OK;
}

#define WHOLE(kind)                                                            \
	static int kind(const struct lab *lab, const char *name)               \
	{                                                                      \
		struct table t;                                                \
                                                                               \
		(void)name;                                                    \
		show_##kind(lab, &t);                                          \
		return print(&t);                                              \
	}
WHOLE(agents)
WHOLE(networks)
WHOLE(routers)
WHOLE(instances)
#undef WHOLE

static int ports(const struct lab *lab, const char *name)
{
	struct table t;

	show_ports(lab, name, &t);
	if (name && !table_rows(&t)) {
		table_release(&t);
		return cmd_wrong("lab %s has no router, instance, node or "
				 "network '%s' with ports",
				 lab->name, name);
	}
	return print(&t);
}

/* --- all kinds ------------------------------------------------------------ */

static const struct show kinds[] = {
	{"console", console, true, 1},    {"agents", agents, false, 0},
	{"networks", networks, false, 0}, {"routers", routers, false, 0},
	{"ports", ports, false, 1},       {"instances", instances, false, 0},
};

static const struct show *find(const char *kind)
{
	const char *names[ARRAY_LEN(kinds)], *near;
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) == 0)
			return &kinds[i];
		names[i] = kinds[i].kind;
	}
	near = parse_nearest(kind, names, ARRAY_LEN(kinds));
	cmd_wrong("there is no '%s' to show%s%s%s", kind,
		  near ? "; did you mean '" : "", near ? near : "",
		  near ? "'?" : "");
	return NULL;
}

static int in_lab(const struct show *s, const struct lab *lab, const char *name)
{
	struct err e = {0};
	int r;

	r = emul_enter(lab->name, &e);
	if (r == -ENOENT)
		err_set(&e, r, "lab %s is not up: 'labctl up FILE' makes it",
			lab->name);
	return r < 0 ? cmd_fail(EXIT_CANNOT, &e) : s->run(lab, name);
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct lab *lab = NULL;
	const struct show *s;
	int r;

	if (!cmd_options(c, &argc, argv, NULL, &r))
		return r;
	if (argc < 2)
		return cmd_usage(c, "what? Of console, agents, networks, "
				    "routers, ports, instances");
	s = find(argv[1]);
	if (!s)
		return EXIT_USAGE;
	if (s->inside && argc != 3)
		return cmd_usage(c, "whose? 'show %s INSTANCE'", s->kind);
	if (argc > 2 + (int)s->names)
		return cmd_usage(c, "'%s' is one word too many",
				 argv[2 + s->names]);
	r = cmd_current_lab(NULL, &lab);
	if (r == EXIT_OK)
		r = s->inside ? in_lab(s, lab, argv[2])
			      : s->run(lab, argc > 2 ? argv[2] : NULL);
	lab_free(lab);
	return r;
}

const struct cmd cmd_show = {
	.name = "show",
	.args = "console|agents|networks|routers|ports|instances [PLACE]",
	.summary = "print what the lab is made of, or an instance's boot log",
	.help = "agents, networks, routers, instances: those of the lab, with "
		"their ids.\n"
		"ports [NAME]: all, or those of a router, an instance, a node "
		"or a network.\n"
		"console INSTANCE: what an instance that boots did and got, "
		"from whom: "
		"its lease (address,\nserver, MTU, DNS servers, routes) and "
		"what routers advertised to it.\n\n"
		"Examples:\n"
		"  labctl show networks\n"
		"  labctl show ports demo-router\n"
		"  labctl show console demo-instance1\n",
	.run = run,
};
