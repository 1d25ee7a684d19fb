/* SPDX-License-Identifier: MIT */
/*
 * More of what root in a lab's node could do to the machine, tried as
 * emul_harm.c does it, and run beside it: by system calls that guard the
 * kernel, by processes that are not the lab's, by sockets, and by files of
 * /proc and /sys.
 *
 *   emul_harm_more.t try [pid=PID:COMM]... [abstract=NAME]
 *   emul_harm_more.t listen NAME    on an abstract socket, until killed
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/if_link.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/kernel/rtnl.h"

#define PIDS_MAX 8
#define IOPRIO_RT (1 << 13 | 4) /* its class, and a priority of it */

static struct {
	pid_t pids[PIDS_MAX];
	size_t npids;
	const char *abstract;
} aim;

static int result(long r)
{
	return r < 0 ? -errno : 0;
}

static int try_open(const char *path, int flags)
{
	auto_close int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : 0;
}

/* Refused for what it says, not because it may not. */
static int let(int r, int nonsense)
{
	return r == -nonsense ? 0 : r;
}

/* --- the kernel ------------------------------------------------------ */

static int module_removed(void)
{
	return let(result(syscall(SYS_delete_module, "nowhere", O_NONBLOCK)),
		   ENOENT);
}

static int module_file_loaded(void)
{
	return let(result(syscall(SYS_finit_module, -1, "", 0)), EBADF);
}

static int kernel_file_loaded(void)
{
	return let(result(syscall(SYS_kexec_file_load, -1, -1, 0L, "", 0L)),
		   EBADF);
}

