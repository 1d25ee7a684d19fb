/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_LOOK_H
#define LABCTL_PROVISION_NODE_LOOK_H

/* Looking at this node: every namespace, by what each kind knows to ask. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/kernel/rtnl.h"
#include "lib/kernel/xfrmnl.h"
#include "lib/map.h"
#include "provision/res.h"
#include "provision/seen.h"

/* What to look at. */
struct look_what {
	const char *const *sysctls; /* keys to read in every namespace */
	size_t nsysctls;
	const char *mark; /* only namespaces whose lo carries this alias;
			     NULL: all. "" is always taken. */
	const char *const *names; /* namespaces to take without the mark too */
	size_t nnames;
	const char *state_dir;   /* where the engine's control socket is */
	const struct plan *plan; /* or NULL: what only it names is not looked
				    at; no wire carries it */
	bool unusual; /* look for settings that are otherwise than a fresh
			 namespace's; no wire carries it */
	const struct usual *usual; /* those, for the kinds; else NULL */
};

/* One namespace that is being looked at, for the kinds. */
struct look {
	struct arena *a;
	struct rtnl *rtnl;
	const struct look_what *what;
	struct seen_ns *ns;
	enum xfrmnl_there *ipsec; /* the same for all namespaces of a look */
};

/* What must be asked for a plan to be compared, while the kinds gather it. */
struct look_ask {
	struct arena *a;
	const char **sysctls, **names;
	size_t nsysctls, nnames;
	struct map known; /* settings, for each to be asked for once */
};

/* All that the plan needs to be compared with. */
void look_what_of(struct arena *a, const struct plan *p, struct look_what *ret);

/*
 * Looks at this node, from its own network and mount namespace. A table that
 * changes meanwhile is read again. Memory comes from a.
 */
int look_node(struct arena *a, const struct look_what *what,
	      struct observed *ret, struct err *reterr);

/* The namespace alone that this thread is in, as "". */
int look_own(struct arena *a, const struct look_what *what,
	     struct observed *ret, struct err *reterr);

/*
 * What a network namespace is like that was just made on this machine: "" of
 * *ret, by a process of its own that makes one and ends.
 */
int look_fresh(struct arena *a, const struct look_what *what,
	       struct observed *ret, struct err *reterr);

/* What to look at, as members of the JSON object that j is in, and back. */
void look_what_encode(const struct look_what *w, struct json *j);
int look_what_decode(struct arena *a, const struct doc *d,
		     struct look_what *ret, struct err *reterr);

#endif
