/* SPDX-License-Identifier: MIT */
/* labctl init: a first lab file, small, right, and explained. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/parse.h"
#include "topologies/topo.h"

#define NAME "my-lab" /* unless one is given */
#define SUFFIX ".yaml"

/* Between its two parts stands the lab's name. */
static const char head[] =
	"# A lab of one highly available router. After a change:\n"
	"#   labctl check FILE   is the file right?\n"
	"#   labctl plan FILE    what would 'up' do?\n"
	"#   labctl up FILE      make it so, and again after each change\n"
	"# 'labctl check --resolved FILE' shows all that follows from it.\n"
	"lab: ";
static const char body[] =
	"\n"
	"\n"
	"# Machines, emulated on this one. The router is on both network "
	"nodes,\n"
	"# active on one; instances (virtual machines) are on compute nodes.\n"
	"nodes:\n"
	"  controller: {role: controller}\n"
	"  network1: {role: network}\n"
	"  network2: {role: network}\n"
	"  compute1: {role: compute}\n"
	"\n"
	"# The wires between them: management is for SSH, tunnel carries "
	"VXLAN,\n"
	"# every other name is a provider network.\n"
	"physical:\n"
	"  management: {cidr: 10.0.0.0/24}\n"
	"  tunnel: {cidr: 10.0.1.0/24}\n"
	"  external: {}\n"
	"\n"
	"networks:\n"
	"  public: # the router's way out; its gateway is the host 'outside'\n"
	"    {external: true, type: flat, physical: external,\n"
	"     subnets: {public-v4: {cidr: 203.0.113.0/24, gateway: "
	"203.0.113.1}}}\n"
	"  private: # where the project's instances are\n"
	"    {project: demo, type: vxlan,\n"
	"     subnets: {private-v4: {cidr: 192.168.1.0/24, gateway: "
	"192.168.1.1}}}\n"
	"\n"
	"routers:\n"
	"  # ha: {interval: 1s, priority: 100, preempt: true} would change its "
	"VRRP\n"
	"  router1: {project: demo, gateway: public, interfaces: "
	"[private-v4]}\n"
	"\n"
	"instances:\n"
	"  vm1: {node: compute1, network: private}\n";

/* "demo.yaml" names the lab demo, as "demo" does. */
static const char *lab_name(struct arena *a, const char *word)
{
	size_t len = strlen(word), tail = strlen(SUFFIX);

	if (len > tail && strcmp(word + len - tail, SUFFIX) == 0)
		return arena_strndup(a, word, len - tail);
	return word;
}

static int write_new(const char *path, const struct buf *text,
		     struct err *reterr)
{
	auto_close int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 && errno == EEXIST)
		return err_set(reterr, -EEXIST,
			       "%s is there already, and left as it is", path);
	if (fd < 0 || write(fd, text->data, text->len) != (ssize_t)text->len)
		return err_sys(reterr, -errno, "write %s", path);
	return 0;
}

static int init(const char *name)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_arena struct arena a = {0};
	auto_buf struct buf text = {0};
	struct lab *lab = NULL;
	const char *path;
	struct err e;

	name = lab_name(&a, name);
	path = arena_printf(&a, "%s" SUFFIX, name);
	buf_adds(&text, head);
	buf_adds(&text, name);
	buf_adds(&text, body);
	/* All but the name is known to be right. */
	if (topo_load_text(path, text.data, text.len, &lab, &errs) < 0)
		return cmd_wrong("%s", errs.items[0].msg);
	lab_free(lab);
	if (write_new(path, &text, &e) < 0)
		return cmd_fail(e.code == -EEXIST ? EXIT_USAGE : EXIT_CANNOT,
				&e);
	printf("Wrote %s: four nodes, one router, one instance.\n"
	       "'labctl up %s' makes it so.\n",
	       path, path);
	return EXIT_OK;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	int status;

	if (!cmd_options(c, &argc, argv, NULL, &status))
		return status;
	if (argc > 2)
		return cmd_usage(c, "one NAME");
	return init(argc > 1 ? argv[1] : NAME);
}

const struct cmd cmd_init = {
	.name = "init",
	.args = "[NAME]",
	.summary = "write a first lab file, with comments, to begin from",
	.help = "Writes NAME.yaml (" NAME SUFFIX
		") with a lab of that name in the working directory, never\n"
		"over a file that is there.\n\n"
		"Examples:\n"
		"  labctl init\n"
		"  labctl init demo && labctl up demo.yaml\n",
	.run = run,
};
