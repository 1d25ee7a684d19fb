/* SPDX-License-Identifier: MIT */
/* A name a line. What the lab has no node for any more is left out. */
#include "provision/emul/drained.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/emul/state.h"

#define RECORD "drained"
#define RECORD_MAX 65536

static int path_of(struct arena *a, const char *lab, const char **ret)
{
	const char *root;
	int r = emul_name_ok(lab) ? emul_state_look(a, &root, NULL) : -EINVAL;

	if (r == 0)
		*ret = arena_printf(a, "%s/%s/" RECORD, root, lab);
	return r;
}

void emul_drained_read(struct lab *lab)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	const char *path = NULL;
	char *line, *rest;
	size_t i;

	if (path_of(&a, lab->name, &path) < 0 ||
	    file_read(path, RECORD_MAX, &b) < 0)
		return;
	for (line = strtok_r(b.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		for (i = 0; i < lab->nnodes; i++)
			if (strcmp(lab->nodes[i].name, line) == 0)
				lab->nodes[i].drained = true;
}

int emul_drained_write(const struct lab *lab, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	const char *dir, *path;
	size_t i;
	int r;

	r = emul_state_dir(&a, lab->name, true, &dir, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < lab->nnodes; i++)
		if (lab->nodes[i].drained)
			buf_printf(&b, "%s\n", lab->nodes[i].name);
	if (b.len)
		return emul_state_write(dir, RECORD, b.data, b.len, reterr);
	path = arena_printf(&a, "%s/" RECORD, dir);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(reterr, -errno, "remove %s", path);
	return 0;
}
