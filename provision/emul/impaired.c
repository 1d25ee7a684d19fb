/* SPDX-License-Identifier: MIT */
#include "provision/emul/impaired.h"

#include <errno.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/emul/state.h"
#include "topologies/links.h"

#define RECORD "impaired"
#define RECORD_MAX (1u << 20)

void emul_impaired_read(struct lab *lab)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	const char *root;

	if (!emul_name_ok(lab->name) || emul_state_look(&a, &root, NULL) < 0 ||
	    file_read(arena_printf(&a, "%s/%s/" RECORD, root, lab->name),
		      RECORD_MAX, &b) < 0)
		return;
	(void)topo_links_lay(lab, b.data, b.len, NULL);
}

int emul_impaired_write(const struct lab *lab, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	const char *dir, *path;
	int r;

	r = emul_state_dir(&a, lab->name, true, &dir, reterr);
	if (r < 0)
		return r;
	topo_links_laid(lab, &b);
	if (b.len)
		return emul_state_write(dir, RECORD, b.data, b.len, reterr);
	path = arena_printf(&a, "%s/" RECORD, dir);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(reterr, -errno, "remove %s", path);
	return 0;
}
