/* SPDX-License-Identifier: MIT */
/*
 * Making the engine run
 * =====================
 * The configuration is written beside the old one and renamed over it, so
 * that no reader finds half of it; then the engine is started, or told to
 * reload. What was loaded is remembered in a stamp, written last: a crash at
 * any point leaves a stamp that does not fit, and the next look says so.
 *
 * A router whose namespace or links were made anew is taken out first, by a
 * configuration without it, and then put in again: the engine's sockets still
 * hold the old ones, and a reload alone would find nothing changed.
 *
 * An engine that does not answer is first told to go on (it may only be
 * stopped), then killed; SO_PEERCRED tells which process listens, so nothing
 * else can be meant.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/parse.h"
#include "provision/node/engine.h"
#include "provision/node/engine_files.h"
#include "provision/plan/plan.h"

#define SAID_MAX 512        /* bytes of a failed start's words */
#define ENGINE_BACK_MS 1500 /* for a supervisor to start another one */
#define STOP_TRIES 3

static int write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n < 0)
			return -errno;
	}
	return 0;
}

static int write_file(const char *state_dir, const char *file, const char *text,
		      struct err *reterr)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	auto_close int fd = -1;
	int e;

	e = engine_path(state_dir, file, path);
	if (e == 0 &&
	    snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		e = -ENAMETOOLONG;
	if (e < 0)
		return err_sys(reterr, e, "%s/%s", state_dir, file);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(reterr, -errno, "write %s", tmp);
	e = write_all(fd, text, strlen(text));
	if (e == 0 && rename(tmp, path) < 0)
		e = -errno;
	if (e < 0)
		return err_sys(reterr, e, "write %s", path);
	return 0;
}

/* The folder that a state folder is in, shared by all labs of the node. */
static void parent_of(const char *state_dir, char *out)
{
	const char *slash = strrchr(state_dir, '/');

	snprintf(out, PATH_MAX, "%.*s", slash ? (int)(slash - state_dir) : 0,
		 state_dir);
}

static int make_dir(const char *path, struct err *reterr)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(reterr, -errno, "make %s", path);
	return 0;
}

static int make_dirs(const char *state_dir, const struct res *want,
		     struct err *reterr)
{
	char path[PATH_MAX], file[NAME_MAX + 4];
	size_t i;
	int e;

	parent_of(state_dir, path);
	e = make_dir(path, reterr);
	if (e == 0)
		e = make_dir(state_dir, reterr);
	for (i = 0; e == 0 && i <= want->engine.nids; i++) {
		snprintf(file, sizeof(file), "ha%s%s", i ? "/" : "",
			 i ? want->engine.ids[i - 1] : "");
		e = engine_path(state_dir, file, path);
		if (e < 0)
			return err_sys(reterr, e, "%s/%s", state_dir, file);
		e = make_dir(path, reterr);
	}
	return e;
}

