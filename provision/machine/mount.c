/* SPDX-License-Identifier: MIT */
/*
 * What a machine sees of the file system: its node's, but for what a machine
 * has of its own. That is one tmpfs, bounded, from which /root, /tmp,
 * /var/log and some files of /etc are; a /dev with terminals of its own; /proc
 * and /sys of its namespaces. Nothing here comes back to the node: / is
 * private before anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/machine/inside.h"

#define RUN_OPTIONS "mode=755,size=16m"
#define DEV_ASIDE MACHINE_FILES "/dev"
#define PTS_OPTIONS "newinstance,ptmxmode=0666,mode=620"

static int mount_at(const char *what, const char *where, const char *type,
		    unsigned long flags, const char *options,
		    struct err *reterr)
{
	if (mount(what, where, type, flags, options) < 0)
		return err_sys(reterr, -errno, "mount %s on %s",
			       type   ? type
			       : what ? what
				      : "nothing",
			       where);
	return 0;
}

static int make_dir(const char *path, mode_t mode, struct err *reterr)
{
	if ((mkdir(path, mode) < 0 && errno != EEXIST) || chmod(path, mode) < 0)
		return err_sys(reterr, -errno, "make %s", path);
	return 0;
}

/* --- /dev ----------------------------------------------------------------- */

static const char *const nodes[] = {"null",    "zero", "full",   "random",
				    "urandom", "tty",  "net/tun"};

static const struct {
	const char *name, *to;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
	{"ptmx", "pts/ptmx"},
};

/* The node's own device, laid over an empty file: a machine's root cannot make
 * devices where its lab's cannot. */
static int bind_node(const char *name, struct err *reterr)
{
	char from[64], to[128];
	auto_close int fd = -1;

	snprintf(from, sizeof(from), "/dev/%s", name);
	snprintf(to, sizeof(to), DEV_ASIDE "/%s", name);
	if (access(from, F_OK) < 0)
		return 0;
	fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(reterr, -errno, "make %s", to);
	return mount_at(from, to, NULL, MS_BIND, NULL, reterr);
}

static int mount_dev(struct err *reterr)
{
	static const char *const dirs[] = {"", "/net", "/pts", "/shm"};
	char path[128];
	size_t i;
	int r;

	r = make_dir(DEV_ASIDE, 0755, reterr);
	if (r == 0)
		r = mount_at("tmpfs", DEV_ASIDE, "tmpfs", MS_NOSUID | MS_NOEXEC,
			     "mode=755,size=64k", reterr);
	for (i = 0; r == 0 && i < ARRAY_LEN(dirs); i++) {
		snprintf(path, sizeof(path), DEV_ASIDE "%s", dirs[i]);
		r = make_dir(path, i == 3 ? 01777 : 0755, reterr);
	}
	for (i = 0; r == 0 && i < ARRAY_LEN(nodes); i++)
		r = bind_node(nodes[i], reterr);
	for (i = 0; r == 0 && i < ARRAY_LEN(links); i++) {
		snprintf(path, sizeof(path), DEV_ASIDE "/%s", links[i].name);
		if (symlink(links[i].to, path) < 0)
			r = err_sys(reterr, -errno, "make %s", path);
	}
	if (r == 0)
		r = mount_at("devpts", DEV_ASIDE "/pts", "devpts",
			     MS_NOSUID | MS_NOEXEC, PTS_OPTIONS, reterr);
	return r < 0 ? r
		     : mount_at(DEV_ASIDE, "/dev", NULL, MS_MOVE, NULL, reterr);
}

/* --- files of /etc -------------------------------------------------------- */

/*
 * Lays a file over one of /etc. Where that is a symlink into /run, as
 * systemd-resolved's is, its target is made there, in the machine's own.
 */
