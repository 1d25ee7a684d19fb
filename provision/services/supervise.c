/* SPDX-License-Identifier: MIT */
/*
 * Asking the supervisor. It is found by its socket and told by SO_PEERCRED,
 * never by name. One that does not answer is first told to go on (it may only
 * be stopped), then killed: its services die with it, and the next one starts
 * them again.
 */
#include "provision/services/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/keys/keys.h"
#include "lib/process/process.h"
#include "lib/unix.h"

#define SAID_MAX 512

#define WHO "the supervisor of services"

static int dial(const char *state_dir, struct err *reterr)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/" SUPERVISE_SOCKET, state_dir) >=
	    (int)sizeof(path))
		return err_sys(reterr, -ENAMETOOLONG, "%s", state_dir);
	return unix_dial(path, WHO, reterr);
}

int supervise_pid(const char *state_dir)
{
	auto_close int fd = dial(state_dir, NULL);

	return fd < 0 ? 0 : unix_peer(fd);
}

/* *ret_pid (may be NULL) is the supervisor, known even if it does not answer;
 * 0 where there is none: -ENOENT or -ECONNREFUSED. */
static int ask(struct arena *a, const char *state_dir, const struct buf *line,
	       unsigned ms, const struct doc **ret, int *ret_pid,
	       struct err *reterr)
{
	struct mono end = mono_add(clock_mono(), ms * NS_PER_MS);
	auto_buf struct buf in = {0};
	struct doc *root = NULL;
	auto_close int fd = -1;
	int r;

	if (ret_pid)
		*ret_pid = 0;
	fd = dial(state_dir, reterr);
	if (fd < 0)
		return fd;
	if (ret_pid)
		*ret_pid = unix_peer(fd);
	r = unix_ask(fd, WHO, line->data, line->len, end, SUPERVISE_LINE_MAX,
		     &in, reterr);
	if (r == 0 && !in.len)
		return err_set(reterr, -ECONNRESET, WHO " is gone");
	if (r == 0)
		r = doc_parse_line(a, in.data, in.len, &root, reterr);
	if (r < 0)
		return r;
	if (!doc_bool(root, "ok", false))
		return err_set(reterr, -EIO, "%s",
			       doc_str(root, "error", "refused without words"));
	*ret = root;
	return 0;
}

static void begin(struct json *j, struct buf *out, const char *op)
{
	json_init(j, out, 0);
	json_obj(j);
	json_kstr(j, "op", op);
}

static void end(struct json *j)
{
	json_obj_end(j);
	buf_addc(j->out, '\n');
}

/* --- looking -------------------------------------------------------------- */

static bool file_is(const char *state_dir, const char *path, const char *digest)
{
	auto_buf struct buf text = {0};
	char full[PATH_MAX], on_disk[SERVICE_DIGEST_MAX];

	if (service_file_path(state_dir, path, full, sizeof(full)) < 0 ||
	    file_read(full, DOC_SIZE_MAX, &text) < 0)
		return false;
	service_digest(text.data, text.len, on_disk);
	return strcmp(on_disk, digest) == 0;
}

static const struct key answer_rows[] = {
	{"services", KEY_LIST, KEY_ITEMS(struct seen_services, items, n),
	 .max = SUPERVISE_SERVICES_MAX, .table = &service_seen_table},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct seen_services, answer_rows);

/* A hand may have been at its files. */
static void look_files(const char *state_dir, const struct res_service *s)
{
	size_t i;

	for (i = 0; i < s->nfiles; i++) {
		struct service_file *f = &s->files[i];

		if (!f->digest || (f->how == SERVICE_FILE_READ &&
				   !file_is(state_dir, f->path, f->digest)))
			f->digest = "";
	}
}

void supervise_look(struct arena *a, const char *state_dir,
		    struct seen_services *ret)
{
	auto_buf struct buf line = {0};
	const struct doc *answer;
	struct err why = {.msg = ""};
	struct json j;
	size_t i;
	int r;

	*ret = (struct seen_services){0};
	begin(&j, &line, "state");
	end(&j);
	r = ask(a, state_dir, &line, SUPERVISE_LOOK_MS, &answer, NULL, &why);
	if (r == 0)
		r = keys_read_open(a, answer, &answer_table, ret, &why);
	if (r < 0) {
		*ret = (struct seen_services){0};
		if (r != -ENOENT && r != -ECONNREFUSED)
			ret->error = arena_strdup(a, why.msg);
		return;
	}
	ret->running = true;
	for (i = 0; i < ret->n; i++)
		look_files(state_dir, &ret->items[i].service);
}

