/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_OP_H
#define LABCTL_VERIFY_LOOKS_OP_H

/* What the looks' operations share, all of it within the agent's child. */

#include <stdint.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/keys/keys.h"
#include "lib/mono.h"

/* Frames that are read before the clock is looked at: a flood does not end. */
#define LOOK_BURST_MAX 1024
#define LOOK_DURATION_MAX_MS 600000

/*
 * Reads a whole number of the request; absent is def. Outside min..max is
 * -EINVAL with the member's name.
 */
int look_number(const struct doc *req, const char *key, int64_t min,
		int64_t max, int64_t def, int64_t *ret, struct err *reterr);

/* Moves the process into a namespace ("": the node's own). */
int look_enter(const char *netns, struct err *reterr);

/* The same, and the index of an interface there. */
int look_link(const char *netns, const char *dev, unsigned *ret_index,
	      struct err *reterr);

/* The index of an interface of that namespace, where the process is. */
int look_dev(const char *netns, const char *dev, unsigned *ret_index,
	     struct err *reterr);

/* Rows of a request that is made on a link: struct T's netns, dev and mac. */
#define LOOK_LINK_ROWS(T)                                                      \
	{"netns", KEY_TEXT, KEY_FIELD(T, netns), .def_text = ""},              \
		{"dev", KEY_TEXT, KEY_FIELD(T, dev), .def_text = ""},          \
	{                                                                      \
		"mac", KEY_MAC, KEY_FIELD(T, mac), .flags = KEY_REQUIRED       \
	}

/* A packet socket on an interface, of an ETH_P_*. */
int look_packets(unsigned index, unsigned protocol, struct err *reterr);

/* Writes a request's members by its rows. */
void look_ask(const struct key_table *t, const void *q, struct buf *out);

/* Reads a request by them; texts may be the document's own. -EINVAL. */
int look_request(struct arena *a, const struct doc *req,
		 const struct key_table *t, void *ret, struct err *reterr);

/* Reads an answer by its rows. What is wrong with it, in words; or NULL. */
const char *look_read(struct arena *a, const struct doc *d,
		      const struct key_table *t, void *ret);

/* The same for an answer of which nothing is believed (keys_read_loose()): only
 * that a required key is not there is wrong. */
const char *look_read_loose(struct arena *a, const struct doc *d,
			    const struct key_table *t, void *ret);

enum look_wake {
	LOOK_READY = 1 << 0, /* fd is readable */
	LOOK_STOP = 1 << 1,  /* stop was asked for, or the agent is gone */
	LOOK_TIME = 1 << 2   /* until has come */
};

/* Waits, through signals, for one of these; fd may be -1. */
unsigned look_wait(int fd, struct mono until);

#endif
