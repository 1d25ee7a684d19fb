/* SPDX-License-Identifier: MIT */
/*
 * labctl impair: a wire of a running lab made worse, as the key `links` of its
 * file does. A person's word is kept beside the file once it is so, and counts
 * before it, until it is taken back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/pick.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/table.h"
#include "provision/emul/emul.h"
#include "topologies/links.h"
#include "topologies/topo.h"

/* Who says so. */
static const char *whose(const struct topo_link *l)
{
	return !l->by_hand  ? "its file"
	       : l->of_file ? "labctl impair, over its file"
			    : "labctl impair";
}

static void print_table(const struct lab *lab)
{
	static const char *const heads[] = {"WIRE", "EACH WAY", "BY", NULL};
	auto_buf struct buf out = {0};
	auto_table struct table t;

	table_init(&t, heads);
	for (size_t i = 0; i < lab->nlinks; i++) {
		auto_buf struct buf is = {0};

		topo_impair_print(&lab->links[i].impair, false, &is);
		table_add(&t, lab->links[i].name);
		table_add(&t, is.data);
		table_add(&t, whose(&lab->links[i]));
	}
	table_print(&t, cmd_color(stdout), &out);
	fwrite(out.data, 1, out.len, stdout);
}

static void print_json(const struct lab *lab)
{
	auto_buf struct buf b = {0};
	struct json j;

	json_init(&j, &b, 2);
	json_obj(&j);
	json_kint(&j, "version", 1);
	json_kstr(&j, "lab", lab->name);
	topo_links_json(lab, &j);
	json_obj_end(&j);
	puts(b.data);
}

static int show(const struct lab *lab, bool json)
{
	if (json)
		print_json(lab);
	else if (lab->nlinks)
		print_table(lab);
	else
		printf("no wire of lab %s is impaired\n", lab->name);
	return EXIT_OK;
}

/* The lab and its record are another command's while that is at work. */
static int make_so(const struct lab *lab, const char *wire)
{
	const struct topo_link *l = NULL;
	auto_buf struct buf b = {0};
	unsigned changes = 0;
	struct err e = {0};
	int r;

	r = emul_wires(lab, &changes, &e);
	if (r < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	for (size_t i = 0; wire && i < lab->nlinks; i++)
		if (strcmp(lab->links[i].name, wire) == 0)
			l = &lab->links[i];
	if (l)
		topo_impair_print(&l->impair, false, &b);
	if (wire)
		printf("%s: %s, each way%s\n", wire, l ? b.data : "nothing",
		       changes ? "" : "; it was so");
	else
		printf("lab %s: the wires are as its file says%s\n", lab->name,
		       changes ? "" : "; they were");
	return EXIT_OK;
}

static int take(struct lab *lab)
{
	struct err e = {0};

	return emul_take(lab, "impair", &e) < 0 ? cmd_fail(EXIT_CANNOT, &e)
						: EXIT_OK;
}

/* "delay=20ms" and others, as a file would have them. */
static int text_of(const struct cmd *c, const char *wire, char **words,
		   struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	json_key(&j, "links");
	json_obj(&j);
	json_key(&j, wire);
	json_obj(&j);
	for (; *words; words++) {
		char *is = strchr(*words, '=');

		if (!is || is == *words || !is[1])
			return cmd_usage(c,
					 "'%s' is no KEY=VALUE, such as "
					 "delay=20ms",
					 *words);
		*is = '\0';
		json_kstr(&j, *words, is + 1);
	}
	json_obj_end(&j);
	json_obj_end(&j);
	json_obj_end(&j);
	return EXIT_OK;
}

/* Only this wire's word is new; what else was said stays. */
static int lay(struct lab *lab, const char *wire, const struct buf *text)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};

	(void)topo_links_forget(lab, wire);
	if (topo_links_lay(lab, text->data, text->len, &errs) == 0)
		return EXIT_OK;
	for (size_t i = 0; i < errs.n; i++)
		cmd_wrong("%s", errs.items[i].msg);
	return EXIT_USAGE;
}

