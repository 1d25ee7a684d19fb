/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SEEN_H
#define LABCTL_PROVISION_SEEN_H

/*
 * What a node looks like: its own namespace ("") and every named one, with
 * resources of each kind, and what its VRRP engine says. Taken by the agent
 * (node/look.h), carried as one JSON document, and judged elsewhere: by the
 * plan's difference and by verify's verdicts.
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

/* A router as the engine on the node tells it. */
struct obs_router {
	const char *id;    /* UUID */
	const char *state; /* "initialize", "backup", "active", "fault" */
	int64_t since_ns; /* CLOCK_REALTIME of its last change of state; 0: ? */
	const char *file; /* what its state file holds, or NULL */
	const char *amiss; /* addresses and routes that the engine could not
			      place or remove, in words; or NULL */
};

struct observed {
	const char *hostname;
	int64_t real_ns; /* the node's CLOCK_REALTIME when it looked */
	struct seen_ns *ns;
	size_t nns;
	bool engine_running;
	int64_t engine_pid;
	const char *engine_error; /* why it could not be asked, or NULL */
	bool engine_files;        /* its configuration is on the node */
	struct obs_router *routers;
	size_t nrouters;
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

/* Whether a namespace carries a lab's mark, which its loopback does. */
bool seen_marked(const struct seen_ns *ns, const char *mark);

/* As members of the JSON object that j is in, and back. */
void observed_encode(const struct observed *o, struct json *j);
int observed_decode(struct arena *a, const struct doc *d, struct observed *ret,
		    struct err *reterr);

#endif
