/* SPDX-License-Identifier: MIT */
/* labctl vrrp: the engine by itself. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/doc.h"
#include "lib/log.h"
#include "lib/table.h"
#include "vrrp/config/config.h"
#include "vrrp/control.h"
#include "vrrp/import/import.h"
#include "vrrp/supervise.h"

/* Where an imported configuration has its engine asked, unless told. */
#define IMPORT_CONTROL "/run/labctl-vrrp/vrrp.sock"
#define RESIGN_POLL_MS 50

struct words {
	bool daemon, force;
	const char *control, *output, *netns;
};

static int load(const char *path, struct vrrp_config *ret)
{
	char absolute[PATH_MAX];
	auto_buf struct buf errs = {0};

	/* The engine reads it again later, from wherever it is then. */
	if (realpath(path, absolute))
		path = absolute;
	if (vrrp_config_load(path, ret, &errs) == 0)
		return EXIT_OK;
	fwrite(errs.data, 1, errs.len, stderr);
	return EXIT_USAGE;
}

static int run_engine(const struct cmd *c, int argc, char **argv,
		      const struct words *w)
{
	struct vrrp_config config = {0};
	struct err e = {0};
	int r;

	if (argc != 3)
		return cmd_usage(c, "run needs one CONFIG");
	r = load(argv[2], &config);
	if (r != EXIT_OK)
		return r;
	/* Changes of state are what a log of routers is for. */
	if (log_level == LOG_LEVEL_WARN)
		log_level = LOG_LEVEL_INFO;
	r = vrrp_supervise(&config, w->daemon, &e);
	if (r == 0)
		return EXIT_OK;
	return e.msg[0] ? cmd_fail(EXIT_CANNOT, &e) : EXIT_CANNOT;
}

static int check(const struct cmd *c, int argc, char **argv)
{
	struct vrrp_config config = {0};
	int r;

	if (argc != 3)
		return cmd_usage(c, "check needs one CONFIG");
	r = load(argv[2], &config);
	if (r == EXIT_OK)
		printf("%s: %zu router%s, no mistake found\n", argv[2],
		       config.n, config.n == 1 ? "" : "s");
	vrrp_config_release(&config);
	return r;
}

/* The socket of the engine meant by --control or by its configuration. */
static int socket_of(const struct cmd *c, int argc, char **argv,
		     const struct words *w, struct arena *a, const char **ret)
{
	struct vrrp_config config = {0};
	int r;

	if (argc > 3 || (argc == 3) == (w->control != NULL))
		return cmd_usage(c, "%s needs either CONFIG or --control PATH",
				 argv[1]);
	*ret = w->control;
	if (*ret)
		return EXIT_OK;
	r = load(argv[2], &config);
	if (r == EXIT_OK)
		*ret = arena_strdup(a, config.control);
	vrrp_config_release(&config);
	return r;
}

static int ask(const struct cmd *c, int argc, char **argv,
	       const struct words *w, const char *request, struct arena *a,
	       struct doc **ret, struct buf *line)
{
	const char *path = NULL;
	struct err e;
	int r;

	r = socket_of(c, argc, argv, w, a, &path);
	if (r != EXIT_OK)
		return r;
	r = vrrp_ask(path, request, line, &e);
	if (r == 0)
		r = doc_parse_line(a, line->data, line->len, ret, &e);
	if (r == 0 && !doc_bool(*ret, "ok", false))
		r = err_set(&e, -EINVAL, "%s", doc_str(*ret, "error", "?"));
	return r < 0 ? cmd_fail(EXIT_CANNOT, &e) : EXIT_OK;
}

static const char *ago(int64_t since_ns, char *out, size_t size)
{
	int64_t s = (clock_real_ns() - since_ns) / NS_PER_S;

	if (s < 0)
		s = 0;
	if (s < 120)
		snprintf(out, size, "%llds", (long long)s);
	else if (s < 7200)
		snprintf(out, size, "%lldm", (long long)(s / 60));
	else if (s < 172800)
		snprintf(out, size, "%lldh", (long long)(s / 3600));
	else
		snprintf(out, size, "%lldd", (long long)(s / 86400));
	return out;
}

static void print_table(const struct doc *root)
{
	static const char *const heads[] = {"ROUTER", "STATE", ">PRIO",
					    ">VRID",  "FOR",   "INTERFACE",
					    "NETNS",  "WHY",   NULL};
	auto_buf struct buf out = {0};
	auto_table struct table t;
	const struct doc *d;
	char age[32];

	table_init(&t, heads);
	DOC_FOREACH (d, doc_get(root, "routers")) {
		table_add(&t, doc_str(d, "name", ""));
		table_add(&t, doc_str(d, "state", ""));
		table_add(&t, doc_str(d, "priority", ""));
		table_add(&t, doc_str(d, "vrid", ""));
		table_add(&t, ago(doc_int(d, "since_ns", 0), age, sizeof(age)));
		table_add(&t, doc_str(d, "interface", ""));
		table_add(&t, doc_str(d, "netns", ""));
		table_add(&t, doc_str(d, "why", ""));
	}
	table_print(&t, cmd_color(stdout), &out);
	fwrite(out.data, 1, out.len, stdout);
}

