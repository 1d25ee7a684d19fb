/* SPDX-License-Identifier: MIT */
/*
 * What a fabric and its nodes see of the file system
 * ==================================================
 * The machine's files, read-only, so that nothing done in a lab (not by its
 * root either, not by sshd's records of logins) is written to the machine.
 * What a node writes to is its own, in memory and bounded: /run, /tmp, /root,
 * /var/log, /var/tmp, /var/lib/neutron, /dev/shm. Over some files of /etc lie
 * the lab's: users (root without password, the system's users, no people),
 * groups, host names.
 *
 * The fabric prepares once what all nodes share; a node's mount namespace is
 * then a copy of the fabric's. hosts is one file for all nodes, rewritten in
 * place, so that a node that is added is known to the others.
 *
 * The lab's files lie over /etc as a layer, not one by one: a mount on a file
 * goes, in every namespace, when the machine renames another to its place, as
 * adduser and packages with a user do. One by one only where the kernel has
 * no overlay for us, or /etc has mounts that a user namespace may not uncover.
 *
 * Mounts come to us from the machine (slave), so that it can still unmount
 * its own; none goes back.
 */
#include "provision/fabric/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "provision/fabric/spec.h"

#define ETC_FILE_MAX (4u << 20)
#define TTY_GID "5"
#define RESOLV "nameserver " EMUL_DNS "\noptions timeout:2 attempts:2\n"
#define MACHINE_VAR_LIB EMUL_RUN "/var-lib" /* in a node */
#define VAR_LIB_MAX 4096                    /* entries of it that a node sees */

static int write_text(const char *path, mode_t mode, const char *text,
		      struct err *reterr)
{
	return file_write(path, mode, text, strlen(text), reterr);
}

static int make_dir(const char *path, mode_t mode, struct err *reterr)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_sys(reterr, -errno, "make %s", path);
	return 0;
}

static int mount_at(const char *what, const char *where, const char *type,
		    unsigned long flags, const char *options,
		    struct err *reterr)
{
	if (mount(what, where, type, flags, options) < 0)
		return err_sys(reterr, -errno, "mount %s on %s",
			       type ? type : what, where);
	return 0;
}

/* A user's line of passwd: does a node need it? */
static bool system_user(const char *line, size_t len)
{
	char uid[16];
	const char *end = line + len, *s = line;
	uint32_t v;
	int field;

	for (field = 0; field < 2 && s < end; field++) {
		s = memchr(s, ':', (size_t)(end - s));
		if (!s)
			return false;
		s++;
	}
	snprintf(uid, sizeof(uid), "%.*s", (int)strcspn(s, ":\n"), s);
	if (parse_u32(uid, 0, UINT32_MAX, &v) < 0)
		return false;
	return v != 0 && (v < 1000 || v == 65534);
}

void emul_passwd(const char *host, struct buf *ret_passwd,
		 struct buf *ret_shadow)
{
	const char *shell =
		access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
	size_t len;

	buf_printf(ret_passwd, "root:x:0:0:root:/root:%s\n", shell);
	buf_adds(ret_shadow, "root:*:19000:0:99999:7:::\n");
	for (; *host; host += len + (host[len] == '\n')) {
		len = strcspn(host, "\n");
		if (!system_user(host, len))
			continue;
		buf_add(ret_passwd, host, len);
		buf_addc(ret_passwd, '\n');
		buf_add(ret_shadow, host, strcspn(host, ":"));
		buf_adds(ret_shadow, ":*:19000:0:99999:7:::\n");
	}
}

static int write_users(struct err *reterr)
{
	auto_buf struct buf host = {0}, passwd = {0}, shadow = {0};
	int r;

	r = file_read("/etc/passwd", ETC_FILE_MAX, &host);
	if (r < 0)
		return err_sys(reterr, r, "/etc/passwd");
	emul_passwd(host.data, &passwd, &shadow);
	r = file_write(EMUL_ETC "/passwd", 0644, passwd.data, passwd.len,
		       reterr);
	if (r < 0)
		return r;
	return file_write(EMUL_ETC "/shadow", 0600, shadow.data, shadow.len,
			  reterr);
}

