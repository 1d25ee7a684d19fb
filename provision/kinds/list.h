/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_LIST_H
#define LABCTL_PROVISION_KINDS_LIST_H

/*
 * The kinds of resources and of links: a new one is a line here and a file
 * beside this one, with its struct in provision/res.h. The order is that of
 * looking: links first, because what stands on them is known by their names.
 * X(NAME, name): RES_NAME, and kind_name or link_name for all that is known.
 */

#define RES_KIND_LIST(X)                                                       \
	X(LINK, link)                                                          \
	X(NETNS, netns)                                                        \
	X(SYSCTL, sysctl)                                                      \
	X(ADDR, addr)                                                          \
	X(ROUTE, route)                                                        \
	X(RULE, rule)                                                          \
	X(NEIGH, neigh)                                                        \
	X(FDB, fdb)                                                            \
	X(QDISC, qdisc)                                                        \
	X(ADVERTS, adverts)                                                    \
	X(XFRM, xfrm)                                                          \
	X(RULES, rules)                                                        \
	X(FILTER, filter)                                                      \
	X(FILE, file)                                                          \
	X(SERVICE, service)                                                    \
	X(PROCESS, process)                                                    \
	X(OFFLOAD, offload)                                                    \
	X(OVS, ovs)                                                            \
	X(FLOWS, flows)

/* In the order of making; a VLAN goes up when the link below it is up. */
#define LINK_KIND_LIST(X)                                                      \
	X(BRIDGE, bridge)                                                      \
	X(VXLAN, vxlan)                                                        \
	X(VETH, veth)                                                          \
	X(TAP, tap)                                                            \
	X(EXISTING, existing)                                                  \
	X(VLAN, vlan)                                                          \
	X(INTERNAL, internal)

#define RES_ENUM(NAME, name) RES_##NAME,
#define RES_COUNT(NAME, name) +1
enum res_kind { RES_KIND_LIST(RES_ENUM) };
enum { RES_KINDS = 0 RES_KIND_LIST(RES_COUNT) };
#undef RES_ENUM

#define LINK_ENUM(NAME, name) LINK_##NAME,
enum link_kind { LINK_KIND_LIST(LINK_ENUM) };
enum { LINK_KINDS = 0 LINK_KIND_LIST(RES_COUNT) };
#undef LINK_ENUM
#undef RES_COUNT

#endif
