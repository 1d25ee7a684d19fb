/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_PROGRAMS_H
#define LABCTL_VERIFY_LOOKS_PROGRAMS_H

/*
 *   programs {"name"}
 *        -> {"found": [{"netns", "pid", "state"}]}
 *
 * Where on the node a program of this name runs: each of its processes in a
 * named network namespace, whoever began it. state is a letter as in proc(5).
 */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

#define PROGRAMS_MAX 8192

struct seen_program {
	const char *netns;
	int pid;
	char state;
};

struct seen_programs {
	const char *error; /* why nobody could look, or NULL */
	struct seen_program *items;
	size_t n;
};

/* The request's members. */
void programs_ask(const char *name, struct buf *out);

/* The agent's side. */
int look_programs(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void programs_answer(struct arena *a, const struct doc *d,
		     struct seen_programs *ret);

#endif
