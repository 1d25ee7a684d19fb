/* SPDX-License-Identifier: MIT */
/*
 * Each engine's lab is the lab's own file, printed whole, with the other word
 * for the engine: addresses, UUIDs and names stay, so what differs between the
 * two drills is the engine. `up` and `failover` are run as a person would run
 * them; a drill that finds faults is compared all the same.
 */
#include "cmd/common/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/doc.h"
#include "lib/file.h"
#include "lib/table.h"
#include "topologies/print.h"
#include "verify/verdict.h"

#define ENGINES (TOPO_ENGINE_KEEPALIVED + 1)
#define WORDS_MAX 12
#define ANSWER_MAX (16u << 20)
/* After `up` hosts may look for their router for a moment; a drill wants each
 * ping before the fault answered. */
#define SETTLE_MS 3000

struct compare {
	const struct lab *lab;
	const struct topo_router *only;
	const char *fault;
	struct arena arena;
	const struct doc *said[ENGINES];
	struct buf text[ENGINES];
};

/* Runs this program; its output goes to out, errors too where both. Returns
 * its exit status, or -1. */
static int run_self(const char *const *words, bool both, struct buf *out)
{
	auto_close int in = -1;
	int fds[2], status = 0;
	char *argv[WORDS_MAX + 1] = {NULL};
	pid_t pid;

	for (size_t i = 0; words[i] && i < WORDS_MAX; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	in = fds[0];
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		if (both)
			dup2(fds[1], STDERR_FILENO);
		execv("/proc/self/exe", argv);
		_exit(EXIT_CANNOT);
	}
	close(fds[1]);
	if (pid < 0)
		return -1;
	(void)file_read_fd(in, ANSWER_MAX, out);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int up(const char *text, size_t len)
{
	char path[] = "/tmp/labctl-compare-XXXXXX";
	const char *const words[] = {"labctl", "up", path, NULL};
	auto_buf struct buf out = {0};
	int fd = mkostemp(path, O_CLOEXEC), r;

	if (fd < 0)
		return -1;
	r = file_write_fd(fd, text, len) < 0 ? -1 : run_self(words, true, &out);
	close(fd);
	(void)unlink(path);
	if (r != EXIT_OK && out.len)
		fwrite(out.data, 1, out.len, stderr);
	return r;
}

/* The lab as its file says, but for who speaks VRRP. */
static int up_with(const struct compare *c, enum topo_engine engine)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf text = {0};
	struct lab *lab;
	int r;

	if (topo_load_text(c->lab->path, c->lab->text, c->lab->text_len, &lab,
			   &errs) < 0)
		return -1;
	for (size_t i = 0; i < lab->nrouters; i++)
		if (lab->routers[i].is_ha &&
		    (!c->only ||
		     strcmp(lab->routers[i].name, c->only->name) == 0))
			lab->routers[i].ha.engine = engine;
	topo_print(lab, &text);
	r = up(text.data, text.len);
	lab_free(lab);
	return r;
}

static int drill(struct compare *c, enum topo_engine engine)
{
	const char *words[WORDS_MAX + 1] = {"labctl", "failover", "-o",
					    "json",   "--fault",  c->fault};
	struct doc_error where;
	struct doc *d = NULL;
	size_t n = 6;
	int r;

	if (c->only) {
		words[n++] = "--router";
		words[n++] = c->only->name;
	}
	words[n++] = c->lab->name;
	r = run_self(words, false, &c->text[engine]);
	if (r != EXIT_OK && r != EXIT_DIFFERS)
		return r;
	if (doc_parse(&c->arena, c->text[engine].data, c->text[engine].len, &d,
		      &where) < 0)
		return -1;
	c->said[engine] = d;
	return EXIT_OK;
}

/* --- the table ------------------------------------------------------------ */

static const struct doc *named(const struct doc *list, const char *key,
			       const char *name)
{
	const struct doc *d;

	DOC_FOREACH (d, list)
		if (strcmp(doc_str(d, key, ""), name) == 0)
			return d;
	return NULL;
}

