/* SPDX-License-Identifier: MIT */
/* labctl down: all of a lab goes, whatever is left of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "provision/emul/emul.h"

static int failure(const struct err *e)
{
	return cmd_fail(e->code == -EINTR ? EXIT_INTERRUPTED : EXIT_CANNOT, e);
}

static int down(const char *lab)
{
	struct mono from = clock_mono();
	struct emul_gone gone;
	struct err e;

	if (emul_down(lab, &gone, &e) < 0)
		return failure(&e);
	if (*gone.ended)
		fprintf(stderr,
			"labctl: 'labctl %s' (PID %d) was at work on the lab "
			"%s and has been ended\n",
			gone.ended, (int)gone.ended_pid, lab);
	if (log_level >= LOG_LEVEL_WARN)
		printf("The lab %s is gone (%u processes, %u files, %lld "
		       "ms).\n",
		       lab, gone.processes, gone.files,
		       (long long)(mono_sub(clock_mono(), from) / NS_PER_MS));
	return EXIT_OK;
}

static int which_lab(const struct cmd *c, const struct emul_lab *labs, size_t n)
{
	size_t i;

	fprintf(stderr, "labctl %s: there are %zu labs; name one, or --all:\n",
		c->name, n);
	for (i = 0; i < n; i++)
		fprintf(stderr, "  %s%s\n", labs[i].name,
			labs[i].fabric ? "" : " (not running)");
	return EXIT_USAGE;
}

static int down_all(const struct emul_lab *labs, size_t n)
{
	int status = EXIT_OK, s;
	size_t i;

	/* One that cannot be removed does not keep the others. */
	for (i = 0; i < n; i++) {
		s = down(labs[i].name);
		if (s != EXIT_OK)
			status = s;
	}
	return status;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	auto_arena struct arena a = {0};
	bool all = false;
	const struct cmd_opt opts[] = {
		{"all", 'a', OPT_FLAG, &all},
		{NULL, 0, OPT_FLAG, NULL},
	};
	const char *name = NULL;
	struct emul_lab *labs;
	struct err e;
	size_t n, i;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc > 2)
		return cmd_usage(c, "'%s' is one word too many", argv[2]);
	if (argc > 1 && all)
		return cmd_usage(c, "either one lab's name or --all");
	status = all ? EXIT_OK : cmd_lab_word(argv[1], &name);
	if (status != EXIT_OK)
		return status;
	if (emul_list(&a, &labs, &n, &e) < 0)
		return failure(&e);
	if (name) {
		for (i = 0; i < n; i++)
			if (strcmp(labs[i].name, name) == 0)
				return down(name);
		return cmd_no_such_lab(name, labs, n);
	}
	if (!n) {
		if (log_level >= LOG_LEVEL_WARN)
			puts("There is no lab.");
		return EXIT_OK;
	}
	if (n > 1 && !all)
		return which_lab(c, labs, n);
	return down_all(labs, n);
}

const struct cmd cmd_down = {
	.name = "down",
	.args = "[LAB | --all]",
	.summary = "remove a lab, all of it",
	.help = "Ends the lab's processes, with which its namespaces, "
		"interfaces and addresses go,\nwaits until they are gone, and "
		"removes its state folder. With one lab no name is\nneeded. "
		"Works after any crash; an 'up' or a drill that is at work on "
		"it is interrupted\nfirst.\n\n"
		"Options:\n"
		"  -a, --all  all of your labs\n",
	.run = run,
};
