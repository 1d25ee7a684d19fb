/* SPDX-License-Identifier: MIT */
#include "vrrp/pulse.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/process/thread.h"

struct pulse {
	pthread_mutex_t held; /* by the child as long as it lives */
};

struct watch {
	struct pulse *p;
	pid_t pid;
	int fd;
};

struct pulse *pulse_new(void)
{
	struct pulse *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;
	bool good;

	if (p == MAP_FAILED)
		return NULL;
	if (pthread_mutexattr_init(&attr) != 0) {
		pulse_free(p);
		return NULL;
	}
	good = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) ==
		       0 &&
	       pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0 &&
	       pthread_mutex_init(&p->held, &attr) == 0;
	pthread_mutexattr_destroy(&attr);
	if (!good) {
		pulse_free(p);
		return NULL;
	}
	return p;
}

void pulse_free(struct pulse *p)
{
	if (p)
		munmap(p, sizeof(*p));
}

void pulse_begin(struct pulse *p)
{
	if (p)
		(void)pthread_mutex_lock(&p->held);
}

void pulse_end(struct pulse *p)
{
	if (p)
		(void)pthread_mutex_unlock(&p->held);
}

static void *watch(void *ctx)
{
	struct watch w = *(struct watch *)ctx;
	int r;

	free(ctx);
	r = pthread_mutex_lock(&w.p->held);
	if (r == EOWNERDEAD) {
		(void)pthread_mutex_consistent(&w.p->held);
		(void)!write(w.fd, &w.pid, sizeof(w.pid));
	}
	if (r == 0 || r == EOWNERDEAD)
		(void)pthread_mutex_unlock(&w.p->held);
	pulse_free(w.p);
	return NULL;
}

void pulse_watch(struct pulse *p, pid_t pid, int fd)
{
	struct watch *w;

	if (!p)
		return;
	w = mem_zero(1, sizeof(*w));
	*w = (struct watch){p, pid, fd};
	if (thread_begin(watch, w))
		return;
	free(w);
	pulse_free(p);
}