static const char *ms(struct arena *a, const struct doc *of, const char *key)
{
	const struct doc *d = doc_get(of, key);

	if (!d || doc_is_null(d))
		return "-";
	return arena_printf(a, "%.1f", (double)doc_int(of, key, 0) / 1000.0);
}

/* A moment or a length of time, in microseconds; false where it was not seen.
 */
static bool us(const struct doc *since, const char *key, int64_t *ret)
{
	const struct doc *d = doc_get(since, key);

	if (!d || doc_is_null(d))
		return false;
	*ret = doc_int(since, key, 0);
	return true;
}

/* What lies between two moments does not depend on when the fault came. */
struct span {
	const char *what, *from, *to;
	/* Where the second was not seen; what is not above 0 was none. */
	const char *or_to;
	bool positive;
};

static const struct span spans[] = {
	{"from the old node's last advert to the new one's first",
	 "last_old_advert_us", "first_new_advert_us", NULL, false},
	{"from that to the addresses", "first_new_advert_us", "addresses_us",
	 NULL, false},
	{"from that to the first gratuitous ARP", "first_new_advert_us",
	 "announced_us", NULL, false},
	{"two nodes held the addresses for", "addresses_us", "gave_up_us",
	 "healed_us", true},
	{"no node held the addresses for", "gave_up_us", "addresses_us", NULL,
	 true},
};

static const char *span_text(struct arena *a, const struct doc *since,
			     const struct span *s)
{
	int64_t from, to;

	if (!us(since, s->from, &from) ||
	    (!us(since, s->to, &to) &&
	     (!s->or_to || !us(since, s->or_to, &to))))
		return "-";
	if (s->positive && to <= from)
		return "-";
	return arena_printf(a, "%.1f", (double)(to - from) / 1000.0);
}

/* What a drill calls its moments, as a person would. */
static const char *words_of(struct arena *a, const char *key)
{
	static const struct {
		const char *key, *words;
	} known[] = {
		{"last_old_advert_us", "last advert of the old node"},
		{"first_new_advert_us", "first new advert"},
		{"gave_up_us", "addresses given up by the old node"},
		{"announced_us", "first gratuitous ARP"},
		{"first_reply_us", "first reply to a ping"},
	};
	char *text = arena_strdup(a, key), *p;
	size_t len = strlen(text);

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].key, key) == 0)
			return known[i].words;
	if (len > 3 && strcmp(text + len - 3, "_us") == 0)
		text[len - 3] = '\0';
	for (p = text; *p; p++)
		if (*p == '_')
			*p = ' ';
	return text;
}

static void row(struct table *t, const char *what, const char *const *cells)
{
	table_add(t, what);
	for (size_t i = 0; i < ENGINES; i++)
		table_add(t, cells[i]);
}

static void router_rows(struct compare *c, const char *name, struct table *t)
{
	const struct doc *of[ENGINES];
	const char *cells[ENGINES];
	size_t i, k, m;

	for (i = 0; i < ENGINES; i++)
		of[i] = doc_get(
			named(doc_get(c->said[i], "routers"), "name", name),
			"since_fault");
	for (i = 0; i < ENGINES; i++)
		for (k = 0; k < doc_len(of[i]) && of[i]->kind == DOC_MAP; k++) {
			const char *key = of[i]->keys[k]->str;

			/* What an engine before has was told with it. */
			for (m = 0; m < i && !doc_get(of[m], key); m++)
				;
			if (m < i)
				continue;
			for (m = 0; m < ENGINES; m++)
				cells[m] = ms(&c->arena, of[m], key);
			row(t,
			    arena_printf(&c->arena, "%s: %s", name,
					 words_of(&c->arena, key)),
			    cells);
		}
}

