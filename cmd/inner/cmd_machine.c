/* SPDX-License-Identifier: MIT */
/* The program that an instance is, that enters one, and that its DHCP client
 * calls; each run by labctl itself, never by a person. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/parse.h"
#include "provision/machine/machine.h"

/* A list with commas, which is cut up. */
static bool resolvers(struct machine *m, char *list)
{
	char *at;

	while (list && (at = strsep(&list, ","))) {
		if (m->nresolvers == MACHINE_RESOLVERS_MAX)
			return false;
		m->resolvers[m->nresolvers++] = at;
	}
	return true;
}

static int enter(const char *netns, char *const *words)
{
	struct err err;
	int r = machine_enter(netns, words, &err);

	return r < 0 ? cmd_fail(EXIT_CANNOT, &err) : r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct machine m = {.device = "eth0"};
	const char *into = NULL, *delay = NULL, *dns = NULL;
	const struct cmd_opt opts[] = {
		{"enter", 0, OPT_TEXT, &into},
		{"netns", 0, OPT_TEXT, &m.netns},
		{"hostname", 0, OPT_TEXT, &m.hostname},
		{"device", 0, OPT_TEXT, &m.device},
		{"dhcp", 0, OPT_FLAG, &m.dhcp},
		{"dhcp6", 0, OPT_FLAG, &m.dhcp6},
		{"delay-ms", 0, OPT_TEXT, &delay},
		{"dns", 0, OPT_TEXT, &dns},
		{NULL, 0, OPT_FLAG, NULL},
	};
	struct err err;
	uint32_t ms = 0;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (into)
		return enter(into,
			     argv + 1 +
				     (argc > 1 && strcmp(argv[1], "--") == 0));
	if (argc > 1 || !m.netns || !m.hostname)
		return cmd_usage(c, "this is a part of a lab: 'labctl up' "
				    "starts it");
	if (delay && parse_u32(delay, 0, 3600000, &ms) < 0)
		return cmd_usage(c, "--delay-ms: '%s'", delay);
	m.delay_ms = ms;
	if (!resolvers(&m, (char *)(uintptr_t)dns))
		return cmd_usage(c, "--dns: more than %d",
				 MACHINE_RESOLVERS_MAX);
	if (machine_run(&m, &err) < 0)
		return cmd_fail(EXIT_CANNOT, &err);
	return EXIT_OK;
}

const struct cmd cmd_machine = {
	.name = "machine",
	.args = "--netns NETNS --hostname NAME | --enter NETNS",
	.summary = "an instance: a small machine of its own",
	.run = run,
	.hidden = true,
};

/* By argv[0]: its only word is the event, or a DHCPv6 client's reason is in the
 * environment. */
static int run_hook(const struct cmd *c, int argc, char **argv)
{
	const char *reason = getenv("reason");
	struct err err = {.msg = ""};
	int r;

	if (argc != 2 && !(argc == 1 && reason))
		return cmd_usage(c, "a DHCP client calls this");
	r = argc == 2 ? machine_hook(argv[1], &err)
		      : machine_hook6(reason, &err);
	return r < 0 ? cmd_fail(EXIT_CANNOT, &err) : EXIT_OK;
}

const struct cmd cmd_dhcp_hook = {
	.name = MACHINE_HOOK,
	.args = "EVENT",
	.summary = "carry a DHCP client's event out in a machine",
	.run = run_hook,
	.hidden = true,
};
