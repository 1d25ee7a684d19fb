/* SPDX-License-Identifier: MIT */
/*
 * labctl complete: what could stand at a place of a command line, for a
 * shell's completion. Nothing is listed here: the commands are main's table,
 * the options are those that the command reads, and what a word is follows
 * from the command's usage line, whose words mean:
 *
 *   a|b          one of these      FILE    a lab's file, or one brought along
 *   LAB          a lab             CONFIG  any file
 *   NODE         a node            PLACE   where exec can run something
 *   ROUTER       a router          CHECK   a check of verify
 *   COMMAND      a command         FAULT   a fault of failover
 *
 * Candidates are lines of stdout; the line ":files" asks the shell for files
 * too, ":any" for those of any name. Nothing is said on stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/pick.h"
#include "lib/auto.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "provision/host/place.h"
#include "topologies/find.h"
#include "topologies/topo.h"
#include "verify/check.h"
#include "verify/faults/fault.h"

#define OPTIONS_MAX 64
#define USAGE_MAX 64      /* words of a usage line */
#define REST "COMMAND..." /* exec's: nothing of ours */

/* Copies of a command's rows, of which only the words are of use. */
struct options {
	struct cmd_opt items[OPTIONS_MAX];
	size_t n;
};

struct line {
	const struct cmd *cmd;        /* NULL: none yet */
	const char *current;          /* the word to complete; may be "" */
	struct options options;       /* of the command, or of all */
	const struct cmd_opt *option; /* whose value it is, or NULL */
	const char *named;            /* a LAB or FILE before, or NULL */
	unsigned bare;                /* bare words before this one */
	bool no_options;              /* after "--" */
};

/* --- candidates ------------------------------------------------------ */

static void offer(const struct line *l, const char *text)
{
	if (strncmp(text, l->current, strlen(l->current)) == 0)
		puts(text);
}

static void offer_labs(const struct line *l)
{
	auto_arena struct arena a = {0};
	struct emul_lab *labs;
	size_t n, i;

	if (emul_list(&a, &labs, &n, NULL) < 0)
		return;
	for (i = 0; i < n; i++)
		offer(l, labs[i].name);
}

static void offer_shipped(const struct line *l)
{
	auto_arena struct arena a = {0};
	const char *const *names;
	size_t n, i;

	n = topo_shipped(&a, cmd_share(&a), &names);
	for (i = 0; i < n; i++)
		offer(l, names[i]);
}

/* "a,b": the last of them, with the others before it. */
static void offer_checks(const struct line *l)
{
	const char *last = strrchr(l->current, ',');
	size_t before = last ? (size_t)(last + 1 - l->current) : 0, i;
	auto_arena struct arena a = {0};
	const struct check *c;

	for (i = 0; (c = check_nth(i)) != NULL; i++)
		offer(l, arena_printf(&a, "%.*s%s", (int)before, l->current,
				      c->name));
}

static void offer_faults(const struct line *l)
{
	const struct fault *f;
	size_t i;

	for (i = 0; (f = fault_nth(i)) != NULL; i++)
		offer(l, f->name);
}

static void offer_commands(const struct line *l)
{
	const struct cmd_row *row;

	for (row = cmd_rows; row->cmd; row++)
		if (!row->cmd->hidden)
			offer(l, row->cmd->name);
}

/* What the lab has that the line is about. */
static void offer_of_lab(const struct line *l, const char *what)
{
	bool place = strcmp(what, "PLACE") == 0;
	auto_arena struct arena a = {0};
	struct lab *lab = NULL;
	const char **names;
	size_t i, n;

	if (pick_lab(l->named, &lab) == EXIT_OK) {
		n = place ? place_names(&a, lab, &names) : 0;
		for (i = 0; i < n; i++)
			offer(l, names[i]);
		if (place)
			offer(l, PLACE_ALL);
		for (i = 0; *what == 'N' && i < lab->nnodes; i++)
			offer(l, lab->nodes[i].name);
		for (i = 0; *what == 'R' && i < lab->nrouters; i++)
			offer(l, lab->routers[i].name);
	}
	lab_free(lab);
}

