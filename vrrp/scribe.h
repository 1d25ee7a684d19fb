/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_SCRIBE_H
#define LABCTL_VRRP_SCRIBE_H

/*
 * What the engine writes to disk, written by a thread of its own: a disk that
 * stalls, or a FIFO in a file's place, delays no advert. Nothing but
 * scribe_flush() and scribe_end() ever waits for it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define SCRIBE_LOG_MAX (256u << 10) /* bytes of lines not yet written */

struct scribe;
struct scribe_file;

/*
 * Starts the thread; from then on it writes the journal too. One at a time
 * in a process. Signals that the caller has blocked stay blocked in it.
 */
int scribe_start(struct scribe **ret, struct err *reterr);

/*
 * Ends it once all is written, or after a second: then a thread that cannot
 * go on is left behind, with its memory. NULL is fine.
 */
void scribe_end(struct scribe *s);

/* Waits until each file was tried and the journal written, at most ns. */
void scribe_flush(struct scribe *s, int64_t ns);

/* Readable when a file has a new complaint; the caller reads it empty. */
int scribe_fd(const struct scribe *s);

/*
 * A file that holds one word, path (copied), with its folders made at first.
 * What stands there and is no regular file is refused, never followed. A word
 * is written aside and renamed; what fails is tried again after a pause, and
 * what others change is put right within some seconds.
 */
struct scribe_file *scribe_file(struct scribe *s, const char *path);

/* Has it say word (not copied, static); of several words the last counts. */
void scribe_set(struct scribe_file *f, const char *word);

/* What is to be written still is, if it can be at once. NULL is fine. */
void scribe_drop(struct scribe_file *f);

/* Why it could not be written, where that is new; "" otherwise. */
void scribe_why(struct scribe_file *f, char *out, size_t size);

#endif
