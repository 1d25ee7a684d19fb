/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_DOC_H
#define LABCTL_LIB_DOC_H

/*
 * A YAML (and so JSON) document as a tree with marks: lab files, the engine's
 * configuration and the lines between labctl and its agents are all read by
 * this one parser, and all written by the JSON writer below, whose output is
 * YAML too.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

enum doc_kind { DOC_SCALAR, DOC_LIST, DOC_MAP };

struct doc {
	enum doc_kind kind;
	unsigned line, col; /* from 1; where the value begins */
	bool plain;         /* a scalar without quotes: "null" may be none */
	const char *str;    /* scalar: NUL-terminated text, no NUL inside */
	size_t n;           /* list and map: entries */
	struct doc **items; /* values */
	struct doc **keys;  /* map only: keys, which are scalars */
};

#define DOC_SIZE_MAX (16u << 20) /* bytes of one document */
#define DOC_NODES_MAX 400000u    /* values, aliases counted each time */
#define DOC_DEPTH_MAX 32u

/* What went wrong in the text itself, with its place. */
struct doc_error {
	unsigned line, col;
	char msg[256];
};

/*
 * Parses len bytes holding one document. Aliases share their anchor's tree;
 * what would expand past DOC_NODES_MAX values is refused. Duplicate keys are
 * left for the caller to judge. An empty text gives *ret_root NULL.
 * Returns 0, or -EINVAL (not YAML, NUL bytes, not UTF-8, more than one
 * document, a key that is not a scalar, a tag other than !!str, !!seq and
 * !!map), -E2BIG (a limit).
 */
int doc_parse(struct arena *a, const char *text, size_t len,
	      struct doc **ret_root, struct doc_error *ret_where);

/* The same with the place put in words, for machine-made texts. */
int doc_parse_line(struct arena *a, const char *text, size_t len,
		   struct doc **ret_root, struct err *reterr);

/* Value of a map's key, or NULL (also where d is NULL or not a map). */
const struct doc *doc_get(const struct doc *d, const char *key);

/* Text of a map's scalar entry, or def. */
const char *doc_str(const struct doc *d, const char *key, const char *def);
int64_t doc_int(const struct doc *d, const char *key, int64_t def);
bool doc_bool(const struct doc *d, const char *key, bool def);

/* Entries of a list or map; 0 for NULL and for scalars. */
size_t doc_len(const struct doc *d);

/* True for a plain scalar that YAML reads as null, and for NULL. */
bool doc_is_null(const struct doc *d);

#define DOC_FOREACH(item, list)                                                \
	for (size_t item##_i = 0; item##_i < doc_len(list) &&                  \
				  ((item) = (list)->items[item##_i], true);    \
	     item##_i++)

/*
 * JSON writer: commas and quoting are its business. With indent > 0 the
 * output has line breaks, else it is one line.
 */
struct json {
	struct buf *out;
	unsigned indent;
	unsigned depth;
	bool more; /* something stands before at this depth */
	bool keyed;
};

void json_init(struct json *j, struct buf *out, unsigned indent);
void json_obj(struct json *j);
void json_obj_end(struct json *j);
void json_arr(struct json *j);
void json_arr_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *s); /* NULL writes null */
void json_int(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_fmt(struct json *j, const char *fmt, ...) /* a string */
	__attribute__((format(printf, 2, 3)));

/* A value that is JSON already. */
void json_raw(struct json *j, const char *json);

/* Key and value at once. */
void json_kstr(struct json *j, const char *key, const char *s);
void json_kint(struct json *j, const char *key, int64_t v);
void json_kbool(struct json *j, const char *key, bool v);

#endif
