/* SPDX-License-Identifier: MIT */
/*
 * From a word on the command line to a lab: a path, a name beside the person,
 * one of the labs that were installed with this program, or standard input.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/datapath.h"
#include "lib/parse.h"
#include "provision/emul/said.h"
#include "topologies/find.h"
#include "topologies/topo.h"

/* Where make install has them, beside bin/; in the source, beside build/. */
#define SHARE "share/labctl/topologies"
#define TREE "topologies"
#define STDIN "standard input"

const char *cmd_share(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	const char *tree;
	int i;

	if (n <= 0 || n == sizeof(path))
		return NULL;
	/* Without "labctl" and without "bin". */
	for (i = 0; i < 2; i++)
		while (n > 0 && path[--n] != '/')
			;
	tree = arena_printf(a, "%.*s/" TREE, (int)n, path);
	if (access(arena_printf(a, "%s/schema.json", tree), R_OK) == 0)
		return tree;
	return arena_printf(a, "%.*s/" SHARE, (int)n, path);
}

/* One byte more than is allowed is read, so that it is refused in words. */
static void read_stdin(struct buf *b)
{
	ssize_t n;

	if (isatty(STDIN_FILENO))
		fputs("labctl: the lab is read from this terminal; Ctrl-D ends "
		      "it\n",
		      stderr);
	while (b->len <= TOPO_FILE_MAX) {
		n = read(STDIN_FILENO, buf_room(b, 65536), 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		b->len += (size_t)n;
	}
}

int cmd_read(struct arena *a, const char *word, const char **ret_path,
	     struct lab **ret, struct topo_errors *errs)
{
	auto_buf struct buf b = {0};
	int r;

	if (strcmp(word, "-") != 0) {
		*ret_path = topo_find(a, word, cmd_share(a));
		r = topo_load(*ret_path, ret, errs);
	} else {
		*ret_path = STDIN;
		read_stdin(&b);
		r = topo_load_text(STDIN, b.data ? b.data : "", b.len, ret,
				   errs);
	}
	if (r == 0) {
		emul_said_read(*ret);
		topo_settle(*ret, topo_uses(*ret, TOPO_OPENVSWITCH) &&
					  datapath_in_kernel());
	}
	return r;
}

/* A file that is not there may be the name of a lab that is, but for a slip. */
static void say_near(const char *path)
{
	const char *const *names, *near;
	auto_arena struct arena a = {0};
	size_t n;

	if (strchr(path, '/') || access(path, F_OK) == 0 ||
	    strcmp(path, STDIN) == 0)
		return;
	n = topo_shipped(&a, cmd_share(&a), &names);
	near = n ? parse_nearest(path, names, n) : NULL;
	if (near)
		fprintf(stderr,
			"labctl: did you mean '%s', which labctl "
			"brings along?\n",
			near);
}

void cmd_say_errors(const char *path, const struct topo_errors *errs)
{
	auto_buf struct buf out = {0};

	fflush(stdout);
	topo_errors_print(errs, path, cmd_columns(stderr), cmd_color(stderr),
			  &out);
	fwrite(out.data, 1, out.len, stderr);
	say_near(path);
}

void cmd_say_notes(const struct lab *lab)
{
	fflush(stdout);
	for (size_t i = 0; i < lab->nnotes; i++)
		fprintf(stderr, "labctl: note: %s\n", lab->notes[i]);
}

int cmd_load(const char *word, struct lab **ret)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_arena struct arena a = {0};
	const char *path;

	if (cmd_read(&a, word, &path, ret, &errs) == 0)
		return EXIT_OK;
	cmd_say_errors(path, &errs);
	return EXIT_USAGE;
}
