/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_PORT_H
#define LABCTL_PROVISION_PLAN_PORT_H

/* The links of a port, which all mechanisms have alike. */

#include "provision/plan/ctx.h"

/* A port's pair of links: the near end in the bridge `master` (NULL: in none),
 * the far one in netns. */
void plan_port_links(struct plan_ctx *c, const struct topo_port *p,
		     const char *netns, const char *master);

#endif
