/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_SEGMENTS_H
#define LABCTL_TOPOLOGIES_SEGMENTS_H

#include "topologies/raw.h"

/* Before networks are judged: physical networks that have VLANs, and those
 * that nodes name. */
void raw_check_wires(struct raw *raw);

/* Which provider network carries a flat or VLAN one, and whether its segment
 * can be. */
void raw_check_carrier(struct raw *raw, struct raw_net *n);

/* The type of HA networks, and who carries them. */
void raw_check_ha_type(struct raw *raw);

/* When all else is known: nodes without an interface that they need. */
void raw_check_plugs(struct raw *raw);

/* Whether a node is to have an interface on a provider network. */
bool raw_plugged(const struct raw *raw, const struct raw_node *n,
		 const struct raw_phys *p);

/* Gives each network its VLAN, VNI or key: pinned ones first. */
void raw_number_segments(struct raw *raw);

#endif
