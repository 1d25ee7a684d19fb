/* SPDX-License-Identifier: MIT */
/* labctl agent: what labctl starts on each node and talks to. */
#include <string.h>

#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/log.h"
#include "provision/node/agent.h"
#include "topologies/topo.h"
#include "verify/looks/look.h"

#define OPS_MAX 64

static void free_lab(struct lab **lab)
{
	lab_free(*lab);
}

static size_t append(struct agent_op *all, size_t n, const struct agent_op *ops)
{
	for (; ops->name && n < OPS_MAX; ops++)
		all[n++] = *ops;
	return n;
}

static void begin(struct json *j, int id, const char *op)
{
	json_obj(j);
	json_kint(j, "id", id);
	json_kstr(j, "op", op);
}

/* The lines that make a node be as a lab file says. */
static int print_request(const struct cmd *c, const char *file,
			 const char *name, bool apply, bool remove)
{
	auto_(free_lab) struct lab *lab = NULL;
	auto_buf struct buf out = {0};
	struct json j;
	int status;

	status = cmd_load(file, &lab);
	if (status != EXIT_OK)
		return status;
	if (!topo_node(lab, name))
		return cmd_usage(c, "lab %s has no node '%s'", lab->name, name);
	json_init(&j, &out, 0);
	if (!remove) {
		begin(&j, 1, "lab");
		json_kstr(&j, "file", file);
		json_kstr(&j, "text", lab->text);
		json_kstr(&j, "node", name);
		json_obj_end(&j);
		buf_addc(&out, '\n');
	}
	json_init(&j, &out, 0);
	begin(&j, 2, "converge");
	json_kbool(&j, "apply", apply);
	if (remove) {
		json_kbool(&j, "remove", true);
		json_kstr(&j, "lab", lab->name);
	}
	json_obj_end(&j);
	puts(out.data);
	return EXIT_OK;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct agent_op all[OPS_MAX + 1] = {{NULL, NULL, false, NULL}};
	bool request = false, look = false, remove = false;
	const struct cmd_opt opts[] = {
		{"request", 0, OPT_FLAG, &request},
		{"look", 0, OPT_FLAG, &look},
		{"remove", 0, OPT_FLAG, &remove},
		{NULL, 0, OPT_FLAG, NULL},
	};
	struct err err;
	size_t n;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (request && argc == 3)
		return print_request(c, argv[1], argv[2], !look, remove);
	if (request)
		return cmd_usage(c, "--request needs FILE and NODE");
	if (argc > 1)
		return cmd_usage(c, "'%s' is too much", argv[1]);
	log_prefix("labctl agent");
	n = append(all, 0, agent_provision_ops);
	(void)append(all, n, verify_agent_ops);
	if (agent_serve(STDIN_FILENO, STDOUT_FILENO, all, &err) < 0)
		return cmd_fail(EXIT_CANNOT, &err);
	return EXIT_OK;
}

const struct cmd cmd_agent = {
	.name = "agent",
	.args = "[--request FILE NODE [--look] [--remove]]",
	.summary = "serve one node (labctl starts it there)",
	.help = "Reads requests from standard input and writes answers to "
		"standard output,\none JSON document on each line. Made for "
		"programs; for people, to try:\n\n"
		"  echo '{\"id\": 1, \"op\": \"observe\"}' | labctl agent\n"
		"\n"
		"  --request  print the requests that make NODE be as FILE "
		"says, and no more\n"
		"  --look     with it: only tell what differs\n"
		"  --remove   with it: remove all that is the lab's\n",
	.run = run,
	.hidden = true,
};
