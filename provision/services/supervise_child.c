/* SPDX-License-Identifier: MIT */
/*
 * A service's process
 * ===================
 * It is a session of its own, in its namespace, with nothing open but a pipe
 * for its words; they go, with the time before each line, to NAME.log in the
 * state folder, and the last of them are kept for who asks why it ended.
 *
 * It dies with the supervisor: the kernel kills it (PR_SET_PDEATHSIG), because
 * a program that nobody watches is worse than one that does not run, which a
 * look sees and `labctl up` mends. Adopting it would need a second watcher at
 * all times. What it started itself gets its stop signal after its end; a
 * program that has helpers (the VRRP engine's own supervisor) ends them by the
 * same means.
 */
#include "provision/services/supervise_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/mem.h"
#include "lib/parse.h"

#define LINE_MAX_ 4096 /* a longer line is broken */
#define STAT_MAX 4096
#define CHILDREN_MAX 65536 /* bytes of the list of a process's children */
#define STARTING_NS (2 * NS_PER_S)
#define FILES_USUAL 1024 /* open files that a program may have */
#define PATHS "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct kept *kept_new(void)
{
	struct kept *k = mem_zero(1, sizeof(*k));

	k->out = k->log = -1;
	k->start_at = k->kill_at = MONO_NEVER;
	return k;
}

void kept_free(struct kept *k)
{
	auto_close_fn(&k->out);
	auto_close_fn(&k->log);
	buf_release(&k->line);
	arena_release(&k->arena);
	free(k);
}

/* --- files ---------------------------------------------------------------- */

static bool holds(const char *path, const char *text)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
					       O_NONBLOCK | O_NOCTTY);
	size_t left = strlen(text);
	char in[65536];
	ssize_t n;

	while (fd >= 0) {
		n = read(fd, in, sizeof(in));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 && left == 0;
		if ((size_t)n > left || memcmp(in, text, (size_t)n) != 0)
			return false;
		text += n;
		left -= (size_t)n;
	}
	return false;
}

static void make_folders(char *path, size_t from)
{
	char *slash;

	for (slash = strchr(path + from, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
}

int kept_write_file(const char *dir, const struct service_file *f,
		    bool *ret_changed, struct err *reterr)
{
	char path[PATH_MAX];
	int r, base = service_file_path(dir, f->path, path, sizeof(path));

	if (base < 0)
		return err_sys(reterr, -ENAMETOOLONG, "%s", f->path);
	if (holds(path, f->text))
		return 0;
	make_folders(path, (size_t)base);
	r = file_replace(path, 0644, f->text, strlen(f->text), reterr);
	if (r < 0)
		return r;
	*ret_changed = true;
	return 0;
}

/* The empty ones on the way to what was at path. */
static void remove_folders(char *path, size_t base)
{
	char *slash;

	while ((slash = strrchr(path + base, '/'))) {
		*slash = '\0';
		if (rmdir(path) < 0)
			return;
	}
}

void kept_remove_files(const char *dir, const struct kept *k)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < k->s.nfiles; i++) {
		int base = service_file_path(dir, k->s.files[i].path, path,
					     sizeof(path));

		if (base < 0)
			continue;
		(void)unlink(path);
		remove_folders(path, (size_t)base);
	}
	if (snprintf(path, sizeof(path), "%s/%s.log", dir, k->s.name) <
	    (int)sizeof(path))
		(void)unlink(path);
}

/* --- words ---------------------------------------------------------------- */

static void open_log(struct kept *k, const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	if (k->log >= 0)
		return;
	if (snprintf(path, sizeof(path), "%s/%s.log", dir, k->s.name) >=
	    (int)sizeof(path))
		return;
	/* A pipe that somebody laid there would hold all services up. */
	k->log = open(path,
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			      O_NONBLOCK,
		      0600);
	k->log_size =
		k->log >= 0 && fstat(k->log, &st) == 0 ? (size_t)st.st_size : 0;
}

static void turn_log(struct kept *k, const char *dir)
{
	char path[PATH_MAX], old[PATH_MAX];

	if (k->log_size < SERVICE_LOG_MAX ||
	    snprintf(path, sizeof(path), "%s/%s.log", dir, k->s.name) >=
		    (int)sizeof(path) ||
	    snprintf(old, sizeof(old), "%s.1", path) >= (int)sizeof(old))
		return;
	(void)rename(path, old);
	auto_close_fn(&k->log);
	k->log = -1;
	open_log(k, dir);
}

/* One line of its, without the end. */
static void said(struct kept *k, const char *dir, const char *line, size_t len)
{
	int64_t now = clock_real_ns();
	time_t t = (time_t)(now / NS_PER_S);
	auto_buf struct buf out = {0};
	char stamp[32] = "";
	struct tm tm;

	/* Why it does not start is its first line, why it ended its last. */
	if (!k->nsaid || mono_sub(clock_mono(), k->started) > STARTING_NS) {
		k->nsaid = len < sizeof(k->said) ? len : sizeof(k->said) - 1;
		memcpy(k->said, line, k->nsaid);
		k->said[k->nsaid] = '\0';
	}
	if (gmtime_r(&t, &tm))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(&out, "%s.%06dZ ", stamp, (int)(now % NS_PER_S / NS_PER_US));
	buf_add(&out, line, len);
	buf_addc(&out, '\n');
	turn_log(k, dir);
	if (k->log >= 0 && file_write_fd(k->log, out.data, out.len) == 0)
		k->log_size += out.len;
}

