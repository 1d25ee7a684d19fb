/* SPDX-License-Identifier: MIT */
#include "lib/strmap.h"

#include <stdint.h>
#include <string.h>

#define CAP_MIN 64

static struct strmap_slot *find(const struct strmap *m, const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	const char *c;
	size_t i;

	for (c = key; *c; c++)
		h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	/* The high bits are the better mixed ones. */
	for (i = (size_t)(h >> 32) & (m->cap - 1); m->slots[i].key;
	     i = (i + 1) & (m->cap - 1))
		if (strcmp(m->slots[i].key, key) == 0)
			break;
	return &m->slots[i];
}

static void grow(struct strmap *m)
{
	struct strmap old = *m;
	size_t i;

	m->cap = old.cap ? old.cap * 2 : CAP_MIN;
	m->slots = arena_array(m->arena, m->cap, sizeof(*m->slots));
	for (i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			*find(m, old.slots[i].key) = old.slots[i];
}

void strmap_put(struct strmap *m, const char *key, const void *value)
{
	struct strmap_slot *s;

	if ((m->n + 1) * 2 > m->cap)
		grow(m);
	s = find(m, key);
	if (s->key)
		return;
	s->key = arena_strdup(m->arena, key);
	s->value = (void *)(uintptr_t)value;
	m->n++;
}

void *strmap_get(const struct strmap *m, const char *key)
{
	return m->cap ? find(m, key)->value : NULL;
}
