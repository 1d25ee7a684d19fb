/* SPDX-License-Identifier: MIT */
/*
 * The state folder: ROOT/LAB with the lab's file, the key that opens its
 * nodes, and their host keys. It is a copy for later commands: the running
 * lab does not need it, and `up` writes it anew. ROOT is /run/labctl for
 * root, $XDG_RUNTIME_DIR/labctl or else /tmp/labctl-UID for others;
 * LABCTL_STATE names another one. A folder that is a link, is not ours or that
 * others may enter is refused.
 */
#include "provision/emul/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "provision/emul/user.h"
#include "topologies/topo.h"

#define REMOVE_DEPTH 8
#define LOCK_ALIVE_MS 500 /* waited for a holder that lives */
#define LOCK_DEAD_MS 5000 /* and for what it left */
#define LOCK_POLL_MS 5
#define LOCK_END_MS 10000           /* for a holder that is told to end */
#define LOCK_SAME_MS INT64_C(30000) /* for one that does the same */

static struct {
	int fd;
	char lab[TOPO_LAB_NAME_MAX + 1];
} held = {.fd = -1};

bool emul_name_ok(const char *lab)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(lab);

	return len && len <= TOPO_LAB_NAME_MAX && strspn(lab, ok) == len &&
	       !strchr("._-", lab[0]);
}

static int own_dir(const char *path, bool make, struct err *reterr)
{
	auto_close int fd = -1;
	struct stat st;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(reterr, -errno,
			       "make the state folder %s (LABCTL_STATE can "
			       "name another)",
			       path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(reterr, -errno, "the state folder %s", path);
	if (st.st_uid != geteuid())
		return err_set(reterr, -EPERM,
			       "the state folder %s belongs to someone else; "
			       "LABCTL_STATE can name another",
			       path);
	if (st.st_mode & 022)
		return err_set(reterr, -EPERM,
			       "others may write to the state folder %s: chmod "
			       "700 it",
			       path);
	return 0;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int root_path(struct arena *a, const char **ret, struct err *reterr)
{
	const char *env = getenv("LABCTL_STATE");
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	if (env && *env && env[0] != '/')
		return err_set(reterr, -EINVAL,
			       "LABCTL_STATE is '%s'; it must be an absolute "
			       "path",
			       env);
	if (env && *env)
		*ret = arena_strdup(a, env);
	else if (emul_is_root())
		*ret = "/run/labctl";
	else if (xdg && xdg[0] == '/' && is_dir(xdg))
		*ret = arena_printf(a, "%s/labctl", xdg);
	else
		*ret = arena_printf(a, "/tmp/labctl-%u", emul_owner());
	return 0;
}

int emul_state_root(struct arena *a, const char **ret, struct err *reterr)
{
	int r;

	r = root_path(a, ret, reterr);
	return r < 0 ? r : own_dir(*ret, true, reterr);
}

int emul_state_look(struct arena *a, const char **ret, struct err *reterr)
{
	const char *path;
	struct stat st;
	int r;

	r = root_path(a, &path, reterr);
	if (r < 0)
		return r;
	*ret = path;
	if (lstat(path, &st) == 0)
		return own_dir(path, false, reterr);
	path = arena_strndup(a, path, (size_t)(strrchr(path, '/') - path));
	if (access(*path ? path : "/", W_OK | X_OK) < 0)
		return err_sys(reterr, -errno, "cannot make %s", *ret);
	return 0;
}

int emul_state_dir(struct arena *a, const char *lab, bool make,
		   const char **ret, struct err *reterr)
{
	const char *root, *path;
	int r;

	if (!emul_name_ok(lab))
		return err_set(reterr, -EINVAL, "'%s' cannot be a lab's name",
			       lab);
	r = emul_state_root(a, &root, reterr);
	if (r < 0)
		return r;
	path = arena_printf(a, "%s/%s", root, lab);
	if (make) {
		r = own_dir(path, true, reterr);
		if (r < 0)
			return r;
	}
	*ret = path;
	return 0;
}

int emul_state_write(const char *dir, const char *name, const char *text,
		     size_t len, struct err *reterr)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return err_set(reterr, -ENAMETOOLONG, "%s/%s", dir, name);
	return file_replace(path, 0600, text, len, reterr);
}

/* --- the lock -------------------------------------------------------- */

static int lock_path(struct arena *a, const char *lab, const char **ret,
		     struct err *reterr)
{
	const char *root;
	int r;

	if (!emul_name_ok(lab))
		return err_set(reterr, -EINVAL, "'%s' cannot be a lab's name",
			       lab);
	r = emul_state_root(a, &root, reterr);
	if (r == 0)
		*ret = arena_printf(a, "%s/.%s.lock", root, lab);
	return r;
}

/* The lock file says who holds it: "up 1234". */
static pid_t holder(const char *path, char *ret_what, size_t size)
{
	auto_buf struct buf b = {0};
	uint32_t pid;
	char *space;

	snprintf(ret_what, size, "?");
	if (file_read(path, 256, &b) < 0)
		return 0;
	space = strchr(b.data, ' ');
	if (!space || parse_u32(space + 1, 1, INT32_MAX, &pid) < 0)
		return 0;
	*space = '\0';
	snprintf(ret_what, size, "%s", b.data);
	return (pid_t)pid;
}

/* A zombie is not: it was killed and is only not yet waited for. */
static bool alive(pid_t pid)
{
	auto_buf struct buf b = {0};
	char path[64];
	const char *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!pid || file_read(path, 4096, &b) < 0)
		return false;
	s = strrchr(b.data, ')');
	return s && s[1] == ' ' && s[2] != 'Z' && s[2] != 'X';
}