static int state(const struct cmd *c, int argc, char **argv,
		 const struct words *w)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf line = {0};
	struct doc *root;
	int r;

	if (w->output && strcmp(w->output, "json") != 0 &&
	    strcmp(w->output, "table") != 0)
		return cmd_usage(c, "-o is table or json, not '%s'", w->output);
	r = ask(c, argc, argv, w, "state", &a, &root, &line);
	if (r != EXIT_OK)
		return r;
	if (w->output && strcmp(w->output, "json") == 0)
		fwrite(line.data, 1, line.len, stdout);
	else
		print_table(root);
	return EXIT_OK;
}

static int import(const struct cmd *c, int argc, char **argv,
		  const struct words *w)
{
	struct vrrp_import how = {.control = w->control ? w->control
							: IMPORT_CONTROL,
				  .netns = w->netns,
				  .force = w->force};
	auto_buf struct buf errs = {0}, notes = {0}, out = {0};
	struct vrrp_config config = {0};
	bool bad = false;

	if (argc < 3)
		return cmd_usage(c, "import needs one keepalived.conf or more");
	if (argc - 2 > (int)IMPORT_FILES_MAX)
		return cmd_usage(c, "import takes %u files at most",
				 IMPORT_FILES_MAX);
	for (int i = 2; i < argc; i++)
		bad |= vrrp_import_file(&how, argv[i], &config, &errs, &notes) <
		       0;
	if (!bad)
		bad = vrrp_import_check(&how, &config, &errs) < 0;
	if (!bad)
		vrrp_config_print(&config, &out);
	if (notes.len)
		fwrite(notes.data, 1, notes.len, stderr);
	if (errs.len)
		fwrite(errs.data, 1, errs.len, stderr);
	if (out.len)
		fwrite(out.data, 1, out.len, stdout);
	vrrp_config_release(&config);
	return bad ? EXIT_USAGE : EXIT_OK;
}

static int order(const struct cmd *c, int argc, char **argv,
		 const struct words *w)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf line = {0};
	struct doc *root;

	return ask(c, argc, argv, w, argv[1], &a, &root, &line);
}

static int rejoin(const struct cmd *c, int argc, char **argv,
		  const struct words *w)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf request = {0}, line = {0};
	struct doc *root;

	if (argc < 3)
		return cmd_usage(c, "rejoin needs the id of a router");
	buf_printf(&request, "rejoin %s", argv[argc - 1]);
	return ask(c, argc - 1, argv, w, request.data, &a, &root, &line);
}

/* --- resign ---------------------------------------------------------- */

/* What became of a router that was asked; NULL: it is not over yet. */
static const char *outcome(const struct doc *router)
{
	const char *state = doc_str(router, "state", "");
	const char *why = doc_str(router, "why", "");

	if (strcmp(state, "active") != 0)
		return "another has taken over";
	return *why ? why : NULL;
}

static const struct doc *of_id(const struct doc *state, const char *id)
{
	const struct doc *d;

	DOC_FOREACH (d, doc_get(state, "routers"))
		if (strcmp(doc_str(d, "id", ""), id) == 0)
			return d;
	return NULL;
}

/* Waits for every router that was asked, and tells of each. */
static int resigned(const char *path, const struct doc *asked)
{
	const struct doc *d;
	int status = EXIT_OK;

	DOC_FOREACH (d, doc_get(asked, "resigning")) {
		const char *what = NULL;

		while (!what) {
			auto_arena struct arena a = {0};
			auto_buf struct buf line = {0};
			const struct doc *router;
			struct doc *root;
			struct err e;

			if (cmd_interrupted)
				return EXIT_INTERRUPTED;
			if (vrrp_ask(path, "state", &line, &e) < 0 ||
			    doc_parse_line(&a, line.data, line.len, &root, &e) <
				    0)
				return cmd_fail(EXIT_CANNOT, &e);
			router = of_id(root, d->str);
			what = router ? outcome(router) : "it is gone";
			if (!what) {
				clock_sleep_ms(RESIGN_POLL_MS);
				continue;
			}
			printf("%s: %s\n",
			       router ? doc_str(router, "name", d->str)
				      : d->str,
			       what);
			if (router &&
			    strcmp(doc_str(router, "state", ""), "active") == 0)
				status = EXIT_DIFFERS;
		}
	}
	return status;
}

static int resign(const struct cmd *c, int argc, char **argv,
		  const struct words *w)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf request = {0}, line = {0};
	const char *path = NULL;
	struct doc *root;
	int words = w->control ? 2 : 3, r;

	buf_adds(&request, "resign");
	if (argc > words)
		buf_printf(&request, " %s", argv[words]);
	if (argc > words + 1)
		return cmd_usage(c, "resign takes one ID, or none for all");
	if (argc > words)
		argc = words;
	r = ask(c, argc, argv, w, request.data, &a, &root, &line);
	if (r == EXIT_OK)
		r = socket_of(c, argc, argv, w, &a, &path);
	if (r != EXIT_OK)
		return r;
	if (!doc_len(doc_get(root, "resigning")))
		puts("nothing to hand over: no such router is active here");
	cmd_catch_signals();
	return resigned(path, root);
}

