/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_STRMAP_H
#define LABCTL_LIB_STRMAP_H

/* Texts to pointers, in an arena: for look-ups among thousands. */

#include <stddef.h>

#include "lib/arena.h"

struct strmap_slot {
	const char *key; /* NULL: empty */
	void *value;
};

struct strmap {
	struct arena *arena;
	struct strmap_slot *slots;
	size_t n, cap;
};

/* Adds key (copied) with a value that is not NULL; the first one stays. */
void strmap_put(struct strmap *m, const char *key, const void *value);

/* The value, or NULL. */
void *strmap_get(const struct strmap *m, const char *key);

#endif
