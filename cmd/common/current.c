/* SPDX-License-Identifier: MIT */
/*
 * Which lab a command without a FILE means. A lab's file is kept in its state
 * folder, so that what is asked is answered by what was built.
 */
#include <string.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "topologies/topo.h"

static int load(const struct emul_lab *l, struct lab **ret)
{
	struct err e;

	if (l->file)
		return cmd_load(l->file, ret);
	err_set(&e, 0,
		"the file of lab %s is gone with its state folder; 'labctl "
		"up FILE' with the file it was made from mends that",
		l->name);
	return cmd_fail(EXIT_CANNOT, &e);
}

int cmd_no_such_lab(const char *name, const struct emul_lab *labs, size_t n)
{
	const char *names[EMUL_LABS_MAX] = {0}, *near;
	size_t i;

	for (i = 0; i < n && i < EMUL_LABS_MAX; i++)
		names[i] = labs[i].name;
	near = parse_nearest(name, names, i);
	if (near)
		return cmd_wrong("there is no lab '%s'; did you mean '%s'?",
				 name, near);
	if (n)
		return cmd_wrong("there is no lab '%s'; 'labctl status' lists "
				 "those that there are",
				 name);
	return cmd_wrong("there is no lab '%s', nor any other: 'labctl up "
			 "FILE' makes one",
			 name);
}

int cmd_no_such(const struct lab *lab, const char *what, const char *name,
		const char *const *names, size_t n)
{
	const char *near = parse_nearest(name, names, n);

	return cmd_wrong("lab %s has no %s '%s'%s%s%s", lab->name, what, name,
			 near ? "; did you mean '" : "", near ? near : "",
			 near ? "'?" : "");
}

int cmd_no_such_node(const struct lab *lab, const char *name)
{
	const char *names[TOPO_NODES_MAX];
	size_t i;

	for (i = 0; i < lab->nnodes; i++)
		names[i] = lab->nodes[i].name;
	return cmd_no_such(lab, "node", name, names, lab->nnodes);
}

static int by_name(const char *name, const struct emul_lab *labs, size_t n,
		   struct lab **ret)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(labs[i].name, name) == 0)
			return load(&labs[i], ret);
	return cmd_no_such_lab(name, labs, n);
}

static int the_only_one(const struct emul_lab *labs, size_t n, struct lab **ret)
{
	const struct emul_lab *found = NULL;
	auto_arena struct arena a = {0};
	const char *list = "";
	size_t i, up = 0;
	struct err e;

	for (i = 0; i < n; i++) {
		if (!labs[i].fabric)
			continue;
		found = &labs[i];
		list = arena_printf(&a, "%s%s%s", list, up++ ? ", " : "",
				    found->name);
	}
	if (up == 1)
		return load(found, ret);
	if (up)
		return cmd_wrong("%zu labs are up (%s): name one, with --lab "
				 "or LABCTL_LAB",
				 up, list);
	err_set(&e, 0, "no lab is up: 'labctl up FILE' makes one");
	return cmd_fail(EXIT_CANNOT, &e);
}

int cmd_current_lab(const char *name, struct lab **ret)
{
	auto_arena struct arena a = {0};
	struct emul_lab *labs;
	struct err e;
	size_t n;

	if (!name)
		name = cmd_lab_name();
	if (emul_list(&a, &labs, &n, &e) < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	return name ? by_name(name, labs, n, ret) : the_only_one(labs, n, ret);
}