static int cover(const char *file, const char *what, struct err *reterr)
{
	char to[PATH_MAX], *slash;
	ssize_t n;

	if (mount(file, what, NULL, MS_BIND, NULL) == 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(reterr, -errno, "lay %s over %s", file, what);
	n = readlink(what, to, sizeof(to) - 1);
	if (n <= 0)
		return 0; /* it is not there at all */
	to[n] = '\0';
	slash = strstr(to, "/run/");
	if (!slash || (slash != to && strcmp(what, "/etc/resolv.conf") != 0))
		return 0;
	memmove(to, slash, strlen(slash) + 1);
	for (slash = strchr(to + 5, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(to, 0755);
		*slash = '/';
	}
	if (symlink(file, to) < 0)
		return err_sys(reterr, -errno, "make %s", to);
	return 0;
}

static int lay(const char *file, const char *what, const struct buf *text,
	       struct err *reterr)
{
	int r = file_write(file, 0644, text->data ? text->data : "", text->len,
			   reterr);

	return r < 0 ? r : cover(file, what, reterr);
}

static int cover_etc(const struct machine *m, struct err *reterr)
{
	auto_buf struct buf name = {0}, hosts = {0}, resolv = {0};
	size_t i;
	int r;

	buf_printf(&name, "%s\n", m->hostname);
	buf_printf(&hosts,
		   "127.0.0.1\tlocalhost\n"
		   "127.0.1.1\t%s\n"
		   "::1\tlocalhost ip6-localhost ip6-loopback\n",
		   m->hostname);
	for (i = 0; i < m->nresolvers; i++)
		buf_printf(&resolv, "nameserver %s\n", m->resolvers[i]);
	r = lay(MACHINE_FILES "/hostname", "/etc/hostname", &name, reterr);
	if (r == 0)
		r = lay(MACHINE_FILES "/hosts", "/etc/hosts", &hosts, reterr);
	if (r == 0)
		r = file_write(MACHINE_WRITTEN, 0644,
			       resolv.data ? resolv.data : "", resolv.len,
			       reterr);
	if (r == 0)
		r = lay(MACHINE_RESOLV, "/etc/resolv.conf", &resolv, reterr);
	return r;
}

/* --- all of it ------------------------------------------------------------ */

static const struct {
	const char *name, *where;
	mode_t mode;
} own_dirs[] = {
	{MACHINE_FILES "/root", "/root", 0700},
	{MACHINE_FILES "/tmp", "/tmp", 01777},
	{MACHINE_FILES "/log", "/var/log", 0755},
	{MACHINE_FILES "/vartmp", "/var/tmp", 01777},
};

static int mount_run(int program, struct err *reterr)
{
	char from[64];
	auto_close int file = -1;
	size_t i;
	int r;

	r = mount_at("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV,
		     RUN_OPTIONS, reterr);
	if (r == 0)
		r = make_dir(MACHINE_FILES, 0755, reterr);
	if (r == 0)
		r = make_dir("/run/lock", 01777, reterr);
	for (i = 0; r == 0 && i < ARRAY_LEN(own_dirs); i++) {
		r = make_dir(own_dirs[i].name, own_dirs[i].mode, reterr);
		if (r == 0 &&
		    mount(own_dirs[i].name, own_dirs[i].where, NULL, MS_BIND,
			  NULL) < 0 &&
		    errno != ENOENT)
			r = err_sys(reterr, -errno, "lay %s over %s",
				    own_dirs[i].name, own_dirs[i].where);
	}
	if (r < 0)
		return r;
	/* This program, by a name that tells it what it is there. */
	file = open(MACHINE_HOOK_PATH, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (file < 0)
		return err_sys(reterr, -errno, "make %s", MACHINE_HOOK_PATH);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", program);
	return mount_at(from, MACHINE_HOOK_PATH, NULL, MS_BIND, NULL, reterr);
}

/* By its path: the file that /proc knows is of the node's mounts, and cannot be
 * laid over one of ours. */
static int open_program(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int fd;

	if (n < 0)
		return -errno;
	path[n] = '\0';
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int machine_mount(const struct machine *m, struct err *reterr)
{
	const unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	/* Before /run covers where it may be. */
	auto_close int program = open_program();
	int r;

	if (program < 0)
		return err_sys(reterr, program, "this program");
	r = mount_at(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL, reterr);
	if (r == 0)
		r = mount_at("proc", "/proc", "proc", quiet, NULL, reterr);
	if (r == 0)
		r = mount_at("sysfs", "/sys", "sysfs", quiet | MS_RDONLY, NULL,
			     reterr);
	if (r == 0)
		r = mount_run(program, reterr);
	if (r == 0)
		r = cover_etc(m, reterr);
	return r == 0 ? mount_dev(reterr) : r;
}