const struct res_service *seen_service(const struct seen_services *s,
				       const char *name)
{
	size_t i;

	for (i = 0; s && i < s->n; i++)
		if (strcmp(s->items[i].service.name, name) == 0)
			return &s->items[i].service;
	return NULL;
}

/* Who holds the lock of the state folder; 0: nobody. */
static int holder(const char *state_dir)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX];
	auto_close int fd = -1;

	if (snprintf(path, sizeof(path), "%s/" SUPERVISE_LOCK, state_dir) >=
	    (int)sizeof(path))
		return 0;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fcntl(fd, F_GETLK, &whole) < 0 || whole.l_type == F_UNLCK)
		return 0;
	return whole.l_pid > 0 ? whole.l_pid : 0;
}

/* --- starting it ---------------------------------------------------------- */

/* Whatever else has its name is nobody's: a link would lead elsewhere. */
static int make_dir(const char *path, struct err *reterr)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		return 0;
	if (errno == EEXIST && lstat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		if (unlink(path) == 0 && mkdir(path, 0755) == 0)
			return 0;
	}
	return err_sys(reterr, -errno, "make %s", path);
}

static int make_dirs(const char *state_dir, struct err *reterr)
{
	char path[PATH_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", state_dir);
	slash = strrchr(path, '/');
	if (slash && slash != path) {
		int r;

		*slash = '\0';
		r = make_dir(path, reterr);
		if (r < 0)
			return r;
	}
	return make_dir(state_dir, reterr);
}

/* In a child of the child: the supervisor, out of the agent's session. */
static void become(const char *state_dir, int said)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	if (null < 0 || dup2(null, 0) < 0 || dup2(said, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execl("/proc/self/exe", "labctl", "services", state_dir, (char *)NULL);
	dprintf(1, "-cannot be run: %s", strerror(errno));
	_exit(127);
}

/* It says "+" when it listens, or "-" and why it cannot. */
static int await(int fd, struct err *reterr)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char said[SAID_MAX];
	ssize_t n;

	if (poll(&p, 1, SUPERVISE_START_MS) <= 0)
		return err_set(reterr, -ETIMEDOUT,
			       "the supervisor of services does not start");
	n = read(fd, said, sizeof(said) - 1);
	if (n > 0 && said[0] == '+')
		return 0;
	said[n > 0 ? n : 0] = '\0';
	return err_set(reterr, -EIO, "the supervisor of services %s",
		       n > 1 ? said + 1 : "ended as it began");
}

static int launch(const char *state_dir, struct err *reterr)
{
	auto_close int in = -1, out = -1;
	int fds[2], r, status;
	pid_t pid;

	r = make_dirs(state_dir, reterr);
	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	in = fds[0];
	out = fds[1];
	pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "fork");
	if (pid == 0) {
		/* Nobody's child but init's, and of no session that ends. */
		if (setsid() < 0 || fork() != 0)
			_exit(0);
		become(state_dir, out);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return take_fd(&in);
}

static int start(const char *state_dir, struct err *reterr)
{
	auto_close int fd = launch(state_dir, reterr);

	return fd < 0 ? fd : await(fd, reterr);
}

int supervise_begin(const char *state_dir)
{
	auto_close int fd = dial(state_dir, NULL);

	return fd < 0 && !holder(state_dir) ? launch(state_dir, NULL) : -1;
}

void supervise_begun(int fd)
{
	if (fd < 0)
		return;
	/* If it could not, who asks it next says why. */
	(void)await(fd, NULL);
	close(fd);
}

/* --- telling it ----------------------------------------------------------- */

/*
 * One runs, and its socket is gone: somebody removed it. On SIGHUP it makes
 * it anew, while its services go on.
 */
static bool heard_again(struct arena *a, const char *state_dir,
			const struct buf *line)
{
	struct mono until =
		mono_add(clock_mono(), SUPERVISE_LOOK_MS * NS_PER_MS);
	int pid = holder(state_dir);
	auto_close int pidfd = pid ? pidfd_open(pid, 0) : -1;
	const struct doc *answer;

	if (pidfd < 0 || holder(state_dir) != pid ||
	    pidfd_send_signal(pidfd, SIGHUP, NULL, 0) < 0)
		return false;
	do {
		if (ask(a, state_dir, line, SUPERVISE_LOOK_MS, &answer, NULL,
			NULL) == 0)
			return true;
		clock_sleep_ms(10);
	} while (mono_before(clock_mono(), until));
	return false;
}

bool supervise_well(struct arena *a, const char *state_dir)
{
	auto_buf struct buf line = {0};
	const struct doc *answer;
	auto_close int pidfd = -1;
	struct json j;
	int r, pid;

	begin(&j, &line, "state");
	end(&j);
	r = ask(a, state_dir, &line, SUPERVISE_LOOK_MS, &answer, &pid, NULL);
	if (r == 0)
		return true;
	if (pid <= 0)
		return heard_again(a, state_dir, &line);
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0)
		return false;
	(void)pidfd_send_signal(pidfd, SIGCONT, NULL, 0);
	r = ask(a, state_dir, &line, SUPERVISE_LOOK_MS, &answer, NULL, NULL);
	if (r == 0)
		return true;
	(void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	(void)process_ended(pidfd, SUPERVISE_ASK_MS);
	return false;
}

/* One that answers, if need be a new one. */
static int need_one(struct arena *a, const char *state_dir, struct err *reterr)
{
	int r = 0;

	if (!supervise_well(a, state_dir)) {
		r = start(state_dir, reterr);
		/* Another may have been faster. */
		if (r < 0 && supervise_well(a, state_dir))
			r = 0;
	}
	return r;
}

int supervise_set(const char *state_dir, const struct res_service *want,
		  bool again, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf line = {0};
	const struct doc *answer;
	struct json j;
	int r = need_one(&a, state_dir, reterr);

	if (r < 0)
		return r;
	begin(&j, &line, "set");
	json_kbool(&j, "again", again);
	json_key(&j, "service");
	json_obj(&j);
	service_encode(want, &j);
	json_obj_end(&j);
	end(&j);
	if (line.len > SUPERVISE_LINE_MAX)
		return err_set(reterr, -E2BIG, "the files of %s are too large",
			       want->name);
	return ask(&a, state_dir, &line, SUPERVISE_ASK_MS, &answer, NULL,
		   reterr);
}

/* Those of one message. */
static void note_failed(struct supervise_set *sets, size_t n,
			const struct doc *failed)
{
	const struct doc *d;
	size_t i;

	DOC_FOREACH (d, failed)
		for (i = 0; i < n; i++)
			if (strcmp(sets[i].want->name,
				   doc_str(d, "name", "")) == 0)
				sets[i].r = err_set(&sets[i].err, -EIO, "%s",
						    doc_str(d, "error", "?"));
}

/* As many as one message may have; returns how many. */
static size_t set_some(const char *state_dir, struct supervise_set *sets,
		       size_t n)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf line = {0};
	const struct doc *answer;
	size_t i, k = 0;
	struct err err;
	struct json j;
	int e;

	begin(&j, &line, "set");
	json_key(&j, "services");
	json_arr(&j);
	while (k < n && k < SUPERVISE_AT_ONCE &&
	       (!k || line.len < SUPERVISE_LINE_MAX / 4)) {
		json_obj(&j);
		service_encode(sets[k++].want, &j);
		json_obj_end(&j);
	}
	json_arr_end(&j);
	end(&j);
	e = line.len > SUPERVISE_LINE_MAX
		    ? err_set(&err, -E2BIG, "its files are too large")
		    : ask(&a, state_dir, &line, SUPERVISE_ASK_MS, &answer, NULL,
			  &err);
	if (e == 0)
		note_failed(sets, k, doc_get(answer, "failed"));
	for (i = 0; e < 0 && i < k; i++) {
		sets[i].r = e;
		sets[i].err = err;
	}
	return k;
}

