/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_CHECK_H
#define LABCTL_TOPOLOGIES_CHECK_H

#include "topologies/raw.h"

/* Judges what needs two things at once, and looks up what words name. */
void raw_check(struct raw *raw);

#endif
