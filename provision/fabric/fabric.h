/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_FABRIC_H
#define LABCTL_PROVISION_FABRIC_FABRIC_H

/* The body of the hidden command `labctl fabric`. Nodes are forks of it. */
int emul_fabric_main(int argc, char **argv);

#endif
