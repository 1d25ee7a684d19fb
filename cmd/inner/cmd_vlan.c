/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"
#include "provision/fabric/vlan.h"

/* Run by the host outside, never by a person. */
static int run(const struct cmd *c, int argc, char **argv)
{
	const struct cmd_opt opts[] = {{NULL, 0, OPT_FLAG, NULL}};
	struct err err;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc < 3 || argc % 2 == 0)
		return cmd_usage(c, "interfaces and VLANs are needed");
	emul_vlan_relay(argv + 1, (size_t)argc / 2, &err);
	return cmd_fail(EXIT_CANNOT, &err);
}

const struct cmd cmd_vlan = {
	.name = "vlan",
	.args = "INTERFACE VLAN...",
	.summary = "tags for the host outside",
	.run = run,
	.hidden = true,
};
