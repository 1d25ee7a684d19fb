/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_EDGE_H
#define LABCTL_T_LIB_EDGE_H

/* Bytes at the edge of what may be read: one further and the test dies. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define EDGE_PAGE 65536 /* a multiple of any machine's */

/* A copy of len (at most EDGE_PAGE) bytes that nothing lies behind. */
static inline void *edge(const void *from, size_t len)
{
	uint8_t *at = mmap(NULL, EDGE_PAGE * 2, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED ||
	    mprotect(at + EDGE_PAGE, EDGE_PAGE, PROT_NONE) < 0)
		abort();
	return memcpy(at + EDGE_PAGE - len, from, len);
}

#endif
