/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_CHECK_AGENT_H
#define LABCTL_TOPOLOGIES_CHECK_AGENT_H

#include "topologies/raw.h"

/* How nodes switch frames: what one of them cannot do, and nodes that would
 * not understand one another. tunnels: networks are there that go through the
 * tunnel network. Needs what networks are on, and routers' gateways. */
void raw_check_agents(struct raw *raw, bool tunnels);

#endif
