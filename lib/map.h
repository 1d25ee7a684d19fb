/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_MAP_H
#define LABCTL_LIB_MAP_H

/*
 * A hash table from bytes to a pointer, in an arena: what keeps the checks
 * linear in the size of a file and the difference in that of a plan. Zeroed
 * is empty.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

struct map_slot;

struct map {
	struct map_slot *slots;
	size_t cap, n;
};

/* The value, or NULL where the key is not there. */
void *map_get(const struct map *m, const void *key, size_t len);
void *map_gets(const struct map *m, const char *key);

/*
 * Enters key with value (not NULL); the key's bytes are not copied. Where the
 * key is there already nothing changes and the value that stands is returned;
 * else NULL.
 */
void *map_put(struct arena *a, struct map *m, const void *key, size_t len,
	      const void *value);
void *map_puts(struct arena *a, struct map *m, const char *key,
	       const void *value);

/* As map_puts(), for a key that does not last: it is copied if it is new. */
void *map_puts_copy(struct arena *a, struct map *m, const char *key,
		    const void *value);

#endif
