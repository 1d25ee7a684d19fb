/* SPDX-License-Identifier: MIT */
#include "lib/process/process.h"

#include <errno.h>
#include <poll.h>

bool process_ended(int pidfd, int ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int n;

	/* A pidfd turns readable then. */
	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}
