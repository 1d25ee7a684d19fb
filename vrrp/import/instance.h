/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_IMPORT_INSTANCE_H
#define LABCTL_VRRP_IMPORT_INSTANCE_H

#include "vrrp/import/reader.h"

/* For a row: adds a router to the configuration; obj is not looked at. */
void import_take_instance(struct import *im, const struct ka_stmt *s,
			  void *obj);

#endif
