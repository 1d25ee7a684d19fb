/* SPDX-License-Identifier: MIT */
#include "verify/looks/guest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "provision/machine/inside.h"
#include "provision/machine/machine.h"
#include "verify/looks/op.h"

#define FILE_MAX 65536
#define CHILDREN_MAX 4096 /* bytes of the list of PID 1's */

/* A file as the machine has it; empty where it has none. */
static void read_inside(pid_t pid, const char *path, struct buf *ret)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/proc/%d/root%s", (int)pid, path);
	if (file_read(name, FILE_MAX, ret) < 0)
		buf_reset(ret);
}

/* The state of a process with this command name, or 0. */
static char state_of(pid_t pid, const char *comm)
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
	    (size_t)(close - open - 1) != strlen(comm) ||
	    strncmp(open + 1, comm, strlen(comm)) != 0)
		return 0;
	return close[2];
}

/* Its DHCP client is a child of its PID 1. */
static char client_state(pid_t pid)
{
	static const char *const names[] = {"busybox", "udhcpc"};
	auto_buf struct buf list = {0};
	char name[64], state, *save, *word;
	size_t i;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/children", (int)pid,
		 (int)pid);
	if (file_read(name, CHILDREN_MAX, &list) < 0 || !list.len)
		return 0;
	for (word = strtok_r(list.data, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save))
		for (i = 0; i < ARRAY_LEN(names); i++) {
			uint32_t child;

			if (parse_u32(word, 1, INT_MAX, &child) < 0)
				continue;
			state = state_of((pid_t)child, names[i]);
			if (state)
				return state;
		}
	return 0;
}

int look_guest(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_buf struct buf lease = {0}, resolv = {0}, clean = {0};
	auto_arena struct arena a = {0};
	struct doc_error where;
	struct doc *d;
	struct lease l;
	char client[2] = "";
	auto_close int pidfd = -1;
	pid_t pid;

	pidfd = machine_find(doc_str(req, "netns", ""), &pid, reterr);
	if (pidfd < 0)
		return pidfd;
	read_inside(pid, MACHINE_LEASE, &lease);
	read_inside(pid, "/etc/resolv.conf", &resolv);
	client[0] = client_state(pid);
	/* No more of it goes on than can be read: the file is another's. */
	if (lease.len &&
	    doc_parse(&a, lease.data, lease.len, &d, &where) == 0 &&
	    lease_decode(d, &l, NULL) == 0) {
		json_key(j, "lease");
		lease_encode(&l, j);
	}
	buf_adds(&clean, resolv.len ? resolv.data : "");
	json_kstr(j, "resolv", clean.data);
	if (*client)
		json_kstr(j, "client", client);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void guest_ask(const char *netns, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", netns);
}

void guest_answer(struct arena *a, const struct doc *d, struct seen_guest *ret)
{
	const struct doc *lease = doc_get(d, "lease");
	const char *resolv = doc_str(d, "resolv", NULL);

	*ret = (struct seen_guest){0};
	if (!resolv) {
		ret->error = "its answer is missing";
		return;
	}
	ret->resolv = arena_strdup(a, resolv);
	ret->client = *doc_str(d, "client", "");
	ret->leased = lease && lease_decode(lease, &ret->lease, NULL) == 0;
}
