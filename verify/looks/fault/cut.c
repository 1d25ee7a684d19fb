/* SPDX-License-Identifier: MIT */
/*
 * Faults that no link tells of
 * ============================
 * cut: the interfaces stay up and nothing gets through them, as behind a
 * switch that lost its way. pause: besides, the node's processes stand still,
 * as all of a machine does whose hypervisor has other things to do. What
 * manages the node (PID 1, sshd and what sessions began) goes on: somebody
 * must let it go on again.
 */
#include "verify/looks/fault/fault.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "provision/services/engine.h"
#include "verify/looks/fault/drop.h"
#include "verify/looks/fault/guard.h"
#include "verify/looks/op.h"

#define PROCESSES_MAX 8192
#define PASSES_MAX 5 /* over /proc, until no process is new */
#define PID_TEXT_MAX 32
#define ROUTER "qrouter-"

struct cut {
	struct arena arena;
	const char *devs[FAULT_DEVS_MAX];
	size_t ndevs;
	bool pause;
	int fd; /* by which the drop lives; in the guard */
};

/* --- processes ------------------------------------------------------- */

struct process {
	pid_t pid, parent;
	bool sshd;    /* by its name */
	bool manages; /* it, or what began it */
};

struct processes {
	struct arena arena;
	struct process *items;
	size_t n;
};

static bool read_process(pid_t pid, struct process *ret)
{
	auto_buf struct buf b = {0};
	const char *open, *close;
	char path[64];
	const char *rest;
	int64_t parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read(path, 4096, &b) < 0)
		return false;
	/* 12 (name) S 1 ...: a name may hold anything. */
	open = strchr(b.data, '(');
	close = strrchr(b.data, ')');
	if (!open || !close || close[1] != ' ' || !close[2] || close[3] != ' ')
		return false;
	rest = close + 4;
	if (!parse_begins(&rest, &parent))
		return false;
	*ret = (struct process){.pid = pid,
				.parent = (int)parent,
				.sshd = strncmp(open, "(sshd", 5) == 0};
	return true;
}

static struct process *find(const struct processes *p, pid_t pid)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->items[i].pid == pid)
			return &p->items[i];
	return NULL;
}

static bool manages(const struct processes *p, const struct process *one)
{
	const struct process *up = one;
	size_t depth;

	for (depth = 0; up && depth < PROCESSES_MAX; depth++) {
		if (up->pid == 1)
			return up == one;
		if (up->sshd || up->pid == getpid())
			return true;
		up = find(p, up->parent);
	}
	/* What came from outside this PID namespace: an agent without sshd. */
	return true;
}

static int list(struct processes *ret, struct err *reterr)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	struct process one;
	size_t i;

	if (!d)
		return err_sys(reterr, -errno, "/proc");
	while ((e = readdir(d)) && ret->n < PROCESSES_MAX) {
		uint32_t pid;

		if (parse_u32(e->d_name, 1, INT_MAX, &pid) == 0 &&
		    read_process((int)pid, &one))
			*(struct process *)arena_push(&ret->arena, &ret->items,
						      &ret->n, sizeof(one)) =
				one;
	}
	closedir(d);
	for (i = 0; i < ret->n; i++)
		ret->items[i].manages = manages(ret, &ret->items[i]);
	return 0;
}

/* Sends it to all that do not manage the node; -errno, or how many. */
static int signal_all(int sig, struct err *reterr)
{
	struct processes p = {0};
	int n = 0, r = list(&p, reterr);
	size_t i;

	for (i = 0; i < p.n; i++)
		if (!p.items[i].manages && kill(p.items[i].pid, sig) == 0)
			n++;
	arena_release(&p.arena);
	return r < 0 ? r : n;
}

/* One that was being made while /proc was read is met by the next pass. */
static int stop_all(struct err *reterr)
{
	int i, n = 0, before = -1;

	for (i = 0; i < PASSES_MAX && n != before; i++) {
		before = n;
		n = signal_all(SIGSTOP, reterr);
		if (n < 0)
			return n;
	}
	return 0;
}

/* --- the fault ------------------------------------------------------- */

static int mend(void *ctx, struct err *reterr)
{
	struct cut *c = ctx;
	int r = c->pause ? signal_all(SIGCONT, reterr) : 0;

	if (c->fd >= 0)
		close(take_fd(&c->fd));
	return r < 0 ? r : 0;
}

static int strike(void *ctx, struct err *reterr)
{
	struct cut *c = ctx;
	int r;

	/* Whoever still runs must not see its packets lost: stop it first. */
	r = c->pause ? stop_all(reterr) : 0;
	if (r == 0)
		r = c->fd = drop_begin(c->devs, c->ndevs, reterr);
	if (r >= 0)
		return 0;
	(void)mend(c, NULL);
	return r;
}

