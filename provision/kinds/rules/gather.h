/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_RULES_GATHER_H
#define LABCTL_PROVISION_KINDS_RULES_GATHER_H

/*
 * Many namespaces' rule sets compiled as one. Starting iptables takes longer
 * than all that it then does, and a node has as many sets as routers. So the
 * sets are put into one text, in which each chain of each set has a name that
 * no other has, as long as its own; what the kernel tells of the whole is
 * parted again by these names, and the chains get their own back in place.
 *
 * The kernel's chains (PREROUTING, ...) cannot be there twice: the rules of
 * each set's stand in one of its own that nothing jumps to. Whether a rule may
 * be in such a chain at all, the kernel says when the set is put in place.
 * A table that many sets have to the letter is there once.
 * All of it is pure.
 */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/kernel/nfnl.h"

struct rules_gathered;

/*
 * Appends the text of all n sets (of iptables-save, "" where there is none) to
 * out. Returns NULL where they cannot be one: a line that is none of
 * iptables-save's, or more chains than there are names.
 */
struct rules_gathered *rules_gather(struct arena *a, const char *const *texts,
				    size_t n, struct buf *out);

/*
 * Parts what was dumped after the text was restored: ret[i] becomes the i-th
 * set's messages. -EPROTO where one is nobody's.
 */
int rules_part(struct rules_gathered *g, const struct nfnl_rules *all,
	       struct nfnl_rules *ret);

#endif
