/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"
#include "provision/node/replay.h"

/* Run by a node's supervisor, never by a person. */
static int run(const struct cmd *c, int argc, char **argv)
{
	const struct cmd_opt opts[] = {{NULL, 0, OPT_FLAG, NULL}};
	struct err err;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc != 2)
		return cmd_usage(c, "a folder of flows is needed");
	replay_flows(argv[1], &err);
	return cmd_fail(EXIT_CANNOT, &err);
}

const struct cmd cmd_flows = {
	.name = "flows",
	.args = "FOLDER",
	.summary = "puts flows in place whenever Open vSwitch was started",
	.run = run,
	.hidden = true,
};
