/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_CLOCK_H
#define LABCTL_LIB_CLOCK_H

#include "lib/mono.h"

/* Now, by CLOCK_MONOTONIC. */
struct mono clock_mono(void);

/* Now, by CLOCK_REALTIME, in nanoseconds since 1970: what libpcap stamps. */
int64_t clock_real_ns(void);

/* Sleeps ms milliseconds, through signals. */
void clock_sleep_ms(unsigned ms);

#endif
