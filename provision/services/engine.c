/* SPDX-License-Identifier: MIT */
/*
 * Asking the engine. Its socket may be there without a process (killed), or
 * with one that does not answer (stopped by a signal, or stuck): both must be
 * told from one that is well, and neither may hold the agent up.
 */
#include "provision/services/engine.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/keys/keys.h"
#include "lib/unix.h"

#define ENGINE "the VRRP engine"
#define ENGINE_CONFIG "vrrp.yaml"
#define ENGINE_SOCKET "vrrp.sock"
#define STATE_WORD_MAX 32
/* Addresses and routes by name, the others counted. */
#define AMISS_TOLD_MAX 3

const char *engine_ha_confs = SERVICE_HA_CONFS;

static int engine_path(const char *state_dir, const char *file, char *out)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", state_dir, file);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Sends one line and reads the answer's one line, not yet looked into. */
static int call(const char *state_dir, const char *line, struct buf *in,
		int *ret_pid, struct err *reterr)
{
	struct mono end = mono_add(clock_mono(), ENGINE_ASK_MS * NS_PER_MS);
	char path[PATH_MAX], out[64];
	auto_close int fd = -1;
	int n;

	if (ret_pid)
		*ret_pid = 0;
	n = engine_path(state_dir, ENGINE_SOCKET, path);
	if (n < 0)
		return err_sys(reterr, n, "%s", state_dir);
	fd = unix_dial(path, ENGINE, reterr);
	if (fd < 0)
		return fd;
	if (ret_pid)
		*ret_pid = unix_peer(fd);
	n = snprintf(out, sizeof(out), "%s\n", line);
	return unix_ask(fd, ENGINE, out, (size_t)n, end, ENGINE_ANSWER_MAX, in,
			reterr);
}

int engine_ask(struct arena *a, const char *state_dir, const char *line,
	       const struct doc **ret, int *ret_pid, struct err *reterr)
{
	auto_buf struct buf in = {0};
	struct doc *root;
	int r;

	r = call(state_dir, line, &in, ret_pid, reterr);
	if (r < 0)
		return r;
	r = doc_parse_line(a, in.data ? in.data : "", in.len, &root, reterr);
	if (r < 0)
		return err_prefix(reterr, "the VRRP engine's answer");
	if (!doc_bool(root, "ok", false))
		return err_set(reterr, -EIO, "the VRRP engine: %s",
			       doc_str(root, "error", "refused without words"));
	*ret = root;
	return 0;
}

/* Whether the text is one object on one line: it goes on as it came. */
static bool one_object(struct buf *b)
{
	while (b->len && b->data[b->len - 1] == '\n')
		b->data[--b->len] = '\0';
	return b->len > 1 && b->data[0] == '{' && b->data[b->len - 1] == '}' &&
	       strlen(b->data) == b->len && !strchr(b->data, '\n');
}

static int64_t changed_ns(const struct stat *st)
{
	return st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
}

/* What state files hold, and since when. */
static void write_files(struct json *j)
{
	auto_buf struct buf text = {0}, since = {0};
	struct json times;
	struct stat st;
	char path[PATH_MAX];
	struct dirent *d;
	DIR *dir = NULL;

	json_init(&times, &since, 0);
	json_obj(&times);
	json_key(j, "files");
	json_obj(j);
	dir = opendir(engine_ha_confs);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s/state", engine_ha_confs,
			     d->d_name) >= (int)sizeof(path))
			continue;
		buf_reset(&text);
		buf_adds(&text, "");
		if (file_read(path, STATE_WORD_MAX, &text) < 0)
			continue;
		text.data[strcspn(text.data, "\r\n")] = '\0';
		json_kstr(j, d->d_name, text.data);
		if (stat(path, &st) == 0)
			json_kint(&times, d->d_name, changed_ns(&st));
	}
	if (dir)
		closedir(dir);
	json_obj_end(j);
	json_obj_end(&times);
	json_key(j, "files_since");
	json_raw(j, since.data);
}

