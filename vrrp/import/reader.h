/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_IMPORT_READER_H
#define LABCTL_VRRP_IMPORT_READER_H

/* Between the parts of the import: a file's words by tables of rows. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "vrrp/config/config.h"
#include "vrrp/import/import.h"
#include "vrrp/import/keepalived.h"

/* Where adverts go. */
#define IMPORT_GROUP "224.0.0.18"

/* What is said of scripts wherever one may stand. */
#define IMPORT_SCRIPTS                                                         \
	"the engine runs no scripts; `labctl vrrp watch` tells of each "       \
	"transition"

struct import {
	struct vrrp_import *how;
	const char *path;
	const char *real; /* the same without symlinks */
	struct arena *a, *scratch;
	struct vrrp_config *c;
	struct buf *errs, *notes;
	unsigned nerrs;
	/* what the file says of all its routers */
	unsigned version;
	unsigned garp_repeat, garp_refresh_s, garp_delay_s;
	const char *netns;
	const struct ka_stmt **scripts; /* vrrp_script */
	size_t nscripts;
};
enum import_answer {
	IMPORT_TAKE,  /* by fn */
	IMPORT_QUIET, /* nothing that the engine does depends on it */
	IMPORT_NOTE,  /* left out, and why */
	IMPORT_NEVER  /* an error, and why */
};

struct import_row {
	const char *word;
	enum import_answer answer;
	const char *why;
	void (*fn)(struct import *im, const struct ka_stmt *s, void *obj);
};

/* A mistake at a word; with --force a note. */
void import_wrong(struct import *im, const struct ka_word *at, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));

/* What --force does not pass over: without it there is no router. */
void import_lacks(struct import *im, const struct ka_word *at,
		  const char *text);

/* What is left out. */
void import_note(struct import *im, const struct ka_word *at, const char *text);

/* Reads n statements by these rows into obj. */
void import_rows(struct import *im, const struct ka_stmt *list, size_t n,
		 const struct import_row *rows, size_t nrows, void *obj);

/* The one value of a statement, or NULL having said what lacks. */
const struct ka_word *import_value(struct import *im, const struct ka_stmt *s);

/* The same as a number; false having said what is wrong. */
bool import_number(struct import *im, const struct ka_stmt *s, unsigned min,
		   unsigned max, unsigned *ret);

#endif
