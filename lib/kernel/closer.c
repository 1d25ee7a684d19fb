/* SPDX-License-Identifier: MIT */
#include "lib/kernel/closer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/process/thread.h"

#define AT_ONCE 128u

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
		if (thread_begin(work, NULL))
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
