/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SEEN_H
#define LABCTL_PROVISION_SEEN_H

/*
 * What a node looks like: its own namespace ("") and every named one, with
 * resources of each kind. Taken by the agent (node/look.h), carried as one JSON
 * document, and judged elsewhere: by the plan's difference and by verify's
 * verdicts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "provision/res.h"

#define SEEN_NS_MAX 8192
#define SEEN_LIST_MAX 65536 /* resources of one kind in one namespace */

struct seen_ns {
	const char *name; /* "" for the node's own */
	struct res_list of[RES_KINDS];
};

struct observed {
	const char *hostname;
	int64_t real_ns; /* the node's CLOCK_REALTIME when it looked */
	struct seen_ns *ns;
	size_t nns;
	const char *unlooked; /* why settings could not be compared with a
				 fresh namespace's, or NULL; no wire carries it
				 */
};

/* One more resource of a kind: zeroed, with kind and namespace set. NULL
 * where there are SEEN_LIST_MAX. Valid until the next one. */
struct res *seen_push(struct arena *a, struct seen_ns *ns, enum res_kind kind);

/* Each may be asked of NULL, and answers NULL where there is none. */
const struct seen_ns *seen_ns(const struct observed *o, const char *name);
const struct res_link *seen_link(const struct seen_ns *ns, const char *name);
const char *seen_link_name(const struct seen_ns *ns, unsigned index);
bool seen_has_addr(const struct seen_ns *ns, const char *dev,
		   const struct ipnet *addr);

/* What the VRRP engine says: of the service that it is. NULL only of NULL. */
const struct seen_engine *seen_engine(const struct observed *o);

/* A router as the engine tells it, or NULL. */
const struct obs_router *seen_router(const struct observed *o, const char *id);

/* Whether a namespace carries a lab's mark, which its loopback does. */
bool seen_marked(const struct seen_ns *ns, const char *mark);

/* As members of the JSON object that j is in, and back. */
void observed_encode(const struct observed *o, struct json *j);
int observed_decode(struct arena *a, const struct doc *d, struct observed *ret,
		    struct err *reterr);

#endif
