/* SPDX-License-Identifier: MIT */
/* labctl agent: what labctl starts on each node and talks to. */
#include <string.h>

#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/log.h"
#include "provision/agent.h"

#if __has_include("verify/look.h")
#include "verify/look.h"
#else
static const struct agent_op verify_agent_ops[] = {{NULL, NULL, false}};
#endif

#define OPS_MAX 64

static size_t append(struct agent_op *all, size_t n, const struct agent_op *ops)
{
	for (; ops->name && n < OPS_MAX; ops++)
		all[n++] = *ops;
	return n;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct cmd_opt opts[] = {{NULL, 0, OPT_FLAG, NULL}};
	struct agent_op all[OPS_MAX + 1] = {{NULL, NULL, false}};
	struct err err;
	size_t n;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc > 1)
		return cmd_usage(c, "it takes no arguments");
	log_prefix("labctl agent");
	n = append(all, 0, agent_provision_ops);
	(void)append(all, n, verify_agent_ops);
	if (agent_serve(STDIN_FILENO, STDOUT_FILENO, all, &err) < 0)
		return cmd_fail(EXIT_CANNOT, &err);
	return EXIT_OK;
}

const struct cmd cmd_agent = {
	.name = "agent",
	.args = "",
	.summary = "serve one node (labctl starts it there)",
	.help = "Reads requests from standard input and writes answers to "
		"standard output,\none JSON document on each line. Made for "
		"programs; for people, to try:\n\n"
		"  echo '{\"id\": 1, \"op\": \"observe\"}' | labctl agent\n",
	.run = run,
	.hidden = true,
};
