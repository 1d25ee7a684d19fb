/* SPDX-License-Identifier: MIT */
/*
 * The difference between what should be and what is
 * =================================================
 * Both sides are indexed by one text for each thing ("address, namespace,
 * device, prefix"), so that a plan of thousands is compared in one pass over
 * it and one over what was seen. What a kind is compared by, it knows itself;
 * here is only the order of it.
 *
 * What may be taken away: only what carries the lab's mark. That is a link
 * whose alias is the mark, a namespace whose lo has it as alias, and addresses,
 * routes and forwarding entries on such links. Not what the kernel makes (its
 * own routes, link-local addresses, learned entries), and not what the VRRP
 * engine adds and removes, which is neither missing nor extra.
 *
 * A link that stands but cannot be changed into what is wanted (vxlan
 * attributes, a veth pair with one end missing or elsewhere) is removed and
 * made anew, with all that was on it. A link with the right name that belongs
 * to somebody else is left alone; the change is there, marked blocked.
 */
#include "provision/node/diff.h"

#include <stdarg.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/map.h"
#include "provision/kinds/kind.h"

struct diff {
	struct arena *a;
	const struct plan *p;
	const struct observed *have;
	struct map want; /* key -> struct res */
	struct map seen; /* key -> struct res, as it was observed */
	struct map virt; /* key -> what the engine owns */
	struct map anew; /* key -> what is made (again) */
	struct map ns;   /* name -> struct seen_ns */
	struct buf key;
	struct changes add, del;
};

struct arena *diff_arena(const struct diff *d)
{
	return d->a;
}

const struct plan *diff_plan(const struct diff *d)
{
	return d->p;
}

const struct observed *diff_have(const struct diff *d)
{
	return d->have;
}

bool diff_ours(const struct diff *d, const char *alias)
{
	return alias && strcmp(alias, d->p->mark) == 0;
}

/* Valid until the next one. */
static const char *key(struct diff *d, const struct res *r)
{
	buf_reset(&d->key);
	kind_key(r, &d->key);
	return d->key.data;
}

const struct seen_ns *diff_ns(struct diff *d, const char *netns)
{
	return map_gets(&d->ns, netns);
}

const struct res *diff_seen(struct diff *d, const struct res *r)
{
	return map_gets(&d->seen, key(d, r));
}

const struct res *diff_wanted(struct diff *d, const struct res *r)
{
	return map_gets(&d->want, key(d, r));
}

void diff_anew(struct diff *d, const struct res *r)
{
	map_puts_copy(d->a, &d->anew, key(d, r), r);
}

bool diff_is_anew(struct diff *d, const struct res *r)
{
	return map_gets(&d->anew, key(d, r)) != NULL;
}

/* --- changes -------------------------------------------------------------- */

static struct change *push(struct diff *d, struct changes *list,
			   enum change_op op, const struct res *r)
{
	struct change *c = arena_push(d->a, &list->items, &list->n, sizeof(*c));

	c->op = op;
	if (op == CHANGE_REMOVE)
		c->have = *r;
	else
		c->want = r;
	c->what = res_what(d->a, r);
	return c;
}

struct change *diff_add(struct diff *d, const struct res *want)
{
	struct change *c = push(d, &d->add, CHANGE_ADD, want);

	c->fields = ~0u;
	c->why = res_detail(d->a, want);
	return c;
}

struct change *diff_modify(struct diff *d, const struct res *want,
			   const char *why, ...)
{
	struct change *c = push(d, &d->add, CHANGE_MODIFY, want);
	va_list ap;

	va_start(ap, why);
	c->why = arena_vprintf(d->a, why, ap);
	va_end(ap);
	return c;
}

void diff_remove(struct diff *d, const struct res *have)
{
	push(d, &d->del, CHANGE_REMOVE, have);
}

void diff_on_link(struct diff *d, const struct res *want,
		  const struct res *have)
{
	struct res under;

	if (have && kind_of(want)->dev) {
		under = kind_under(want);
		if (diff_is_anew(d, &under))
			have = NULL;
	}
	if (!have)
		diff_add(d, want);
}

/* --- the passes ----------------------------------------------------------- */

