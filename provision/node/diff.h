/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_DIFF_H
#define LABCTL_PROVISION_NODE_DIFF_H

/* Between the parts of plan_diff(): what is known, by one text a thing. */

#include "lib/buf.h"
#include "provision/plan/plan.h"
#include "lib/strmap.h"

struct diff {
	struct arena *a;
	const struct plan *p;
	const struct observed *have;
	struct strmap want; /* key -> struct res */
	struct strmap seen; /* key -> what was observed */
	struct strmap virt; /* key -> what the engine owns */
	struct strmap anew; /* links that are made (again) */
	struct buf key, why;
	struct changes add, del;
	const char **rejoin; /* routers for the engine to take up again */
	size_t nrejoin;
};

/* Keys: each is valid until the next one is made. */
const char *diff_key_netns(struct diff *d, const char *name);
const char *diff_key_link(struct diff *d, const char *netns, const char *name);
const char *diff_key_sysctl(struct diff *d, const char *netns,
			    const char *name);
const char *diff_key_addr(struct diff *d, const char *netns, const char *dev,
			  const struct ipnet *addr);
const char *diff_key_route(struct diff *d, const char *netns, const char *dev,
			   const struct ipnet *to, const struct ip *via);
const char *diff_key_fdb(struct diff *d, const char *netns, const char *dev,
			 const struct mac *mac, const struct ip *dst);
const char *diff_key_res(struct diff *d, const struct res *r);

/* Fills want, seen and virt. */
void diff_index(struct diff *d);

/* Whether an alias is the lab's mark. */
bool diff_ours(const struct diff *d, const char *alias);
/* Whether a namespace carries it. */
bool diff_marked(const struct diff *d, const struct obs_ns *ns);

struct change *diff_push(struct diff *d, struct changes *list,
			 enum change_op op, const struct res *r);
void diff_remove_link(struct diff *d, const char *netns,
		      const struct obs_link *l);

const struct obs_link *diff_link_seen(struct diff *d, const char *netns,
				      const char *name);
bool diff_is_anew(struct diff *d, const char *netns, const char *name);

/* Links: which cannot stay; then one link's changes. */
void diff_judge_links(struct diff *d);
void diff_link(struct diff *d, const struct res *r);

/* What is there and should not be. */
void diff_extra(struct diff *d);

/* The setting that sets every link's along with it. */
#define DIFF_ALL_FORWARDING "net/ipv6/conf/all/forwarding"

#endif
