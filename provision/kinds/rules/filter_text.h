/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_RULES_FILTER_TEXT_H
#define LABCTL_PROVISION_KINDS_RULES_FILTER_TEXT_H

/*
 * The texts of kind `filter`, which are about a part of a namespace's rules:
 * chains that begin with "neutron", and the jumps to them from the kernel's
 * own chains, where they come first. All of it is pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"

/*
 * What iptables-save or ebtables-save printed, without what is other people's.
 * Of a chain of the kernel's that is what stands before the last of our jumps:
 * a rule of others there is told, as it can undo what ours do; one behind them
 * is not.
 */
const char *filter_ours(struct arena *a, const char *saved, bool bridge);

/*
 * What makes want of have, for a restore that leaves alone what it does not
 * name (--noflush): our chains anew, our jumps first, those that are not wanted
 * gone. "" where there is nothing to do.
 */
const char *filter_script(struct arena *a, const char *want, const char *have,
			  bool bridge);

/* How two texts of sets differ, in words, as rules_differ() has it. */
size_t filter_sets_differ(const char *want, const char *have, size_t max,
			  struct buf *out);

/* The names of sets that begin so are the lab's. */
bool filter_set_ours(const char *name);

#endif
