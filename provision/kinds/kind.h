/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_KIND_H
#define LABCTL_PROVISION_KINDS_KIND_H

/*
 * What is known of a kind of resource, as one row. Each file here ends in its
 * own; the parts that plan, look, compare and apply go by these rows alone.
 * A member that a kind leaves out (NULL) does nothing, unless told otherwise.
 */

#include "lib/buf.h"
#include "lib/err.h"
#include "provision/res.h"
#include "provision/seen.h"

struct diff;
struct key_table;
struct look;
struct look_ask;
struct place;
struct tx;

/* Where shell commands run: on the node (NULL), or locally in namespaces that
 * stand for nodes. */
struct where {
	const char *node; /* the namespace that plays the node, or NULL */
};

struct kind {
	const char *name;
	/* The order of making; removal is it reversed. Within a rank the
	 * plan's own order holds, or that of sub. */
	unsigned rank;
	unsigned (*sub)(const struct res *r); /* below KIND_SUB_MAX */
	bool comes; /* one that was made may be there only a moment later */

	/* Words. id tells two resources of a namespace apart. */
	void (*id)(const struct res *r, struct buf *out);
	void (*print)(const struct res *r, struct buf *out);
	void (*detail)(const struct res *r, struct buf *out);
	void (*shell)(const struct res *r, const struct where *w,
		      struct buf *out);

	/* What was seen of it, in JSON: rows of struct res (lib/keys/keys.h),
	 * and under which key a list of them stands. */
	const struct key_table *keys;
	const char *list;

	/* The link that it stands on: gone with it, and made after it. */
	const char *(*dev)(const struct res *r);

	/*
	 * Looking. ask: what must be known for a wanted one to be looked up.
	 * look: all of a namespace, to seen_push(), a full list of which
	 * need not be told; LOOK_ENOUGH where the rest of the namespace is
	 * of no interest. look_node: what the node has once.
	 */
	void (*ask)(struct look_ask *ask, const struct res *want);
	int (*look)(struct look *l, struct err *reterr);
	void (*look_node)(struct look *l, struct observed *o);

	/*
	 * Comparing. judge goes over all before the first compare. compare
	 * has NULL where nothing of that id was seen; without it, what is
	 * missing or stands on a link that is made anew is added. extra: may
	 * what is seen and not wanted be removed? extra_ns: is the namespace
	 * to go with all in it? extra_node: what no single resource tells, at
	 * the end.
	 */
	void (*judge)(struct diff *d, const struct res *want);
	void (*compare)(struct diff *d, const struct res *want,
			const struct res *have);
	bool (*extra)(struct diff *d, const struct res *have);
	/* Is one that the VRRP engine is to have not the engine's? NULL: it
	 * always is. */
	bool (*stood)(struct diff *d, const struct res *virt,
		      const struct res *have);
	bool (*extra_ns)(struct diff *d, const struct seen_ns *ns);
	void (*extra_node)(struct diff *d);

	/*
	 * Applying: rank by rank, make; what it queued is sent; then plug,
	 * by which others make links that are fetched when they are set; then
	 * set, and what that queued is sent; then start. unmake may put off
	 * what settle does for all of a namespace together. ahead comes before
	 * all of them, once: it begins what takes long and needs nothing of
	 * the others, and leaves in *tx_ahead() what the kind's set or start
	 * will find there.
	 */
	void (*ahead)(struct tx *tx);
	void (*make)(struct tx *tx, const struct change *c);
	void (*plug)(struct tx *tx, const struct change *c);
	void (*set)(struct tx *tx, const struct change *c);
	void (*start)(struct tx *tx, const struct change *c);
	void (*unmake)(struct tx *tx, const struct change *c);
	void (*settle)(struct tx *tx, struct place *p);
};

#define KIND_SUB_MAX 16u
#define LOOK_ENOUGH 1

#define KIND_ROW(NAME, name) extern const struct kind kind_##name;
RES_KIND_LIST(KIND_ROW)
#undef KIND_ROW

extern const struct kind *const kinds[RES_KINDS];

static inline const struct kind *kind_of(const struct res *r)
{
	return kinds[r->kind];
}

/* rank and sub together: below KIND_ORDER_MAX. */
unsigned kind_order(const struct res *r);
#define KIND_ORDER_MAX (RES_KINDS * KIND_SUB_MAX)

/* -E2BIG, with the kind and the limit, where a list of the namespace is full,
 * so that something may lack in it (SEEN_LIST_MAX). */
int kind_full(const struct seen_ns *ns, struct err *reterr);

/* One text for a resource among all of a node, appended: kind, place, id. */
void kind_key(const struct res *r, struct buf *out);

/* The link that a resource of a kind with dev stands on: enough of it to be
 * looked up. */
struct res kind_under(const struct res *r);

/* " in NETNS", or nothing for the node's own. */
void kind_print_place(const char *netns, struct buf *out);

/* "10.0.0.0/8", or "default"; out holds IP_TEXT_MAX bytes. */
const char *kind_prefix(const struct ipnet *n, char *out);

/* For shell: the name by which a namespace goes; "ip", "bridge" or another
 * program with its -n; "ip netns exec NAME" where there is one. Each but the
 * name with a blank behind. */
void where_name(const struct where *w, const char *netns, struct buf *out);
void where_program(const struct where *w, const char *netns,
		   const char *program, struct buf *out);
void where_exec(const struct where *w, const char *netns, struct buf *out);

#endif
