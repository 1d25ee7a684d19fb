/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_INTERNET_H
#define LABCTL_PROVISION_FABRIC_INTERNET_H

/*
 * The Internet behind the host outside, by which it is played as well: hosts
 * whose addresses the documents name, a DNS server, a web server.
 */

#include <stdbool.h>

#include "lib/arena.h"
#include "provision/fabric/daemon.h"
#include "provision/fabric/spec.h"
#include "topologies/topo.h"

#define EMUL_OPENSTACK "192.0.2.80" /* openstack.org */

#define EMUL_INTERNET_DAEMONS 2

/* Gives the host outside the Internet's addresses (but those that are the
 * lab's own), what its DNS knows, and the ways back to projects' networks. */
void emul_internet_build(struct arena *a, const struct lab *lab,
			 struct emul_node *outside);

/* Whether it is a DNS server of the Internet's. */
bool emul_internet_plays(const struct ip *ip);

/* Writes the servers' files and names their programs. */
int emul_internet_prepare(struct arena *a, const struct emul_node *outside,
			  struct emul_daemon *ret, size_t *ret_n,
			  struct err *reterr);

/* In the host outside: whether its DNS server's names are others than these,
 * by whoever's hand; and writes them. The server reads them at its start. */
bool emul_internet_changed(const struct emul_node *n);
int emul_internet_mend(const struct emul_node *n, struct err *reterr);

#endif
