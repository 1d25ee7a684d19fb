/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_SHOW_TABLES_H
#define LABCTL_CMD_SHOW_TABLES_H

/*
 * What a lab is made of, as tables: what `neutron agent-list`, `net-list`,
 * `router-list`, `router-port-list` and `nova list` print of a cloud. Of the
 * lab's file, not of the nodes: that is `status` and `verify`.
 */

#include "lib/table.h"
#include "topologies/topo.h"

/* Each begins a table. */
void show_agents(const struct lab *lab, struct table *t);
void show_networks(const struct lab *lab, struct table *t);
void show_routers(const struct lab *lab, struct table *t);
void show_instances(const struct lab *lab, struct table *t);

/* Of a router, an instance, a node or a network by its name; NULL: all. */
void show_ports(const struct lab *lab, const char *of, struct table *t);

#endif
