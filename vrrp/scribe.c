/* SPDX-License-Identifier: MIT */
/*
 * The scribe
 * ==========
 * One thread for all files. The engine leaves a word with a file and a line
 * with the journal, both under a lock that is never held over a system call
 * on a file; the lock lends its priority, so that a busy machine cannot park
 * the thread with it. Of the words left with one file only the last counts.
 *
 * A file is looked at every LOOK_NS, because the truth is what counts: what
 * somebody else wrote into it, or removed, is written again.
 */
#include "vrrp/scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "vrrp/journal.h"

#define RETRY_NS (500 * NS_PER_MS)
#define LOOK_NS (5 * NS_PER_S)
#define PATIENCE_NS NS_PER_S
#define STACK_BYTES (128u << 10)
#define WORD_MAX 16

struct scribe_file {
	struct scribe *s;
	struct scribe_file *next;
	char *path;
	const char *word; /* NULL: none yet */
	bool dirty;       /* word is to be written */
	bool tried;       /* since it was set */
	bool made;        /* was there once: its folders are not made again */
	bool dropped;
	struct mono at; /* not to be written, else not looked at, before */
	char why[128];
	bool told;
};

struct scribe {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct scribe_file *files;
	struct buf log;
	unsigned lost; /* lines that found the log full */
	int event;
	bool busy, ending, ended;
};

/* --- one file ---------------------------------------------------------- */

static int refuse(char *why, size_t size, int e)
{
	snprintf(why, size, "%s", strerror(-e));
	return e;
}

static int open_aside(const char *path)
{
	return open(path,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK |
			    O_CLOEXEC,
		    0644);
}

/* Written aside and renamed: a reader finds one word or the other. */
static int write_word(const char *path, const char *word, bool folders,
		      char *why, size_t size)
{
	char aside[PATH_MAX];
	ssize_t len = (ssize_t)strlen(word), n;
	struct stat st;
	int fd, r = 0;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		snprintf(why, size, "is no regular file");
		return -EINVAL;
	}
	if (snprintf(aside, sizeof(aside), "%s.new", path) >=
	    (int)sizeof(aside))
		return refuse(why, size, -ENAMETOOLONG);
	fd = open_aside(aside);
	if (fd < 0 && errno == ENOENT && folders) {
		vrrp_make_folders(path);
		fd = open_aside(aside);
	}
	/* The name is ours: what stands there is one of us that was killed. */
	if (fd < 0 && errno == EEXIST && unlink(aside) == 0)
		fd = open_aside(aside);
	if (fd < 0)
		return refuse(why, size, -errno);
	n = write(fd, word, (size_t)len);
	if (n != len)
		r = n < 0 ? -errno : -ENOSPC;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(aside, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(aside);
	return r < 0 ? refuse(why, size, r) : 0;
}

static bool says(const char *path, const char *word)
{
	char in[WORD_MAX + 1];
	auto_close int fd = -1;
	struct stat st;
	ssize_t n;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	n = read(fd, in, sizeof(in));
	return n == (ssize_t)strlen(word) && memcmp(in, word, (size_t)n) == 0;
}

/* --- the thread -------------------------------------------------------- */

static struct scribe_file *next_due(struct scribe *s, struct mono now,
				    struct mono *ret_at)
{
	struct scribe_file *f;

	*ret_at = MONO_NEVER;
	for (f = s->files; f; f = f->next) {
		if (f->dropped || (f->dirty && !f->tried) ||
		    (f->word && !mono_before(now, f->at)))
			return f;
		if (f->word)
			*ret_at = mono_min(*ret_at, f->at);
	}
	return NULL;
}

static void forget(struct scribe *s, struct scribe_file *f)
{
	struct scribe_file **at = &s->files;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	free(f->path);
	free(f);
}

static void complain(struct scribe_file *f, const char *why)
{
	const uint64_t one = 1;

	if (strcmp(f->why, why) == 0)
		return;
	snprintf(f->why, sizeof(f->why), "%s", why);
	f->told = !*why;
	if (*why)
		(void)!write(f->s->event, &one, sizeof(one));
}

/* Serves one file; called with the lock, which is let go meanwhile. */
static void serve(struct scribe *s, struct scribe_file *f)
{
	const char *word = f->word;
	bool folders = !f->made && !f->dropped, last = f->dropped, write_it;
	char why[sizeof(f->why)] = "";
	int r = 0;

	f->tried = true;
	write_it = f->dirty;
	s->busy = true;
	pthread_mutex_unlock(&s->lock);
	/* Only main() drops files, only we free them: f->path stays. */
	if (!write_it && word && !last)
		write_it = !says(f->path, word);
	if (write_it)
		r = write_word(f->path, word, folders, why, sizeof(why));
	pthread_mutex_lock(&s->lock);
	s->busy = false;
	if (f->word == word) {
		f->dirty = r < 0;
		f->at = mono_add(clock_mono(), r < 0 ? RETRY_NS : LOOK_NS);
	}
	f->made |= r == 0;
	complain(f, why);
	if (last)
		forget(s, f);
}

/* A record of the log: its level, a time stamp and a text, as strings. */
static void write_log(struct scribe *s)
{
	auto_buf struct buf log = s->log;
	unsigned lost = s->lost;
	const char *p, *stamp = "";

	s->log = (struct buf){0};
	s->lost = 0;
	s->busy = true;
	pthread_mutex_unlock(&s->lock);
	for (p = log.data; p < log.data + log.len;) {
		enum log_level level = (enum log_level)(*p++ - '0');

		stamp = p;
		p += strlen(p) + 1;
		vrrp_journal_put(level, stamp, p);
		p += strlen(p) + 1;
	}
	if (lost) {
		char text[64];

		snprintf(text, sizeof(text), "%u lines lost", lost);
		vrrp_journal_put(LOG_LEVEL_WARN, stamp, text);
	}
	pthread_mutex_lock(&s->lock);
	s->busy = false;
}

