/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_TEXT_H
#define LABCTL_LIB_TEXT_H

#include <stdbool.h>
#include <string.h>

/* Both are none (NULL), or of the same bytes. */
static inline bool text_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

#endif
