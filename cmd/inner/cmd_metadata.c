/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"
#include "provision/metadata/server.h"

/* Run by a node's supervisor, never by a person. */
static int run(const struct cmd *c, int argc, char **argv)
{
	const char *socket = NULL, *records = NULL;
	const struct cmd_opt opts[] = {
		{"socket", 0, OPT_TEXT, &socket},
		{"records", 0, OPT_TEXT, &records},
		{NULL, 0, OPT_FLAG, NULL},
	};
	struct err err;
	int status;

	if (!cmd_options(c, &argc, argv, opts, &status))
		return status;
	if (argc > 1 || !socket || !records)
		return cmd_usage(c, "--socket and --records are needed");
	if (metadata_serve(socket, records, &err) < 0)
		return cmd_fail(EXIT_CANNOT, &err);
	return EXIT_OK;
}

const struct cmd cmd_metadata = {
	.name = "metadata",
	.args = "--socket PATH --records FILE",
	.summary = "the metadata server of a node",
	.run = run,
	.hidden = true,
};
