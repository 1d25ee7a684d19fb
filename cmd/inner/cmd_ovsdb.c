/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"
#include "provision/node/ovsdb.h"

/* Run by a node's supervisor, never by a person. */
static int run(const struct cmd *c, int argc, char **argv)
{
	const struct cmd_opt opts[] = {{NULL, 0, OPT_FLAG, NULL}};
	struct err err;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc != 1)
		return cmd_usage(c, "no words are expected");
	ovsdb_run(&err);
	return cmd_fail(EXIT_CANNOT, &err);
}

const struct cmd cmd_ovsdb = {
	.name = "ovsdb",
	.args = "",
	.summary = "makes Open vSwitch's database and becomes its server",
	.run = run,
	.hidden = true,
};
