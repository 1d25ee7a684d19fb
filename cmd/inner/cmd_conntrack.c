/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"
#include "provision/sync/sync.h"

/* Run by a node's supervisor, never by a person. */
static int run(const struct cmd *c, int argc, char **argv)
{
	const struct cmd_opt opts[] = {{NULL, 0, OPT_FLAG, NULL}};
	struct err err;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc != 2)
		return cmd_usage(c, "one CONFIG");
	if (sync_run(argv[1], &err) < 0)
		return cmd_fail(EXIT_CANNOT, &err);
	return EXIT_OK;
}

const struct cmd cmd_conntrack = {
	.name = "conntrack",
	.args = "CONFIG",
	.summary = "carry connections of a node's routers to their standbys",
	.run = run,
	.hidden = true,
};
