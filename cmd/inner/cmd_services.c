/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "provision/services/supervise_loop.h"

/* Started by an agent, never by a person: stdout is who waits for it. */
static int run(const struct cmd *c, int argc, char **argv)
{
	struct err err = {0};
	int tell;

	if (argc != 2)
		return cmd_usage(c, "this is a part of a lab: 'labctl up' "
				    "starts it");
	tell = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (tell < 0 || dup2(STDIN_FILENO, STDOUT_FILENO) < 0 || chdir("/") < 0)
		return EXIT_CANNOT;
	return supervise_run(argv[1], tell, &err) < 0 ? EXIT_CANNOT : EXIT_OK;
}

const struct cmd cmd_services = {
	.name = "services",
	.args = "STATE-FOLDER",
	.summary = "keep the services of a lab on a node",
	.run = run,
	.hidden = true,
};