static void span_rows(struct compare *c, const char *name, struct table *t)
{
	const char *cells[ENGINES];
	size_t i, k;

	for (k = 0; k < ARRAY_LEN(spans); k++) {
		bool any = false;

		for (i = 0; i < ENGINES; i++) {
			const struct doc *r = named(
				doc_get(c->said[i], "routers"), "name", name);

			cells[i] =
				span_text(&c->arena, doc_get(r, "since_fault"),
					  &spans[k]);
			any |= *cells[i] != '-';
		}
		if (any)
			row(t,
			    arena_printf(&c->arena, "%s: %s", name,
					 spans[k].what),
			    cells);
	}
}

static const struct doc *ping_of(const struct doc *said, const struct doc *like)
{
	const struct doc *d;

	DOC_FOREACH (d, doc_get(said, "pings"))
		if (strcmp(doc_str(d, "address", ""),
			   doc_str(like, "address", "")) == 0 &&
		    strcmp(doc_str(d, "from", ""), doc_str(like, "from", "")) ==
			    0)
			return d;
	return NULL;
}

/* What became of a connection of the same kind, in a drill's words. */
static const char *fate_of(const struct doc *said, const struct doc *like)
{
	static const char *const keys[] = {"router", "instance", "through",
					   "first"};
	const struct doc *d;

	DOC_FOREACH (d, doc_get(said, "connections")) {
		size_t i = 0;

		while (i < ARRAY_LEN(keys) &&
		       strcmp(doc_str(d, keys[i], ""),
			      doc_str(like, keys[i], "")) == 0)
			i++;
		if (i == ARRAY_LEN(keys))
			return doc_str(d, "fate", "-");
	}
	return "-";
}

static void connection_rows(struct compare *c, struct table *t)
{
	const char *cells[ENGINES];
	const struct doc *d;

	DOC_FOREACH (d, doc_get(c->said[0], "connections")) {
		for (size_t i = 0; i < ENGINES; i++)
			cells[i] = fate_of(c->said[i], d);
		row(t,
		    arena_printf(&c->arena,
				 "a connection of %s by %s, %s speaking first",
				 doc_str(d, "instance", ""),
				 doc_str(d, "through", ""),
				 doc_str(d, "first", "")),
		    cells);
	}
}

/* From where to where each router went, which need not be the same. */
static void print_hosts(const struct compare *c)
{
	const struct doc *d;

	for (size_t i = 0; i < ENGINES; i++)
		DOC_FOREACH (d, doc_get(c->said[i], "routers"))
			printf("%s: %s %s %s%s%s\n", doc_str(d, "name", ""),
			       topo_engine_names[i],
			       doc_bool(d, "hit", false)
				       ? "had it on"
				       : "was not struck; it had it on",
			       doc_str(d, "old", "no node"),
			       doc_str(d, "new", NULL) ? ", then on " : "",
			       doc_str(d, "new", ""));
}

/* Moments apart, whenever the fault came. */
static void print_spans(struct compare *c)
{
	static const char *const heads[] = {"MS BETWEEN TWO OF THEM", ">LABCTL",
					    ">KEEPALIVED", NULL};
	auto_buf struct buf out = {0};
	auto_table struct table t;
	const struct doc *d;

	table_init(&t, heads);
	DOC_FOREACH (d, doc_get(c->said[0], "routers"))
		span_rows(c, doc_str(d, "name", ""), &t);
	table_print(&t, cmd_color(stdout), &out);
	putchar('\n');
	fwrite(out.data, 1, out.len, stdout);
}

