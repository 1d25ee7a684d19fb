/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_OVS_OVS_H
#define LABCTL_PROVISION_KINDS_OVS_OVS_H

/* Where Open vSwitch's programs of a node meet, and its tools look for it. */
#define OVS_RUN_DIR "/run/openvswitch"
#define OVS_SOCKET OVS_RUN_DIR "/db.sock"

/* The kernel's datapath, as ovs-vswitchd names it: the master of its ports. */
#define OVS_DATAPATH "ovs-system"

/* Services: its database, and the switch. */
#define OVS_DATABASE "ovsdb-server"
#define OVS_SWITCH "ovs-vswitchd"

/* By which all of it waits, in its other_config, for flows to be restored. */
#define OVS_WAITS "flow-restore-wait"

/* A bridge's own socket for flows; ovs-vswitchd makes it anew at each start. */
#define OVS_FLOWS_SUFFIX ".mgmt"

/* Tables of its database, and of each the columns that a lab leaves as they are
 * where nobody set them, with that value; the last has no column. */
enum ovs_table { OVS_BRIDGES, OVS_PORTS, OVS_LINKS };
#define OVS_TABLES (OVS_LINKS + 1)

struct ovs_unset {
	const char *column, *value;
};

extern const struct ovs_unset *const ovs_unset[OVS_TABLES];

struct err;
struct look;
struct observed;
struct tx;

/* All bridges and ports of a node, by one call of ovs-vsctl. Where the database
 * is not to be had, the plan's first bridge with the reason. */
void ovs_look(struct look *l, struct observed *o);

/* Has a service of the plan's begun anew, unless it is among the changes. */
int ovs_again(struct tx *tx, const char *service, struct err *reterr);

#endif