/* Wires of the lab: a node's, by the networks that it is plugged into. */
static void offer_wires(const struct line *l)
{
	auto_arena struct arena a = {0};
	struct lab *lab = NULL;
	size_t i, k;

	if (pick_lab(l->named, &lab) == EXIT_OK)
		for (i = 0; i < lab->nnodes; i++)
			for (k = 0; k < lab->nodes[i].nnics; k++)
				offer(l, arena_printf(&a, "%s.%s",
						      lab->nodes[i].name,
						      lab->nodes[i]
							      .nics[k]
							      .phys->name));
	lab_free(lab);
}

static void offer_keys(const struct line *l)
{
	static const char *const keys[] = {
		"delay=", "jitter=", "loss=", "rate="};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		offer(l, keys[i]);
}

/* One alternative of a word of the usage line. */
static void offer_kind(const struct line *l, const char *kind)
{
	if (strcmp(kind, "FILE") == 0) {
		offer_shipped(l);
		puts(":files");
	} else if (strcmp(kind, "CONFIG") == 0 || strcmp(kind, "PATH") == 0) {
		puts(":any");
	} else if (strcmp(kind, "LAB") == 0) {
		offer_labs(l);
	} else if (strcmp(kind, "NODE") == 0 || strcmp(kind, "ROUTER") == 0 ||
		   strcmp(kind, "PLACE") == 0) {
		offer_of_lab(l, kind);
	} else if (strcmp(kind, "WIRE") == 0) {
		offer_wires(l);
	} else if (strcmp(kind, "KEY=VALUE...") == 0) {
		offer_keys(l);
	} else if (strcmp(kind, "CHECK,...") == 0) {
		offer_checks(l);
	} else if (strcmp(kind, "FAULT") == 0) {
		offer_faults(l);
	} else if (strcmp(kind, "COMMAND") == 0) {
		offer_commands(l);
	} else if (kind[0] >= 'a' && kind[0] <= 'z') {
		offer(l, kind);
	}
}

static void offer_word(const struct line *l, const char *word)
{
	auto_arena struct arena a = {0};
	char *rest = arena_strdup(&a, word), *kind;

	while ((kind = strsep(&rest, "|")) != NULL)
		offer_kind(l, kind);
}

/* --- options and the usage line -------------------------------------- */

static void keep(void *ctx, const struct cmd_opt *o)
{
	struct options *all = ctx;

	if (all->n < OPTIONS_MAX)
		all->items[all->n++] = *o;
}

static void options_of(const struct cmd *c, struct options *ret)
{
	ret->n = 0;
	cmd_each_option(c, keep, ret);
}

/* The option of "--lab" or "-l", or NULL. */
static const struct cmd_opt *option(const struct options *all, const char *word)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (word[1] == '-'
			    ? strcmp(all->items[i].name, word + 2) == 0
			    : all->items[i].letter == word[1] && !word[2])
			return &all->items[i];
	return NULL;
}

/* Words of the usage line; "FILE..." and "--only" and "CHECK,...". */
static size_t split(struct arena *a, const char *args, const char **words)
{
	char *rest = arena_strdup(a, args), *word;
	size_t n = 0;

	while (n < USAGE_MAX && (word = strsep(&rest, " []")) != NULL)
		if (*word && strcmp(word, "|") != 0 &&
		    strcmp(word, "--") != 0 && strcmp(word, "OPTION...") != 0)
			words[n++] = word;
	return n;
}

/* What the usage line has for bare word number at; NULL: nothing. */
static const char *bare_word(struct arena *a, const struct line *l, unsigned at)
{
	const char *words[USAGE_MAX], *last = NULL;
	size_t n = split(a, l->cmd->args, words), i;
	const struct cmd_opt *o;
	unsigned seen = 0;

	for (i = 0; i < n; i++) {
		if (words[i][0] == '-') {
			o = option(&l->options, words[i]);
			i += o && o->kind == OPT_TEXT;
			continue;
		}
		last = words[i];
		if (seen++ == at)
			return last;
	}
	return last && strstr(last, "...") ? last : NULL;
}

