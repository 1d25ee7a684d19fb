/* SPDX-License-Identifier: MIT */
/*
 * Emulated labs for real. Without arguments: a test, for root. With arguments
 * the driver of the shell tests, which has no need of the nodes' agents:
 *
 *   emul_live.t up FILE | plan FILE | down LAB | list | enter LAB CMD... |
 *               target FILE NODE | pid LAB NODE
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/emul.h"
#include "t/lib/tap.h"

static void progress(void *ctx, const char *node, const char *what)
{
	const struct mono *t0 = ctx;

	fprintf(stderr, "%6.1f ms %s%s%s\n",
		(double)mono_sub(clock_mono(), *t0) / 1e6, node ? node : "",
		node ? ": " : "", what);
}

static int refuse(const struct err *e)
{
	fprintf(stderr, "emul_live: %s\n", e->msg);
	return e->code == -EBUSY ? 4 : 3;
}

static struct lab *load(const char *file)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab;

	if (topo_load(file, &lab, &errs) == 0)
		return lab;
	fprintf(stderr, "emul_live: %s: %s\n", file,
		errs.n ? errs.items[0].msg : "?");
	exit(2);
}

static int drive_up(char **argv)
{
	struct mono t0 = clock_mono();
	unsigned changes;
	struct lab *lab = load(argv[2]);
	struct err e;

	if (emul_up(lab, progress, &t0, &changes, &e) < 0)
		return refuse(&e);
	printf("%u changes\n", changes);
	fprintf(stderr, "%6.1f ms done\n",
		(double)mono_sub(clock_mono(), t0) / 1e6);
	lab_free(lab);
	return 0;
}

static int drive_plan(char **argv)
{
	auto_arena struct arena a = {0};
	struct lab *lab = load(argv[2]);
	const char **lines;
	struct err e;
	size_t n, i;

	if (emul_plan(&a, lab, &lines, &n, &e) < 0)
		return refuse(&e);
	for (i = 0; i < n; i++)
		puts(lines[i]);
	lab_free(lab);
	return 0;
}

static int drive_down(char **argv)
{
	struct emul_gone gone;
	struct err e;

	if (emul_down(argv[2], &gone, &e) < 0)
		return refuse(&e);
	printf("%u processes %u files\n", gone.processes, gone.files);
	return 0;
}

static int drive_list(void)
{
	auto_arena struct arena a = {0};
	struct emul_lab *labs;
	struct err e;
	size_t n, i, k;

	if (emul_list(&a, &labs, &n, &e) < 0)
		return refuse(&e);
	for (i = 0; i < n; i++) {
		printf("%s fabric=%d state=%d file=%s", labs[i].name,
		       labs[i].fabric, labs[i].state,
		       labs[i].file ? labs[i].file : "-");
		for (k = 0; k < labs[i].nnodes; k++)
			printf(" %s=%d", labs[i].nodes[k],
			       labs[i].node_pids[k]);
		putchar('\n');
	}
	return 0;
}

static int drive_enter(char **argv)
{
	struct err e;

	if (emul_enter(argv[2], &e) < 0)
		return refuse(&e);
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}

static int drive_target(char **argv)
{
	auto_arena struct arena a = {0};
	struct lab *lab = load(argv[2]);
	const struct topo_node *node = topo_node(lab, argv[3]);
	struct remote_target t;
	struct err e;

	if (!node)
		return 2;
	if (emul_target(&a, lab, node, &t, &e) < 0)
		return refuse(&e);
	printf("name=%s\naddress=%s\nport=%u\nuser=%s\nkey=%s\nhost_key=%s\n"
	       "agent=%s\n",
	       t.name, t.address, t.port, t.user, t.key_file, t.host_key,
	       t.agent);
	lab_free(lab);
	return 0;
}

static int drive_pid(char **argv)
{
	struct err e;
	pid_t pid;

	if (emul_node_pid(argv[2], argv[3], &pid, &e) < 0)
		return refuse(&e);
	printf("%d\n", pid);
	return 0;
}

static int test(void)
{
	ok(true, "driver only");
	return tap_done();
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "fabric") == 0)
		return emul_fabric_main(argc - 1, argv + 1) ? 2 : 0;
	if (argc < 2)
		return test();
	if (argc == 3 && strcmp(argv[1], "up") == 0)
		return drive_up(argv);
	if (argc == 3 && strcmp(argv[1], "plan") == 0)
		return drive_plan(argv);
	if (argc == 3 && strcmp(argv[1], "down") == 0)
		return drive_down(argv);
	if (strcmp(argv[1], "list") == 0)
		return drive_list();
	if (argc >= 4 && strcmp(argv[1], "enter") == 0)
		return drive_enter(argv);
	if (argc == 4 && strcmp(argv[1], "target") == 0)
		return drive_target(argv);
	if (argc == 4 && strcmp(argv[1], "pid") == 0)
		return drive_pid(argv);
	return 2;
}
