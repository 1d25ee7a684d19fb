/* SPDX-License-Identifier: MIT */
#include "lib/process/thread.h"

#include <pthread.h>

/* What threads share of the stack is much: thread-local buffers of libraries.
 */
#define STACK (512u << 10)

bool thread_begin(void *(*fn)(void *ctx), void *ctx)
{
	pthread_attr_t attr;
	pthread_t t;
	bool good;

	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	good = pthread_create(&t, &attr, fn, ctx) == 0;
	pthread_attr_destroy(&attr);
	return good;
}
