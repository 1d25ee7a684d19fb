/* SPDX-License-Identifier: MIT */
#include "lib/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mem_none(void)
{
	static const char msg[] = "labctl: out of memory\n";

	fputs(msg, stderr);
	abort();
}

void *mem_zero(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p && n && size)
		mem_none();
	return p;
}

void *mem_grow(void *old, size_t n, size_t size)
{
	void *p;

	if (size && n > SIZE_MAX / size)
		mem_none();
	p = realloc(old, n && size ? n * size : 1);
	if (!p)
		mem_none();
	return p;
}

char *mem_text(const char *s)
{
	char *p = strdup(s);

	if (!p)
		mem_none();
	return p;
}