/* What each drill found otherwise than it should be, and what it noted. */
static void print_points(const struct compare *c, size_t engine)
{
	const struct doc *list = doc_get(c->said[engine], "points"), *d, *line;
	size_t n = 0, bad = 0, skipped = 0;

	DOC_FOREACH (d, list) {
		const char *verdict = doc_str(d, "verdict", "");

		n++;
		skipped += strcmp(verdict, "skipped") == 0;
		bad += strcmp(verdict, verdict_kind_names[VERDICT_WRONG]) ==
			       0 ||
		       strcmp(verdict, verdict_kind_names[VERDICT_BLIND]) == 0;
	}
	printf("%s: %zu of %zu points hold", topo_engine_names[engine],
	       n - bad - skipped, n);
	if (skipped)
		printf(", %zu do not apply", skipped);
	putchar('\n');
	DOC_FOREACH (d, list) {
		const char *verdict = doc_str(d, "verdict", "");

		if (doc_str(d, "note", NULL))
			printf("  %s\n", doc_str(d, "note", ""));
		if (strcmp(verdict, verdict_kind_names[VERDICT_WRONG]) != 0 &&
		    strcmp(verdict, verdict_kind_names[VERDICT_BLIND]) != 0)
			continue;
		printf("  %s: %s:", verdict, doc_str(d, "point", ""));
		if (doc_str(d, "could_not_look", NULL))
			printf(" %s", doc_str(d, "could_not_look", ""));
		DOC_FOREACH (line, doc_get(d, "observed"))
			printf("%s %s",
			       line == doc_get(d, "observed")->items[0] ? ""
									: ";",
			       line->str);
		putchar('\n');
	}
}

static void print(struct compare *c)
{
	static const char *const heads[] = {"MS SINCE THE FAULT", ">LABCTL",
					    ">KEEPALIVED", NULL};
	auto_buf struct buf out = {0};
	auto_table struct table t;
	const struct doc *d;

	table_init(&t, heads);
	DOC_FOREACH (d, doc_get(c->said[0], "routers"))
		router_rows(c, doc_str(d, "name", ""), &t);
	DOC_FOREACH (d, doc_get(c->said[0], "pings")) {
		const char *cells[ENGINES];

		for (size_t i = 0; i < ENGINES; i++)
			cells[i] = ms(&c->arena, ping_of(c->said[i], d),
				      "outage_us");
		row(&t,
		    arena_printf(&c->arena, "%s from %s: no reply for",
				 doc_str(d, "address", ""),
				 doc_str(d, "from", "")),
		    cells);
	}
	connection_rows(c, &t);
	printf("lab %s, fault %s: the same drill with each engine\n",
	       c->lab->name, c->fault);
	print_hosts(c);
	/* When the fault comes between two adverts is chance. */
	DOC_FOREACH (d, doc_get(c->said[0], "routers"))
		printf("%s: a silent failure is noticed after %s to %s ms, "
		       "whoever the engine is\n",
		       doc_str(d, "name", ""),
		       ms(&c->arena, d, "theory_low_us"),
		       ms(&c->arena, d, "theory_high_us"));
	putchar('\n');
	table_print(&t, cmd_color(stdout), &out);
	fwrite(out.data, 1, out.len, stdout);
	print_spans(c);
	putchar('\n');
	for (size_t i = 0; i < ENGINES; i++)
		print_points(c, i);
}

int compare_engines(const struct lab *lab, const struct topo_router *only,
		    const char *fault, bool json)
{
	struct compare c = {.lab = lab, .only = only, .fault = fault};
	int r = EXIT_OK;
	size_t i;

	cmd_catch_signals();
	for (i = 0; i < ENGINES && r == EXIT_OK && !cmd_interrupted; i++) {
		fprintf(stderr, "labctl: the drill with %s\n",
			topo_engine_names[i]);
		r = up_with(&c, (enum topo_engine)i);
		if (r == EXIT_OK) {
			clock_sleep_ms(SETTLE_MS);
			r = drill(&c, (enum topo_engine)i);
		}
	}
	/* As it was, whatever happened. */
	if (up(lab->text, lab->text_len) != EXIT_OK && r == EXIT_OK)
		r = EXIT_CANNOT;
	if (cmd_interrupted)
		r = EXIT_INTERRUPTED;
	else if (r < 0)
		r = EXIT_CANNOT;
	if (r == EXIT_OK && json)
		printf("{\"%s\": %.*s, \"%s\": %.*s}\n", topo_engine_names[0],
		       (int)c.text[0].len, c.text[0].data, topo_engine_names[1],
		       (int)c.text[1].len, c.text[1].data);
	else if (r == EXIT_OK)
		print(&c);
	for (i = 0; i < ENGINES; i++)
		buf_release(&c.text[i]);
	arena_release(&c.arena);
	return r;
}
