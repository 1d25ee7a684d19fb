/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_OVS_OVS_H
#define LABCTL_PROVISION_KINDS_OVS_OVS_H

/* Where Open vSwitch's programs of a node meet, and its tools look for it. */
#define OVS_RUN_DIR "/run/openvswitch"
#define OVS_SOCKET OVS_RUN_DIR "/db.sock"

/* The kernel's datapath, as ovs-vswitchd names it: the master of its ports. */
#define OVS_DATAPATH "ovs-system"

/* A bridge's own socket for flows; ovs-vswitchd makes it anew at each start. */
#define OVS_FLOWS_SUFFIX ".mgmt"

#endif