static void offer_value(const struct line *l)
{
	auto_arena struct arena a = {0};
	const char *words[USAGE_MAX];
	size_t n = split(&a, l->cmd ? l->cmd->args : "", words), i;

	if (strcmp(l->option->name, "lab") == 0) {
		offer_labs(l);
		return;
	}
	for (i = 0; i + 1 < n; i++)
		if (words[i][0] == '-' &&
		    option(&l->options, words[i]) == l->option) {
			offer_word(l, words[i + 1]);
			return;
		}
	puts(":any");
}

static void offer_bare(const struct line *l)
{
	auto_arena struct arena a = {0};
	const char *word = bare_word(&a, l, l->bare);

	if (!word || strcmp(word, REST) == 0)
		return;
	offer_word(l, strcmp(word, "FILE...") == 0 ? "FILE" : word);
}

static void offer_options(const struct line *l)
{
	auto_arena struct arena a = {0};
	size_t i;

	for (i = 0; i < l->options.n; i++)
		offer(l, arena_printf(&a, "--%s", l->options.items[i].name));
	if (!l->cmd)
		offer(l, "--version");
}

/* --- the line -------------------------------------------------------- */

static const struct cmd *command(const char *name)
{
	const struct cmd_row *row;

	for (row = cmd_rows; row->cmd; row++)
		if (!row->cmd->hidden && strcmp(row->cmd->name, name) == 0)
			return row->cmd;
	return NULL;
}

/* Takes one word before the cursor; false where nothing can follow it. */
static bool take(struct line *l, const char *word)
{
	auto_arena struct arena a = {0};
	const char *is;

	/* A shell may give "--lab=x" as three words. */
	if (strcmp(word, "=") == 0)
		return true;
	if (l->option) {
		if (strcmp(l->option->name, "lab") == 0)
			setenv("LABCTL_LAB", word, 1);
		l->option = NULL;
		return true;
	}
	if (!l->no_options && word[0] == '-' && word[1]) {
		l->no_options = strcmp(word, "--") == 0;
		l->option = option(&l->options, word);
		if (l->option && l->option->kind == OPT_FLAG)
			l->option = NULL;
		return true;
	}
	if (!l->cmd) {
		l->cmd = command(word);
		if (l->cmd)
			options_of(l->cmd, &l->options);
		return l->cmd != NULL;
	}
	is = bare_word(&a, l, l->bare++);
	if (is && (strstr(is, "LAB") || strstr(is, "FILE")))
		l->named = word;
	/* The rest is another program's. */
	return is && strcmp(is, REST) != 0;
}

static void complete(struct line *l)
{
	if (l->option)
		offer_value(l);
	else if (l->current[0] == '-' && !l->no_options)
		offer_options(l);
	else if (l->cmd)
		offer_bare(l);
	else
		offer_commands(l);
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct line l = {.current = ""};
	uint32_t at, i;

	if (argc < 2 || parse_u32(argv[1], 0, INT32_MAX, &at) < 0)
		return cmd_usage(c, "the shell's completion calls this");
	/* Who completes is not to be told what is wrong. */
	if (!freopen("/dev/null", "w", stderr))
		return EXIT_CANNOT;
	options_of(command("version"), &l.options);
	argc -= 2;
	argv += 2;
	for (i = 1; i < at && i < (uint32_t)argc; i++)
		if (!take(&l, argv[i]))
			return EXIT_OK;
	if (at < (uint32_t)argc && strcmp(argv[at], "=") != 0)
		l.current = argv[at];
	complete(&l);
	return EXIT_OK;
}

const struct cmd cmd_complete = {
	.name = "complete",
	.args = "NUMBER WORD...",
	.summary = "what could be word NUMBER of a command line",
	.run = run,
	.hidden = true,
};