static int program_loaded(void)
{
	/* r0 = 0; exit */
	const struct bpf_insn code[] = {{.code = 0xb7}, {.code = 0x95}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_KPROBE,
			       .insn_cnt = ARRAY_LEN(code),
			       .insns = (uintptr_t)code,
			       .license = (uintptr_t) ""};

	return result(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static int faults_handled(void)
{
	return result(syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int ports_opened(void)
{
#ifdef SYS_iopl
	return result(syscall(SYS_iopl, 3));
#else
	return -ENOSYS;
#endif
}

static int clock_set_to_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return result(clock_settime(CLOCK_REALTIME, &t));
}

static int swap_removed(void)
{
	return let(result(swapoff("/nowhere")), ENOENT);
}

static int hung_up(void)
{
	return result(syscall(SYS_vhangup));
}

/* Read by a kernel that has auditing; there is a socket for it at any rate. */
static int audit_set(void)
{
	struct {
		struct nlmsghdr h;
		struct audit_status s;
	} m = {.h = {.nlmsg_len = sizeof(m),
		     .nlmsg_type = AUDIT_SET,
		     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} answer = {.e.error = -ETIMEDOUT};
	auto_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0 || send(fd, &m, sizeof(m), 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.e.error;
}

/* --- files ----------------------------------------------------------- */

/* From a handle of / any file of its file system could be opened. */
static int handle_opened(void)
{
	struct {
		struct file_handle h;
		unsigned char room[MAX_HANDLE_SZ];
	} f = {.h.handle_bytes = MAX_HANDLE_SZ};
	auto_close int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = -1;
	int mount;

	if (root < 0 || name_to_handle_at(AT_FDCWD, "/", &f.h, &mount, 0) < 0)
		return -errno;
	fd = open_by_handle_at(root, &f.h, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : 0;
}

static int files_watched(void)
{
	auto_close int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, 0);

	return fd < 0 ? -errno : 0;
}

/* What was never frozen has nothing to thaw. */
static int file_system_frozen(void)
{
	auto_close int fd = open("/", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : let(result(ioctl(fd, FITHAW, 0)), EINVAL);
}

static int file_pinned(void)
{
	auto_close int fd = open("/usr/bin/env", O_RDONLY | O_CLOEXEC);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -errno;
	return result(ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

static int mount_unlocked(void)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};
	long tree = syscall(SYS_open_tree, AT_FDCWD, "/",
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	int r;

	if (tree < 0)
		return -errno;
	r = result(syscall(SYS_mount_setattr, tree, "",
			   AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)));
	close((int)tree);
	return r;
}

/* Of the kernel's file systems none is a lab's to see. */
static int kernel_mounted(void)
{
	static const char *const types[] = {"debugfs",  "tracefs", "securityfs",
					    "configfs", "pstore",  "efivarfs"};
	size_t i;
	int r = -EPERM;

	for (i = 0; i < ARRAY_LEN(types) && r < 0; i++)
		r = result(mount(types[i], "/tmp", types[i], 0, NULL));
	return r;
}

static int device_used(void)
{
	/* kvm, loop-control, device-mapper */
	static const unsigned minors[] = {232, 237, 236};
	size_t i;
	int r = -EPERM;

	for (i = 0; i < ARRAY_LEN(minors) && r < 0; i++) {
		unlink("/tmp/harm");
		r = mknod("/tmp/harm", S_IFCHR | 0600, makedev(10, minors[i])) <
				    0
			    ? -errno
			    : try_open("/tmp/harm", O_RDWR);
		unlink("/tmp/harm");
	}
	return r;
}

static int sys_written(void)
{
	static const char *const files[] = {
		"/sys/power/state",
		"/sys/kernel/uevent_helper",
		"/sys/kernel/profiling",
		"/sys/devices/system/cpu/cpu1/online",
		"/sys/devices/system/clocksource/clocksource0/"
		"current_clocksource",
		"/sys/kernel/mm/transparent_hugepage/enabled",
		"/sys/module/kernel/parameters/panic",
	};
	size_t i;
	int r = -EACCES;

	for (i = 0; i < ARRAY_LEN(files) && r < 0; i++)
		r = try_open(files[i], O_WRONLY);
	return r;
}

static int proc_written(void)
{
	static const char *const files[] = {
		"/proc/irq/default_smp_affinity", "/proc/mtrr",
		"/proc/sys/vm/drop_caches", "/proc/sys/kernel/core_pattern",
		"/proc/sys/fs/protected_symlinks"};
	size_t i;
	int r = -EACCES;

	for (i = 0; i < ARRAY_LEN(files) && r < 0; i++)
		r = try_open(files[i], O_WRONLY);
	return r;
}

/* --- processes ------------------------------------------------------- */

static int each_pid(int (*fn)(pid_t))
{
	int r = -ESRCH;
	size_t i;

	for (i = 0; i < aim.npids && r < 0; i++)
		r = fn(aim.pids[i]);
	return r;
}

/* Numbers count anew in a node: whom it has itself does no harm. */
static bool is_own(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return access(path, F_OK) == 0;
}

static int read_one(pid_t pid)
{
	char c;
	const struct iovec to = {&c, 1}, from = {(void *)0x400000, 1};

	if (is_own(pid))
		return -ESRCH;
	return result(process_vm_readv(pid, &to, 1, &from, 1, 0));
}

static int memory_read(void)
{
	return each_pid(read_one);
}

static int hold_one(pid_t pid)
{
	long fd = is_own(pid) ? (errno = ESRCH, -1)
			      : syscall(SYS_pidfd_open, pid, 0);

	return result(fd);
}

static int held(void)
{
	return each_pid(hold_one);
}

static int schedule_one(pid_t pid)
{
	const struct sched_param p = {0};

	return is_own(pid) ? -ESRCH
			   : result(sched_setscheduler(pid, SCHED_OTHER, &p));
}

static int scheduled(void)
{
	return each_pid(schedule_one);
}

static int limit_one(pid_t pid)
{
	struct rlimit now;

	return is_own(pid) ? -ESRCH
			   : result(prlimit(pid, RLIMIT_CORE, NULL, &now));
}

static int limited(void)
{
	return each_pid(limit_one);
}

static int limit_raised(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return -errno;
	l.rlim_max++;
	return result(setrlimit(RLIMIT_NOFILE, &l));
}

static int disk_first(void)
{
	return result(syscall(SYS_ioprio_set, 1, 0, IOPRIO_RT));
}

static int spared(void)
{
	auto_close int fd =
		open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : result(write(fd, "-1000", 5));
}

/* --- sockets --------------------------------------------------------- */

static socklen_t abstract(struct sockaddr_un *sa, const char *name)
{
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	snprintf(sa->sun_path + 1, sizeof(sa->sun_path) - 1, "%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   strlen(name));
}

static int socket_reached(void)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa;
	socklen_t len;

	if (!aim.abstract)
		return -ECONNREFUSED;
	len = abstract(&sa, aim.abstract);
	return result(connect(fd, (struct sockaddr *)&sa, len));
}

/* A link into the network of one who is not the lab's. */
static int link_one(pid_t pid)
{
	struct rtnl *rtnl;
	struct rtmsg_kind k;
	struct nlattr *peer;
	struct nl_msg *m;
	int r;

	if (is_own(pid))
		return -ESRCH;
	r = rtnl_open(&rtnl, -1, NULL);
	if (r < 0)
		return r;
	m = rtmsg_link_new(rtnl, 0, "harm0", RTMSG_AS_IS);
	k = rtmsg_kind(m, "veth");
	peer = rtmsg_peer(m, "harm1");
	(void)nla_put_u32(m, IFLA_NET_NS_PID, (uint32_t)pid);
	rtmsg_peer_end(m, peer);
	rtmsg_kind_end(m, &k);
	r = rtnl_commit(rtnl, NULL);
	rtnl_free(rtnl);
	return r;
}

static int linked(void)
{
	return each_pid(link_one);
}

/* --------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*fn)(void);
} harms[] = {
	{"remove a module", module_removed},
	{"load a module's file", module_file_loaded},
	{"load a kernel's file", kernel_file_loaded},
	{"load a BPF program", program_loaded},
	{"handle the kernel's page faults", faults_handled},
	{"use the machine's ports", ports_opened},
	{"set the clock to what it is", clock_set_to_now},
	{"take swap away", swap_removed},
	{"hang up terminals", hung_up},
	{"set the audit", audit_set},
	{"open files by handles", handle_opened},
	{"watch all files", files_watched},
	{"freeze the file system", file_system_frozen},
	{"pin files", file_pinned},
	{"take a mount's read-only away", mount_unlocked},
	{"mount the kernel's file systems", kernel_mounted},
	{"make a device of the machine's", device_used},
	{"write below /sys", sys_written},
	{"write below /proc", proc_written},
	{"read others' memory", memory_read},
	{"take hold of others", held},
	{"schedule others", scheduled},
	{"see others' limits", limited},
	{"raise a limit", limit_raised},
	{"be first at the disk", disk_first},
	{"be spared when memory lacks", spared},
	{"reach an abstract socket", socket_reached},
	{"make a link into others' network", linked},
};

static int listen_on(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa;
	socklen_t len = abstract(&sa, name);

	if (bind(fd, (struct sockaddr *)&sa, len) < 0 || listen(fd, 1) < 0)
		return 1;
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	size_t i;
	int k;

	if (argc == 3 && strcmp(argv[1], "listen") == 0)
		return listen_on(argv[2]);
	if (argc < 2 || strcmp(argv[1], "try") != 0)
		return printf("1..0 # SKIP a shell test runs it in a lab\n") <
		       0;
	for (k = 2; k < argc; k++) {
		if (strncmp(argv[k], "pid=", 4) == 0 && aim.npids < PIDS_MAX)
			aim.pids[aim.npids++] =
				(pid_t)strtol(argv[k] + 4, NULL, 10);
		else if (strncmp(argv[k], "abstract=", 9) == 0)
			aim.abstract = argv[k] + 9;
	}
	for (i = 0; i < ARRAY_LEN(harms); i++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
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
