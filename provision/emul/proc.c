/* SPDX-License-Identifier: MIT */
/*
 * Finding a lab by its processes
 * ==============================
 * A fabric is a process of this user with a fabric's command line that is PID
 * 1 of a PID namespace right below ours (so neither someone else's nor that of
 * a container on this machine), and a node is a child of such a fabric, PID 1
 * one level deeper. Nothing else is ever signalled, and signals go through a
 * pidfd that was checked after it was opened: a PID that is used again in
 * between names another process, not that descriptor.
 */
#include "provision/emul/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "provision/emul/user.h"

#define CMDLINE_MAX 8192
#define STATUS_MAX 65536

struct status {
	pid_t ppid;
	uid_t uid;
	unsigned levels; /* PID namespaces it is in, ours counted */
	unsigned inner;  /* its PID in the innermost */
};

static void auto_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int read_of(pid_t pid, const char *what, size_t max, struct buf *b)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	return file_read(path, max, b);
}

static const char *field(const struct buf *b, const char *name)
{
	const char *s = strstr(b->data, name);

	return s && s != b->data && s[-1] == '\n' ? s + strlen(name) : NULL;
}

static bool read_status(const char *who, struct status *ret)
{
	auto_buf struct buf b = {0};
	const char *uid, *ppid, *ns;
	int64_t v, parent, inner;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/status", who);
	if (file_read(path, STATUS_MAX, &b) < 0)
		return false;
	uid = field(&b, "Uid:");
	ppid = field(&b, "PPid:");
	ns = field(&b, "NSpid:");
	if (!uid || !ppid || !ns || !parse_begins(&uid, &v) ||
	    !parse_begins(&ppid, &parent))
		return false;
	ret->uid = (uid_t)v;
	ret->ppid = (pid_t)parent;
	for (ret->levels = 0; parse_begins(&ns, &inner); ret->levels++)
		ret->inner = (unsigned)inner;
	return true;
}

static unsigned own_levels(void)
{
	struct status st;

	return read_status("self", &st) ? st.levels : 1;
}

/* As its root is called here. Who is not root has entered its user namespace,
 * or is its root. */
static bool our_uid(uid_t uid)
{
	return uid == geteuid() || (emul_is_root() && emul_root_id(uid));
}

static bool candidate(pid_t pid, unsigned own, struct emul_proc *ret)
{
	auto_buf struct buf b = {0};
	struct status st;
	char who[16];

	*ret = (struct emul_proc){.pid = pid};
	if (read_of(pid, "cmdline", CMDLINE_MAX, &b) < 0 ||
	    !emul_argv_parse(b.data, b.len, &ret->argv))
		return false;
	snprintf(who, sizeof(who), "%d", pid);
	if (!read_status(who, &st) || !our_uid(st.uid) || st.inner != 1 ||
	    st.levels != own + (ret->argv.fabric ? 1 : 2))
		return false;
	ret->ppid = st.ppid;
	return true;
}

static bool belongs(const struct emul_proc *node, const struct emul_proc *all,
		    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (all[i].argv.fabric && all[i].pid == node->ppid &&
		    strcmp(all[i].argv.lab, node->argv.lab) == 0)
			return true;
	return false;
}

int emul_scan(struct arena *a, const char *lab, struct emul_proc **ret,
	      size_t *ret_n, struct err *reterr)
{
	auto_(auto_closedir) DIR *dir = opendir("/proc");
	struct emul_proc *procs = NULL, p;
	unsigned own = own_levels();
	const struct dirent *d;
	size_t n = 0, i, out = 0;
	uint32_t pid;

	if (!dir)
		return err_sys(reterr, -errno, "/proc");
	while ((d = readdir(dir))) {
		if (!isdigit((unsigned char)d->d_name[0]) ||
		    parse_u32(d->d_name, 1, INT32_MAX, &pid) < 0 ||
		    !candidate((pid_t)pid, own, &p) ||
		    (lab && strcmp(lab, p.argv.lab) != 0))
			continue;
		*(struct emul_proc *)arena_push(a, &procs, &n, sizeof(p)) = p;
	}
	for (i = 0; i < n; i++)
		if (procs[i].argv.fabric || belongs(&procs[i], procs, n))
			procs[out++] = procs[i];
	*ret = procs;
	*ret_n = out;
	return 0;
}

int emul_pidfd(const struct emul_proc *p)
{
	auto_close int fd = pidfd_open(p->pid, 0);
	struct emul_proc now;

	if (fd < 0)
		return -errno;
	if (!candidate(p->pid, own_levels(), &now) || now.ppid != p->ppid ||
	    now.argv.fabric != p->argv.fabric ||
	    strcmp(now.argv.lab, p->argv.lab) != 0 ||
	    strcmp(now.argv.name, p->argv.name) != 0)
		return -ESRCH;
	return take_fd(&fd);
}

struct pair {
	pid_t pid, ppid;
	bool in;
};

size_t emul_tree(struct arena *a, pid_t pid, pid_t **ret)
{
	auto_(auto_closedir) DIR *dir = opendir("/proc");
	struct pair *all = NULL;
	const struct dirent *d;
	size_t n = 0, i, k, count = 0;
	struct status st;
	bool more = true;
	uint32_t id;

	*ret = NULL;
	*(pid_t *)arena_push(a, ret, &count, sizeof(pid)) = pid;
	while (dir && (d = readdir(dir))) {
		struct pair *p;

		if (!isdigit((unsigned char)d->d_name[0]) ||
		    parse_u32(d->d_name, 1, INT32_MAX, &id) < 0 ||
		    !read_status(d->d_name, &st) || st.levels < 2)
			continue;
		p = arena_push(a, &all, &n, sizeof(*p));
		*p = (struct pair){(pid_t)id, st.ppid, (pid_t)id == pid};
	}
	while (more) {
		more = false;
		for (i = 0; i < n; i++)
			for (k = 0; k < n && !all[i].in; k++)
				if (all[k].in && all[k].pid == all[i].ppid) {
					all[i].in = true;
					more = true;
					*(pid_t *)arena_push(a, ret, &count,
							     sizeof(pid)) =
						all[i].pid;
				}
	}
	return count;
}

int emul_kill(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int r;

	if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return -errno;
	/* PID 1 of a namespace is gone only after all others in it. */
	do
		r = poll(&p, 1, EMUL_GONE_MS);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r == 0 ? -ETIMEDOUT : 0;
}
