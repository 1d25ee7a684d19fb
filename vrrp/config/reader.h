/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CONFIG_READER_H
#define LABCTL_VRRP_CONFIG_READER_H

/* Between the parts of the configuration's reader. */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/keys/keys.h"
#include "lib/map.h"

struct vrrp_config;

/* What the rows' functions find in keys' ctx. */
struct config_reader {
	const char *path;
	struct buf *errs;
	unsigned nerrs;
	struct vrrp_config *c;
	struct arena scratch;
	struct map owners; /* addresses, each with its router's name */
	struct map ids;    /* of routers */
	struct map vrids;  /* namespace, interface and VRID, with the name */
};

/* Tells a fault, with its place, in the engine's words. */
void config_report(struct keys *ks, const struct key_fault *f);

#endif
