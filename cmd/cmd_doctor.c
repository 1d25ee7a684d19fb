/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/doc.h"
#include "provision/emul/emul.h"
#include "topologies/topo.h"

static const char *verdict(const struct emul_need *n)
{
	return n->ok ? "ok" : n->required ? "MISSING" : "lacks";
}

static void print_table(const struct emul_need *needs, size_t n)
{
	bool color = cmd_color(stdout);
	size_t i;

	for (i = 0; i < n; i++) {
		const char *on = !color              ? ""
				 : needs[i].ok       ? "\033[32m"
				 : needs[i].required ? "\033[31m"
						     : "\033[33m";

		printf("%s%-8s%s %-20s %s\n", on, verdict(&needs[i]),
		       color ? "\033[0m" : "", needs[i].name, needs[i].found);
		if (needs[i].cure)
			printf("%-8s %-20s cure: %s\n", "", "", needs[i].cure);
	}
}

static void print_json(const struct emul_need *needs, size_t n, bool able,
		       const struct lab *lab)
{
	auto_buf struct buf b = {0};
	struct json j;
	size_t i;

	json_init(&j, &b, 2);
	json_obj(&j);
	json_kint(&j, "version", 1);
	if (lab)
		json_kstr(&j, "lab", lab->name);
	json_kbool(&j, "able", able);
	json_key(&j, "needs");
	json_arr(&j);
	for (i = 0; i < n; i++) {
		json_obj(&j);
		json_kstr(&j, "name", needs[i].name);
		json_kbool(&j, "ok", needs[i].ok);
		json_kbool(&j, "required", needs[i].required);
		json_kstr(&j, "found", needs[i].found);
		json_kstr(&j, "cure", needs[i].cure);
		json_obj_end(&j);
	}
	json_arr_end(&j);
	json_obj_end(&j);
	printf("%s\n", b.data);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* For whoever has never run one: what to do next. */
static void print_end(const struct emul_need *needs, size_t n, bool able,
		      const struct lab *lab, const char *file)
{
	size_t i;

	if (!lab) {
		puts(able ? "This machine can run emulated labs."
			  : "This machine cannot run emulated labs yet.");
		return;
	}
	if (able) {
		printf("This machine can run %s (%zu node%s, %zu router%s, "
		       "%zu instance%s): 'labctl up %s' does.\n",
		       lab->name, lab->nnodes, plural(lab->nnodes),
		       lab->nrouters, plural(lab->nrouters), lab->ninstances,
		       plural(lab->ninstances), file);
		return;
	}
	printf("This machine cannot run %s yet. What is marked MISSING lacks; "
	       "do what the line\n'cure' under it says, then ask again:\n",
	       lab->name);
	for (i = 0; i < n; i++)
		if (needs[i].required && !needs[i].ok)
			printf("  %s: %s\n", needs[i].name,
			       needs[i].cure ? needs[i].cure : needs[i].found);
}

static int run(const struct cmd *c, int argc, char **argv)
{
	auto_arena struct arena a = {0};
	const char *output = "table";
	const struct cmd_opt opts[] = {
		{"output", 'o', OPT_TEXT, &output},
		{NULL, 0, OPT_FLAG, NULL},
	};
	struct lab *lab = NULL;
	struct emul_need *needs;
	bool able = true, json;
	size_t n, i;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc > 2)
		return cmd_usage(c, "'%s' is one word too many", argv[2]);
	json = strcmp(output, "json") == 0;
	if (!json && strcmp(output, "table") != 0)
		return cmd_usage(c, "no output '%s'; there are table and json",
				 output);
	if (argc == 2) {
		status = cmd_load(argv[1], &lab);
		if (status != EXIT_OK)
			return status;
	}
	if (emul_doctor(&a, lab, &needs, &n) < 0) {
		lab_free(lab);
		return EXIT_CANNOT;
	}
	for (i = 0; i < n; i++)
		able = able && (needs[i].ok || !needs[i].required);
	if (json) {
		print_json(needs, n, able, lab);
	} else {
		print_table(needs, n);
		print_end(needs, n, able, lab, argv[1]);
	}
	lab_free(lab);
	return able ? EXIT_OK : EXIT_CANNOT;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.args = "[-o table|json] [FILE]",
	.summary = "can this machine run labs, and what lacks",
	.help = "Tries what a lab does, in namespaces that vanish again, and "
		"tells what is\nmissing and what helps. The machine is not "
		"changed. With FILE: can it run\nthat lab, and what lacks for "
		"it. "
		"Exit status 0: it can; 2: the file is wrong; 3:\n"
		"something that is needed is missing.\n\n"
		"Options:\n"
		"  -o, --output FORM  table (default) or json\n"
		"\nExamples:\n"
		"  labctl doctor\n"
		"  labctl doctor my-lab.yaml\n",
	.run = run,
};