void supervise_set_all(const char *state_dir, struct supervise_set *sets,
		       size_t n)
{
	auto_arena struct arena a = {0};
	struct err err;
	size_t i;
	int e = n ? need_one(&a, state_dir, &err) : 0;

	for (i = 0; i < n; i++) {
		sets[i].r = e;
		if (e < 0)
			sets[i].err = err;
	}
	for (i = 0; e == 0 && i < n;)
		i += set_some(state_dir, sets + i, n - i);
}

int supervise_drop(const char *state_dir, const char *name, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf line = {0};
	const struct doc *answer;
	struct json j;
	int r;

	if (!supervise_well(&a, state_dir))
		return 0;
	begin(&j, &line, "drop");
	json_kstr(&j, "name", name);
	end(&j);
	r = ask(&a, state_dir, &line, SUPERVISE_ASK_MS, &answer, NULL, reterr);
	return r;
}

int supervise_stop(const char *state_dir, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf line = {0};
	const struct doc *answer;
	auto_close int pidfd = -1;
	struct json j;
	int pid;

	if (!supervise_well(&a, state_dir))
		return 0;
	begin(&j, &line, "stop");
	end(&j);
	(void)ask(&a, state_dir, &line, SUPERVISE_ASK_MS, &answer, &pid, NULL);
	pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
	if (pidfd < 0 || process_ended(pidfd, 1000))
		return 0;
	(void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (process_ended(pidfd, 5000))
		return 0;
	return err_set(reterr, -EBUSY,
		       "the supervisor of services, process %d, does not end",
		       pid);
}
