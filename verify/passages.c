/* SPDX-License-Identifier: MIT */
/*
 * Passages
 * ========
 * The host outside captures all that is sent to the addresses of passages,
 * from before the nodes are asked for anything until all have answered; each
 * node's agent sends from all of its instances by one process. So a healthy
 * lab costs no time: this goes on beside the captures of adverts.
 *
 * A datagram may be lost in a healthy lab: the capture was not yet there, or
 * a switch had still to learn where the router is. So what was not seen is
 * tried again, more slowly, by the main thread alone.
 */
#include "verify/passages.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "provision/way.h"

#define SNAPLEN 128
#define ROUNDS 3
#define ROUND_US 150000
#define AGAIN_ROUNDS 4
#define AGAIN_ROUND_US 250000
#define CAPTURE_MS 120000 /* if nobody stops it */
#define READY_MS 200      /* for a capture to have begun */
#define ANSWER_MS 20000

void passages_begin(struct fleet *f, struct evidence *e, struct going *ret)
{
	struct capture_ask ask = {
		.netns = "",
		.dev = "any",
		.filter = evidence_passage_filter(&e->arena, e->lab),
		.snaplen = SNAPLEN,
		.duration_ms = CAPTURE_MS};
	auto_buf struct buf b = {0};
	const struct fleet_node *outside;
	struct err err;
	size_t i;

	for (i = 0; i < e->npassages; i++)
		ask.enough_dsts += !evidence_left(e, &e->passages[i]);
	*ret = (struct going){0};
	outside = fleet_node(f, way_name(NULL));
	if (!ask.enough_dsts || !outside || !outside->remote)
		return;
	capture_ask(&ask, &b);
	if (going_begin(ret, f, way_name(NULL), "capture", b.data, &err) < 0)
		e->left.error = arena_strdup(&e->arena, err.msg);
}

/* Passages of a node's instances: all, or those that were not seen. */
struct passages_batch {
	struct seen_passage **items;
	struct probe_from *from;
	size_t n;
	unsigned id;
	bool sent;
};

static void choose(struct passages_batch *b, const struct topo_node *n,
		   struct evidence *e, bool unseen, struct arena *a)
{
	size_t i;

	*b = (struct passages_batch){0};
	b->items = arena_array(a, e->npassages + 1, sizeof(*b->items));
	b->from = arena_array(a, e->npassages + 1, sizeof(*b->from));
	for (i = 0; i < e->npassages && b->n < PROBE_FROM_MAX; i++) {
		struct seen_passage *p = &e->passages[i];

		if (p->instance->node != n ||
		    (unseen && (p->error || evidence_left(e, p))))
			continue;
		b->items[b->n] = p;
		b->from[b->n++] =
			(struct probe_from){p->instance->netns, p->dst};
	}
}

static void batch_failed(struct passages_batch *b, struct arena *a,
			 const char *why)
{
	const char *copy = arena_strdup(a, why);
	size_t i;

	for (i = 0; i < b->n; i++)
		b->items[i]->error = copy;
}

static void batch_send(struct passages_batch *b, struct fleet_node *n,
		       unsigned rounds, unsigned us, struct arena *a)
{
	struct probe_ask ask = {b->from, b->n, rounds, us};
	auto_buf struct buf req = {0};
	struct err err;

	if (!b->n)
		return;
	probe_ask(&ask, &req);
	b->sent = remote_send(n->remote, "probe", req.data, &b->id, &err) == 0;
	if (!b->sent)
		batch_failed(b, a, err.msg);
}

static void batch_take(struct passages_batch *b, struct fleet_node *n,
		       struct arena *a)
{
	struct seen_sent *sent;
	const struct doc *d;
	struct err err;
	size_t i;

	if (!b->sent)
		return;
	if (remote_wait(n->remote, b->id, ANSWER_MS, a, &d, &err) < 0) {
		batch_failed(b, a, err.msg);
		return;
	}
	sent = arena_array(a, b->n, sizeof(*sent));
	probe_answer(a, d, sent, b->n);
	for (i = 0; i < b->n; i++) {
		b->items[i]->error = NULL;
		b->items[i]->sent = sent[i];
	}
}

void passages_blame(struct evidence *e, const struct topo_node *n,
		    const char *why)
{
	size_t i;

	if (!n)
		e->left.error = why;
	for (i = 0; n && i < e->npassages; i++)
		if (e->passages[i].instance->node == n)
			e->passages[i].error = why;
}

struct passages_batch *passages_send(struct fleet_node *n, struct evidence *e,
				     struct arena *a)
{
	struct passages_batch *b = arena_alloc(a, sizeof(*b));

	if (!n->node)
		return NULL;
	choose(b, n->node, e, false, a);
	batch_send(b, n, ROUNDS, ROUND_US, a);
	return b;
}

void passages_take(struct passages_batch *b, struct fleet_node *n,
		   struct arena *a)
{
	if (b)
		batch_take(b, n, a);
}

/* Takes what was captured, beside what was seen before. */
static void take_frames(struct evidence *e, struct going *g)
{
	struct seen_frames more;
	const struct doc *answer;
	struct frame *f;
	struct err err;
	size_t i;

	if (!g->on)
		return;
	going_stop(g);
	if (going_end(g, &e->arena, &answer, &err) < 0) {
		e->left.error = arena_strdup(&e->arena, err.msg);
		return;
	}
	capture_answer(&e->arena, answer, &more);
	e->left.error = more.error;
	for (i = 0; i < more.n; i++) {
		f = arena_push(&e->arena, &e->left.frames, &e->left.n,
			       sizeof(*f));
		*f = more.frames[i];
	}
}

/* Passages to be tried again; *ret_until: when all must have learned. */
static size_t unseen(struct evidence *e, const struct mono *learned,
		     struct mono *ret_until)
{
	size_t i, n = 0;

	*ret_until = clock_mono();
	for (i = 0; i < e->npassages; i++) {
		struct seen_passage *p = &e->passages[i];

		if (p->error || evidence_left(e, p))
			continue;
		n++;
		p->repeated = true;
		if (learned &&
		    mono_before(*ret_until, learned[p->router->index]))
			*ret_until = learned[p->router->index];
	}
	return n;
}

static void try_again(struct fleet *f, struct evidence *e)
{
	struct passages_batch *batches =
		arena_array(&e->arena, f->n, sizeof(*batches));
	struct going g;
	size_t i;

	passages_begin(f, e, &g);
	if (!g.on)
		return;
	clock_sleep_ms(READY_MS);
	for (i = 0; i < f->n; i++) {
		if (!f->nodes[i].node || !f->nodes[i].remote)
			continue;
		choose(&batches[i], f->nodes[i].node, e, true, &e->arena);
		batch_send(&batches[i], &f->nodes[i], AGAIN_ROUNDS,
			   AGAIN_ROUND_US, &e->arena);
	}
	for (i = 0; i < f->n; i++)
		if (batches[i].n)
			batch_take(&batches[i], &f->nodes[i], &e->arena);
	take_frames(e, &g);
}

void passages_end(struct fleet *f, struct evidence *e, struct going *g,
		  const struct mono *learned)
{
	struct mono until, began;

	take_frames(e, g);
	while (!e->left.error && unseen(e, learned, &until)) {
		began = clock_mono();
		try_again(f, e);
		if (!mono_before(began, until))
			break;
	}
}
