/* SPDX-License-Identifier: MIT */
#include "verify/looks/programs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/map.h"
#include "lib/parse.h"

#define STAT_MAX 4096

static void close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Inode of a namespace to its name, as `ip netns` has them. */
static void names(struct arena *a, struct map *ret)
{
	auto_(close_folder) DIR *d = opendir(NETNS_DIR);
	const struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.' &&
		    fstatat(dirfd(d), e->d_name, &st, 0) == 0) {
			ino_t *key = arena_alloc(a, sizeof(*key));

			*key = st.st_ino;
			map_put(a, ret, key, sizeof(*key),
				arena_strdup(a, e->d_name));
		}
}

/* The state of a process of this name, or 0. */
static char state_of(const char *pid, const char *comm)
{
	auto_buf struct buf text = {0};
	char path[64];
	const char *open, *close;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (file_read(path, STAT_MAX, &text) < 0 || !text.len)
		return 0;
	open = strchr(text.data, '(');
	close = strrchr(text.data, ')');
	if (!open || !close || close[1] != ' ' ||
	    (size_t)(close - open - 1) != strlen(comm) ||
	    strncmp(open + 1, comm, strlen(comm)) != 0)
		return 0;
	return close[2];
}

static void tell(struct json *j, const struct map *named, const char *pid,
		 char state)
{
	char path[64], text[2] = {state};
	const char *netns;
	struct stat st;
	uint32_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	if (stat(path, &st) < 0 || parse_u32(pid, 1, INT_MAX, &n) < 0)
		return;
	netns = map_get(named, &st.st_ino, sizeof(st.st_ino));
	if (!netns)
		return;
	json_obj(j);
	json_kstr(j, "netns", netns);
	json_kint(j, "pid", n);
	json_kstr(j, "state", text);
	json_obj_end(j);
}

int look_programs(const struct doc *req, struct json *j, struct err *reterr)
{
	const char *name = doc_str(req, "name", "");
	auto_(close_folder) DIR *d = opendir("/proc");
	auto_arena struct arena a = {0};
	struct map named = {0};
	const struct dirent *e;
	char state;

	if (!*name)
		return err_set(reterr, -EINVAL, "no program to look for");
	if (!d)
		return err_sys(reterr, -errno, "/proc");
	names(&a, &named);
	json_key(j, "found");
	json_arr(j);
	while ((e = readdir(d)))
		if (isdigit((unsigned char)*e->d_name) &&
		    (state = state_of(e->d_name, name)))
			tell(j, &named, e->d_name, state);
	json_arr_end(j);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void programs_ask(const char *name, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_kstr(&j, "name", name);
}

void programs_answer(struct arena *a, const struct doc *d,
		     struct seen_programs *ret)
{
	const struct doc *list = doc_get(d, "found"), *item;

	*ret = (struct seen_programs){0};
	if (!list) {
		ret->error = "its answer is missing";
		return;
	}
	DOC_FOREACH (item, list) {
		struct seen_program *p;

		if (ret->n == PROGRAMS_MAX)
			return;
		p = arena_push(a, &ret->items, &ret->n, sizeof(*p));
		p->netns = arena_strdup(a, doc_str(item, "netns", ""));
		p->pid = (int)doc_int(item, "pid", 0);
		p->state = *doc_str(item, "state", "");
	}
}