static int read_devs(const struct doc *req, struct cut *c, struct err *reterr)
{
	const struct doc *item;

	DOC_FOREACH (item, doc_get(req, "devs")) {
		if (c->ndevs == FAULT_DEVS_MAX)
			return err_set(reterr, -E2BIG, "over %d interfaces",
				       FAULT_DEVS_MAX);
		if (item->kind != DOC_SCALAR || strlen(item->str) > 15)
			return err_set(reterr, -EINVAL,
				       "devs are names of interfaces");
		c->devs[c->ndevs++] = item->str;
	}
	return c->ndevs ? 0 : err_set(reterr, -EINVAL, "devs are missing");
}

static int hold(const struct doc *req, bool pause, struct json *j,
		struct err *reterr)
{
	struct cut c = {.pause = pause, .fd = -1};
	const struct guarded g = {.what = pause ? "have the node stand still"
						: "cut the node off",
				  .strike = strike,
				  .mend = mend};
	int64_t max_ms;
	int r;

	r = look_number(req, "max_ms", 1, LOOK_DURATION_MAX_MS,
			FAULT_DEFAULT_MS, &max_ms, reterr);
	if (r == 0)
		r = look_enter(doc_str(req, "netns", ""), reterr);
	if (r == 0)
		r = read_devs(req, &c, reterr);
	return r < 0 ? r : guard_hold(&g, &c, max_ms, j, reterr);
}

int look_cut(const struct doc *req, struct json *j, struct err *reterr)
{
	return hold(req, false, j, reterr);
}

int look_pause(const struct doc *req, struct json *j, struct err *reterr)
{
	return hold(req, true, j, reterr);
}

static int kill_pid(int pid, const char *what, struct err *reterr)
{
	if (pid <= 1 || kill(pid, SIGKILL) < 0)
		return err_sys(reterr, pid <= 1 ? -ESRCH : -errno, "kill %s",
			       what);
	return 0;
}

/* When it was killed is in *ret_t: the answer of a large engine takes time. */
static int kill_engine(const struct doc *req, int64_t *ret_t,
		       struct err *reterr)
{
	auto_arena struct arena a = {0};
	const struct doc *said;
	int pid = 0, r;

	r = engine_ask(&a, doc_str(req, "state_dir", ""), "roles", &said, &pid,
		       reterr);
	*ret_t = clock_real_ns();
	return r < 0 ? r : kill_pid(pid, "the VRRP engine", reterr);
}

static int pid_in(const char *path, int *ret, struct err *reterr)
{
	auto_buf struct buf text = {0};
	int r = file_read(path, PID_TEXT_MAX, &text);
	uint32_t pid;

	if (r < 0)
		return err_sys(reterr, r, "%s", path);
	text.data[strcspn(text.data, "\n")] = '\0';
	if (parse_u32(text.data, 2, INT_MAX, &pid) < 0)
		return err_set(reterr, -ESRCH, "%s names no process", path);
	*ret = (int)pid;
	return 0;
}

/* A router's keepalived is two processes; the first would start the second
 * again, and without it the second may end in good order and take its file
 * along: so both are read before. */
static int kill_keepalived(const char *netns, int64_t *ret_t,
			   struct err *reterr)
{
	static const char *const files[] = {"pid", "pid-vrrp"};
	const char *id = netns + strlen(ROUTER);
	int pids[ARRAY_LEN(files)] = {0}, r = 0;

	if (strncmp(netns, ROUTER, strlen(ROUTER)) != 0 || strchr(netns, '/'))
		return err_set(reterr, -EINVAL, "'%.64s' is no router's",
			       netns);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(files); i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s.%s", engine_ha_confs, id,
			 files[i]);
		r = pid_in(path, &pids[i], reterr);
	}
	*ret_t = clock_real_ns();
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(files); i++)
		r = kill_pid(pids[i], "keepalived", reterr);
	return r;
}

int look_kill(const struct doc *req, struct json *j, struct err *reterr)
{
	const char *netns = doc_str(req, "netns", "");
	int64_t t = 0;
	int r = *netns ? kill_keepalived(netns, &t, reterr)
		       : kill_engine(req, &t, reterr);

	if (r < 0)
		return r;
	(void)look_wait(-1, MONO_NEVER);
	json_kint(j, "down", t);
	json_kint(j, "up", clock_real_ns());
	json_kstr(j, "ended", "asked");
	return 0;
}
