/* SPDX-License-Identifier: MIT */
#include "lib/map.h"

#include <stdint.h>
#include <string.h>

/* Open addressing; the table is a power of two and at most half full. */

struct map_slot {
	const void *key; /* NULL: free */
	size_t len;
	uint64_t hash;
	void *value;
};

#define MAP_FIRST 16

/* FNV-1a, its high half folded in since the low bits choose the slot. */
static uint64_t hash_bytes(const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	while (len--) {
		h ^= *p++;
		h *= UINT64_C(0x100000001b3);
	}
	return h ^ h >> 32;
}

static struct map_slot *slot_of(const struct map *m, const void *key,
				size_t len, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);
	struct map_slot *s;

	for (;; i = (i + 1) & (m->cap - 1)) {
		s = &m->slots[i];
		if (!s->key || (s->hash == hash && s->len == len &&
				memcmp(s->key, key, len) == 0))
			return s;
	}
}

void *map_get(const struct map *m, const void *key, size_t len)
{
	if (!m->cap)
		return NULL;
	return slot_of(m, key, len, hash_bytes(key, len))->value;
}

void *map_gets(const struct map *m, const char *key)
{
	return map_get(m, key, strlen(key));
}

static void grow(struct arena *a, struct map *m)
{
	struct map bigger = {.cap = m->cap ? m->cap * 2 : MAP_FIRST, .n = m->n};
	const struct map_slot *s;

	bigger.slots = arena_array(a, bigger.cap, sizeof(*bigger.slots));
	for (size_t i = 0; i < m->cap; i++) {
		s = &m->slots[i];
		if (s->key)
			*slot_of(&bigger, s->key, s->len, s->hash) = *s;
	}
	*m = bigger;
}

static void *put(struct arena *a, struct map *m, const void *key, size_t len,
		 const void *value, bool copy)
{
	uint64_t hash = hash_bytes(key, len);
	struct map_slot *s;

	if (m->n * 2 >= m->cap)
		grow(a, m);
	s = slot_of(m, key, len, hash);
	if (s->key)
		return s->value;
	s->key = copy ? arena_strndup(a, key, len) : key;
	s->len = len;
	s->hash = hash;
	/* Whoever put it in knows whether it may be written to. */
	s->value = (void *)(uintptr_t)value;
	m->n++;
	return NULL;
}

void *map_put(struct arena *a, struct map *m, const void *key, size_t len,
	      const void *value)
{
	return put(a, m, key, len, value, false);
}

void *map_puts(struct arena *a, struct map *m, const char *key,
	       const void *value)
{
	return put(a, m, key, strlen(key), value, false);
}

void *map_puts_copy(struct arena *a, struct map *m, const char *key,
		    const void *value)
{
	return put(a, m, key, strlen(key), value, true);
}
