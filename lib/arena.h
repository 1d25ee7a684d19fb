/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_ARENA_H
#define LABCTL_LIB_ARENA_H

/*
 * Allocate many, release once. Memory is zeroed and aligned for any type.
 * Running out of memory ends the program: nothing here can go on without it.
 */

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
};

/* Frees all that was allocated; the arena is empty and usable again. */
void arena_release(struct arena *a);

void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/*
 * Grows the array at *items (n elements of size bytes, in this arena) so that
 * one more fits, and returns the new, zeroed element; *n is counted up. The
 * array may move: keep indices, not pointers, while it grows.
 */
void *arena_push(struct arena *a, void *items, size_t *n, size_t size);

/* Moves all that from holds into a; from is empty and usable again. */
void arena_adopt(struct arena *a, struct arena *from);

#define auto_arena auto_(arena_release)

#endif
