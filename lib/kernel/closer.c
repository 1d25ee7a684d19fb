/* SPDX-License-Identifier: MIT */
#include "lib/kernel/closer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/mem.h"

#define AT_ONCE 128u
/* What threads share of the stack is much: thread-local buffers of libraries.
 */
#define STACK (512u << 10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static int *fds; /* to be closed */
static size_t nfds, room;
static unsigned running;

static void *work(void *ctx)
{
	int fd;

	(void)ctx;
	pthread_mutex_lock(&lock);
	while (nfds) {
		fd = fds[--nfds];
		pthread_mutex_unlock(&lock);
		close(fd);
		pthread_mutex_lock(&lock);
	}
	if (--running == 0) {
		free(fds);
		fds = NULL;
		room = 0;
		pthread_cond_broadcast(&done);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static bool begin(void)
{
	pthread_attr_t attr;
	pthread_t t;
	bool good;

	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	good = pthread_create(&t, &attr, work, NULL) == 0;
	pthread_attr_destroy(&attr);
	return good;
}

void closer_take(int fd)
{
	bool mine = false;

	if (fd < 0)
		return;
	pthread_mutex_lock(&lock);
	if (nfds == room) {
		room = room ? room * 2 : 16;
		fds = mem_grow(fds, room, sizeof(*fds));
	}
	fds[nfds++] = fd;
	if (running < AT_ONCE) {
		if (begin())
			running++;
		else if (!running)
			mine = true;
	}
	if (mine && --nfds == 0) {
		free(fds);
		fds = NULL;
		room = 0;
	}
	pthread_mutex_unlock(&lock);
	if (mine)
		close(fd);
}

void closer_wait(void)
{
	pthread_mutex_lock(&lock);
	while (running)
		pthread_cond_wait(&done, &lock);
	pthread_mutex_unlock(&lock);
}
