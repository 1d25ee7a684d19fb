/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_APPLY_NL_H
#define LABCTL_PROVISION_NODE_APPLY_NL_H

/* Each kind of change as rtnetlink messages, queued and not sent. */

#include "lib/rtnl.h"
#include "provision/plan/plan.h"

/* Makes a link (for a veth the pair, the far end in the namespace of peer_ns).
 * lower is the index of a vxlan's underlying link. */
void apply_nl_create(struct rtnl *r, const struct res_link *l,
		     const struct res_link *peer, int peer_ns, unsigned lower);

/* Sets a link's attributes; fields is enum link_fields without UP. master is
 * the bridge's index, 0 for none. Nothing is queued where nothing is asked. */
void apply_nl_set(struct rtnl *r, const char *name, const char *mark,
		  const struct res_link *l, unsigned fields, unsigned master);

void apply_nl_mark(struct rtnl *r, const char *name, const char *mark);
void apply_nl_updown(struct rtnl *r, const char *name, bool up);
void apply_nl_del_link(struct rtnl *r, const char *name);

/* Puts a link into a group; deletes all links of one. */
void apply_nl_group(struct rtnl *r, const char *name, uint32_t group);
void apply_nl_del_group(struct rtnl *r, uint32_t group);

/* index is that of the device. */
void apply_nl_addr(struct rtnl *r, bool add, const struct ipnet *addr,
		   unsigned index);
void apply_nl_route(struct rtnl *r, bool add, const struct ipnet *to,
		    const struct ip *via, unsigned index);
void apply_nl_fdb(struct rtnl *r, bool add, const struct mac *mac,
		  const struct ip *dst, unsigned index);

#endif
