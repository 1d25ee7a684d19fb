/* SPDX-License-Identifier: MIT */
/*
 * main(): the subcommand table, and the words for those who are lost. All
 * that does something is one file per subcommand beside this one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/parse.h"

static const struct cmd *const commands[] = {
	&cmd_up,     &cmd_plan,     &cmd_down,   &cmd_check,
	&cmd_verify, &cmd_failover, &cmd_status, &cmd_exec,
	&cmd_doctor, &cmd_vrrp,     &cmd_agent,  &cmd_fabric,
};

static void help(FILE *f)
{
	size_t i;

	fputs("labctl builds a lab of highly available routers from one YAML "
	      "file,\nchecks it and makes it fail over.\n\nUsage: labctl "
	      "COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n",
	      f);
	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (!commands[i]->hidden)
			fprintf(f, "  %-10s %s\n", commands[i]->name,
				commands[i]->summary);
	fputs("\nTo begin:\n"
	      "  labctl up topologies/l3ha-linuxbridge.yaml\n"
	      "  labctl verify\n"
	      "  labctl failover\n"
	      "  labctl down\n\n"
	      "'labctl COMMAND --help' tells more of one command.\n",
	      f);
}

static int unknown(const char *name)
{
	const char *names[ARRAY_LEN(commands)] = {0}, *near;
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (!commands[i]->hidden)
			names[i] = commands[i]->name;
	near = parse_nearest(name, names, ARRAY_LEN(names));
	fprintf(stderr, "labctl: unknown command '%s'%s%s%s\n", name,
		near ? "; did you mean '" : "", near ? near : "",
		near ? "'?" : "");
	fputs("'labctl --help' lists the commands.\n", stderr);
	return EXIT_USAGE;
}

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

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		if (argc > 2)
			argv[1] = argv[2];
		else {
			help(stdout);
			return finish(EXIT_OK);
		}
		argv[2] = (char[]){"--help"};
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("labctl %s\n", LABCTL_VERSION);
		return finish(EXIT_OK);
	}
	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i]->name) == 0)
			return finish(commands[i]->run(commands[i], argc - 1,
						       argv + 1));
	return unknown(argv[1]);
}
