/* SPDX-License-Identifier: MIT */
/*
 * What root in a lab's node could do to the machine, tried: each in the way
 * that would do the least if it worked (a value that is there already, a file
 * without a name, an argument that is refused after the permission was
 * checked). t/2050-emul-harm.t runs it in nodes:
 *
 *   emul_harm.t try [disk=PATH:MAJOR:MINOR] [pid=PID:COMM]... [file=PATH]
 *       [key=SERIAL]
 *   emul_harm.t key     the serial of this user's keyring
 *
 * It prints a line for each: its name, and "refused" with the reason or
 * "WORKED".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"

#define PIDS_MAX 8

static struct {
	const char *disk;
	dev_t dev;
	struct {
		pid_t pid;
		const char *comm;
	} pids[PIDS_MAX];
	size_t npids;
	const char *file;
	long key;
} aim;

static int result(long r)
{
	return r < 0 ? -errno : 0;
}

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A file without a name, which goes when it is closed. */
static int try_write_in(const char *dir)
{
	return try_open(dir, O_TMPFILE | O_RDWR);
}

/* Writes what a setting has already. */
static int try_setting(const char *path)
{
	auto_buf struct buf b = {0};
	auto_close int fd = -1;

	if (file_read(path, 4096, &b) < 0)
		return -ENOENT;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : result(write(fd, b.data, b.len));
}

/* --- devices --------------------------------------------------------- */

static int disk_opened(void)
{
	return try_open(aim.disk ? aim.disk : "/dev/vda", O_WRONLY);
}

static int memory_opened(void)
{
	return try_open("/dev/mem", O_RDONLY);
}

static int made(mode_t kind, dev_t dev)
{
	int r;

	unlink("/tmp/harm");
	r = mknod("/tmp/harm", kind | 0600, dev) < 0
		    ? -errno
		    : try_open("/tmp/harm", O_WRONLY);
	unlink("/tmp/harm");
	return r;
}

static int disk_made(void)
{
	return made(S_IFBLK, aim.dev);
}

static int kmsg_made(void)
{
	return made(S_IFCHR, makedev(1, 11));
}

static int devtmpfs_mounted(void)
{
	return result(mount("devtmpfs", "/tmp", "devtmpfs", 0, NULL));
}

static int null_changed(void)
{
	struct stat st;

	if (stat("/dev/null", &st) < 0)
		return -errno;
	return result(chmod("/dev/null", st.st_mode & 07777));
}

static int dev_written(void)
{
	return try_write_in("/dev");
}

static int dev_uncovered(void)
{
	if (umount2("/dev", MNT_DETACH) < 0)
		return -errno;
	return try_open(aim.disk ? aim.disk : "/dev/vda", O_WRONLY);
}

/* --- the kernel ------------------------------------------------------ */

static int clock_set(void)
{
	struct timex t = {0};

	if (adjtimex(&t) < 0)
		return -errno;
	t.modes = ADJ_TICK;
	return result(adjtimex(&t));
}

static int rebooted(void)
{
	auto_buf struct buf b = {0};
	bool on;

	if (file_read("/proc/sys/kernel/ctrl-alt-del", 16, &b) < 0)
		return -ENOENT;
	on = b.data[0] == '1';
	return result(syscall(
		SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		on ? LINUX_REBOOT_CMD_CAD_ON : LINUX_REBOOT_CMD_CAD_OFF, NULL));
}

static int module_loaded(void)
{
	int r = result(syscall(SYS_init_module, "", 0L, ""));

	/* It was let in, and then found no module. */
	return r == -ENOEXEC || r == -EFAULT || r == -EINVAL ? 0 : r;
}

static int kexec_loaded(void)
{
	int r = result(syscall(SYS_kexec_load, 0L, 0L, NULL, 0xffL));

	return r == -EINVAL ? 0 : r;
}

static int sysctl_written(void)
{
	return try_setting("/proc/sys/kernel/printk_delay");
}

