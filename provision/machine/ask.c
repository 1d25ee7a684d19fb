/* SPDX-License-Identifier: MIT */
#include "provision/machine/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "provision/machine/inside.h"

#define FILE_MAX (64u << 10)
#define CHILDREN_MAX 4096 /* bytes of the list of PID 1's */

/* A file as the machine has it; empty where it has none. It is in the
 * machine's hands: no link of its leads to a file of the node's. */
static void read_inside(pid_t pid, const char *path, struct buf *ret)
{
	auto_close int fd = -1;
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/proc/%d/root%s", (int)pid, path);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || file_read_fd(fd, FILE_MAX, ret) < 0)
		buf_reset(ret);
	buf_adds(ret, "");
}

/* Field 22 of proc(5)'s stat, of which the third begins at `at`. */
static int64_t ran_s(const char *at)
{
	int64_t began, tick = sysconf(_SC_CLK_TCK);
	struct timespec now = {0};

	for (int field = 3; at && field < 22; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at || !parse_begins(&at, &began) || tick <= 0)
		return 0;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec - began / tick;
}

/* The state of a process with this command name (NULL: any), or 0; and for how
 * long it has run. */
static char state_of(pid_t pid, const char *comm, int64_t *ret_s)
{
	auto_buf struct buf stat = {0};
	const char *open, *close;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	if (file_read(name, FILE_MAX, &stat) < 0 || !stat.len)
		return 0;
	open = strchr(stat.data, '(');
	close = strrchr(stat.data, ')');
	if (!open || !close || close[1] != ' ' ||
	    (comm && ((size_t)(close - open - 1) != strlen(comm) ||
		      strncmp(open + 1, comm, strlen(comm)) != 0)))
		return 0;
	*ret_s = ran_s(close + 2);
	return close[2];
}

struct client_name {
	const char *comm;
	bool six;
};

static void take_client(pid_t pid, struct machine_held *ret)
{
	static const struct client_name names[] = {
		{"busybox", false}, {"udhcpc", false}, {MACHINE_CLIENT6, true}};
	int64_t s = 0;
	size_t i;
	char state;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		state = state_of(pid, names[i].comm, &s);
		if (state && names[i].six && !ret->client6) {
			ret->client6 = state;
			ret->client6_pid = pid;
			ret->client6_s = s;
		} else if (state && !names[i].six && !ret->client) {
			ret->client = state;
			ret->client_pid = pid;
			ret->client_s = s;
		}
	}
}

/* Its DHCP clients are children of its PID 1. */
static void find_clients(pid_t pid, struct machine_held *ret)
{
	auto_buf struct buf list = {0};
	char name[64], *save, *word;
	uint32_t child;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/children", (int)pid,
		 (int)pid);
	if (file_read(name, CHILDREN_MAX, &list) < 0 || !list.len)
		return;
	for (word = strtok_r(list.data, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save))
		if (parse_u32(word, 1, INT_MAX, &child) == 0)
			take_client((pid_t)child, ret);
}

int machine_look(struct arena *a, const char *netns, struct machine_held *ret,
		 struct err *reterr)
{
	auto_buf struct buf lease = {0}, lease6 = {0}, rdnss = {0};
	auto_buf struct buf written = {0};
	auto_buf struct buf resolv = {0}, want = {0};
	auto_close int pidfd = -1;
	struct doc_error where;
	struct doc *d = NULL;
	pid_t pid;

	pidfd = machine_find(netns, &pid, reterr);
	if (pidfd < 0)
		return pidfd;
	*ret = (struct machine_held){0};
	read_inside(pid, MACHINE_LEASE, &lease);
	read_inside(pid, MACHINE_LEASE6, &lease6);
	read_inside(pid, MACHINE_WRITTEN, &written);
	read_inside(pid, MACHINE_RDNSS, &rdnss);
	read_inside(pid, "/etc/resolv.conf", &resolv);
	find_clients(pid, ret);
	(void)state_of(pid, NULL, &ret->booted_s);
	ret->leased = lease.len &&
		      doc_parse(a, lease.data, lease.len, &d, &where) == 0 &&
		      lease_decode(d, &ret->lease, NULL) == 0;
	ret->leased6 = lease6_parse(a, &lease6, &ret->lease6);
	machine_resolv(ret->leased ? &ret->lease : NULL,
		       ret->leased6 ? &ret->lease6 : NULL, written.data,
		       rdnss.data, &want);
	ret->resolv_right = strcmp(resolv.data, want.data) == 0;
	ret->resolv = arena_strdup(a, resolv.data);
	return 0;
}

static int signal_client(pid_t pid, int sig, struct err *reterr)
{
	return pid && kill(pid, sig) < 0 && errno != ESRCH
		       ? err_sys(reterr, -errno, "its DHCP client")
		       : 0;
}

int machine_relet(const char *netns, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int pidfd = -1;
	struct machine_held held;
	int e = machine_look(&a, netns, &held, reterr);
	pid_t pid;

	/* One that is stopped dies of nothing else. */
	if (e == 0)
		e = signal_client(held.client_pid, SIGKILL, reterr);
	if (e == 0)
		e = signal_client(held.client6_pid, SIGKILL, reterr);
	if (e < 0)
		return e;
	pidfd = machine_find(netns, &pid, reterr);
	if (pidfd < 0)
		return pidfd;
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGHUP, NULL, 0);
	return 0;
}

int machine_renew(const char *netns, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct machine_held held;
	int e = machine_look(&a, netns, &held, reterr);

	if (e < 0)
		return e;
	if (!held.client_pid && !held.client6_pid)
		return err_set(reterr, -ENOENT, "it has no DHCP client");
	e = signal_client(held.client_pid, SIGUSR1, reterr);
	/* There is no word for it to renew: another one asks anew. */
	return e < 0 ? e : signal_client(held.client6_pid, SIGKILL, reterr);
}