void engine_roles(const char *state_dir, struct json *j)
{
	auto_buf struct buf in = {0};
	struct err why = {.msg = ""};
	int pid, r;

	r = call(state_dir, "roles", &in, &pid, &why);
	if (r == 0 && !one_object(&in))
		r = err_set(&why, -EPROTO,
			    "the VRRP engine's answer is no answer");
	json_kbool(j, "running", r == 0);
	json_kint(j, "pid", pid);
	if (r < 0 && r != -ENOENT && r != -ECONNREFUSED)
		json_kstr(j, "error", why.msg);
	if (r == 0) {
		json_key(j, "roles");
		json_raw(j, in.data);
	}
	write_files(j);
}

/* Those of keepalived's routers that the engine does not know: it is told by
 * their state files. */
static void add_by_file(struct arena *a, struct seen_engine *g, const char *id,
			const char *text, int64_t since_ns)
{
	struct obs_router *more;
	size_t i;

	for (i = 0; i < g->nrouters; i++)
		if (strcmp(g->routers[i].id, id) == 0 && !g->routers[i].by_file)
			return;
	more = arena_array(a, g->nrouters + 1, sizeof(*more));
	if (g->nrouters)
		memcpy(more, g->routers, g->nrouters * sizeof(*more));
	more[g->nrouters++] = (struct obs_router){
		.id = arena_strdup(a, id),
		.state = strcmp(text, "master") == 0 ? "active" : "backup",
		.since_ns = since_ns,
		.file = arena_strdup(a, text),
		.by_file = true};
	g->routers = more;
}

void engine_add_files(struct arena *a, const struct doc *files,
		      const struct doc *since, struct seen_engine *g)
{
	size_t i, n = doc_len(files);

	for (i = 0; i < n && files->kind == DOC_MAP; i++)
		if (files->items[i]->kind == DOC_SCALAR)
			add_by_file(a, g, files->keys[i]->str,
				    files->items[i]->str,
				    doc_int(since, files->keys[i]->str, 0));
}

static void look_files(struct arena *a, struct seen_engine *g)
{
	auto_buf struct buf text = {0};
	char path[PATH_MAX];
	struct dirent *d;
	struct stat st;
	DIR *dir = opendir(engine_ha_confs);

	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s/state", engine_ha_confs,
			     d->d_name) >= (int)sizeof(path))
			continue;
		buf_reset(&text);
		buf_adds(&text, "");
		if (file_read(path, STATE_WORD_MAX, &text) < 0 ||
		    stat(path, &st) < 0)
			continue;
		text.data[strcspn(text.data, "\r\n")] = '\0';
		add_by_file(a, g, d->d_name, text.data, changed_ns(&st));
	}
	if (dir)
		closedir(dir);
}

static const char *state_file(struct arena *a, const char *id)
{
	auto_buf struct buf text = {0};
	char path[PATH_MAX];

	if (!netns_name_ok(id) ||
	    snprintf(path, sizeof(path), "%s/%s/state", engine_ha_confs, id) >=
		    (int)sizeof(path))
		return NULL;
	if (file_read(path, STATE_WORD_MAX, &text) < 0)
		return NULL;
	return text.data
		       ? arena_strndup(a, text.data, strcspn(text.data, "\r\n"))
		       : "";
}

/* --- what it says --------------------------------------------------------- */

struct said_router {
	struct obs_router r;
	const char *name;
	const char *const *lacks, *const *strays;
	size_t nlacks, nstrays;
};

struct said {
	bool ok;
	const char *error;
	int64_t pid;
	struct said_router *routers;
	size_t n;
};

