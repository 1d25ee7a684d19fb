/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_METADATA_REQUEST_H
#define LABCTL_PROVISION_METADATA_REQUEST_H

/*
 * What a request's headers say of who asks. Pure.
 *
 * Through a proxy it says where it came from as Neutron's proxies do:
 * X-Neutron-Router-ID or X-Neutron-Network-ID, one of them and once, and
 * X-Forwarded-For. haproxy appends to what a client sent, so of the latter the
 * last word of the last header counts: an instance that forges one only adds
 * words before it.
 */

#include "lib/ip.h"
#include "provision/metadata/answer.h"

struct metadata_said {
	const char *forwarded, *router, *network;
	unsigned nrouter, nnetwork;
};

/* One header, in their order; value may be NULL. The text is kept by its
 * place: it must stay. */
void metadata_header(struct metadata_said *s, const char *name,
		     const char *value);

/* METADATA_OK with *ret_from, or METADATA_BAD_REQUEST with words for it. */
enum metadata_status metadata_from(const struct metadata_said *s,
				   struct ip *ret_from, const char **ret_words);

#endif
