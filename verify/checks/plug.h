/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_CHECKS_PLUG_H
#define LABCTL_VERIFY_CHECKS_PLUG_H

/* Whether ports are plugged in, whatever a node switches frames by. */

#include "verify/evidence.h"
#include "verify/verdict.h"

/* Is the port to be found on this node? */
bool plug_on(const struct topo_port *p, const struct topo_node *n);

/* The port is where it belongs, and up: on its network's Linux bridge, on
 * br-int with the network's VLAN (through a bridge of its own, where it is
 * filtered there), or on the node's external bridge. root: the node's own
 * namespace; inside: the port's, or NULL where it was not seen. */
void plug_port(const struct seen_ns *root, const struct seen_ns *inside,
	       const struct topo_node *n, const struct topo_port *p,
	       struct verdict *v);

/* The link of this name is on the network's Linux bridge, and up. */
void plug_link(const struct seen_ns *root, const struct topo_network *net,
	       const char *name, struct verdict *v);

/* The interface by which a port is on a node's Open vSwitch. */
void plug_name(const struct topo_port *p, const struct topo_node *n,
	       char out[IFNAME_MAX]);

/* The same for all of the network's ports on the node, but instances' and
 * DHCP's, which have checks of their own. */
void plug_all(const struct evidence *e, const struct seen_ns *root,
	      const struct topo_node *n, const struct topo_network *net,
	      struct verdict *v);

/* A switch or a port as it was seen; NULL where it was not. */
const struct res_ovs *plug_seen(const struct seen_ns *root, const char *name);

#endif
