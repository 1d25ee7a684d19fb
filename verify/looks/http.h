/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_HTTP_H
#define LABCTL_VERIFY_LOOKS_HTTP_H

/*
 *   http {"server", "paths": [...], "from": [netns, ...], "timeout_ms"}
 *        -> {"from": [{"answers": [{"status", "body"}], "error"}]}
 *
 * GETs each path in turn from a server's port 80, from many namespaces at once
 * by one process: hundreds of instances would else be hundreds of processes.
 * error is the first that one of them met; what came before it stands.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define HTTP_FROM_MAX 8192
#define HTTP_PATHS_MAX 8
#define HTTP_AT_ONCE 64      /* connections of one look */
#define HTTP_ANSWER_MAX 4096 /* bytes, its header too; the rest is not read */

struct http_ask {
	struct ip server;
	const char *const *paths;
	size_t npaths;
	const char *const *from; /* namespaces */
	size_t n;
	unsigned timeout_ms; /* for each request */
};

struct http_said {
	unsigned status; /* 0: it was not asked for */
	const char *body;
};

struct seen_http {
	const char *error;   /* why nobody could ask, or NULL */
	const char *trouble; /* what asking met, or NULL */
	struct http_said said[HTTP_PATHS_MAX];
};

/* The request's members. */
void http_ask(const struct http_ask *q, struct buf *out);

/* The agent's side. */
int look_http(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer into ret[n], in the order of the request, of which nothing is
 * believed to be of the right form or size; what is kept is in a. */
void http_answer(struct arena *a, const struct doc *d, struct seen_http *ret,
		 size_t n);

/*
 * An answer as it came, to its end: its status, and where its body is. False
 * where it is none (RFC 9112, section 4). Pure.
 */
bool http_read(const char *text, size_t len, unsigned *ret_status,
	       const char **ret_body);

#endif
