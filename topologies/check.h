/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_CHECK_H
#define LABCTL_TOPOLOGIES_CHECK_H

#include "topologies/raw.h"

/* Judges what needs two things at once, and looks up what words name. */
void raw_check(struct raw *raw);

/* Usable host addresses of a range: without network and broadcast address. */
struct ip raw_first_host(const struct ipnet *n);
struct ip raw_last_host(const struct ipnet *n);

/* An address that must be a host of the subnet; says why where it is not.
 * what: "gateway". */
bool raw_host_in(struct raw *raw, const struct raw_subnet *s,
		 const struct ip *ip, const struct doc *at, const char *what);

/* A reference to nothing, with the nearest thing there is; items are pointers
 * to structs that begin with their name. */
void raw_dangling(struct raw *raw, const struct raw_ref *ref, const char *kind,
		  const void *items, size_t n);

#endif
