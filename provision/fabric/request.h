/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_REQUEST_H
#define LABCTL_PROVISION_FABRIC_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "provision/fabric/keys.h"
#include "provision/fabric/spec.h"

/* What labctl asks of a lab's fabric, as bytes and back. */

#define EMUL_PROTOCOL 3
#define EMUL_LINE_MAX (4u << 20)

struct emul_request {
	bool apply;        /* op "up": make it so; else "plan": say */
	bool wires;        /* op "wires": make those so, and leave the rest */
	const char *links; /* what a person said of wires (topologies/links.h),
			      or "" */
	const char *program; /* file name of labctl, for EMUL_BIN */
	struct emul_keys keys;
	size_t text_len; /* bytes of the lab's text behind the line */
};

/* The line and the text behind it. Pure. */
void emul_request_print(const struct emul_request *q, const char *text,
			struct buf *ret);

/* Reads the line alone. -EPROTO: not from this version of labctl, or nothing
 * that it would write; -E2BIG: over a limit. Pure. */
int emul_request_parse(struct arena *a, const char *line, size_t len,
		       struct emul_request *ret, struct err *reterr);

/* From the lab's own text, whether the kernel has Open vSwitch's datapath, and
 * links (NULL: none), to what shall run; -EINVAL
 * with the place of the first error in it. The spec is a's. Pure. */
int emul_request_spec(struct arena *a, const char *text, size_t len,
		      bool kernel, const char *links, struct emul_spec *ret,
		      struct err *reterr);

#endif