/* The folder that holds this program: its path may be hidden in a node. */
static int open_program(void)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return -errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	*(slash == path ? slash + 1 : slash) = '\0';
	n = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return n < 0 ? -errno : (int)n;
}

static int bind_fd(int fd, const char *where, struct err *reterr)
{
	char from[64];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return mount_at(from, where, NULL, MS_BIND | MS_REC, NULL, reterr);
}

static int set_mount(const char *path, unsigned flags, uint64_t set,
		     uint64_t clear, struct err *reterr)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

	if (syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attr,
		    sizeof(attr)) < 0)
		return err_sys(reterr, -errno,
			       "make the file system read-only for the lab "
			       "(mount_setattr, Linux 5.12)");
	return 0;
}

static int read_only(const char *path, struct err *reterr)
{
	return set_mount(path, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, reterr);
}

/* --- /dev ------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned major, minor;
	bool needed;
} devices[] = {
	{"null", 1, 3, true},        {"zero", 1, 5, true},
	{"full", 1, 7, true},        {"random", 1, 8, true},
	{"urandom", 1, 9, true},     {"tty", 5, 0, false},
	{"net/tun", 10, 200, false},
};

static const struct {
	const char *name, *to;
} dev_links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
	{"ptmx", "pts/ptmx"},
};

/* One device below dir: made, or laid over a file from the machine's. */
static int add_device(const char *dir, size_t i, bool make, struct err *reterr)
{
	char path[PATH_MAX], from[64];
	mode_t mode = make ? S_IFCHR | 0666 : S_IFREG | 0444;
	int r;

	snprintf(from, sizeof(from), "/dev/%s", devices[i].name);
	snprintf(path, sizeof(path), "%s/%s", dir, devices[i].name);
	if (!make && access(from, F_OK) < 0 && !devices[i].needed)
		return 0;
	if (mknod(path, mode,
		  make ? makedev(devices[i].major, devices[i].minor) : 0) < 0)
		return err_sys(reterr, -errno, "make %s", from);
	if (make)
		return 0;
	r = mount_at(from, path, NULL, MS_BIND, NULL, reterr);
	return r < 0 && !devices[i].needed ? 0 : r;
}

/* A /dev of the lab's: what programs want, no disk and no memory. */
static int fill_dev(const char *dir, bool make, struct err *reterr)
{
	static const char *const dirs[] = {"net", "pts", "shm"};
	char path[PATH_MAX];
	size_t i;
	int r;

	for (i = 0; i < ARRAY_LEN(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, dirs[i]);
		r = make_dir(path, 0755, reterr);
		if (r < 0)
			return r;
	}
	for (i = 0; i < ARRAY_LEN(devices); i++) {
		r = add_device(dir, i, make, reterr);
		if (r < 0)
			return r;
	}
	for (i = 0; i < ARRAY_LEN(dev_links); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, dev_links[i].name);
		if (symlink(dev_links[i].to, path) < 0)
			return err_sys(reterr, -errno, "make %s", path);
	}
	return 0;
}

static int mount_dev(bool make, struct err *reterr)
{
	const char *dir = make ? "/dev" : EMUL_RUN "/dev";
	mode_t mask = umask(0);
	int r;

	r = make ? 0 : make_dir(dir, 0755, reterr);
	if (r == 0)
		r = mount_at("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NOEXEC,
			     "mode=755,size=64k", reterr);
	if (r == 0)
		r = fill_dev(dir, make, reterr);
	umask(mask);
	/* Beside the machine's until it has all from there. */
	if (r == 0 && !make)
		r = mount_at(dir, "/dev", NULL, MS_MOVE, NULL, reterr);
	return r < 0 ? r : read_only("/dev", reterr);
}

/* --- the fabric ------------------------------------------------------- */

static int own_dir(const char *path, uid_t uid, gid_t gid, struct err *reterr)
{
	int r;

	r = make_dir(path, 0755, reterr);
	if (r == 0 && (uid || gid) && chown(path, uid, gid) < 0)
		r = err_sys(reterr, -errno, "give %s to the lab", path);
	return r;
}

