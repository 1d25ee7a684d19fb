/* SPDX-License-Identifier: MIT */
#include "lib/kernel/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"

#define SELF_NS "/proc/thread-self/ns/net"

bool netns_name_ok(const char *name)
{
	return *name && strlen(name) < NAME_MAX && !strchr(name, '/') &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int path_of(const char *name, char *path, size_t size,
		   struct err *reterr)
{
	if (!netns_name_ok(name))
		return err_set(reterr, -EINVAL,
			       "'%s' cannot name a network namespace", name);
	snprintf(path, size, NETNS_DIR "/%s", name);
	return 0;
}

int netns_open(const char *name, struct err *reterr)
{
	char path[PATH_MAX];
	int fd, r;

	if (!name || !*name) {
		snprintf(path, sizeof(path), SELF_NS);
	} else {
		r = path_of(name, path, sizeof(path), reterr);
		if (r < 0)
			return r;
	}
	/* A FIFO in its place must not hold the caller up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(reterr, -errno, "network namespace %s",
			       name && *name ? name : "of this process");
	return fd;
}

bool netns_is_own(int fd)
{
	struct stat own, st;

	return stat("/proc/self/ns/net", &own) == 0 && fstat(fd, &st) == 0 &&
	       own.st_ino == st.st_ino && own.st_dev == st.st_dev;
}

int netns_socket(int nsfd, int domain, int type, int protocol)
{
	auto_close int own = -1;
	int fd, r = 0;

	if (nsfd >= 0) {
		own = open(SELF_NS, O_RDONLY | O_CLOEXEC);
		if (own < 0)
			return -errno;
		if (setns(nsfd, CLONE_NEWNET) < 0)
			return -errno;
	}
	fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		r = -errno;
	if (own >= 0 && setns(own, CLONE_NEWNET) < 0) {
		r = -errno;
		if (fd >= 0)
			close(fd);
	}
	return r < 0 ? r : fd;
}

int netns_enter(const char *name, struct err *reterr)
{
	auto_close int fd = -1;

	if (!name || !*name)
		return 0;
	fd = netns_open(name, reterr);
	if (fd < 0)
		return fd;
	if (setns(fd, CLONE_NEWNET) < 0)
		return err_sys(reterr, -errno, "enter network namespace %s",
			       name);
	return 0;
}

/* `ip netns` wants its folder to be a mount that is shared with itself. */
static int prepare_dir(struct err *reterr)
{
	if (mkdir(NETNS_DIR, 0755) == 0) {
		if (mount(NETNS_DIR, NETNS_DIR, "none", MS_BIND | MS_REC,
			  NULL) < 0 ||
		    mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) < 0)
			return err_sys(reterr, -errno, "mount " NETNS_DIR);
		return 0;
	}
	if (errno != EEXIST)
		return err_sys(reterr, -errno, NETNS_DIR);
	return 0;
}

int netns_add(const char *name, struct err *reterr)
{
	char path[PATH_MAX];
	auto_close int own = -1, fd = -1;
	int r;

	r = path_of(name, path, sizeof(path), reterr);
	if (r < 0)
		return r;
	r = prepare_dir(reterr);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "network namespace %s", name);
	own = open(SELF_NS, O_RDONLY | O_CLOEXEC);
	if (own < 0 || unshare(CLONE_NEWNET) < 0) {
		r = -errno;
	} else {
		if (mount(SELF_NS, path, "none", MS_BIND, NULL) < 0)
			r = -errno;
		if (setns(own, CLONE_NEWNET) < 0)
			r = -errno;
	}
	if (r < 0) {
		unlink(path);
		return err_sys(reterr, r, "make network namespace %s", name);
	}
	return 0;
}

int netns_del(const char *name, struct err *reterr)
{
	char path[PATH_MAX];
	int r;

	r = path_of(name, path, sizeof(path), reterr);
	if (r < 0)
		return r;
	/* EINVAL: a file without a mount, left by an add cut short. */
	if (umount2(path, MNT_DETACH) < 0 && errno != EINVAL)
		return err_sys(reterr, -errno, "remove network namespace %s",
			       name);
	if (unlink(path) < 0)
		return err_sys(reterr, -errno, "remove network namespace %s",
			       name);
	return 0;
}
