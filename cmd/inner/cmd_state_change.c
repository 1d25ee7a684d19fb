/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"
#include "provision/services/state_change.h"

/* Run by a node's supervisor, never by a person. */
static int run(const struct cmd *c, int argc, char **argv)
{
	const char *socket = NULL, *routers = NULL;
	const struct cmd_opt opts[] = {
		{"socket", 0, OPT_TEXT, &socket},
		{"routers", 0, OPT_TEXT, &routers},
		{NULL, 0, OPT_FLAG, NULL},
	};
	struct err err;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc > 1 || !socket || !routers)
		return cmd_usage(c, "--socket and --routers are needed");
	if (state_change_run(routers, socket, &err) < 0)
		return cmd_fail(EXIT_CANNOT, &err);
	return EXIT_OK;
}

const struct cmd cmd_state_change = {
	.name = "state-change",
	.args = "--socket PATH --routers FILE",
	.summary = "tell what keepalived's routers of a node are",
	.run = run,
	.hidden = true,
};
