/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_JOURNAL_H
#define LABCTL_VRRP_JOURNAL_H

/* The engine's log: stderr, or a file that does not grow without end. */

#include <stdint.h>

#include "lib/err.h"
#include "lib/log.h"

#define VRRP_JOURNAL_MAX (256 << 10) /* bytes; then it becomes PATH.1 */

/* How much one speaker may still say. Zeroed is ready to use. */
struct vrrp_bucket {
	int64_t last_ns;
	unsigned spent, withheld;
};

/* Sends stderr to path, with the time before each line. */
int vrrp_journal_open(const char *path, struct err *reterr);

/* Makes the folders on the way to path, where they are missing. */
void vrrp_make_folders(const char *path);

/*
 * Says one line at a level. At most ten at once and one every two seconds
 * from one speaker; what was withheld is counted and told with the next.
 */
void vrrp_journal(struct vrrp_bucket *b, enum log_level level, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));

/* Takes a line in place of the journal: the time to stand before it ("":
 * none) and its text. */
typedef void vrrp_journal_fn(void *ctx, enum log_level level, const char *stamp,
			     const char *text);

/* From now on fn gets all lines, to put them later; NULL: no more. */
void vrrp_journal_carry(vrrp_journal_fn *fn, void *ctx);

/* Writes such a line. Of one thread at a time. */
void vrrp_journal_put(enum log_level level, const char *stamp,
		      const char *text);

#endif