int emul_mount_base(uid_t uid, gid_t gid, bool root, struct err *reterr)
{
	auto_close int program = open_program();
	char run[64];
	int r;

	snprintf(run, sizeof(run), "mode=755,size=16m,uid=%u,gid=%u", uid, gid);
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return err_sys(reterr, -errno,
			       "take mounts from the machine only (is / a "
			       "mount?)");
	if ((r = read_only("/", reterr)) < 0 ||
	    /* Read-only here, a lab's own could only be that too: not even
	     * `ip netns exec` would work. Of their files none is the lab's. */
	    (r = set_mount("/proc", 0, 0, MOUNT_ATTR_RDONLY, reterr)) < 0 ||
	    (r = mount_at("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, run,
			  reterr)) < 0 ||
	    (r = own_dir(EMUL_RUN, uid, gid, reterr)) < 0 ||
	    (r = own_dir(EMUL_BIN, uid, gid, reterr)) < 0)
		return r;
	if (program < 0)
		return err_sys(reterr, program, "the folder of this program");
	/* Where it is no mount it is nobody's. */
	(void)set_mount("/sys", 0, 0, MOUNT_ATTR_RDONLY, NULL);
	r = bind_fd(program, EMUL_BIN, reterr);
	return r < 0 ? r : mount_dev(root, reterr);
}

/* Lays a file of the lab over one of the machine's, where there is one. */
static int cover(const char *with, const char *what, struct err *reterr)
{
	if (mount(with, what, NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
		return err_sys(reterr, -errno, "lay %s over %s", with, what);
	return 0;
}

static int lay_etc(struct err *reterr)
{
	int r;

	if (mount("overlay", "/etc", "overlay",
		  MS_RDONLY | MS_NOSUID | MS_NODEV,
		  "lowerdir=" EMUL_ETC ":/etc") == 0)
		return 0;
	if ((r = cover(EMUL_ETC "/hosts", "/etc/hosts", reterr)) < 0 ||
	    (r = cover(EMUL_ETC "/resolv.conf", "/etc/resolv.conf", reterr)) <
		    0 ||
	    (r = cover(EMUL_ETC "/passwd", "/etc/passwd", reterr)) < 0)
		return r;
	return cover(EMUL_ETC "/shadow", "/etc/shadow", reterr);
}

int emul_mount_fabric(bool based, struct err *reterr)
{
	int r = 0;

	if (!based)
		r = emul_mount_base(0, 0, false, reterr);
	if (r < 0 ||
	    (r = mount_at("proc", "/proc", "proc",
			  MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, reterr)) <
		    0 ||
	    (r = make_dir(EMUL_ETC, 0755, reterr)) < 0 ||
	    (r = write_users(reterr)) < 0 ||
	    (r = write_text(EMUL_ETC "/resolv.conf", 0644, RESOLV, reterr)) <
		    0 ||
	    (r = write_text(EMUL_ETC "/hosts", 0644, "", reterr)) < 0)
		return r;
	return lay_etc(reterr);
}

static int cover_hostname(const struct emul_node *n, struct err *reterr)
{
	auto_buf struct buf name = {0};
	char own[128];
	int r;

	snprintf(own, sizeof(own), EMUL_RUN "/hostname.%s", n->name);
	buf_printf(&name, "%s\n", n->name);
	r = file_write(own, 0644, name.data, name.len, reterr);
	if (r < 0)
		return r;
	return cover(own, "/etc/hostname", reterr);
}

struct own_dir {
	const char *path;
	const char *options;
	bool needed;
};

static const struct own_dir own_dirs[] = {
	{"/run", "mode=755,size=64m", true},
	{"/root", "mode=700,size=64m", true},
	{"/tmp", "mode=1777,size=256m", true},
	{"/var/log", "mode=755,size=4m", false},
	{"/var/tmp", "mode=1777,size=64m", false},
	{"/dev/shm", "mode=1777,size=64m", false},
};

/* Links to what the machine has below /var/lib, but for what is the node's. */
static int link_var_lib(struct err *reterr)
{
	char to[PATH_MAX], at[PATH_MAX];
	const struct dirent *d;
	unsigned n = 0;
	DIR *dir = opendir(MACHINE_VAR_LIB);
	int r = 0;

	if (!dir)
		return err_sys(reterr, -errno, "list " MACHINE_VAR_LIB);
	while (r == 0 && n < VAR_LIB_MAX && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || strcmp(d->d_name, "neutron") == 0)
			continue;
		n++;
		snprintf(to, sizeof(to), MACHINE_VAR_LIB "/%s", d->d_name);
		snprintf(at, sizeof(at), "/var/lib/%s", d->d_name);
		if (symlink(to, at) < 0)
			r = err_sys(reterr, -errno, "make %s", at);
	}
	closedir(dir);
	return r;
}

/*
 * /var/lib/neutron is the node's own, and on most machines there is no such
 * folder to lay one over. So /var/lib is a folder of links to the machine's,
 * which is beside it, with one folder more.
 */
static int own_neutron(struct err *reterr)
{
	auto_close int fd = open("/var/lib", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const unsigned long flags = MS_NOSUID | MS_NODEV;
	int r;

	if (fd < 0)
		return 0;
	if ((r = make_dir(MACHINE_VAR_LIB, 0755, reterr)) < 0 ||
	    (r = bind_fd(fd, MACHINE_VAR_LIB, reterr)) < 0 ||
	    (r = mount_at("tmpfs", "/var/lib", "tmpfs", flags,
			  "mode=755,size=1m", reterr)) < 0 ||
	    (r = link_var_lib(reterr)) < 0 ||
	    (r = make_dir("/var/lib/neutron", 0755, reterr)) < 0 ||
	    (r = read_only("/var/lib", reterr)) < 0)
		return r;
	return mount_at("tmpfs", "/var/lib/neutron", "tmpfs", flags,
			"mode=755,size=64m", reterr);
}

static int own_mounts(struct err *reterr)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV;
	size_t i;

	for (i = 0; i < ARRAY_LEN(own_dirs); i++) {
		const struct own_dir *d = &own_dirs[i];

		if (mount("tmpfs", d->path, "tmpfs", flags, d->options) < 0 &&
		    (d->needed || errno != ENOENT))
			return err_sys(reterr, -errno, "mount tmpfs on %s",
				       d->path);
	}
	/* Terminals of its own; some machines lack the one or the other. */
	(void)mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		    "newinstance,ptmxmode=0666,mode=620,gid=" TTY_GID);
	(void)mount("sysfs", "/sys", "sysfs", flags | MS_NOEXEC | MS_RDONLY,
		    NULL);
	return mount_at("proc", "/proc", "proc", flags | MS_NOEXEC, NULL,
			reterr);
}

