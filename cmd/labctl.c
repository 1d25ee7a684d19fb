/* SPDX-License-Identifier: MIT */
/*
 * main(): the table of subcommands, what may stand before one, and the words
 * for those who are lost. All that does something is one file per subcommand
 * beside this one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/parse.h"

/* clang-format off */
const struct cmd_row cmd_rows[] = {
#define CMD_ROW(area, name) {area, &cmd_##name},
	CMD_LIST(CMD_ROW)
#undef CMD_ROW
	{NULL, NULL},
};
/* clang-format on */

#define ROWS (ARRAY_LEN(cmd_rows) - 1)

static void help(FILE *f)
{
	size_t i;

	fputs("labctl builds a lab of highly available routers from one YAML "
	      "file,\nchecks it and makes it fail over.\n\n"
	      "Usage: labctl [OPTION...] COMMAND [OPTION...] [ARGUMENT...]\n",
	      f);
	for (i = 0; i < ROWS; i++) {
		const struct cmd_row *row = &cmd_rows[i];

		if (row->area)
			fprintf(f, "\n%s\n", row->area);
		if (!row->cmd->hidden)
			fprintf(f, "  %-10s %s\n", row->cmd->name,
				row->cmd->summary);
	}
	fputs("\nTo begin:\n"
	      "  labctl up l3ha-linuxbridge.yaml    a lab that labctl brings "
	      "along\n"
	      "  labctl verify                      does all of it work?\n"
	      "  labctl exec router2 -- ip addr     see for yourself\n"
	      "  labctl failover                    cut the active node off\n"
	      "  labctl down                        and all of it is gone\n\n"
	      "'labctl help COMMAND' tells more of one command.\n",
	      f);
}

/* The command of a name; NULL with words where there is none. */
static const struct cmd *find(const char *name)
{
	const char *names[ROWS] = {0}, *near;
	size_t i;

	for (i = 0; i < ROWS; i++) {
		if (strcmp(name, cmd_rows[i].cmd->name) == 0)
			return cmd_rows[i].cmd;
		if (!cmd_rows[i].cmd->hidden)
			names[i] = cmd_rows[i].cmd->name;
	}
	near = parse_nearest(name, names, ROWS);
	cmd_wrong("unknown command '%s'%s%s%s", name,
		  near ? "; did you mean '" : "", near ? near : "",
		  near ? "'?" : "");
	fputs("'labctl --help' lists the commands.\n", stderr);
	return NULL;
}

static int run_help(const struct cmd *c, int argc, char **argv)
{
	char option[] = "--help";
	char *words[] = {NULL, option, NULL};
	int status;

	if (!cmd_options(c, &argc, argv, NULL, &status))
		return status;
	if (argc > 2)
		return cmd_usage(c, "one COMMAND");
	if (argc < 2) {
		help(stdout);
		return EXIT_OK;
	}
	c = find(argv[1]);
	if (!c)
		return EXIT_USAGE;
	words[0] = argv[1];
	return c->run(c, 2, words);
}

static int run_version(const struct cmd *c, int argc, char **argv)
{
	int status;

	if (!cmd_options(c, &argc, argv, NULL, &status))
		return status;
	if (argc > 1)
		return cmd_usage(c, "'%s' is one word too many", argv[1]);
	printf("labctl %s\n", LABCTL_VERSION);
	return EXIT_OK;
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "this list, or more of one command",
	.run = run_help,
};

const struct cmd cmd_version = {
	.name = "version",
	.args = "",
	.summary = "print the version",
	.run = run_version,
};

/* What was printed must have arrived: a full disk is not success. */
static int finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (status == EXIT_OK)
			status = EXIT_CANNOT;
		perror("labctl: standard output");
	}
	return status;
}

/*
 * Reads the options before the command. Returns where the command stands, or
 * 0 with the exit status in *ret: there is none, or none is needed.
 */
static int before_command(int argc, char **argv, int *ret)
{
	static const struct cmd top = {.name = "",
				       .args = "[OPTION...] COMMAND ..."};
	bool want_help = false, version = false;
	const struct cmd_opt opts[] = {{"help", 'h', OPT_FLAG, &want_help},
				       {"version", 'V', OPT_FLAG, &version},
				       {NULL, 0, OPT_FLAG, NULL}};
	auto_arena struct arena a = {0};
	int at, n;
	char **own;

	for (at = 1; at < argc && argv[at][0] == '-'; at++)
		if (cmd_takes_value(opts, argv[at]) && at + 1 < argc)
			at++;
	own = arena_array(&a, (size_t)at + 1, sizeof(*own));
	memcpy(own, argv, (size_t)at * sizeof(*own));
	n = at;
	if (!cmd_options(&top, &n, own, opts, ret))
		return 0;
	*ret = EXIT_OK;
	if (want_help) {
		help(stdout);
		return 0;
	}
	if (version) {
		printf("labctl %s\n", LABCTL_VERSION);
		return 0;
	}
	if (at < argc)
		return at;
	*ret = EXIT_USAGE;
	help(stderr);
	return 0;
}

/* A DHCP client has no words for its script but the event, so the script's
 * name is the command; NULL: it is none. */
static const struct cmd *called_as(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, cmd_dhcp_hook.name) == 0
		       ? &cmd_dhcp_hook
		       : NULL;
}

int main(int argc, char **argv)
{
	const struct cmd *c = argc ? called_as(argv[0]) : NULL;
	int at, status;

	if (c)
		return finish(c->run(c, argc, argv));
	at = before_command(argc, argv, &status);
	if (!at)
		return finish(status);
	c = find(argv[at]);
	if (!c)
		return EXIT_USAGE;
	return finish(c->run(c, argc - at, argv + at));
}
