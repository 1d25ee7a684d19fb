/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_RESOLVE_H
#define LABCTL_TOPOLOGIES_RESOLVE_RESOLVE_H

#include "topologies/raw.h"

/* Only for a raw lab without errors; text is the file, for lab->text. */
struct lab *raw_resolve(const struct raw *raw, const char *text, size_t len);

#endif
