/* SPDX-License-Identifier: MIT */
/*
 * Carrying changes out
 * ====================
 * Steps, each in as few sends as there are namespaces to speak to:
 *
 *   0. what takes long is begun, and goes on beside the others: rules are
 *      compiled, the supervisor of services starts;
 *   1. removals, in the order given (from the engine down to namespaces);
 *   2. what must be there before anything can be set on it, by rank:
 *      namespaces; sysctls, before there are links that inherit them; new
 *      links;
 *   3. what makes links itself: Open vSwitch, with its bridges and ports;
 *   4. in each namespace, the node's own first: attributes of links,
 *      addresses, routes, forwarding entries;
 *   5. what needs all of it: services; addresses are announced.
 *
 * All of it runs in a thread of its own that may change namespace as it
 * likes; the caller's never does. A message that fails is noted for its
 * change and the rest goes on: the kernel itself refuses what depended on it.
 * Nothing is undone: what stands is right, and the next run completes it.
 */
#include "provision/node/apply.h"

#include <pthread.h>

#include "provision/kinds/kind.h"
#include "provision/node/tx.h"

struct applying {
	struct tx tx;
	struct arena *a;
	const struct plan *p;
	const struct changes *ch;
	struct err err;
	int res;
};

typedef void hook(struct tx *tx, const struct change *c);

/* Hands changes to the hook that their kinds have for a step, rank by rank;
 * each rank's keep their order. */
static void step(struct applying *ap, hook *(*of)(const struct kind *k))
{
	unsigned rank;
	size_t i, k;

	for (rank = 0; rank < RES_KINDS; rank++)
		for (k = 0; k < RES_KINDS; k++) {
			hook *fn = of(kinds[k]);

			if (!fn || kinds[k]->rank != rank)
				continue;
			for (i = 0; i < ap->ch->n; i++) {
				const struct change *c = &ap->ch->items[i];

				if (c->op != CHANGE_REMOVE &&
				    kind_of(change_res(c)) == kinds[k])
					tx_do(&ap->tx, c, fn);
			}
		}
}

static hook *make(const struct kind *k)
{
	return k->make;
}

static hook *plug(const struct kind *k)
{
	return k->plug;
}

static hook *set(const struct kind *k)
{
	return k->set;
}

static hook *start(const struct kind *k)
{
	return k->start;
}

static void begin(struct applying *ap)
{
	size_t i;

	for (i = 0; i < RES_KINDS; i++)
		if (kinds[i]->ahead)
			kinds[i]->ahead(&ap->tx);
}

static void removals(struct applying *ap)
{
	size_t i;

	for (i = 0; i < ap->ch->n; i++) {
		const struct change *c = &ap->ch->items[i];

		if (c->op == CHANGE_REMOVE && kind_of(&c->have)->unmake)
			tx_do(&ap->tx, c, kind_of(&c->have)->unmake);
	}
	tx_settle(&ap->tx);
	tx_forget_links(&ap->tx);
}

static void *apply_thread(void *ctx)
{
	struct applying *ap = ctx;

	ap->res = tx_open(&ap->tx, ap->a, ap->p, ap->ch, &ap->err);
	if (ap->res < 0)
		return NULL;
	begin(ap);
	removals(ap);
	step(ap, make);
	tx_send_all(&ap->tx);
	tx_forget_links(&ap->tx);
	step(ap, plug);
	step(ap, set);
	tx_send_all(&ap->tx);
	step(ap, start);
	tx_send_all(&ap->tx);
	return NULL;
}

int apply_changes(struct arena *a, const struct plan *p,
		  const struct changes *changes, struct failures *ret,
		  struct err *reterr)
{
	struct applying ap = {.a = a, .p = p, .ch = changes};
	struct failure *f;
	pthread_t t;
	size_t i;
	int r;

	*ret = (struct failures){0};
	r = pthread_create(&t, NULL, apply_thread, &ap);
	if (r != 0)
		return err_sys(reterr, -r, "start a thread");
	pthread_join(t, NULL);
	tx_close(&ap.tx);
	if (ap.res < 0) {
		if (reterr)
			*reterr = ap.err;
		return ap.res;
	}
	for (i = 0; i < changes->n; i++) {
		if (!ap.tx.why[i])
			continue;
		f = arena_push(a, &ret->items, &ret->n, sizeof(*f));
		f->op = changes->items[i].op;
		f->what = changes->items[i].what;
		f->why = ap.tx.why[i];
	}
	return 0;
}
