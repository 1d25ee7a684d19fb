/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_KEYS_AGENT_H
#define LABCTL_TOPOLOGIES_KEYS_AGENT_H

/* Rows of a struct raw_agent, which the lab has and each node: T.agent. What is
 * said of defaults: `inherits`, `yes`, `none`, `veth`; of a node the lab's. */

#include "topologies/keys/keys.h"

/* clang-format off */
#define AGENT_ROWS(T, inherits, yes, none, veth)                               \
	{"l2_population", KEY_BOOL, KEY_FIELD(T, agent.l2_population),         \
	 .shown = (inherits), .example = "true",                               \
	 .about = "Fill forwarding tables instead of flooding to all: a node " \
		  "knows where ports are, and who carries a network. What "    \
		  "moves with a router follows its announcements."},           \
	{"arp_responder", KEY_BOOL, KEY_FIELD(T, agent.arp_responder),         \
	 .at = offsetof(T, agent.arp_at), .shown = (inherits),                 \
	 .example = "true",                                                    \
	 .about = "Answer ARP for ports on other nodes on the spot; needs "    \
		  "`l2_population`, and Open vSwitch: the kernel's VXLAN, "    \
		  "where it answers, passes no other ARP on, nor what "       \
		  "announces a failover."},                                    \
	{"prevent_arp_spoofing", KEY_BOOL,                                     \
	 KEY_FIELD(T, agent.prevent_arp_spoofing), .def = (yes),               \
	 .shown = (inherits), .example = "false",                              \
	 .about = "Let instances send ARP, neighbour advertisements and "      \
		  "frames with their own addresses only, and none with a "     \
		  "VLAN tag; with Linux bridges, those that have security "    \
		  "groups."},                                                  \
	{"ovs_use_veth", KEY_BOOL, KEY_FIELD(T, agent.use_veth),               \
	 .at = offsetof(T, agent.veth_at), .shown = (veth),                    \
	 .example = "true",                                                    \
	 .about = "Open vSwitch: plug the ports of routers and DHCP servers "  \
		  "in by pairs of veth, as with its own datapath always, "     \
		  "which cannot keep others when ovs-vswitchd is started "     \
		  "anew; false, as with the kernel's datapath where nothing "  \
		  "is said: they are its internal ports."},                    \
	{"datapath", KEY_ENUM, KEY_FIELD(T, agent.datapath),                   \
	 .words = topo_datapath_names, .nwords = TOPO_DATAPATH_USERSPACE + 1,  \
	 .at = offsetof(T, agent.datapath_at), .shown = (inherits),            \
	 .example = "userspace",                                               \
	 .about = "Open vSwitch: what moves frames: the kernel's module, or "  \
		  "ovs-vswitchd itself; auto: the kernel's where it has one "  \
		  "that labs may use."},                                       \
	{"external_network_bridge", KEY_TEXT,                                  \
	 KEY_FIELD(T, agent.external_bridge),                                  \
	 .at = offsetof(T, agent.external_at), .flags = KEY_EMPTY,             \
	 .max = IFNAME_MAX - 1, .shown = (none), .example = "br-ex",           \
	 .schema = "\"type\": [\"string\", \"null\"], \"maxLength\": 15",       \
	 .about = "Open vSwitch: the bridge that routers' gateways are "       \
		  "plugged into as they are; empty: they are on br-int, and "  \
		  "patch ports lead there."}
/* clang-format on */

#endif
