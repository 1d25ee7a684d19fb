/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_SECGROUP_RAW_H
#define LABCTL_TOPOLOGIES_SECGROUP_RAW_H

/* Security groups on their way from the file to the model and back. */

#include "lib/buf.h"
#include "lib/doc.h"
#include "topologies/raw.h"
#include "topologies/resolve/ids.h"

/* Looks up what names mean, adds each project's default group and the rules
 * that groups have anyway, and says what is wrong. */
void raw_check_secgroups(struct raw *raw);

/* After all ports. */
void resolve_secgroups(const struct raw *raw, struct lab *lab, struct ids *ids);

/* The top-level key, and an instance's. */
void print_secgroups(const struct lab *lab, struct buf *out);
void print_port_groups(const struct lab *lab, const struct topo_port *p,
		       struct buf *out);
void json_secgroups(struct json *j, const struct lab *lab);
void json_port_groups(struct json *j, const struct lab *lab,
		      const struct topo_port *p);

#endif