static void wait_for_work(struct scribe *s, struct mono at)
{
	struct timespec t = {.tv_sec = at.ns / NS_PER_S,
			     .tv_nsec = at.ns % NS_PER_S};

	if (mono_is_never(at))
		pthread_cond_wait(&s->work, &s->lock);
	else
		pthread_cond_timedwait(&s->work, &s->lock, &t);
}

static void *work(void *arg)
{
	struct scribe *s = arg;
	struct scribe_file *f;
	struct mono at;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		f = next_due(s, clock_mono(), &at);
		if (s->log.len) {
			write_log(s);
		} else if (f) {
			serve(s, f);
		} else {
			pthread_cond_broadcast(&s->done);
			if (s->ending)
				break;
			wait_for_work(s, at);
		}
	}
	s->ended = true;
	pthread_cond_broadcast(&s->done);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* --- the engine's side ------------------------------------------------- */

static void carry(void *ctx, enum log_level level, const char *stamp,
		  const char *text)
{
	struct scribe *s = ctx;

	pthread_mutex_lock(&s->lock);
	if (s->log.len > SCRIBE_LOG_MAX) {
		s->lost++;
	} else {
		buf_addc(&s->log, (char)('0' + level));
		buf_add(&s->log, stamp, strlen(stamp) + 1);
		buf_add(&s->log, text, strlen(text) + 1);
	}
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

struct scribe_file *scribe_file(struct scribe *s, const char *path)
{
	struct scribe_file *f = mem_zero(1, sizeof(*f)), **at = &s->files;

	f->path = mem_text(path);
	f->s = s;
	pthread_mutex_lock(&s->lock);
	/* At the end: a dropped file of the same path goes first. */
	while (*at)
		at = &(*at)->next;
	*at = f;
	pthread_mutex_unlock(&s->lock);
	return f;
}

void scribe_set(struct scribe_file *f, const char *word)
{
	struct scribe *s = f->s;

	pthread_mutex_lock(&s->lock);
	f->word = word;
	f->dirty = true;
	f->tried = false;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

void scribe_drop(struct scribe_file *f)
{
	struct scribe *s;

	if (!f)
		return;
	s = f->s;
	pthread_mutex_lock(&s->lock);
	f->dropped = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

void scribe_why(struct scribe_file *f, char *out, size_t size)
{
	pthread_mutex_lock(&f->s->lock);
	snprintf(out, size, "%s", f->told ? "" : f->why);
	f->told = true;
	pthread_mutex_unlock(&f->s->lock);
}

int scribe_fd(const struct scribe *s)
{
	return s->event;
}

static bool idle(const struct scribe *s)
{
	const struct scribe_file *f;

	for (f = s->files; f; f = f->next)
		if (f->dropped || (f->dirty && !f->tried))
			return false;
	return !s->busy && s->log.len == 0;
}

static void wait_until(struct scribe *s, bool (*so)(const struct scribe *),
		       int64_t ns)
{
	struct mono end = mono_add(clock_mono(), ns);
	struct timespec t = {.tv_sec = end.ns / NS_PER_S,
			     .tv_nsec = end.ns % NS_PER_S};

	pthread_cond_signal(&s->work);
	while (!so(s))
		if (pthread_cond_timedwait(&s->done, &s->lock, &t) != 0)
			return;
}

void scribe_flush(struct scribe *s, int64_t ns)
{
	pthread_mutex_lock(&s->lock);
	wait_until(s, idle, ns);
	pthread_mutex_unlock(&s->lock);
}

static void init_locks(struct scribe *s)
{
	pthread_mutexattr_t lending;
	pthread_condattr_t mono;

	pthread_mutexattr_init(&lending);
	/* Best effort: without it the lock is short all the same. */
	(void)pthread_mutexattr_setprotocol(&lending, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&s->lock, &lending);
	pthread_mutexattr_destroy(&lending);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&s->work, &mono);
	pthread_cond_init(&s->done, &mono);
	pthread_condattr_destroy(&mono);
}

int scribe_start(struct scribe **ret, struct err *reterr)
{
	struct scribe *s = mem_zero(1, sizeof(*s));
	pthread_attr_t attr;
	int r;

	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->event < 0) {
		r = err_sys(reterr, -errno, "eventfd");
		free(s);
		return r;
	}
	init_locks(s);
	pthread_attr_init(&attr);
	/* All of it is locked in memory. */
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	r = -pthread_create(&s->thread, &attr, work, s);
	pthread_attr_destroy(&attr);
	if (r < 0) {
		close(s->event);
		free(s);
		return err_sys(reterr, r, "start a thread");
	}
	vrrp_journal_carry(carry, s);
	*ret = s;
	return 0;
}

static bool over(const struct scribe *s)
{
	return s->ended;
}

void scribe_end(struct scribe *s)
{
	bool ended;

	if (!s)
		return;
	vrrp_journal_carry(NULL, NULL);
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	wait_until(s, over, PATIENCE_NS);
	ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	if (!ended) {
		pthread_detach(s->thread);
		return;
	}
	pthread_join(s->thread, NULL);
	while (s->files)
		forget(s, s->files);
	buf_release(&s->log);
	close(s->event);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->done);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
