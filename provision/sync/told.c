/* SPDX-License-Identifier: MIT */
#include "provision/sync/told.h"

#include <stdlib.h>

#include "lib/mem.h"

#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)
#define CAP_FIRST 64

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * FNV_PRIME;
	return h;
}

static uint64_t mix_tuple(uint64_t h, const struct ct_tuple *t)
{
	h = mix(h, t->src.b, ip_size(&t->src));
	h = mix(h, t->dst.b, ip_size(&t->dst));
	h = mix(h, &t->sport, sizeof(t->sport));
	return mix(h, &t->dport, sizeof(t->dport));
}

static uint64_t key(const struct ct_state *s)
{
	uint64_t h = mix(FNV_BASIS, &s->proto, sizeof(s->proto));

	h = mix(h, &s->zone, sizeof(s->zone));
	return mix_tuple(mix_tuple(h, &s->orig), &s->reply);
}

void told_clear(struct told *t)
{
	free(t->list);
	*t = (struct told){0};
}

void told_add(struct told *t, const struct ct_state *s)
{
	if (t->n == TOLD_MAX) {
		t->over = true;
		return;
	}
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : CAP_FIRST;
		t->list = mem_grow(t->list, t->cap, sizeof(*t->list));
	}
	t->list[t->n++] = key(s);
	t->sorted = false;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

bool told_has(struct told *t, const struct ct_state *s)
{
	uint64_t k = key(s);

	if (t->over)
		return true;
	if (!t->sorted && t->n)
		qsort(t->list, t->n, sizeof(*t->list), by_value);
	t->sorted = true;
	return t->n && bsearch(&k, t->list, t->n, sizeof(k), by_value) != NULL;
}