bool kept_hear(struct kept *k, const char *dir)
{
	const char *text;
	size_t len;
	ssize_t n;

	n = read(k->out, buf_room(&k->line, LINE_MAX_), LINE_MAX_);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		auto_close_fn(&k->out);
		k->out = -1;
		return false;
	}
	k->line.len += (size_t)n;
	while ((text = line_next(&k->words, &k->line, &len)))
		said(k, dir, text, len);
	if (k->line.len >= LINE_MAX_) {
		said(k, dir, k->line.data, k->line.len);
		buf_reset(&k->line);
		k->words = (struct line){0};
	}
	return true;
}

/* --- its process ---------------------------------------------------------- */

static void in_child(const struct kept *k, const char *dir, int out, int parent)
{
	const char *argv[SERVICE_ARGS_MAX + 1] = {NULL};
	struct err err = {.msg = ""};
	struct rlimit files;
	sigset_t none;
	size_t i;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(out, 2) < 0 || chdir(dir) < 0)
		_exit(127);
	if (netns_enter(k->s.netns ? k->s.netns : "", &err) < 0) {
		dprintf(2, "%s\n", err.msg);
		_exit(127);
	}
	/* The supervisor raised it for its own many pipes. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur > FILES_USUAL) {
		files.rlim_cur = FILES_USUAL;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	for (i = 0; i < k->s.nargs; i++)
		argv[i] = k->s.argv[i];
	setenv("PATH", PATHS, 0);
	if (strcmp(k->s.argv[0], "labctl") == 0)
		execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	else
		execvp(k->s.argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "cannot run %s: %s\n", k->s.argv[0], strerror(errno));
	_exit(127);
}

static void later(struct kept *k)
{
	if (!k->pause_ns)
		k->pause_ns = SERVICE_PAUSE_FIRST_NS;
	k->start_at = mono_add(clock_mono(), k->pause_ns);
	k->pause_ns *= 2;
	if (k->pause_ns > SERVICE_PAUSE_MOST_NS)
		k->pause_ns = SERVICE_PAUSE_MOST_NS;
}

void kept_start(struct kept *k, const char *dir)
{
	int fds[2], parent = getpid();
	bool changed;
	size_t i;

	k->start_at = k->kill_at = MONO_NEVER;
	k->ending = false;
	open_log(k, dir);
	/* One that cannot be written the program tells of itself. */
	for (i = 0; i < k->s.nfiles; i++)
		if (k->s.files[i].how == SERVICE_FILE_START)
			(void)kept_write_file(dir, &k->s.files[i], &changed,
					      NULL);
	if (pipe2(fds, O_CLOEXEC) < 0) {
		later(k);
		return;
	}
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	if (k->out >= 0) /* a helper of the last one holds it still */
		close(k->out);
	k->out = fds[0];
	buf_reset(&k->line);
	k->pid = fork();
	if (k->pid == 0)
		in_child(k, dir, fds[1], parent);
	close(fds[1]);
	if (k->pid < 0) {
		k->pid = 0;
		later(k);
		return;
	}
	k->nsaid = 0;
	k->started = clock_mono();
	k->since_ns = clock_real_ns();
	if (k->ended)
		k->restarts++;
}

void kept_end(struct kept *k)
{
	int sig = service_signal(k->s.stop);

	k->start_at = MONO_NEVER;
	if (!k->pid || k->ending)
		return;
	k->ending = true;
	k->kill_at = mono_add(clock_mono(), SERVICE_STOP_NS);
	kill(k->pid, sig ? sig : SIGTERM);
	/* One that was stopped hears nothing until it goes on. */
	kill(k->pid, SIGCONT);
}

void kept_buried(struct kept *k, const char *dir)
{
	int sig = service_signal(k->s.stop), status = 0;

	/* Its last words may still be in the pipe. */
	while (k->out >= 0 && kept_hear(k, dir))
		;
	if (k->line.len)
		said(k, dir, k->line.data, k->line.len);
	buf_reset(&k->line);
	/* What it left behind is of its group, whose number is nobody else's
	 * while it is not reaped. */
	kill(-k->pid, sig ? sig : SIGTERM);
	while (waitpid(k->pid, &status, 0) < 0 && errno == EINTR)
		;
	k->pid = 0;
	k->ended = true;
	k->status = status;
	k->since_ns = clock_real_ns();
	k->kill_at = MONO_NEVER;
	if (mono_sub(clock_mono(), k->started) > SERVICE_LIVED_NS)
		k->pause_ns = 0;
	if (!k->ending)
		later(k);
}

void kept_exit_words(const struct kept *k, char *out, size_t size)
{
	if (WIFSIGNALED(k->status))
		snprintf(out, size, "was killed by signal %d",
			 WTERMSIG(k->status));
	else
		snprintf(out, size, "exited with status %d",
			 WEXITSTATUS(k->status));
}

/* The state of a process, a letter as in proc(5), or 0. */
static char state_of(pid_t pid)
{
	auto_buf struct buf text = {0};
	const char *close;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read(path, STAT_MAX, &text) < 0 || !text.len)
		return 0;
	close = strrchr(text.data, ')');
	return close && close[1] == ' ' ? close[2] : 0;
}

/* It, or one of those that it made to do its work. */
bool kept_stopped(const struct kept *k)
{
	auto_buf struct buf list = {0};
	char path[64], *word, *save;
	uint32_t child;

	if (state_of(k->pid) == 'T')
		return true;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)k->pid,
		 (int)k->pid);
	if (file_read(path, CHILDREN_MAX, &list) < 0 || !list.len)
		return false;
	for (word = strtok_r(list.data, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save))
		if (parse_u32(word, 1, INT_MAX, &child) == 0 &&
		    state_of((pid_t)child) == 'T')
			return true;
	return false;
}

void kept_wake(const struct kept *k)
{
	kill(-k->pid, SIGCONT);
	kill(k->pid, SIGCONT);
}