/* Prints what the engine tells until it ends. */
static int watch(const struct cmd *c, int argc, char **argv,
		 const struct words *w)
{
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	const char *path = NULL;
	struct err e;
	char in[4096];
	ssize_t n;
	int r;

	r = socket_of(c, argc, argv, w, &a, &path);
	if (r != EXIT_OK)
		return r;
	fd = vrrp_watch(path, &e);
	if (fd < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	while ((n = read(fd, in, sizeof(in))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return EXIT_CANNOT;
		fwrite(in, 1, (size_t)n, stdout);
		if (fflush(stdout) != 0)
			return EXIT_CANNOT;
	}
	return EXIT_OK;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct words w = {0};
	const struct cmd_opt opts[] = {
		{"daemon", 'd', OPT_FLAG, &w.daemon},
		{"control", 'c', OPT_TEXT, &w.control},
		{"output", 'o', OPT_TEXT, &w.output},
		{"netns", 0, OPT_TEXT, &w.netns},
		{"force", 'f', OPT_FLAG, &w.force},
		{NULL, 0, OPT_FLAG, NULL},
	};
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc < 2)
		return cmd_usage(c, "which of run, state, watch, check, "
				    "reload, rejoin, resign, stop, import?");
	if (strcmp(argv[1], "run") == 0)
		return run_engine(c, argc, argv, &w);
	if (strcmp(argv[1], "state") == 0)
		return state(c, argc, argv, &w);
	if (strcmp(argv[1], "check") == 0)
		return check(c, argc, argv);
	if (strcmp(argv[1], "reload") == 0 || strcmp(argv[1], "stop") == 0)
		return order(c, argc, argv, &w);
	if (strcmp(argv[1], "import") == 0)
		return import(c, argc, argv, &w);
	if (strcmp(argv[1], "watch") == 0)
		return watch(c, argc, argv, &w);
	if (strcmp(argv[1], "rejoin") == 0)
		return rejoin(c, argc, argv, &w);
	if (strcmp(argv[1], "resign") == 0)
		return resign(c, argc, argv, &w);
	return cmd_usage(c,
			 "'%s' is none of run, state, watch, check, reload, "
			 "rejoin, resign, stop, import",
			 argv[1]);
}

const struct cmd cmd_vrrp = {
	.name = "vrrp",
	.args = "run|state|watch|check|reload|rejoin|resign|stop|import "
		"[OPTION...] "
		"[CONFIG] "
		"[ID]",
	.summary = "run the VRRP engine by itself, or ask one that runs",
	.help = "  run CONFIG      run all routers of CONFIG until SIGTERM; "
		"SIGHUP reads it again\n"
		"  state CONFIG    who is active, and why\n"
		"  watch CONFIG    a line of JSON for each router, then for "
		"each transition\n"
		"  check CONFIG    tell every mistake in CONFIG, change "
		"nothing\n"
		"  reload CONFIG   have the engine read it again; routers that "
		"are the same go on\n"
		"  rejoin CONFIG ID  have it let go of the router of that id "
		"and take it up\n"
		"                  again: its namespace or links were made "
		"anew\n"
		"  resign CONFIG [ID]  have it hand that router, or all, over "
		"to others without a\n"
		"                  gap; exit 1 where nobody takes over, and it "
		"stays\n"
		"  stop CONFIG     have it hand over, remove its addresses and "
		"end\n"
		"  import FILE...  keepalived.conf as a CONFIG, on standard "
		"output\n"
		"\nOptions:\n"
		"  -d, --daemon        run: go to the background once the "
		"engine answers;\n"
		"                      its log is vrrp.log beside the control "
		"socket\n"
		"  -c, --control PATH  ask the engine at this socket instead "
		"of naming CONFIG\n"
		"                      import: where its engine is to be "
		"asked\n"
		"      --netns NAME    import: the namespace of all its "
		"routers\n"
		"  -f, --force         import: leave out what the engine does "
		"not do\n"
		"  -o, --output KIND   state: table (default) or json\n"
		"\nA configuration:\n"
		"  control: /run/labctl/demo/vrrp.sock\n"
		"  routers:\n"
		"  - name: demo-router\n"
		"    interface: eth0\n"
		"    version: 3              # 2 unless said\n"
		"    vrid: 51\n"
		"    priority: 100\n"
		"    interval: 100ms         # version 2: whole seconds\n"
		"    virtual_addresses: [{address: 192.0.2.1/24, dev: eth0}]\n"
		"\nExamples:\n"
		"  labctl vrrp check vrrp.yaml\n"
		"  labctl vrrp run --daemon vrrp.yaml\n"
		"  labctl vrrp state vrrp.yaml -o json\n"
		"  labctl vrrp import /etc/keepalived/keepalived.conf > "
		"vrrp.yaml\n",
	.run = run,
};
