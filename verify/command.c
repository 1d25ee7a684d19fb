/* SPDX-License-Identifier: MIT */
#include "verify/command.h"

void command_exec(struct buf *out, const struct topo_node *n, const char *netns)
{
	buf_printf(out, "labctl exec %s", n->name);
	if (*netns)
		buf_printf(out, " --netns %s", netns);
	buf_adds(out, " -- ");
}