/* Those of the machine: the others belong to a node's namespaces. */
static bool of_namespace(const char *path)
{
	static const char *const own[] = {"/proc/sys/net/",
					  "/proc/sys/user/",
					  "/proc/sys/fs/mqueue/",
					  "/proc/sys/kernel/hostname",
					  "/proc/sys/kernel/domain",
					  "/proc/sys/kernel/sem",
					  "/proc/sys/kernel/shm",
					  "/proc/sys/kernel/msg",
					  "/proc/sys/kernel/auto_msgmni",
					  "/proc/sys/kernel/ns_last_pid",
					  "/proc/sys/kernel/pid_max"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(own); i++)
		if (strncmp(path, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

static int open_all(const char *dir, unsigned depth)
{
	DIR *list = opendir(dir);
	const struct dirent *d;
	char path[512];
	int r = -EACCES;

	while (list && (d = readdir(list))) {
		if (d->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, d->d_name) >=
			    (int)sizeof(path))
			continue;
		if (d->d_type == DT_DIR && depth)
			r = open_all(path, depth - 1) == 0 ? 0 : r;
		else if (!of_namespace(path) && try_open(path, O_WRONLY) == 0)
			r = printf("# %s can be written\n", path) < 0 ? r : 0;
	}
	if (list)
		closedir(list);
	return r;
}

static int sysctls_opened(void)
{
	return open_all("/proc/sys", 8);
}

static int sysrq(void)
{
	return try_open("/proc/sysrq-trigger", O_WRONLY);
}

static int kcore_read(void)
{
	return try_open("/proc/kcore", O_RDONLY);
}

static int console_set(void)
{
	return result(klogctl(7 /* console on, as it is */, NULL, 0));
}

static int swap_added(void)
{
	return swapon("/nowhere", 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int accounting(void)
{
	return acct("/nowhere") < 0 && errno != ENOENT ? -errno : 0;
}

static int bpf_seen(void)
{
	union bpf_attr attr = {0};
	int r = result(
		syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)));

	return r == -ENOENT ? 0 : r;
}

static int perf_opened(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .disabled = 1};
	long fd = syscall(SYS_perf_event_open, &attr, -1L, 0L, -1L, 0UL);

	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

/* --- files ----------------------------------------------------------- */

static int remounted(void)
{
	return result(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int files_written(void)
{
	static const char *const dirs[] = {
		"/",     "/etc",  "/usr", "/usr/bin", "/var",
		"/boot", "/home", "/srv", "/sys",     "/run/lab/bin"};
	size_t i;
	int r = try_open("/usr/bin/env", O_WRONLY);

	for (i = 0; i < ARRAY_LEN(dirs) && r < 0; i++)
		r = try_write_in(dirs[i]);
	return r;
}

/* The machine's own folders that lie below a node's. */
static int files_uncovered(void)
{
	static const char *const dirs[] = {"/tmp", "/var/tmp", "/dev/shm",
					   "/root", "/var/log"};
	size_t i;
	int r = -EACCES;

	(void)mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL);
	for (i = 0; i < ARRAY_LEN(dirs) && r < 0; i++) {
		(void)umount2(dirs[i], MNT_DETACH);
		(void)mount(NULL, dirs[i], NULL, MS_REMOUNT | MS_BIND, NULL);
		r = try_write_in(dirs[i]);
	}
	return r;
}

/* A file of another lab on the machine. */
static int other_lab(void)
{
	while (umount2("/run", MNT_DETACH) == 0)
		;
	(void)umount2("/tmp", MNT_DETACH);
	return try_open(aim.file ? aim.file : "/etc/shadow-", O_RDONLY);
}

static int cgroup_mounted(void)
{
	return result(mount("cgroup2", "/tmp", "cgroup2", 0, NULL));
}

static int cgroup_written(void)
{
	int r = try_open("/sys/fs/cgroup/cgroup.procs", O_WRONLY);

	return r < 0 ? try_write_in("/sys/fs/cgroup") : r;
}

/* --- processes ------------------------------------------------------- */

/* PIDs are counted anew in a node: the same number is another process. */
static bool seen(size_t i)
{
	auto_buf struct buf b = {0};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", aim.pids[i].pid);
	if (file_read(path, 64, &b) < 0)
		return false;
	b.data[strcspn(b.data, "\n")] = '\0';
	return strcmp(b.data, aim.pids[i].comm) == 0;
}

static int each_pid(int (*fn)(pid_t))
{
	int r = -ESRCH, one;
	size_t i;

	for (i = 0; i < aim.npids && r < 0; i++) {
		one = fn(aim.pids[i].pid);
		if (one < 0 || seen(i))
			r = one;
	}
	return r;
}

static int kill_one(pid_t pid)
{
	return result(kill(pid, 0));
}

static int killed(void)
{
	return each_pid(kill_one);
}

static int trace_one(pid_t pid)
{
	int r = result(ptrace(PTRACE_SEIZE, pid, NULL, NULL));

	if (r == 0)
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return r;
}

static int traced(void)
{
	return each_pid(trace_one);
}

/* With the machine's own /proc, if that can be had. */
static int entered(void)
{
	static const char *const spaces[] = {"user", "mnt", "net",
					     "pid",  "uts", "ipc"};
	struct stat mine, its;
	char path[64];
	size_t i;

	while (umount2("/proc", MNT_DETACH) == 0)
		;
	for (i = 0; i < ARRAY_LEN(spaces); i++) {
		auto_close int fd = -1;

		snprintf(path, sizeof(path), "/proc/1/ns/%s", spaces[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", spaces[i]);
		/* A node's PID 1 is in the node's. */
		if (fstat(fd, &its) < 0 || stat(path, &mine) < 0 ||
		    its.st_ino == mine.st_ino)
			continue;
		if (setns(fd, 0) == 0)
			return 0;
	}
	return -EPERM;
}

static int key_seen(void)
{
	char words[256];

	return result(syscall(SYS_keyctl, KEYCTL_DESCRIBE, aim.key, words,
			      sizeof(words), 0));
}

/* --------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*fn)(void);
} harms[] = {
	{"open the machine's disk", disk_opened},
	{"open its memory", memory_opened},
	{"make a block device", disk_made},
	{"make a character device", kmsg_made},
	{"mount a devtmpfs", devtmpfs_mounted},
	{"change /dev/null", null_changed},
	{"write in /dev", dev_written},
	{"take /dev away", dev_uncovered},
	{"set the clock", clock_set},
	{"reboot", rebooted},
	{"load a module", module_loaded},
	{"load a kernel", kexec_loaded},
	{"write a kernel setting", sysctl_written},
	{"open any of them for writing", sysctls_opened},
	{"press a magic key", sysrq},
	{"read the kernel's memory", kcore_read},
	{"set the console", console_set},
	{"add swap", swap_added},
	{"account for processes", accounting},
	{"look at others' BPF programs", bpf_seen},
	{"count events of a CPU", perf_opened},
	{"remount / for writing", remounted},
	{"write files", files_written},
	{"write files below its own", files_uncovered},
	{"read another lab's key", other_lab},
	{"mount control groups", cgroup_mounted},
	{"write control groups", cgroup_written},
	{"signal the machine's processes", killed},
	{"trace them", traced},
	{"enter their namespaces", entered},
	{"see their keyring", key_seen},
};

static void take_aim(const char *word)
{
	unsigned major, minor;
	char *colon;

	if (strncmp(word, "disk=", 5) == 0 && (colon = strchr(word, ':'))) {
		aim.disk = strndup(word + 5, (size_t)(colon - word - 5));
		if (sscanf(colon, ":%u:%u", &major, &minor) == 2)
			aim.dev = makedev(major, minor);
	} else if (strncmp(word, "pid=", 4) == 0 && aim.npids < PIDS_MAX) {
		colon = strchr(word, ':');
		aim.pids[aim.npids].pid = (pid_t)strtol(word + 4, NULL, 10);
		aim.pids[aim.npids++].comm = colon ? colon + 1 : "";
	} else if (strncmp(word, "file=", 5) == 0) {
		aim.file = word + 5;
	} else if (strncmp(word, "key=", 4) == 0) {
		aim.key = strtol(word + 4, NULL, 10);
	}
}

int main(int argc, char **argv)
{
	size_t i;
	int k;

	if (argc == 2 && strcmp(argv[1], "key") == 0)
		return printf("%ld\n",
			      syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
				      KEY_SPEC_USER_KEYRING, 0)) < 0;
	if (argc < 2 || strcmp(argv[1], "try") != 0)
		return printf("1..0 # SKIP a shell test runs it in a lab\n") <
		       0;
	for (k = 2; k < argc; k++)
		take_aim(argv[k]);
	for (i = 0; i < ARRAY_LEN(harms); i++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		/* Each with mounts of its own, which go with it. */
		if (pid == 0) {
			int r = unshare(CLONE_NEWNS) < 0 ? -errno
							 : harms[i].fn();

			printf("%s: %s%s\n", harms[i].name,
			       r < 0 ? "refused, " : "WORKED",
			       r < 0 ? strerror(-r) : "");
			fflush(stdout);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}
