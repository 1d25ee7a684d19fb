/* SPDX-License-Identifier: MIT */
/*
 * labctl status: each lab is looked at by a process of its own, all at once,
 * because a process can enter one lab only. What they saw comes back as JSON,
 * which is the result, or is read again for the tables that people get.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/status_look.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/mono.h"
#include "lib/table.h"

#define STATUS_VERSION 1           /* of the JSON */
#define STATUS_SIZE_MAX (8u << 20) /* bytes that one look may give */

struct looker {
	pid_t pid;
	int fd;
	struct buf seen;
};

/* --- the processes that look --------------------------------------------- */

static void look_and_tell(const struct emul_lab *l, bool indent, int fd)
{
	struct buf out = {0};
	size_t done = 0;
	struct json j;
	ssize_t n;

	json_init(&j, &out, indent ? 2 : 0);
	/* As it will stand in the list of labs. */
	j.depth = indent ? 2 : 0;
	j.keyed = true;
	status_look(l, &j);
	while (done < out.len) {
		n = write(fd, out.data + done, out.len - done);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	_exit(0);
}

static int start(struct looker *k, const struct emul_lab *l, bool indent,
		 struct err *reterr)
{
	int fd[2];

	k->fd = -1;
	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	k->pid = fork();
	if (k->pid == 0)
		look_and_tell(l, indent, fd[1]);
	close(fd[1]);
	k->fd = fd[0];
	return k->pid < 0 ? err_sys(reterr, -errno, "fork") : 0;
}

static void hear(struct looker *k)
{
	ssize_t n;

	while (k->fd >= 0 && k->seen.len < STATUS_SIZE_MAX) {
		n = read(k->fd, buf_room(&k->seen, 65536), 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		k->seen.len += (size_t)n;
		k->seen.data[k->seen.len] = '\0';
	}
	if (k->fd >= 0)
		close(k->fd);
	if (k->pid > 0)
		waitpid(k->pid, NULL, 0);
}

/* --- as tables ----------------------------------------------------------- */

static enum table_color color_of(const char *state)
{
	static const struct {
		const char *state;
		enum table_color color;
	} colors[] = {
		{"up", TABLE_GOOD},         {"half up", TABLE_WARN},
		{"left over", TABLE_WARN},  {"running", TABLE_GOOD},
		{"unreachable", TABLE_BAD}, {"not running", TABLE_BAD},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(colors); i++)
		if (strcmp(colors[i].state, state) == 0)
			return colors[i].color;
	return TABLE_PLAIN;
}

static void print_table(const struct table *t, struct buf *out)
{
	if (!table_rows(t))
		return;
	buf_addc(out, '\n');
	table_print(t, cmd_color(stdout), out);
}

static void print_nodes(const struct doc *lab, struct buf *out)
{
	static const char *const heads[] = {"NODE",   "ROLE",  "ADDRESS",
					    "ENGINE", "STATE", NULL};
	auto_table struct table t;
	const struct doc *d;

	table_init(&t, heads);
	t.indent = 2;
	DOC_FOREACH (d, doc_get(lab, "nodes")) {
		const struct doc *engine = doc_get(d, "engine");
		const char *state = doc_str(d, "state", "");
		const char *why = doc_str(d, "reason", NULL);
		bool runs = doc_bool(engine, "running", false);

		table_add(&t, doc_str(d, "name", ""));
		table_add(&t, doc_str(d, "role", ""));
		table_add(&t, doc_str(d, "address", ""));
		if (doc_is_null(engine))
			table_add(&t, "");
		else
			table_paint(&t, runs ? TABLE_GOOD : TABLE_BAD,
				    runs ? "running" : "not running");
		table_paint(
			&t, color_of(state),
			why ? arena_printf(&t.arena, "%s: %s", state, why)
			: doc_bool(d, "drained", false)
				? arena_printf(&t.arena, "%s, drained", state)
				: state);
	}
	print_table(&t, out);
}

/* Services that should run and do not, a line each. */
static void print_troubles(const struct doc *lab, struct buf *out)
{
	const struct doc *node, *d, *why;
	bool any = false;

	DOC_FOREACH (node, doc_get(lab, "nodes"))
		DOC_FOREACH (d, doc_get(node, "services")) {
			why = doc_get(d, "trouble");
			if (doc_is_null(why))
				continue;
			buf_printf(out, "%s  %s: service %s does not run: %s\n",
				   any ? "" : "\n", doc_str(node, "name", ""),
				   doc_str(d, "name", ""),
				   why->kind == DOC_SCALAR ? why->str : "");
			any = true;
		}
}

/* "network1 active, network2 backup". */
static const char *states(struct arena *a, const struct doc *router)
{
	const char *text = "";
	const struct doc *d;

	if (!doc_bool(router, "ha", true))
		return "on one node, without HA";
	DOC_FOREACH (d, doc_get(router, "nodes"))
		text = arena_printf(a, "%s%s%s %s", text, *text ? ", " : "",
				    doc_str(d, "node", ""),
				    doc_str(d, "state", "unknown"));
	return text;
}

static const char *since(struct arena *a, int64_t ns)
{
	time_t t = (time_t)(ns / NS_PER_S);
	char text[32];
	struct tm tm;

	if (ns <= 0 || !localtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		return "";
	return arena_strdup(a, text);
}

static void print_routers(const struct doc *lab, struct buf *out)
{
	static const char *const heads[] = {"ROUTER", ">VRID",  "ACTIVE",
					    "SINCE",  "STATES", NULL};
	auto_table struct table t;
	const struct doc *d, *name;

	table_init(&t, heads);
	t.indent = 2;
	DOC_FOREACH (d, doc_get(lab, "routers")) {
		const struct doc *active = doc_get(d, "active");
		const char *who = "";

		DOC_FOREACH (name, active)
			who = arena_printf(&t.arena, "%s%s%s", who,
					   *who ? "+" : "", name->str);
		table_add(&t, doc_str(d, "name", ""));
		table_add(&t, doc_str(d, "vrid", "-"));
		/* Exactly one is right. */
		table_paint(&t, doc_len(active) == 1 ? TABLE_GOOD : TABLE_BAD,
			    *who ? who : "none");
		table_add(&t, since(&t.arena, doc_int(d, "since_ns", 0)));
		table_add(&t, states(&t.arena, d));
	}
	print_table(&t, out);
}

static void print_instances(const struct doc *lab, struct buf *out)
{
	static const char *const heads[] = {"INSTANCE", "NODE", "ADDRESSES",
					    NULL};
	auto_table struct table t;
	const struct doc *d, *addr;

	table_init(&t, heads);
	t.indent = 2;
	DOC_FOREACH (d, doc_get(lab, "instances")) {
		const char *text = "";

		DOC_FOREACH (addr, doc_get(d, "addresses"))
			text = arena_printf(&t.arena, "%s%s%s", text,
					    *text ? ", " : "", addr->str);
		table_add(&t, doc_str(d, "name", ""));
		table_add(&t, doc_str(d, "node", ""));
		table_add(&t, text);
	}
	print_table(&t, out);
}

static const char *advice(const char *state)
{
	if (strcmp(state, "half up") == 0)
		return "; 'labctl up' completes it";
	if (strcmp(state, "left over") == 0)
		return "; 'labctl down' removes what is left";
	return "";
}

static void print_lab(const char *name, const struct doc *lab, struct buf *out)
{
	const char *state = doc_str(lab, "state", "");
	const char *why = doc_str(lab, "error", NULL);

	if (!lab) {
		buf_printf(out, "Lab %s: could not be looked at\n", name);
		return;
	}
	buf_printf(out, "Lab %s: %s%s%s%s\n", name, state, advice(state),
		   why ? "; " : "", why ? why : "");
	print_nodes(lab, out);
	print_troubles(lab, out);
	print_routers(lab, out);
	print_instances(lab, out);
}

/* --- all labs ------------------------------------------------------------ */

static void report_table(const struct emul_lab *labs, struct looker *k,
			 size_t n, struct buf *out)
{
	size_t i;

	if (!n)
		buf_adds(out, "No lab is up.\n");
	for (i = 0; i < n; i++) {
		auto_arena struct arena a = {0};
		struct doc *d = NULL;

		if (doc_parse_line(&a, k[i].seen.data, k[i].seen.len, &d,
				   NULL) < 0)
			d = NULL;
		if (i)
			buf_addc(out, '\n');
		print_lab(labs[i].name, d, out);
	}
}

/* The objects are put together as they came: they are whole or empty. */
static void report_json(const struct emul_lab *labs, struct looker *k, size_t n,
			struct buf *out)
{
	struct json j;
	size_t i;

	json_init(&j, out, 2);
	json_obj(&j);
	json_kint(&j, "version", STATUS_VERSION);
	json_key(&j, "labs");
	json_arr(&j);
	for (i = 0; i < n; i++) {
		if (k[i].seen.len) {
			json_raw(&j, k[i].seen.data);
			continue;
		}
		json_obj(&j);
		json_kstr(&j, "name", labs[i].name);
		json_kstr(&j, "error", "could not be looked at");
		json_obj_end(&j);
	}
	json_arr_end(&j);
	json_obj_end(&j);
	buf_addc(out, '\n');
}

static int report(const struct emul_lab *labs, size_t n, bool as_json)
{
	auto_arena struct arena a = {0};
	struct looker *k = arena_array(&a, n, sizeof(*k));
	auto_buf struct buf out = {0};
	struct err e = {0};
	size_t i;
	int r = 0;

	for (i = 0; i < n; i++)
		if (start(&k[i], &labs[i], as_json, &e) < 0)
			r = -1;
	for (i = 0; i < n; i++)
		hear(&k[i]);
	if (as_json)
		report_json(labs, k, n, &out);
	else
		report_table(labs, k, n, &out);
	fwrite(out.data, 1, out.len, stdout);
	for (i = 0; i < n; i++)
		buf_release(&k[i].seen);
	return r < 0 ? cmd_fail(EXIT_CANNOT, &e) : EXIT_OK;
}

static int one_lab(const char *name, const struct emul_lab *labs, size_t n,
		   bool as_json)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(labs[i].name, name) == 0)
			return report(&labs[i], 1, as_json);
	return cmd_no_such_lab(name, labs, n);
}

static int run(const struct cmd *c, int argc, char **argv)
{
	const char *format = "table", *name;
	const struct cmd_opt opts[] = {{"output", 'o', OPT_TEXT, &format},
				       {NULL, 0, OPT_FLAG, NULL}};
	auto_arena struct arena a = {0};
	struct emul_lab *labs;
	bool as_json;
	struct err e;
	size_t n;
	int r;

	if (!cmd_options(c, &argc, argv, opts, &r))
		return r;
	if (argc > 2)
		return cmd_usage(c, "one LAB, or none for all");
	r = cmd_lab_word(argv[1], &name);
	if (r != EXIT_OK)
		return r;
	as_json = strcmp(format, "json") == 0;
	if (!as_json && strcmp(format, "table") != 0)
		return cmd_usage(c, "'%s' is neither table nor json", format);
	if (emul_list(&a, &labs, &n, &e) < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	if (name)
		return one_lab(name, labs, n, as_json);
	return report(labs, n, as_json);
}

const struct cmd cmd_status = {
	.name = "status",
	.args = "[LAB] [-o table|json]",
	.summary = "show labs, nodes, routers and who is active",
	.help = "A lab is up, half up (a node does not run or cannot be "
		"reached, or an 'up' was\ninterrupted or is under way), or "
		"left over (its state folder is there, but nothing\nruns). A "
		"router should be active on one node.\n\n"
		"Options:\n"
		"  -o, --output FORMAT  table (for people) or json\n\n"
		"Examples:\n"
		"  labctl status\n"
		"  labctl status -o json | jq -r "
		"'.labs[].routers[].active[]'\n",
	.run = run,
};
