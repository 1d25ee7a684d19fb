/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_AUTO_H
#define LABCTL_LIB_AUTO_H

/*
 * Scope-bound release. A local marked auto_(fn) is handed to fn (by its
 * address) when its scope ends; take_fd() and take_ptr() move ownership out.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define auto_(fn) __attribute__((cleanup(fn)))

static inline void auto_free_fn(void *p)
{
	free(*(void **)p);
}

static inline void auto_close_fn(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void auto_fclose_fn(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define auto_free auto_(auto_free_fn)
#define auto_close auto_(auto_close_fn)
#define auto_fclose auto_(auto_fclose_fn)

/* Returns *fd and leaves -1 behind. */
static inline int take_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

#define take_ptr(p)                                                            \
	__extension__({                                                        \
		__typeof__(p) *take_ptr_p = &(p);                              \
		__typeof__(p) take_ptr_v = *take_ptr_p;                        \
		*take_ptr_p = NULL;                                            \
		take_ptr_v;                                                    \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
