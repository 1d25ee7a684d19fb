/* SPDX-License-Identifier: MIT */
/*
 * labctl check: is a lab file right? Everything that is wrong with it is told
 * in one run; what is right is one line, or with --resolved the whole lab.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "topologies/topo.h"
#include "topologies/print.h"

struct check {
	bool resolved;
	struct json *json; /* NULL: words */
};

static void counted(struct buf *b, size_t n, const char *what)
{
	buf_printf(b, "%s%zu %s%s", b->len ? ", " : "", n, what,
		   n == 1 ? "" : "s");
}

static void say_ok(const char *path, const struct lab *lab)
{
	auto_buf struct buf b = {0};

	counted(&b, lab->nnodes, "node");
	counted(&b, lab->nnetworks, "network");
	counted(&b, lab->nrouters, "router");
	counted(&b, lab->ninstances, "instance");
	printf("%s: ok: %s\n", path, b.data);
}

static void json_errors(struct json *j, const struct topo_errors *errs)
{
	json_key(j, "errors");
	json_arr(j);
	for (size_t i = 0; i < errs->n; i++) {
		json_obj(j);
		if (errs->items[i].line) {
			json_kint(j, "line", errs->items[i].line);
			json_kint(j, "column", errs->items[i].col);
			json_kint(j, "length", errs->items[i].len);
		}
		json_kstr(j, "message", errs->items[i].msg);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_kint(j, "more", (int64_t)errs->dropped);
}

static void json_ok(struct json *j, const struct check *c,
		    const struct lab *lab)
{
	json_kstr(j, "lab", lab->name);
	json_kint(j, "nodes", (int64_t)lab->nnodes);
	json_kint(j, "networks", (int64_t)lab->nnetworks);
	json_kint(j, "routers", (int64_t)lab->nrouters);
	json_kint(j, "instances", (int64_t)lab->ninstances);
	json_key(j, "notes");
	json_arr(j);
	for (size_t i = 0; i < lab->nnotes; i++)
		json_str(j, lab->notes[i]);
	json_arr_end(j);
	if (c->resolved) {
		json_key(j, "resolved");
		topo_print_json(lab, j);
	}
}

static bool check_file(const struct check *c, const char *word)
{
	auto_arena struct arena a = {0};
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;
	const char *path;
	bool good = cmd_read(&a, word, &path, &lab, &errs) == 0;

	if (c->json) {
		json_obj(c->json);
		json_kstr(c->json, "file", path);
		json_kbool(c->json, "ok", good);
		if (good)
			json_ok(c->json, c, lab);
		else
			json_errors(c->json, &errs);
		json_obj_end(c->json);
	} else if (!good) {
		cmd_say_errors(path, &errs);
	} else if (c->resolved) {
		topo_print(lab, &out);
		fwrite(out.data, 1, out.len, stdout);
	} else {
		say_ok(path, lab);
		cmd_say_notes(lab);
	}
	lab_free(lab);
	return good;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	const char *output = NULL;
	auto_buf struct buf out = {0};
	struct check c = {0};
	struct json j;
	bool good = true;
	int ret;
	const struct cmd_opt opts[] = {
		{"output", 'o', OPT_TEXT, &output},
		{"resolved", 0, OPT_FLAG, &c.resolved},
		{NULL, 0, OPT_FLAG, NULL},
	};

	if (!cmd_options(cmd, &argc, argv, opts, &ret))
		return ret;
	if (argc < 2)
		return cmd_usage(cmd, "which file?");
	if (output && strcmp(output, "json") != 0)
		return cmd_usage(cmd, "no output format '%s'; there is json",
				 output);
	if (output) {
		json_init(&j, &out, 2);
		c.json = &j;
		json_obj(&j);
		json_kint(&j, "version", 1);
		json_key(&j, "files");
		json_arr(&j);
	}
	for (int i = 1; i < argc; i++) {
		/* Words after "--" are files, whatever they look like. */
		if (strcmp(argv[i], "--") == 0)
			continue;
		good = check_file(&c, argv[i]) && good;
	}
	if (output) {
		json_arr_end(&j);
		json_obj_end(&j);
		puts(out.data);
	}
	return good ? EXIT_OK : EXIT_USAGE;
}

const struct cmd cmd_check = {
	.name = "check",
	.args = "FILE... [--resolved] [-o json]",
	.summary = "is a lab file right, and what does it mean",
	.help = "Tells all that is wrong with each file: where, what, and the "
		"nearest right\nthing. Nothing is started or changed. FILE may "
		"be '-':\nstandard input.\n\n"
		"Options:\n"
		"      --resolved      print the lab with all that follows "
		"from "
		"the file:\n"
		"                      addresses, UUIDs, MACs, interface "
		"names\n"
		"  -o, --output json   for programs; errors too are on "
		"standard "
		"output\n\n"
		"Exit status: 0 all files are right, 2 one is not.\n\n"
		"Example:\n"
		"  labctl check topologies/l3ha-linuxbridge.yaml\n",
	.run = run,
};
