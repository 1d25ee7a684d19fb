/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_RULES_H
#define LABCTL_PROVISION_PLAN_RULES_H

/*
 * The rule sets of namespaces, put together by several parts of a plan: each
 * adds its chains and rules, and at the end one resource a namespace holds
 * them as iptables-save prints them, so that what is wanted and what is seen
 * are the same text.
 */

#include "provision/plan/ctx.h"

/* A chain of one's own, also where it is to stay empty; once or many times.
 * family: 4 or 6; the rest as in rules_add(). */
void rules_chain(struct plan_ctx *c, const char *netns, int family,
		 const char *table, const char *chain);

/*
 * A rule at the end of a chain, as iptables-save prints it behind "-A CHAIN "
 * ("-p udp -m udp --dport 68 -j ACCEPT"): rules of one chain come in the
 * order of the calls. A chain that iptables does not have is made, in its
 * own table only. table: mangle, raw, filter or nat. All texts must live as
 * long as the plan.
 */
void rules_add(struct plan_ctx *c, const char *netns, int family,
	       const char *table, const char *chain, const char *rule);

/* The same, unless the chain has this rule: for what several parts need, such
 * as the jumps to chains that they share. */
void rules_once(struct plan_ctx *c, const char *netns, int family,
		const char *table, const char *chain, const char *rule);

/* What was added for a namespace till now; that of the node's own, "", is for
 * the caller, and no resource comes of it. */
const char *rules_text(struct plan_ctx *c, const char *netns, int family);

/* Appends one resource a namespace that has any; plan_build() calls it. */
void rules_done(struct plan_ctx *c);

#endif
