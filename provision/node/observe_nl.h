/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_OBSERVE_NL_H
#define LABCTL_PROVISION_NODE_OBSERVE_NL_H

/* The netlink part of observe(): one namespace's tables. */

#include "lib/rtnl.h"
#include "provision/node/observe.h"

/* Links of the namespace that r speaks to. */
int observe_links(struct arena *a, struct rtnl *r, struct obs_ns *ns,
		  struct err *reterr);

/* Addresses, routes and, where there is a vxlan link, forwarding entries; the
 * links must be there already. */
int observe_tables(struct arena *a, struct rtnl *r, struct obs_ns *ns,
		   struct err *reterr);

#endif
