/* SPDX-License-Identifier: MIT */
/*
 * Files that only people read: what stands beside each router's state file
 * where Neutron keeps it (provision/plan/services/ha_confs.c). What programs
 * read is their service's (provision/services/service.h), which tells them of
 * it.
 *
 * A router's folder is the lab's with all in it: where no such file is wanted
 * it goes with the state that the engine wrote, but for what others laid
 * there.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

/* Of a hand's; more is another file all the same. */
#define READ_MAX (1u << 20)

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->file.path);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "file %s", r->file.path);
}

/* --- looking -------------------------------------------------------------- */

static void digest_of(const char *path, char *out)
{
	auto_buf struct buf text = {0};
	struct stat st;

	*out = '\0';
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    file_read(path, READ_MAX, &text) == 0)
		service_digest(text.data ? text.data : "", text.len, out);
}

static bool is_ours(const char *name)
{
	static const char head[] = SERVICE_HA_SCRIPT;

	return strcmp(name, SERVICE_HA_CONF) == 0 ||
	       strncmp(name, head, strlen(head)) == 0;
}

static void seen_file(struct look *l, struct seen_ns *ns, const char *folder,
		      const char *name)
{
	struct res *r = seen_push(l->a, ns, RES_FILE);
	char digest[SERVICE_DIGEST_MAX];

	if (!r)
		return;
	r->file.path = arena_printf(l->a, "%s/%s", folder, name);
	digest_of(r->file.path, digest);
	r->file.digest = arena_strdup(l->a, digest);
}

static void look_folder(struct look *l, struct seen_ns *ns, const char *folder)
{
	DIR *dir = opendir(folder);
	bool any = false;
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir)))
		if (is_ours(d->d_name)) {
			seen_file(l, ns, folder, d->d_name);
			any = true;
		}
	closedir(dir);
	/* So that the folder goes where nothing of it is wanted. */
	if (!any)
		seen_file(l, ns, folder, SERVICE_HA_CONF);
}

static void look_node_files(struct look *l, struct observed *o)
{
	DIR *dir = opendir(SERVICE_HA_CONFS);
	struct dirent *d;
	size_t i;

	for (i = 0; i < o->nns && *o->ns[i].name; i++)
		;
	while (dir && i < o->nns && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			look_folder(l, &o->ns[i],
				    arena_printf(l->a, SERVICE_HA_CONFS "/%s",
						 d->d_name));
	if (dir)
		closedir(dir);
}

static const struct key rows[] = {
	{"path", KEY_TEXT, KEY_FIELD(struct res, file.path),
	 .flags = KEY_REQUIRED},
	{"digest", KEY_TEXT, KEY_FIELD(struct res, file.digest),
	 .flags = KEY_EMPTY},
};

static const struct key_table keys = KEY_TABLE("file", struct res, rows);

/* --- comparing ------------------------------------------------------------ */

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	char digest[SERVICE_DIGEST_MAX];

	service_digest(want->file.text, strlen(want->file.text), digest);
	/* The engine makes the folder too. */
	if (!have || !have->file.digest || !*have->file.digest)
		diff_add(d, want);
	else if (strcmp(have->file.digest, digest) != 0)
		diff_modify(d, want, "other words");
}

static bool extra(struct diff *d, const struct res *have)
{
	const struct plan *p = diff_plan(d);
	size_t i, k;

	/* keepalived's is a service's file; of others the folder is the lab's,
	 * with all in it. */
	for (i = 0; i < p->n; i++)
		for (k = 0; p->res[i].kind == RES_SERVICE &&
			    k < p->res[i].service.nfiles;
		     k++)
			if (strcmp(p->res[i].service.files[k].path,
				   have->file.path) == 0)
				return false;
	return true;
}

/* --- applying ------------------------------------------------------------- */

static void make(struct tx *tx, const struct change *c)
{
	const char *path = c->want->file.path;
	char folder[PATH_MAX];
	struct err err;
	char *slash;

	if (snprintf(folder, sizeof(folder), "%s", path) >=
	    (int)sizeof(folder)) {
		tx_fail(tx, c, strerror(ENAMETOOLONG));
		return;
	}
	for (slash = strchr(folder + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(folder, 0755);
		*slash = '/';
	}
	if (file_replace(
		    path,
		    strncmp(c->want->file.text, "#!", 2) == 0 ? 0755 : 0644,
		    c->want->file.text, strlen(c->want->file.text), &err) < 0)
		tx_fail(tx, c, err.msg);
}

static void unmake(struct tx *tx, const struct change *c)
{
	static const char *const states[] = {"state", "state.new"};
	const char *path = c->have.file.path, *slash = strrchr(path, '/');
	char folder[PATH_MAX], one[PATH_MAX];
	size_t i;

	if (!slash ||
	    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path),
		     path) >= (int)sizeof(folder))
		return;
	if (unlink(path) < 0 && errno != ENOENT)
		tx_fail(tx, c, strerror(errno));
	/* With its configuration the router is none of the node's. */
	for (i = 0;
	     strcmp(slash + 1, SERVICE_HA_CONF) == 0 && i < ARRAY_LEN(states);
	     i++)
		if (snprintf(one, sizeof(one), "%s/%s", folder, states[i]) <
		    (int)sizeof(one))
			(void)unlink(one);
	(void)rmdir(folder); /* the last file's removal has it go */
}

const struct kind kind_file = {
	.name = "file",
	.keys = &keys,
	.list = "files",
	/* Removed when the engine has ended, which writes beside it. */
	.rank = 7,
	.id = id,
	.print = print,
	.look_node = look_node_files,
	.compare = compare,
	.extra = extra,
	.make = make,
	.unmake = unmake,
};
