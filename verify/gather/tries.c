/* SPDX-License-Identifier: MIT */
/*
 * All places listen before anything is sent, and a little longer; then what was
 * heard is put together. What should have arrived and did not is sent again.
 */
#include "verify/gather/tries.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/going.h"
#include "verify/looks/capture/hear.h"
#include "verify/tries.h"

#define ANSWER_MS 60000
#define HEAR_MS 60000
#define READY_MS 150
#define LINGER_MS 200 /* for the last to arrive */
#define ROUNDS 3
#define PAUSE_MS 1000 /* before the last of them */
#define CHUNK 1000    /* frames in a request */

/* Where is listened on one node, and what was asked. */
struct ear {
	struct fleet_node *node;
	struct hear_place *places;
	struct seen_tries ***of; /* of each place: those that end there */
	size_t *nof;
	size_t n;
	struct going going;
};

static bool same_place(const struct hear_place *p, const char *netns,
		       const char *dev)
{
	return strcmp(p->netns, netns) == 0 && strcmp(p->dev, dev) == 0;
}

static void listen_for(struct arena *a, struct ear *ear, struct seen_tries *t)
{
	const char *netns = t->to ? t->to->netns : "";
	const char *dev = t->to ? t->to->port->ifname : tries_uplink(t->from);
	size_t i;

	for (i = 0; i < ear->n; i++)
		if (same_place(&ear->places[i], netns, dev))
			break;
	if (i == ear->n) {
		size_t n = ear->n, m = ear->n;

		arena_push(a, &ear->of, &n, sizeof(*ear->of));
		arena_push(a, &ear->nof, &m, sizeof(*ear->nof));
		*(struct hear_place *)arena_push(a, &ear->places, &ear->n,
						 sizeof(*ear->places)) =
			(struct hear_place){
				.netns = netns, .dev = dev, .out = !t->to};
	}
	*(struct seen_tries **)arena_push(a, &ear->of[i], &ear->nof[i],
					  sizeof(struct seen_tries *)) = t;
}

static void ears_open(struct fleet *f, struct evidence *e, struct ear *ears)
{
	struct arena *a = &e->arena;
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		auto_buf struct buf b = {0};
		struct err err;

		ears[i] = (struct ear){.node = &f->nodes[i]};
		for (k = 0; k < e->ntries; k++) {
			struct seen_tries *t = &e->tries[k];
			const struct topo_node *n =
				t->to ? t->to->node : t->from->node;

			if (n == f->nodes[i].node)
				listen_for(a, &ears[i], t);
		}
		if (!ears[i].n)
			continue;
		hear_ask(ears[i].places, ears[i].n, HEAR_MS, &b);
		if (going_begin(&ears[i].going, f, f->nodes[i].name, "hear",
				b.data, &err) == 0)
			continue;
		for (k = 0; k < ears[i].n; k++)
			ears[i].places[k].error = arena_strdup(a, err.msg);
	}
}

static void hear_tries(const struct hear_place *p, struct seen_tries *t)
{
	t->error = p->error;
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < p->nids; k++)
			if (p->ids[k] == t->items[i].id)
				t->items[i].heard = true;
}

static void ear_close(struct evidence *e, struct ear *ear)
{
	const struct doc *d;
	struct err err;
	size_t i, k;

	if (ear->going.on && going_end(&ear->going, &e->arena, &d, &err) == 0)
		hear_answer(&e->arena, d, ear->places, ear->n);
	else
		for (i = 0; i < ear->n; i++)
			if (!ear->places[i].error)
				ear->places[i].error =
					arena_strdup(&e->arena, err.msg);
	for (i = 0; i < ear->n; i++)
		for (k = 0; k < ear->nof[i]; k++)
			hear_tries(&ear->places[i], ear->of[i][k]);
}

/* What a node sends, in requests of a size. */
struct mouth {
	struct seen_try **tries;
	struct utter_frame *frames;
	size_t n;
};

static void utter(struct fleet_node *n, struct mouth *m, struct arena *a)
{
	const struct doc *d;
	struct err err;
	unsigned id;
	size_t at, k, len;

	for (at = 0; at < m->n; at += len) {
		auto_buf struct buf b = {0};
		struct utter_frame *f = &m->frames[at];

		len = m->n - at < CHUNK ? m->n - at : CHUNK;
		utter_ask(f, len, &b);
		if (!n->remote)
			err_set(&err, -ENOTCONN, "%s",
				*n->err.msg ? n->err.msg : "cannot be reached");
		else if (remote_send(n->remote, "utter", b.data, &id, &err) ==
				 0 &&
			 remote_wait(n->remote, id, ANSWER_MS, a, &d, &err) ==
				 0) {
			utter_answer(a, d, f, len);
			continue;
		}
		for (k = 0; k < len; k++)
			f[k].error = arena_strdup(a, err.msg);
	}
	for (k = 0; k < m->n; k++)
		m->tries[k]->error = m->frames[k].error;
}

static bool again(const struct seen_try *x)
{
	return x->let && !x->heard;
}

static void utter_all(struct fleet *f, struct evidence *e, bool all)
{
	size_t i, k, m;

	for (i = 0; i < f->n; i++) {
		struct mouth out = {0};

		for (k = 0; k < e->ntries; k++) {
			struct seen_tries *t = &e->tries[k];
			const struct topo_node *n =
				t->from ? t->from->node : NULL;

			if (n != f->nodes[i].node)
				continue;
			for (m = 0; m < t->n; m++) {
				struct seen_try *x = &t->items[m];
				size_t count = out.n;

				if (!all && !again(x))
					continue;
				x->repeated = !all;
				*(struct seen_try **)arena_push(
					&e->arena, &out.tries, &count,
					sizeof(struct seen_try *)) = x;
				*(struct utter_frame *)arena_push(
					&e->arena, &out.frames, &out.n,
					sizeof(*out.frames)) =
					(struct utter_frame){.netns = x->netns,
							     .dev = x->dev,
							     .bytes = x->bytes,
							     .len = x->len};
			}
		}
		utter(&f->nodes[i], &out, &e->arena);
	}
}

static bool lacking(const struct evidence *e)
{
	for (size_t i = 0; i < e->ntries; i++)
		for (size_t k = 0; k < e->tries[i].n; k++)
			if (!e->tries[i].error && again(&e->tries[i].items[k]))
				return true;
	return false;
}

void tries_gather(struct fleet *f, struct evidence *e)
{
	struct ear *ears = arena_array(&e->arena, f->n, sizeof(*ears));
	size_t i;

	for (int round = 0; e->ntries && round < ROUNDS; round++) {
		if (round && !lacking(e))
			return;
		if (round == ROUNDS - 1)
			clock_sleep_ms(PAUSE_MS);
		ears_open(f, e, ears);
		clock_sleep_ms(READY_MS);
		utter_all(f, e, round == 0);
		clock_sleep_ms(LINGER_MS);
		for (i = 0; i < f->n; i++)
			if (ears[i].n)
				going_stop(&ears[i].going);
		for (i = 0; i < f->n; i++)
			if (ears[i].n)
				ear_close(e, &ears[i]);
	}
}