static const struct key router_rows[] = {
	{"id", KEY_TEXT, KEY_FIELD(struct said_router, r.id),
	 .flags = KEY_REQUIRED},
	{"state", KEY_TEXT, KEY_FIELD(struct said_router, r.state),
	 .flags = KEY_REQUIRED},
	{"since_ns", KEY_INT, KEY_FIELD(struct said_router, r.since_ns)},
	{"name", KEY_TEXT, KEY_FIELD(struct said_router, name),
	 .def_text = "a router"},
	{"lacks", KEY_TEXTS, KEY_ITEMS(struct said_router, lacks, nlacks)},
	{"strays", KEY_TEXTS, KEY_ITEMS(struct said_router, strays, nstrays)},
	{"sick", KEY_BOOL, KEY_FIELD(struct said_router, r.sick)},
	{"asked_ns", KEY_INT, KEY_FIELD(struct said_router, r.asked_ns)},
	{"gateways", KEY_LIST,
	 KEY_ITEMS(struct said_router, r.gateways, r.ngateways),
	 .max = SERVICE_GATEWAYS_MAX, .table = &service_gateway_table},
};

static const struct key_table router_table =
	KEY_TABLE("router", struct said_router, router_rows);

static const struct key said_rows[] = {
	{"ok", KEY_BOOL, KEY_FIELD(struct said, ok)},
	{"error", KEY_TEXT, KEY_FIELD(struct said, error),
	 .def_text = "refused without words"},
	{"pid", KEY_INT, KEY_FIELD(struct said, pid)},
	{"routers", KEY_LIST, KEY_ITEMS(struct said, routers, n),
	 .max = SERVICE_ROUTERS_MAX, .table = &router_table},
};

static const struct key_table said_table =
	KEY_TABLE("answer", struct said, said_rows);

static void add_amiss(const char *const *list, size_t n, const char *verb,
		      const char *name, struct buf *out)
{
	size_t i;

	for (i = 0; i < n && i < AMISS_TOLD_MAX; i++)
		buf_listf(out, "%s%s%s%s", i ? "" : name, i ? "" : verb,
			  i ? "" : " ", list[i]);
	if (n > AMISS_TOLD_MAX)
		buf_printf(out, " and %zu more", n - AMISS_TOLD_MAX);
}

/* What its addresses and routes should not be like, in words; or NULL. */
static const char *amiss(struct arena *a, const struct said_router *r)
{
	auto_buf struct buf text = {0};

	add_amiss(r->lacks, r->nlacks, " lacks", r->name, &text);
	add_amiss(r->strays, r->nstrays, " still has", r->name, &text);
	return text.len ? arena_strndup(a, text.data, text.len) : NULL;
}

int engine_said(struct arena *a, const struct doc *d, struct seen_engine *ret,
		struct err *reterr)
{
	struct said s = {0};
	size_t i;

	if (keys_read_open(a, d, &said_table, &s, reterr) < 0) {
		(void)err_prefix(reterr, "the VRRP engine's answer");
		return -EPROTO;
	}
	*ret = (struct seen_engine){.running = s.ok, .pid = s.pid};
	if (!s.ok)
		ret->error = arena_printf(a, "the VRRP engine: %s", s.error);
	ret->routers = arena_array(a, s.n, sizeof(*ret->routers));
	for (i = 0; i < s.n; i++) {
		ret->routers[i] = s.routers[i].r;
		ret->routers[i].amiss = amiss(a, &s.routers[i]);
	}
	ret->nrouters = s.n;
	return 0;
}

void engine_look(struct arena *a, const char *state_dir,
		 struct seen_engine *ret)
{
	const struct doc *state = NULL;
	char path[PATH_MAX];
	struct err why;
	int pid, r;
	size_t i;
	bool files;

	files = engine_path(state_dir, ENGINE_CONFIG, path) == 0 &&
		access(path, F_OK) == 0;
	*ret = (struct seen_engine){0};
	r = engine_ask(a, state_dir, "state", &state, &pid, &why);
	if (r == 0)
		r = engine_said(a, state, ret, &why);
	if (r < 0 && r != -ENOENT && r != -ECONNREFUSED)
		ret->error = arena_strdup(a, why.msg);
	for (i = 0; i < ret->nrouters; i++)
		ret->routers[i].file = state_file(a, ret->routers[i].id);
	look_files(a, ret);
	if (!ret->pid)
		ret->pid = pid;
	ret->files = files;
}