static int set(const struct cmd *c, struct lab *lab, const char *wire,
	       char **words)
{
	auto_buf struct buf text = {0};
	int r = text_of(c, wire, words, &text);

	/* Wrong words are told of a lab that is not up, too. */
	if (r == EXIT_OK)
		r = lay(lab, wire, &text);
	if (r == EXIT_OK)
		r = take(lab);
	if (r == EXIT_OK)
		r = lay(lab, wire, &text);
	return r == EXIT_OK ? make_so(lab, wire) : r;
}

static int clear(struct lab *lab, const char *wire)
{
	const struct topo_link *l = NULL;
	int r = take(lab);

	if (r != EXIT_OK)
		return r;
	for (size_t i = 0; wire && i < lab->nlinks; i++)
		if (strcmp(lab->links[i].name, wire) == 0)
			l = &lab->links[i];
	if (wire && !l)
		return cmd_wrong("no wire '%s' of lab %s is impaired: 'labctl "
				 "impair show' lists those that are",
				 wire, lab->name);
	if (l && !l->by_hand)
		return cmd_wrong("%s is so by the lab's file: take it out "
				 "there, then 'labctl up FILE'; 'labctl impair "
				 "set %s loss=0%%' makes it a plain wire "
				 "meanwhile",
				 wire, wire);
	(void)topo_links_forget(lab, wire);
	return make_so(lab, wire);
}

static int run(const struct cmd *c, int argc, char **argv)
{
	const char *format = "table", *verb;
	const struct cmd_opt opts[] = {{"output", 'o', OPT_TEXT, &format},
				       {NULL, 0, OPT_FLAG, NULL}};
	struct lab *lab = NULL;
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	verb = argc > 1 ? argv[1] : "show";
	if (strcmp(verb, "show") != 0 && strcmp(verb, "set") != 0 &&
	    strcmp(verb, "clear") != 0)
		return cmd_usage(c, "no '%s': show, set or clear", verb);
	if (strcmp(format, "table") != 0 && strcmp(format, "json") != 0)
		return cmd_usage(c, "no output format '%s': table or json",
				 format);
	if (strcmp(verb, "set") == 0 && argc < 4)
		return cmd_usage(c, "set needs a WIRE and KEY=VALUE, such as "
				    "network1.tunnel loss=1%%");
	if ((strcmp(verb, "clear") == 0 && argc > 3) ||
	    (strcmp(verb, "show") == 0 && argc > 2))
		return cmd_usage(c, "too many words; the lab is named by "
				    "--lab");
	r = pick_lab(NULL, &lab);
	if (r != EXIT_OK)
		;
	else if (strcmp(verb, "set") == 0)
		r = set(c, lab, argv[2], argv + 3);
	else if (strcmp(verb, "clear") == 0)
		r = clear(lab, argc > 2 ? argv[2] : NULL);
	else
		r = show(lab, strcmp(format, "json") == 0);
	lab_free(lab);
	return r;
}

const struct cmd cmd_impair = {
	.name = "impair",
	.args = "[show|set|clear] [WIRE] [KEY=VALUE...] [-o table|json]",
	.summary = "wires of a running lab with delay, loss or a rate",
	.help = "  show                    the wires that are not as any wire, "
		"and who says so\n"
		"  set WIRE KEY=VALUE...   what a wire does to frames from now "
		"on, in each direction;\n"
		"                          what is not said it does not do\n"
		"  clear [WIRE]            that is over, for one wire or "
		"all\n\n"
		"A WIRE is NODE.NETWORK: a node, or outside, and a physical "
		"network. Keys are those\nof the lab file's 'links':\n"
		"  delay=20ms  jitter=2ms  loss=1%  rate=100mbit\n"
		"A delay needs netem in the kernel; loss and rate do without. "
		"What was set stays over\n'up', counts before the file, and "
		"ends with 'clear' or with the lab.\n\n"
		"Exit status: 0 done, 2 usage, 3 the lab is not up or this "
		"kernel cannot.\n\n"
		"Options:\n"
		"  -o, --output FORMAT  of show: table (the default) or "
		"json\n\n"
		"Examples:\n"
		"  labctl impair set network1.tunnel loss=5% rate=10mbit\n"
		"  labctl impair set compute1.tunnel delay=40ms jitter=5ms\n"
		"  labctl impair\n"
		"  labctl impair clear network1.tunnel\n",
	.run = run,
};
