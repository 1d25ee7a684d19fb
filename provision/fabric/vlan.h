/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_VLAN_H
#define LABCTL_PROVISION_FABRIC_VLAN_H

#include "lib/arena.h"
#include "provision/fabric/daemon.h"
#include "provision/fabric/spec.h"

#define EMUL_VLANS_MAX 256 /* of the host outside */

/* A tap for a nic that is a VLAN of another one; 0 where there is one. In the
 * caller's network namespace. */
int emul_vlan_make(const struct emul_nic *nic, struct err *reterr);

/* Who passes their frames on; argv is NULL where the node has none. */
struct emul_daemon emul_vlan_daemon(struct arena *a, const struct emul_node *n);

/* Of n pairs of words, "eth0" and "205": passes frames that have the tag on
 * the one to eth0.205 without it, and back, until an interface is gone. */
int emul_vlan_relay(char *const *words, size_t n, struct err *reterr);

#endif
