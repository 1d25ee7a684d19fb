/* SPDX-License-Identifier: MIT */
/*
 * Programs that somebody began by hand beside the lab's
 * =====================================================
 * What serves a network or a router is the supervisor's: it alone knows which
 * of them is to run now, and a second one beside it answers for a router that
 * is a standby, or lends what is another's. So in the namespaces of the lab's
 * routers and DHCP servers a program of those that the lab itself runs there,
 * and that is not the supervisor's child or one's of its children, goes. All
 * others stay: people look at namespaces with programs of their own, and what
 * runs in an instance, or in the node's own namespace, is theirs.
 *
 * It is ended as its service would be: radvd at once, as its farewell would
 * take the route of hosts; the others are asked first.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/keys/keys.h"
#include "lib/parse.h"
#include "lib/process/process.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/netns.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"
#include "provision/services/supervise.h"

#define STAT_MAX 4096
#define DEPTH_MAX 32 /* of a process below the supervisor */
#define END_MS 1000  /* for one that was asked to end */

static const struct {
	const char *name;
	bool asked; /* before it is killed */
} programs[] = {
	{"dnsmasq", true},
	{"haproxy", true},
	{"keepalived", true},
	{"radvd", false},
};

static const char *const places[] = {"qrouter-", "qdhcp-"};

static void id(const struct res *r, struct buf *out)
{
	buf_printf(out, "%u", r->process.pid);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "process %u, a %s that is not the lab's",
		   r->process.pid, r->process.name);
	kind_print_place(r->netns, out);
}

/* --- looking -------------------------------------------------------------- */

static void close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Its program's name, and its parent: 0 where it is gone. */
static uint32_t parent_of(uint32_t pid, char comm[32])
{
	auto_buf struct buf text = {0};
	char path[64], *open, *close;
	uint32_t parent;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (file_read(path, STAT_MAX, &text) < 0 || !text.len)
		return 0;
	open = strchr(text.data, '(');
	close = strrchr(text.data, ')');
	/* ") S PPID ..." */
	if (!open || !close || close < open || strlen(close) < 5)
		return 0;
	n = (size_t)(close - open - 1);
	if (comm) {
		n = n < 31 ? n : 31;
		memcpy(comm, open + 1, n);
		comm[n] = '\0';
	}
	close += 4;
	close[strcspn(close, " ")] = '\0';
	return parse_u32(close, 1, INT_MAX, &parent) == 0 ? parent : 0;
}

static bool is_below(uint32_t pid, uint32_t ancestor)
{
	for (size_t i = 0; ancestor && pid && i < DEPTH_MAX; i++) {
		pid = parent_of(pid, NULL);
		if (pid == ancestor)
			return true;
	}
	return false;
}

static const char *program_of(const char *comm)
{
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (strcmp(programs[i].name, comm) == 0)
			return programs[i].name;
	return NULL;
}

static bool is_place(const char *netns)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (strncmp(netns, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}

static struct seen_ns *ns_of(struct observed *o, uint32_t pid)
{
	char path[PATH_MAX];
	struct stat own, st;

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	if (stat(path, &own) < 0)
		return NULL;
	for (size_t i = 0; i < o->nns; i++) {
		if (!is_place(o->ns[i].name))
			continue;
		snprintf(path, sizeof(path), NETNS_DIR "/%s", o->ns[i].name);
		if (stat(path, &st) == 0 && st.st_ino == own.st_ino &&
		    st.st_dev == own.st_dev)
			return &o->ns[i];
	}
	return NULL;
}

static void look_processes(struct look *l, struct observed *o)
{
	auto_(close_folder) DIR *d = NULL;
	uint32_t keeper, pid, parent;
	const struct dirent *e;
	struct seen_ns *ns;
	const char *name;
	struct res *r;
	char comm[32];

	/* Who has no plan to compare with is told by other looks. */
	if (!l->what->state_dir || !l->what->plan)
		return;
	keeper = (uint32_t)supervise_pid(l->what->state_dir);
	d = opendir("/proc");
	while (d && (e = readdir(d))) {
		if (!isdigit((unsigned char)*e->d_name) ||
		    parse_u32(e->d_name, 1, INT_MAX, &pid) < 0)
			continue;
		parent = parent_of(pid, comm);
		name = parent ? program_of(comm) : NULL;
		ns = name ? ns_of(o, pid) : NULL;
		if (!ns || is_below(pid, keeper))
			continue;
		r = seen_push(l->a, ns, RES_PROCESS);
		if (r)
			r->process = (struct res_process){pid, name};
	}
}

static bool extra(struct diff *d, const struct res *have)
{
	return netns_is_labs(d, have->netns);
}

/* --- ending --------------------------------------------------------------- */

static bool is_asked(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (strcmp(programs[i].name, name) == 0)
			return programs[i].asked;
	return false;
}

/* A number is another process's some day: it is held, and then looked at. */
static void unmake(struct tx *tx, const struct change *c)
{
	const struct res_process *p = &c->have.process;
	auto_close int fd = pidfd_open((pid_t)p->pid, 0);
	char comm[32];

	if (fd < 0 || !parent_of(p->pid, comm) || strcmp(comm, p->name) != 0)
		return;
	if (is_asked(p->name) && pidfd_send_signal(fd, SIGTERM, NULL, 0) == 0 &&
	    process_ended(fd, END_MS))
		return;
	if ((pidfd_send_signal(fd, SIGKILL, NULL, 0) < 0 && errno != ESRCH) ||
	    !process_ended(fd, END_MS))
		tx_fail(tx, c, "it could not be ended");
}

static const struct key rows[] = {
	{"pid", KEY_UINT, KEY_FIELD(struct res, process.pid)},
	{"name", KEY_TEXT, KEY_FIELD(struct res, process.name)},
};

static const struct key_table keys = KEY_TABLE("process", struct res, rows);

const struct kind kind_process = {
	.name = "process",
	.keys = &keys,
	.list = "processes",
	.rank = 9,
	.id = id,
	.print = print,
	.look_node = look_processes,
	.extra = extra,
	.unmake = unmake,
};
