/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_MECHANISM_OPENVSWITCH_H
#define LABCTL_PROVISION_PLAN_MECHANISM_OPENVSWITCH_H

/*
 * Between the files of the Open vSwitch mechanism: what a node's plan gathers
 * until its flows are whole. Bridges, tables and priorities are Neutron's
 * (neutron/plugins/ml2/drivers/openvswitch, its agent's br_int, br_tun and
 * br_phys).
 */

#include "lib/buf.h"
#include "provision/plan/mechanism/mechanism.h"

#define OVS_INT "br-int"
#define OVS_TUN "br-tun"

/* Numbers of ports. br-int: patch-tun, then int-br-X, then ports of the lab;
 * br-tun: patch-int, then one for each other node and type of tunnel. */
enum {
	OVS_PATCH = 1,
	OVS_PHYSICAL = 2, /* and the physical network's index */
	OVS_TUNNEL = 2,   /* and the node's index, by type */
	OVS_PORT = 100    /* and the port's index */
};

struct ovs_plan {
	struct buf br_int, br_tun; /* flows */
	bool tunnels[TOPO_TYPES];  /* the node has tunnels of that type */
	struct ovs_phys *phys;     /* provider networks that were met */
	size_t nphys;
};

struct ovs_phys {
	const struct topo_phys *phys;
	const char *bridge; /* br-ex, br-NAME */
	struct buf flows;
};

extern const struct uplink openvswitch_physical, openvswitch_tunnel;

/* Resources: one more switch, and one more port of one. */
struct res_ovs *openvswitch_bridge(struct plan_ctx *c, const char *name);
struct res_ovs *openvswitch_port(struct plan_ctx *c, const char *bridge,
				 const char *name, unsigned number);

/* A pair of patch ports between two bridges. */
void openvswitch_patch(struct plan_ctx *c, const char *bridge, const char *name,
		       unsigned number, const char *to, const char *to_name,
		       unsigned to_number);

/* An instance's port, by its number, may say what is its own alone. */
void openvswitch_spoofing(struct plan_ctx *c, const struct topo_port *p,
			  unsigned number);

#endif
