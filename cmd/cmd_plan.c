/* SPDX-License-Identifier: MIT */
/* labctl plan: what `up` would do, without doing any of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/changes.h"
#include "cmd/common/pick.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "provision/emul/emul.h"
#include "provision/host/converge_lab.h"
#include "provision/plan/shell.h"
#include "topologies/topo.h"

struct found {
	const char **lines; /* processes and wires that are missing */
	size_t nlines;
	struct converge c;
};

static void print_json(const struct lab *lab, const struct found *p)
{
	auto_buf struct buf b = {0};
	struct json j;
	size_t i, k;

	json_init(&j, &b, 2);
	json_obj(&j);
	json_kint(&j, "version", 1);
	json_kstr(&j, "lab", lab->name);
	json_key(&j, "machine");
	json_arr(&j);
	for (i = 0; i < p->nlines; i++)
		json_str(&j, p->lines[i]);
	json_arr_end(&j);
	json_key(&j, "nodes");
	json_arr(&j);
	for (i = 0; i < p->c.n; i++) {
		const struct node_result *r = &p->c.nodes[i];

		json_obj(&j);
		json_kstr(&j, "name", r->node);
		json_key(&j, "changes");
		json_arr(&j);
		for (k = 0; k < r->nchanges; k++) {
			const struct node_change *ch = &r->changes[k];

			json_obj(&j);
			json_key(&j, "op");
			json_fmt(&j, "%c", ch->op);
			json_kstr(&j, "what", ch->what);
			if (ch->why)
				json_kstr(&j, "why", ch->why);
			json_obj_end(&j);
		}
		json_arr_end(&j);
		json_obj_end(&j);
	}
	json_arr_end(&j);
	json_obj_end(&j);
	puts(b.data);
}

static void print_text(const struct lab *lab, const struct found *p)
{
	bool color = cmd_color(stdout);
	size_t i, n = p->nlines + p->c.changes;

	if (p->nlines)
		puts("this machine");
	for (i = 0; i < p->nlines; i++)
		printf("%s  %s%s\n", color ? "\033[32m" : "", p->lines[i],
		       color ? "\033[0m" : "");
	changes_print(&p->c, color, stdout);
	for (i = 0; i < lab->nnodes; i++)
		if (lab->nodes[i].drained)
			printf("node %s is drained, and stays so\n",
			       lab->nodes[i].name);
	for (i = 0; i < lab->nlinks; i++)
		if (lab->links[i].by_hand)
			printf("wire %s is impaired by hand, and stays so\n",
			       lab->links[i].name);
	if (n == 0)
		printf("lab %s is as the file says: 0 changes\n", lab->name);
	else
		printf("lab %s: %zu change%s to make\n", lab->name, n,
		       n == 1 ? "" : "s");
}

/* The machine sees to its nodes' interfaces before the nodes do their part. */
static void not_twice(const struct lab *lab, struct found *f)
{
	size_t i, k, len;

	for (i = 0; i < f->nlines; i++)
		for (k = 0; k < lab->nnodes; k++) {
			len = strlen(lab->nodes[k].name);
			if (f->lines[i][0] && f->lines[i][1] == ' ' &&
			    strncmp(f->lines[i] + 2, lab->nodes[k].name, len) ==
				    0 &&
			    f->lines[i][2 + len] == ':')
				converge_after_wires(&f->c, lab,
						     &lab->nodes[k]);
		}
}

/*
 * Nodes that run are asked; what would be made on the others is known without
 * them.
 */
static int look(struct arena *a, const struct lab *lab, struct found *ret,
		struct err *reterr)
{
	struct fleet f = {0};
	int r;

	r = emul_plan(a, lab, &ret->lines, &ret->nlines, reterr);
	if (r < 0)
		return r;
	r = emul_enter(lab->name, reterr);
	if (r == -ENOENT) {
		converge_dry(lab, &ret->c);
		return 0;
	}
	if (r < 0)
		return r;
	r = fleet_open(&f, lab, 0, reterr);
	if (r == 0 || ret->nlines)
		r = converge_lab(&f, false, NULL, NULL, &ret->c, reterr);
	if (r < 0 && ret->nlines) {
		converge_fill_dry(&ret->c, lab);
		r = 0;
	}
	if (r == 0)
		not_twice(lab, ret);
	fleet_close(&f);
	return r;
}

/* The commands that a person would type instead. */
static int print_shell(const struct lab *lab, const char *node)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf out = {0};
	const struct topo_node *n;
	struct plan p;
	size_t i;

	if (node) {
		n = topo_node(lab, node);
		if (!n)
			return cmd_no_such_node(lab, node);
		plan_build(&a, lab, n, &p);
		plan_shell(&p, &out);
	} else {
		for (i = 0; i < lab->nnodes; i++) {
			buf_printf(&out, "%s# on %s\n", i ? "\n" : "",
				   lab->nodes[i].name);
			plan_build(&a, lab, &lab->nodes[i], &p);
			plan_shell(&p, &out);
		}
	}
	fwrite(out.data, 1, out.len, stdout);
	return EXIT_OK;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	auto_arena struct arena a = {0};
	const char *format = "table", *node = NULL;
	bool exit_code = false;
	const struct cmd_opt opts[] = {{"output", 'o', OPT_TEXT, &format},
				       {"node", 0, OPT_TEXT, &node},
				       {"exit-code", 0, OPT_FLAG, &exit_code},
				       {NULL, 0, OPT_FLAG, NULL}};
	struct found found = {0};
	struct lab *lab = NULL;
	struct err e = {0};
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc > 2)
		return cmd_usage(c, "one FILE");
	if (strcmp(format, "table") != 0 && strcmp(format, "json") != 0 &&
	    strcmp(format, "sh") != 0)
		return cmd_usage(c, "no output format '%s': table, json or sh",
				 format);
	r = pick_file(argv[1], &lab);
	if (r != EXIT_OK) {
		lab_free(lab);
		return r;
	}
	if (strcmp(format, "sh") == 0) {
		r = print_shell(lab, node);
		lab_free(lab);
		return r;
	}
	if (look(&a, lab, &found, &e) < 0)
		r = cmd_fail(EXIT_CANNOT, &e);
	else if (strcmp(format, "json") == 0)
		print_json(lab, &found);
	else
		print_text(lab, &found);
	if (r == EXIT_OK && exit_code && found.nlines + found.c.changes)
		r = EXIT_DIFFERS;
	converge_release(&found.c);
	lab_free(lab);
	return r;
}

const struct cmd cmd_plan = {
	.name = "plan",
	.args = "[FILE] [-o table|json|sh] [--node NODE] [--exit-code]",
	.summary = "what 'up' would do, as + ~ - lines",
	.help = "Nothing is changed. Without FILE: what differs from the file "
		"that the lab was last\nbrought up with.\n\n"
		"Options:\n"
		"  -o, --output FORMAT  table (the default), json, or sh: the\n"
		"                       commands that a person would type "
		"instead\n"
		"      --node NODE      with sh: of this node only\n"
		"      --exit-code      exit 1 where something would change\n\n"
		"Examples:\n"
		"  labctl plan lab.yaml\n"
		"  labctl plan --exit-code\n"
		"  labctl plan -o sh --node network1 lab.yaml | less\n",
	.run = run,
};
