/* SPDX-License-Identifier: MIT */
/* What the lab has no node or wire for any more is left out. */
#include "provision/emul/said.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/emul/state.h"
#include "topologies/links.h"

#define DRAINED "drained"
#define IMPAIRED "impaired"
#define RECORD_MAX (1u << 20)

static bool record(const char *lab, const char *name, struct buf *ret)
{
	auto_arena struct arena a = {0};
	const char *root;

	return emul_name_ok(lab) && emul_state_look(&a, &root, NULL) == 0 &&
	       file_read(arena_printf(&a, "%s/%s/%s", root, lab, name),
			 RECORD_MAX, ret) == 0;
}

static void drained_read(struct lab *lab)
{
	auto_buf struct buf b = {0};
	char *line, *rest;
	size_t i;

	for (i = 0; i < lab->nnodes; i++)
		lab->nodes[i].drained = false;
	if (!record(lab->name, DRAINED, &b))
		return;
	for (line = b.len ? strtok_r(b.data, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		for (i = 0; i < lab->nnodes; i++)
			if (strcmp(lab->nodes[i].name, line) == 0)
				lab->nodes[i].drained = true;
}

static void impaired_read(struct lab *lab)
{
	auto_buf struct buf b = {0};

	(void)topo_links_forget(lab, NULL);
	if (record(lab->name, IMPAIRED, &b))
		(void)topo_links_lay(lab, b.data, b.len, NULL);
}

void emul_said_read(struct lab *lab)
{
	drained_read(lab);
	impaired_read(lab);
}

/* An empty one is none. */
static int record_write(const char *lab, const char *name, const struct buf *b,
			struct err *reterr)
{
	auto_arena struct arena a = {0};
	const char *dir, *path;
	int r = emul_state_dir(&a, lab, true, &dir, reterr);

	if (r < 0)
		return r;
	if (b->len)
		return emul_state_write(dir, name, b->data, b->len, reterr);
	path = arena_printf(&a, "%s/%s", dir, name);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(reterr, -errno, "remove %s", path);
	return 0;
}

int emul_drained_write(const struct lab *lab, struct err *reterr)
{
	auto_buf struct buf b = {0};

	for (size_t i = 0; i < lab->nnodes; i++)
		if (lab->nodes[i].drained)
			buf_printf(&b, "%s\n", lab->nodes[i].name);
	return record_write(lab->name, DRAINED, &b, reterr);
}

int emul_impaired_write(const struct lab *lab, struct err *reterr)
{
	auto_buf struct buf b = {0};

	topo_links_laid(lab, &b);
	return record_write(lab->name, IMPAIRED, &b, reterr);
}
