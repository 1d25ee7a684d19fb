/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_IMPORT_ADDRESSES_H
#define LABCTL_VRRP_IMPORT_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "vrrp/import/reader.h"

/* One vrrp_instance, while it is read. */
struct import_instance {
	struct vrrp_router_config r;
	const struct ka_stmt *at;
	const struct ka_stmt *interval;
	struct vrrp_vaddr *in, *ex;
	size_t nin, nex;
	bool track_own, no_track;
	unsigned repeat, refresh_s, delay_s;
};
/* For rows: obj is a struct import_instance. */
void import_take_advertised(struct import *im, const struct ka_stmt *s,
			    void *obj);
void import_take_excluded(struct import *im, const struct ka_stmt *s,
			  void *obj);
void import_take_routes(struct import *im, const struct ka_stmt *s, void *obj);

#endif
