/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_TCP_H
#define LABCTL_VERIFY_LOOKS_TCP_H

/*
 *   tcp {"netns", "listen", "connect": [{"id", "dst", "port", "they"}],
 *        "patience_ms"}
 *     -> {"connections": [{"id", "speaks", "open", "fate", "us"}], "error"}
 *
 * Holds TCP connections, silent ones, until stop: those that it opens, and
 * those that others open to the port `listen` (0: none). At stop the side that
 * is to speak first says a byte and waits for the other's answer; both ends
 * are stopped at about the same time. "they" has the other side speak. fate is
 * a word of tcp_fate_names, "" of a connection on which the other side speaks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define TCP_CONNECTIONS_MAX 64

enum tcp_fate {
	TCP_UNKNOWN, /* it was never open, or nobody has seen its end */
	TCP_GOES_ON, /* an answer came */
	TCP_RESET,   /* its end was told */
	TCP_SILENT,  /* nothing came in time */
	TCP_FATE_N
};
extern const char *const tcp_fate_names[TCP_FATE_N];

struct tcp_connect {
	uint8_t id; /* of all that one side holds, at most one */
	struct ip dst;
	uint16_t port;
	bool they; /* the one that is called speaks first */
};

struct tcp_ask {
	const char *netns;
	uint16_t listen;
	const struct tcp_connect *connect;
	size_t nconnect;
	unsigned patience_ms;
};

struct seen_tcp {
	uint8_t id;
	bool speaks, open;
	enum tcp_fate fate;
	int64_t us; /* until the answer */
};

struct seen_tcps {
	const char *error; /* or NULL */
	struct seen_tcp *items;
	size_t n;
};

/* The request's members. */
void tcp_ask(const struct tcp_ask *q, struct buf *out);

/* The agent's side. */
int look_tcp(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer; what is kept is in a. */
void tcp_answer(struct arena *a, const struct doc *d, struct seen_tcps *ret);

#endif
