/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_COMMON_PROGRESS_H
#define LABCTL_CMD_COMMON_PROGRESS_H

/*
 * What goes on, on stderr: on a terminal one line that is written over, else
 * (or with -v) a plain line for each event; nothing with -q.
 */

#include <stdbool.h>

struct progress {
	bool terminal;
	bool shown; /* a line stands that must be wiped */
};

void progress_init(struct progress *p);
void progress_say(struct progress *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Wipes the line, so that results can be printed. */
void progress_end(struct progress *p);

#endif
