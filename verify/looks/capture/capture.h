/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_CAPTURE_CAPTURE_H
#define LABCTL_VERIFY_LOOKS_CAPTURE_CAPTURE_H

/*
 *   capture {"netns", "dev", "snaplen", "filter", "max_frames",
 *            "duration_ms", "enough_frames", "enough_flows",
 *            "enough_srcs", "enough_dsts", "at_least_ms"}
 *        -> {"linktype", "from", "to", "dropped", "frames":
 *            [{"t", "len", "hex"}], "error"}
 *
 * dev "any" gives cooked frames of every interface. Ends at max_frames, after
 * duration_ms, or when enough_flows different senders of adverts (VNI, source,
 * VRID) have been seen enough_frames times each (those of enough_srcs alone,
 * where it is there), but not before at_least_ms, for who is provoked may send
 * many at once and others are to be heard too; or when there were frames to
 * enough_dsts different addresses. Of one sender at most CAPTURE_FLOW_FRAMES
 * are kept, so that a flood hides nobody. A link that goes down meanwhile ends
 * nothing.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "verify/decode/decode.h"

#define CAPTURE_SNAPLEN_MAX 65535
#define CAPTURE_FRAMES_MAX 20000 /* of one capture */
#define CAPTURE_BYTES (6u << 20) /* of all its frames */
#define CAPTURE_FLOWS_MAX 4096
#define CAPTURE_FLOW_FRAMES 64

/* Members that are 0 are left to the operation's defaults. */
struct capture_ask {
	const char *netns, *dev, *filter;
	unsigned snaplen, duration_ms, at_least_ms;
	size_t enough_frames, enough_flows, enough_dsts;
	const struct ip *srcs; /* whose adverts are enough; none: anybody's */
	size_t nsrcs;
};

/* The frames of one place. */
struct seen_frames {
	const char *error; /* why nothing could be captured, or NULL */
	const char *cut;   /* why not all of the time could be, or NULL */
	int64_t from, to;  /* CLOCK_REALTIME, ns */
	int64_t dropped;   /* frames that the kernel had no room for */
	struct frame *frames;
	size_t n;
};

/* The request's members. */
void capture_ask(const struct capture_ask *q, struct buf *out);

/* The agent's side. */
int look_capture(const struct doc *req, struct json *j, struct err *reterr);
/* Before it, where such operations are made. */
void capture_before(void);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void capture_answer(struct arena *a, const struct doc *d,
		    struct seen_frames *ret);

#endif