/* As `ip netns` wants it: a mount that is shared with itself. */
static int prepare_netns(struct err *reterr)
{
	int r;

	if ((r = make_dir("/run/netns", 0755, reterr)) < 0 ||
	    (r = mount_at("/run/netns", "/run/netns", NULL, MS_BIND, NULL,
			  reterr)) < 0)
		return r;
	return mount_at("none", "/run/netns", NULL, MS_SHARED, NULL, reterr);
}

/* sshd complains where they are not there. */
static int login_records(struct err *reterr)
{
	static const char *const paths[] = {"/var/log/lastlog",
					    "/var/log/wtmp"};
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_LEN(paths) && r == 0; i++)
		r = write_text(paths[i], 0644, "", reterr);
	return r;
}

int emul_mount_node(const struct emul_node *n, struct err *reterr)
{
	auto_close int program =
		open(EMUL_BIN, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (program < 0)
		return err_sys(reterr, -errno, EMUL_BIN);
	if ((r = cover_hostname(n, reterr)) < 0 ||
	    (r = own_mounts(reterr)) < 0 ||
	    (r = make_dir(EMUL_RUN, 0755, reterr)) < 0 ||
	    (r = make_dir(EMUL_BIN, 0755, reterr)) < 0 ||
	    (r = bind_fd(program, EMUL_BIN, reterr)) < 0 ||
	    (r = own_neutron(reterr)) < 0 ||
	    (r = make_dir("/run/lock", 01777, reterr)) < 0 ||
	    (r = prepare_netns(reterr)) < 0)
		return r;
	return login_records(reterr);
}