static int pidfd_open_(int pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int pidfd_signal(int fd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

/* Whether the process ended within ms; a pidfd turns readable then. */
static bool ended(int pidfd, int ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static void in_child(const char *config, int said)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(said, 2) < 0)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	execl("/proc/self/exe", "labctl", "vrrp", "run", "--daemon", config,
	      (char *)NULL);
	dprintf(2, "cannot run the engine: %s\n", strerror(errno));
	_exit(127);
}

/* Reads what the child says until it ends: the daemon it leaves behind may
 * keep the pipe open, so the pipe's end is not the end. */
static int await(int pid, int said, char *words, struct err *reterr)
{
	struct mono end = mono_add(clock_mono(), ENGINE_START_MS * NS_PER_MS);
	auto_close int pidfd = pidfd_open_(pid);
	size_t have = 0;
	int status;

	for (;;) {
		int64_t left = mono_sub(end, clock_mono()) / NS_PER_MS;
		struct pollfd p[2] = {{.fd = said, .events = POLLIN},
				      {.fd = pidfd, .events = POLLIN}};
		ssize_t n = 0;

		if (poll(p, 2, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
			return err_sys(reterr, -errno, "poll");
		if (p[0].revents) {
			n = read(said, words + have, SAID_MAX - 1 - have);
			if (n > 0)
				have += (size_t)n;
		}
		if (n > 0 && have < SAID_MAX - 1)
			continue;
		if (p[1].revents)
			break;
		if (left <= 0) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return err_set(reterr, -ETIMEDOUT,
				       "the VRRP engine did not start in %d s",
				       ENGINE_START_MS / 1000);
		}
		if (p[0].revents)
			said = -1; /* closed, or said enough */
	}
	words[have] = '\0';
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(reterr, -errno, "the VRRP engine");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	words[strcspn(words, "\n")] = '\0';
	if (WIFSIGNALED(status))
		return err_set(reterr, -EIO,
			       "the VRRP engine died by signal %d at start",
			       WTERMSIG(status));
	return err_set(reterr, -EIO, "the VRRP engine does not start: %s",
		       *words ? words : "it says nothing");
}

static int start(const char *state_dir, struct err *reterr)
{
	char path[PATH_MAX], words[SAID_MAX];
	auto_close int in = -1, out = -1;
	int fds[2], pid, e;

	e = engine_path(state_dir, ENGINE_CONFIG, path);
	if (e < 0)
		return err_sys(reterr, e, "%s", state_dir);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	in = fds[0];
	out = fds[1];
	pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "fork");
	if (pid == 0)
		in_child(path, out);
	close(take_fd(&out));
	return await(pid, in, words, reterr);
}

/* Whether a supervisor has brought the engine back in a while. */
static bool comes_back(struct arena *a, const char *state_dir)
{
	struct mono until = mono_add(clock_mono(), ENGINE_BACK_MS * NS_PER_MS);
	const struct doc *state;

	do {
		if (engine_ask(a, state_dir, "state", &state, NULL, NULL) == 0)
			return true;
		clock_sleep_ms(20);
	} while (mono_before(clock_mono(), until));
	return false;
}

/* Tells a silent engine to go on, else ends it; returns whether one answers
 * then. */
static bool rouse(struct arena *a, const char *state_dir, int pid)
{
	auto_close int pidfd = pid > 0 ? pidfd_open_(pid) : -1;
	const struct doc *state;

	if (pidfd < 0)
		return false;
	(void)pidfd_signal(pidfd, SIGCONT);
	if (engine_ask(a, state_dir, "state", &state, NULL, NULL) == 0)
		return true;
	(void)pidfd_signal(pidfd, SIGKILL);
	(void)ended(pidfd, ENGINE_STOP_MS);
	return comes_back(a, state_dir);
}

/* A tree as JSON again; numbers and truths stay what they were. */
static void write_doc(struct json *j, const struct doc *d)
{
	uint64_t number;
	size_t i;

	if (d->kind == DOC_SCALAR && d->plain &&
	    parse_u64(d->str, 0, INT64_MAX, &number) == 0) {
		json_int(j, (int64_t)number);
	} else if (d->kind == DOC_SCALAR && d->plain &&
		   (strcmp(d->str, "true") == 0 ||
		    strcmp(d->str, "false") == 0)) {
		json_bool(j, *d->str == 't');
	} else if (d->kind == DOC_SCALAR) {
		json_str(j, d->str);
	} else if (d->kind == DOC_LIST) {
		json_arr(j);
		for (i = 0; i < d->n; i++)
			write_doc(j, d->items[i]);
		json_arr_end(j);
	} else {
		json_obj(j);
		for (i = 0; i < d->n; i++) {
			json_key(j, d->keys[i]->str);
			write_doc(j, d->items[i]);
		}
		json_obj_end(j);
	}
}

/* The configuration without some routers, or NULL where it cannot be made. */
static const char *without(struct arena *a, const char *config,
			   const char *const *ids, size_t nids)
{
	auto_buf struct buf text = {0};
	const struct doc *list, *item;
	struct doc *root, kept;
	struct json j;
	size_t i;

	if (doc_parse_line(a, config, strlen(config), &root, NULL) < 0)
		return NULL;
	list = doc_get(root, "routers");
	kept = (struct doc){.kind = DOC_LIST,
			    .items = arena_array(a, doc_len(list) + 1,
						 sizeof(*kept.items))};
	DOC_FOREACH (item, list) {
		for (i = 0; i < nids; i++)
			if (strcmp(doc_str(item, "id", ""), ids[i]) == 0)
				break;
		if (i == nids)
			kept.items[kept.n++] = list->items[item_i];
	}
	json_init(&j, &text, 0);
	json_obj(&j);
	json_kstr(&j, "node", doc_str(root, "node", ""));
	json_kstr(&j, "control", doc_str(root, "control", ""));
	json_key(&j, "routers");
	write_doc(&j, &kept);
	json_obj_end(&j);
	return arena_strndup(a, text.data, text.len);
}

static int reload(struct arena *a, const char *state_dir, struct err *reterr)
{
	const struct doc *answer;

	return engine_ask(a, state_dir, "reload", &answer, NULL, reterr);
}

int engine_run(const char *state_dir, const struct res *want,
	       const char *const *ids, size_t nids, struct err *reterr)
{
	const char *config = want->engine.config;
	auto_arena struct arena a = {0};
	char digest[DIGEST_TEXT_MAX];
	const struct doc *state;
	const char *less;
	bool runs;
	int pid, e;

	e = make_dirs(state_dir, want, reterr);
	if (e < 0)
		return e;
	e = engine_ask(&a, state_dir, "state", &state, &pid, NULL);
	runs = e == 0;
	if (!runs && e != -ENOENT && e != -ECONNREFUSED)
		runs = rouse(&a, state_dir, pid);
	less = runs && nids ? without(&a, config, ids, nids) : NULL;
	if (less) {
		e = write_file(state_dir, ENGINE_CONFIG, less, reterr);
		if (e == 0)
			e = reload(&a, state_dir, reterr);
		if (e < 0)
			return e;
	}
	e = write_file(state_dir, ENGINE_CONFIG, config, reterr);
	if (e == 0)
		e = runs ? reload(&a, state_dir, reterr)
			 : start(state_dir, reterr);
	if (e < 0)
		return e;
	plan_digest(config, strlen(config), digest);
	return write_file(state_dir, ENGINE_LOADED, digest, reterr);
}

static int drop(const char *path, const struct stat *st, int type,
		struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Stops the engine that listens now; -ESRCH where there is none. */
static int stop_one(struct arena *a, const char *state_dir, struct err *reterr)
{
	auto_close int pidfd = -1;
	const struct doc *answer;
	int pid = 0, e;

	/* The process is held by a descriptor before it is told to go. */
	e = engine_ask(a, state_dir, "state", &answer, &pid, NULL);
	if (pid > 0)
		pidfd = pidfd_open_(pid);
	if (pidfd < 0)
		return -ESRCH;
	if (e < 0)
		(void)pidfd_signal(pidfd, SIGCONT);
	e = engine_ask(a, state_dir, "stop", &answer, NULL, NULL);
	if (e == 0 && ended(pidfd, ENGINE_STOP_MS))
		return 0;
	(void)pidfd_signal(pidfd, SIGKILL);
	if (!ended(pidfd, ENGINE_STOP_MS))
		return err_set(reterr, -EBUSY,
			       "the VRRP engine, process %d, does not end",
			       pid);
	/* Its supervisor, if it has one, starts another, which can stop. */
	return comes_back(a, state_dir) ? -EAGAIN : 0;
}

int engine_remove(const char *state_dir, struct err *reterr)
{
	auto_arena struct arena a = {0};
	char parent[PATH_MAX];
	int e, tries = 0;

	do
		e = stop_one(&a, state_dir, reterr);
	while (e == -EAGAIN && ++tries < STOP_TRIES);
	if (e < 0 && e != -ESRCH)
		return e == -EAGAIN ? err_set(reterr, e,
					      "the VRRP engine comes back each "
					      "time it is ended")
				    : e;
	if (nftw(state_dir, drop, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 &&
	    errno != ENOENT)
		return err_sys(reterr, -errno, "remove %s", state_dir);
	parent_of(state_dir, parent);
	(void)rmdir(parent); /* another lab's folder may be in it */
	return 0;
}
