/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"
#include "provision/fabric/fabric.h"

/* Started by `labctl up` in namespaces of its own, never by a person. */
static int run(const struct cmd *c, int argc, char **argv)
{
	if (emul_fabric_main(argc, argv) == 0)
		return EXIT_OK;
	return cmd_usage(c, "this is a part of a lab: 'labctl up' starts it");
}

const struct cmd cmd_fabric = {
	.name = "fabric",
	.args = "LAB --owner UID",
	.summary = "PID 1 of an emulated lab",
	.run = run,
	.hidden = true,
};
