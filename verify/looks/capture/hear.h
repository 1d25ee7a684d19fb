/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_CAPTURE_HEAR_H
#define LABCTL_VERIFY_LOOKS_CAPTURE_HEAR_H

/*
 *   hear {"places": [{"netns", "dev", "out"}], "duration_ms"}
 *        -> {"heard": [{"ids", "error"}]}
 *   utter {"frames": [{"netns", "dev", "bytes"}]} -> {"errors": [{"at",
 * "error"}]}
 *
 * Frames that carry a mark and a number, sent from one place and heard, or
 * not, at others: many places by one process. hear tells the numbers of those
 * that came in by an interface (out: that left by it), until stop. utter sends
 * whole frames by an interface, or, without dev, IP packets by the routes of
 * the namespace; bytes are in hexadecimal.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

#define HEAR_PLACES_MAX 500 /* descriptors of one process */
#define HEAR_IDS_MAX 65536  /* numbers are below */
#define UTTER_MAX 16384     /* frames of one request */
#define UTTER_BYTES_MAX 512 /* of one frame */
#define HEAR_MARK_LEN 12

/* What stands somewhere in a frame to be heard. */
void hear_mark(uint32_t id, uint8_t ret[HEAR_MARK_LEN]);

struct hear_place {
	const char *netns, *dev;
	bool out;
	/* The answer: */
	const char *error;
	const uint32_t *ids;
	size_t nids;
};

struct utter_frame {
	const char *netns, *dev; /* dev NULL: an IP packet */
	const uint8_t *bytes;
	size_t len;
	const char *error; /* the answer */
};

void hear_ask(const struct hear_place *p, size_t n, unsigned duration_ms,
	      struct buf *out);
void hear_answer(struct arena *a, const struct doc *d, struct hear_place *p,
		 size_t n);
void utter_ask(const struct utter_frame *f, size_t n, struct buf *out);
void utter_answer(struct arena *a, const struct doc *d, struct utter_frame *f,
		  size_t n);

/* The agent's side. */
int look_hear(const struct doc *req, struct json *j, struct err *reterr);
int look_utter(const struct doc *req, struct json *j, struct err *reterr);

#endif
