/* SPDX-License-Identifier: MIT */
#include "lib/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

#define BLOCK_MIN 16384

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

void arena_release(struct arena *a)
{
	struct arena_block *b, *next;

	if (!a)
		return;
	for (b = a->head; b; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	size_t cap;
	void *p;

	if (size > SIZE_MAX / 2)
		mem_none();
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!b || b->size - b->used < size) {
		cap = size > BLOCK_MIN ? size : BLOCK_MIN;
		b = calloc(1, sizeof(*b) + cap);
		if (!b)
			mem_none();
		b->size = cap;
		b->next = a->head;
		a->head = b;
	}
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size)
		mem_none();
	return arena_alloc(a, n * size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list ap2;
	char *p;
	int n;

	va_copy(ap2, ap);
	n = vsnprintf(NULL, 0, fmt, ap2);
	va_end(ap2);
	if (n < 0)
		mem_none();
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void *arena_push(struct arena *a, void *items, size_t *n, size_t size)
{
	unsigned char *old, *new;

	memcpy(&old, items, sizeof(old));
	/* Capacity is the power of two at or above n; full when n is one. */
	if ((*n & (*n - 1)) == 0) {
		new = arena_array(a, *n ? *n * 2 : 1, size);
		if (*n)
			memcpy(new, old, *n * size);
		memcpy(items, &new, sizeof(new));
		old = new;
	}
	return old + (*n)++ * size;
}

void arena_adopt(struct arena *a, struct arena *from)
{
	struct arena_block **end = &a->head;

	/* Behind a's own: its first block is the one still filled. */
	while (*end)
		end = &(*end)->next;
	*end = from->head;
	from->head = NULL;
}
