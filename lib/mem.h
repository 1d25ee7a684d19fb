/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_MEM_H
#define LABCTL_LIB_MEM_H

/* Memory that is freed by free(). Where there is none the program ends with
 * words, as for the arena and buffers: nobody asks whether there was. */

#include <stddef.h>

/* n things of size bytes, zeroed; NULL for none. */
void *mem_zero(size_t n, size_t size);

/* The same memory, moved, with room for n things; what is new is not set. */
void *mem_grow(void *old, size_t n, size_t size);

/* A text of its own. */
char *mem_text(const char *s);

_Noreturn void mem_none(void);

#endif
