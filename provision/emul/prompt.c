/* SPDX-License-Identifier: MIT */
/*
 * The engine's schedule, given
 * ============================
 * The engine sets its own real-time schedule, which in a user namespace takes
 * the limit that space.c raises before. Root without CAP_SYS_RESOURCE (in many
 * containers) cannot raise it, but with CAP_SYS_NICE may give the schedule to
 * any process from outside. So `up`, which is outside, does.
 *
 * A schedule is inherited, unless it says otherwise, and who has it may keep
 * it without any right. So it is given to the engine's parent too, as one that
 * is inherited: an engine that died begins with it, and sets it anew as one
 * that none of its own children get. One whose parent died as well begins
 * without, until the next `up`.
 *
 * A lab's root can have any process look like the engine. So it is one pair in
 * each node at most, of a program that is ours; and the kernel keeps a share of
 * every processor for all others, whatever runs in real time.
 */
#include "provision/emul/prompt.h"

#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "provision/emul/proc.h"
#include "provision/emul/user.h"
#include "provision/res.h"

#define CMDLINE_MAX 4096
#define STAT_MAX 4096

/* A process that says it is the engine. */
struct candidate {
	pid_t pid, ppid;
	ino_t space; /* its PID namespace: the node's */
};

static void auto_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

bool emul_is_engine(const char *lab, const char *cmdline, size_t len)
{
	auto_buf struct buf want = {0};
	size_t i;

	buf_printf(&want, "labctl vrrp run " PLAN_STATE_DIR "/%s/vrrp.yaml",
		   lab);
	if (len <= want.len)
		return false;
	/* The engine shows its routers behind a colon, as one text. */
	for (i = 0; i < want.len; i++)
		if (cmdline[i] != want.data[i] &&
		    (want.data[i] != ' ' || cmdline[i] != '\0'))
			return false;
	return cmdline[i] == '\0' || cmdline[i] == ':';
}

static bool stat_of(pid_t pid, const char *what, struct stat *ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	return stat(path, ret) == 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static pid_t parent_of(pid_t pid)
{
	auto_buf struct buf b = {0};
	char path[64];
	const char *s;
	int64_t v;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read(path, STAT_MAX, &b) < 0 || !b.len)
		return 0;
	/* "PID (name) state parent": the name may have brackets itself. */
	s = strrchr(b.data, ')');
	if (!s || strlen(s) <= 4)
		return 0;
	s += 4;
	return parse_begins(&s, &v) ? (pid_t)v : 0;
}

/* fabric: the program that the lab runs, which one replaced since is not. */
static bool is_candidate(const char *lab, pid_t pid, const struct stat *fabric,
			 struct candidate *ret)
{
	auto_buf struct buf b = {0};
	struct stat exe, own, space;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (file_read(path, CMDLINE_MAX, &b) < 0 ||
	    !emul_is_engine(lab, b.data, b.len) || !stat_of(pid, "exe", &exe) ||
	    !stat_of(pid, "ns/pid", &space))
		return false;
	if (!same_file(&exe, fabric) &&
	    (stat("/proc/self/exe", &own) < 0 || !same_file(&exe, &own)))
		return false;
	*ret = (struct candidate){pid, parent_of(pid), space.st_ino};
	return true;
}

static size_t find(struct arena *a, const char *lab, const struct stat *fabric,
		   struct candidate **ret)
{
	auto_(auto_closedir) DIR *dir = opendir("/proc");
	const struct dirent *d;
	struct candidate c;
	size_t n = 0;
	uint32_t pid;

	*ret = NULL;
	while (dir && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]) &&
		    parse_u32(d->d_name, 1, INT32_MAX, &pid) == 0 &&
		    is_candidate(lab, (pid_t)pid, fabric, &c))
			*(struct candidate *)arena_push(a, ret, &n, sizeof(c)) =
				c;
	return n;
}

static void give(pid_t pid, int policy)
{
	const struct sched_param p = {.sched_priority = EMUL_PROMPT_PRIORITY};

	/* What it has already is its own. */
	if (sched_getscheduler(pid) == SCHED_OTHER)
		(void)sched_setscheduler(pid, policy, &p);
}

/* The engine that a node keeps, its parent first; or none. */
static void prompt_node(ino_t space, const struct candidate *all, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		if (all[i].space != space)
			continue;
		for (k = 0; k < n; k++) {
			if (all[k].ppid != all[i].pid || all[k].space != space)
				continue;
			give(all[i].pid, SCHED_RR);
			give(all[k].pid, SCHED_RR | SCHED_RESET_ON_FORK);
			return;
		}
	}
}

void emul_prompt(const char *lab)
{
	auto_arena struct arena a = {0};
	struct candidate *all;
	struct emul_proc *p;
	struct stat st, fabric;
	bool known = false;
	size_t n, count, i;

	if (!emul_is_root() || emul_scan(&a, lab, &p, &n, NULL) < 0)
		return;
	for (i = 0; i < n && !known; i++)
		known = p[i].argv.fabric && stat_of(p[i].pid, "exe", &fabric);
	if (!known)
		return;
	count = find(&a, lab, &fabric, &all);
	for (i = 0; i < n; i++)
		if (p[i].argv.node && stat_of(p[i].pid, "ns/pid", &st))
			prompt_node(st.st_ino, all, count);
}
