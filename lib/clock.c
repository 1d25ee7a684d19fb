/* SPDX-License-Identifier: MIT */
#include "lib/clock.h"

#include <errno.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

struct mono clock_mono(void)
{
	return (struct mono){read_ns(CLOCK_MONOTONIC)};
}

int64_t clock_real_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

void clock_sleep_ms(unsigned ms)
{
	struct timespec ts = {ms / 1000, (long)(ms % 1000) * 1000000};

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}