static void index_seen(struct diff *d, const struct seen_ns *ns)
{
	size_t k, i;

	map_puts(d->a, &d->ns, ns->name, ns);
	for (k = 0; k < RES_KINDS; k++)
		for (i = 0; i < ns->of[k].n; i++)
			map_puts_copy(d->a, &d->seen,
				      key(d, &ns->of[k].items[i]),
				      &ns->of[k].items[i]);
}

static void index_all(struct diff *d)
{
	const struct plan *p = d->p;
	size_t i;

	for (i = 0; i < p->n; i++)
		map_puts_copy(d->a, &d->want, key(d, &p->res[i]), &p->res[i]);
	for (i = 0; i < p->nvirt; i++)
		map_puts_copy(d->a, &d->virt, key(d, &p->virt[i]), &p->virt[i]);
	for (i = 0; i < d->have->nns; i++)
		index_seen(d, &d->have->ns[i]);
}

static void judge(struct diff *d)
{
	const struct kind *k;
	size_t i;

	for (i = 0; i < d->p->n; i++) {
		k = kind_of(&d->p->res[i]);
		if (k->judge)
			k->judge(d, &d->p->res[i]);
	}
}

static void compare(struct diff *d)
{
	size_t i;

	for (i = 0; i < d->p->n; i++) {
		const struct res *r = &d->p->res[i], *have = diff_seen(d, r);

		if (kind_of(r)->compare)
			kind_of(r)->compare(d, r, have);
		else
			diff_on_link(d, r, have);
	}
}

bool diff_goes(struct diff *d, const struct res *have)
{
	const struct kind *k = kind_of(have);
	const struct res *virt;

	/* What is wanted is most of it, and is soon told. */
	if (diff_wanted(d, have))
		return false;
	virt = map_gets(&d->virt, key(d, have));
	return virt ? k->stood && k->stood(d, virt, have)
		    : k->extra && k->extra(d, have);
}

/* What of a kind is there and should not be. */
static void extra(struct diff *d, const struct res_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (diff_goes(d, &list->items[i]))
			diff_remove(d, &list->items[i]);
}

static bool goes(struct diff *d, const struct seen_ns *ns)
{
	bool gone = false;
	size_t k;

	for (k = 0; k < RES_KINDS; k++)
		if (kinds[k]->extra_ns)
			gone = kinds[k]->extra_ns(d, ns) || gone;
	return gone;
}

static void all_extra(struct diff *d)
{
	size_t i, k;

	for (i = 0; i < d->have->nns; i++) {
		const struct seen_ns *ns = &d->have->ns[i];

		if (goes(d, ns))
			continue;
		for (k = 0; k < RES_KINDS; k++)
			extra(d, &ns->of[k]);
	}
	for (k = 0; k < RES_KINDS; k++)
		if (kinds[k]->extra_node)
			kinds[k]->extra_node(d);
}

/* Removals by falling rank, then the rest; both keep their order. */
static void join(struct diff *d, struct changes *ret)
{
	size_t start[KIND_ORDER_MAX + 1] = {0}, i, at;

	ret->n = d->del.n + d->add.n;
	ret->items = arena_array(d->a, ret->n, sizeof(*ret->items));
	/* How many go before each rank: those of greater ones. */
	for (i = 0; i < d->del.n; i++)
		start[kind_order(&d->del.items[i].have)]++;
	for (i = KIND_ORDER_MAX, at = 0; i-- > 0;) {
		size_t n = start[i];

		start[i] = at;
		at += n;
	}
	for (i = d->del.n; i-- > 0;)
		ret->items[start[kind_order(&d->del.items[i].have)]++] =
			d->del.items[i];
	if (d->add.n)
		memcpy(ret->items + d->del.n, d->add.items,
		       d->add.n * sizeof(*ret->items));
}

void plan_diff(struct arena *a, const struct plan *p,
	       const struct observed *have, struct changes *ret)
{
	struct diff d = {.a = a, .p = p, .have = have};

	index_all(&d);
	judge(&d);
	compare(&d);
	all_extra(&d);
	join(&d, ret);
	buf_release(&d.key);
}
