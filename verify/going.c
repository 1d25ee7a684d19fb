/* SPDX-License-Identifier: MIT */
#include "verify/going.h"

#include <errno.h>
#include <stdio.h>

int going_begin(struct going *ret, struct fleet *f, const char *node,
		const char *op, const char *members, struct err *reterr)
{
	int e;

	*ret = (struct going){.node = fleet_node(f, node)};
	if (!ret->node || !ret->node->remote)
		return err_set(reterr, -ENOTCONN, "%s: %s", node,
			       ret->node && *ret->node->err.msg
				       ? ret->node->err.msg
				       : "cannot be reached");
	e = remote_send(ret->node->remote, op, members, &ret->id, reterr);
	if (e < 0)
		return e;
	ret->on = true;
	return 0;
}

void going_stop(struct going *g)
{
	char members[32];

	if (!g->on || g->stopping)
		return;
	snprintf(members, sizeof(members), "\"of\": %u", g->id);
	g->stopping = remote_send(g->node->remote, "stop", members, &g->stop_id,
				  NULL) == 0;
}

int going_end(struct going *g, struct arena *a, const struct doc **ret,
	      struct err *reterr)
{
	const struct doc *ack;
	int e;

	if (!g->on)
		return err_set(reterr, -ENOTCONN, "it was not begun");
	g->on = false;
	e = remote_wait(g->node->remote, g->id, GOING_ANSWER_MS, a, ret,
			reterr);
	if (g->stopping)
		(void)remote_wait(g->node->remote, g->stop_id, GOING_ANSWER_MS,
				  a, &ack, NULL);
	return e;
}
