/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_MONO_H
#define LABCTL_LIB_MONO_H

/* A monotonic instant in nanoseconds, as a type that is not a number. */

#include <stdbool.h>
#include <stdint.h>

struct mono {
	int64_t ns;
};

#define MONO_NEVER ((struct mono){INT64_MAX})

static inline bool mono_is_never(struct mono m)
{
	return m.ns == INT64_MAX;
}

/* m + ns; never stays never, and too late becomes never. */
static inline struct mono mono_add(struct mono m, int64_t ns)
{
	if (mono_is_never(m) || (ns > 0 && m.ns > INT64_MAX - ns))
		return MONO_NEVER;
	return (struct mono){m.ns + ns};
}

/* a - b in nanoseconds. */
static inline int64_t mono_sub(struct mono a, struct mono b)
{
	return a.ns - b.ns;
}

static inline bool mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_CS INT64_C(10000000)
#define NS_PER_S INT64_C(1000000000)

#endif
