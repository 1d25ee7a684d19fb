/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_ASK_H
#define LABCTL_PROVISION_EMUL_ASK_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/line.h"
#include "provision/fabric/keys.h"

/* A connection to a lab's fabric, from labctl's side. */

#define EMUL_ANSWER_MS 30000 /* a fabric's answer */

/* Abstract: with a leading NUL, in the fabric's network namespace. */
#define EMUL_SOCKET "labctl-fabric"
#define EMUL_SOCKET_LEN (sizeof(sa_family_t) + 1 + sizeof(EMUL_SOCKET) - 1)

struct lab;

struct emul_talk {
	int fd;
	struct buf in;
	struct line next; /* of in */
	/* Told what a node does, from the calling thread only. */
	void (*progress)(void *ctx, const char *node, const char *what);
	void *ctx;
	/* plan: lines are kept */
	struct arena *arena;
	const char **lines;
	size_t nlines;
};

/* Connects to the fabric of the lab that was entered. */
int emul_connect(const char *lab, struct err *reterr);

enum emul_op {
	EMUL_OP_UP,
	EMUL_OP_PLAN, /* say what "up" would do */
	EMUL_OP_WIRES /* make the wires as they are to be, and nothing else */
};

/* Sends the lab's text and what a person said of its wires, with keys for what
 * lacks some. */
void emul_ask(int fd, enum emul_op op, const struct lab *lab,
	      const struct emul_keys *keys);

/* Hears the lines of an answer up to its last, which is in *ret. */
int emul_hear(struct emul_talk *c, struct arena *a, const struct doc **ret,
	      struct err *reterr);

/* File name of this program, for EMUL_BIN. */
const char *emul_program(struct arena *a);

#endif