/*
 * Takes the lock of an open file, or -EBUSY. A holder that was killed takes
 * moments to die (the kernel may be making a namespace for it), and a fabric
 * that it was just starting keeps the lock until it can be found.
 */
static int take_lock(int fd, const char *lab, const char *path,
		     struct err *reterr)
{
	struct mono from = clock_mono();
	char what[32];
	int64_t most;
	pid_t pid;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_sys(reterr, -errno, "lock %s", path);
		pid = holder(path, what, sizeof(what));
		most = alive(pid) ? LOCK_ALIVE_MS : LOCK_DEAD_MS;
		if (mono_sub(clock_mono(), from) > most * NS_PER_MS)
			return err_set(reterr, -EBUSY,
				       "`labctl %s` (PID %d) is at work on the "
				       "lab %s",
				       what, pid, lab);
		clock_sleep_ms(LOCK_POLL_MS);
	}
	return 0;
}

int emul_lock(const char *lab, const char *what, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	struct stat mine, there;
	const char *path;
	int r;

	if (held.fd >= 0 && strcmp(held.lab, lab) == 0)
		return 0;
	r = lock_path(&a, lab, &path, reterr);
	if (r < 0)
		return r;
	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			  0600);
		if (fd < 0)
			return err_sys(reterr, -errno, "the lock %s", path);
		r = take_lock(fd, lab, path, reterr);
		if (r < 0)
			return r;
		/* Its last holder may have removed the file meanwhile. */
		if (fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
		    mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
			break;
		close(take_fd(&fd));
	}
	(void)!ftruncate(fd, 0);
	dprintf(fd, "%s %d", what, getpid());
	emul_unlock(held.lab, false);
	snprintf(held.lab, sizeof(held.lab), "%s", lab);
	held.fd = take_fd(&fd);
	return 0;
}

/* A labctl that runs this command: its PID may be another's by now. */
static bool runs(pid_t pid, const char *what)
{
	auto_buf struct buf b = {0};
	const char *word;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	if (file_read(path, PATH_MAX, &b) < 0)
		return false;
	for (word = b.data; word < b.data + b.len; word += strlen(word) + 1)
		if (strcmp(word, what) == 0)
			return true;
	return false;
}

static bool ends(int pidfd, int signal, int wait_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	(void)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
	return poll(&p, 1, wait_ms) == 1;
}

/* False where nothing was ended, so that it is as it was. */
static bool end_holder(const char *path, struct emul_ended *ret)
{
	auto_close int fd = -1;
	char what[32];
	pid_t pid = holder(path, what, sizeof(what));

	fd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (fd < 0 || !runs(pid, what) ||
	    (!ends(fd, SIGINT, LOCK_END_MS) && !ends(fd, SIGKILL, LOCK_END_MS)))
		return false;
	ret->pid = pid;
	snprintf(ret->what, sizeof(ret->what), "%s", what);
	return true;
}

int emul_lock_take(const char *lab, const char *what,
		   struct emul_ended *ret_ended, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct mono from = clock_mono();
	char held_by[32];
	const char *path;
	int r;

	*ret_ended = (struct emul_ended){0};
	r = emul_lock(lab, what, reterr);
	if (r != -EBUSY || lock_path(&a, lab, &path, NULL) < 0)
		return r;
	(void)holder(path, held_by, sizeof(held_by));
	if (strcmp(held_by, what) != 0)
		return end_holder(path, ret_ended)
			       ? emul_lock(lab, what, reterr)
			       : r;
	while (r == -EBUSY &&
	       mono_sub(clock_mono(), from) < LOCK_SAME_MS * NS_PER_MS)
		r = emul_lock(lab, what, reterr);
	return r;
}

int emul_lock_dup(int min)
{
	int fd = fcntl(held.fd, F_DUPFD, min);

	return fd < 0 ? -errno : fd;
}

void emul_unlock(const char *lab, bool remove)
{
	auto_arena struct arena a = {0};
	const char *path;

	if (held.fd < 0 || strcmp(held.lab, lab) != 0)
		return;
	if (remove && lock_path(&a, lab, &path, NULL) == 0)
		(void)unlink(path);
	close(take_fd(&held.fd));
	held.lab[0] = '\0';
}

/* --- removal --------------------------------------------------------- */

static int remove_inside(int dir, unsigned depth, unsigned *n)
{
	const struct dirent *d;
	DIR *list = fdopendir(dir);
	int r = 0, fd;

	if (!list) {
		close(dir);
		return -errno;
	}
	while ((d = readdir(list)) && r == 0) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		++*n;
		if (unlinkat(dirfd(list), d->d_name, 0) == 0)
			continue;
		if (errno != EISDIR) {
			r = -errno;
			break;
		}
		fd = depth ? openat(dirfd(list), d->d_name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
					    O_CLOEXEC)
			   : -1;
		if (fd < 0)
			r = -errno;
		else
			r = remove_inside(fd, depth - 1, n);
		if (r == 0 && unlinkat(dirfd(list), d->d_name, AT_REMOVEDIR))
			r = -errno;
	}
	closedir(list);
	return r;
}

int emul_state_remove(const char *lab, unsigned *ret_n, struct err *reterr)
{
	auto_arena struct arena a = {0};
	const char *path;
	int fd, r;

	*ret_n = 0;
	r = emul_state_dir(&a, lab, false, &path, reterr);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(reterr, -errno, "the state folder %s", path);
	r = remove_inside(fd, REMOVE_DEPTH, ret_n);
	if (r == 0 && rmdir(path) < 0)
		r = -errno;
	++*ret_n;
	if (r < 0)
		return err_sys(reterr, r, "remove the state folder %s", path);
	return 0;
}
