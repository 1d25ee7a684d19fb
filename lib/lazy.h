/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_LAZY_H
#define LABCTL_LIB_LAZY_H

/*
 * Libraries that few commands need are loaded by those, when they need them.
 * One `up` starts labctl a dozen times, on each node as its agent and again
 * as its services, and a linked library is loaded each time with all that it
 * brings along, wanted or not.
 *
 * A library's functions are the members of a struct, named as they are but
 * for the library's prefix: LAZY_FIELD declares one, LAZY_SYMBOL is its row.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

struct lazy_symbol {
	const char *name;
	void *at; /* of a pointer to the function */
};

struct lazy {
	const char *soname;
	const struct lazy_symbol *symbols;
	size_t n;
	pthread_mutex_t lock;
	bool loaded;
};

/* clang-format off */
#define LAZY(name, rows) \
	{(name), (rows), sizeof(rows) / sizeof((rows)[0]), \
	 PTHREAD_MUTEX_INITIALIZER, false}
/* clang-format on */

/*
 * Loads the library, once, and fills in the pointers; it stays loaded. Any
 * number of threads may call. Returns 0, -ELIBACC where the library or one of
 * its own is not there, -ELIBBAD where it lacks a function.
 */
int lazy_load(struct lazy *l, struct err *reterr);

#endif
