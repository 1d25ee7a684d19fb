/* SPDX-License-Identifier: MIT */
#include "lib/process/process.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>

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

void process_raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}
