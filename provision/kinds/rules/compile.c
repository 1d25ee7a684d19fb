/* SPDX-License-Identifier: MIT */
/*
 * All sets of a family are restored as one (gather.c), both families at
 * once, each in a scratch namespace of its thread's; only where that does not
 * work each set is restored by itself, RULES_PARALLEL at a time, so that the
 * one that is wrong is told. Then each namespace is sent its messages, many at
 * once, because closing the socket waits for the kernel to free what was
 * replaced. The scratch namespaces end with their threads.
 */
#include "provision/kinds/rules/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/map.h"
#include "lib/process/run.h"
#include "provision/kinds/rules/gather.h"

const uint8_t rules_nfproto[] = {
	[RULES_IPV4] = NFPROTO_IPV4,
	[RULES_IPV6] = NFPROTO_IPV6,
};

/* The nf_tables variants by name: the legacy ones make other rules, and
 * listing with them makes tables. */
static const char *tool(enum rules_family family, bool save)
{
	if (family == RULES_IPV6)
		return save ? "ip6tables-nft-save" : "ip6tables-nft-restore";
	return save ? "iptables-nft-save" : "iptables-nft-restore";
}

/* "PROGRAM [WORD]" in this thread's namespace, fed with text; what it prints is
 * appended to out. */
static int run_text(const char *name, const char *text, struct buf *out,
		    struct err *reterr)
{
	const char *more = strchr(name, ' ');
	const char *argv[] = {NULL, more ? more + 1 : NULL, NULL};
	char word[64];
	int r;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, " "), name);
	argv[0] = word;
	r = run_program(argv, text, RULES_TEXT_MAX, out, reterr);
	return r > 0 ? -EINVAL : r;
}

/* Drops comments and the counters of chains. */
static void clean(struct buf *text, struct buf *out)
{
	char *line, *end, *bracket;

	buf_addc(text, '\0');
	for (line = text->data; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (*line == '#' || *line == '\n')
			continue;
		bracket = *line == ':' ? memchr(line, '[', (size_t)(end - line))
				       : NULL;
		if (bracket && bracket[-1] == ' ') {
			buf_add(out, line, (size_t)(bracket - 1 - line));
			buf_addc(out, '\n');
		} else {
			buf_add(out, line, (size_t)(end - line));
		}
	}
}

int rules_run(const char *program, const char *text, struct buf *out,
	      struct err *reterr)
{
	auto_buf struct buf said = {0};
	int r = run_text(program, text, &said, reterr);

	if (r == 0)
		clean(&said, out);
	return r;
}

int rules_save(enum rules_family family, struct buf *out, struct err *reterr)
{
	return rules_run(tool(family, true), "", out, reterr);
}

/* --- many at once ----------------------------------------------------------
 */

struct rules_work {
	struct arena *to; /* the caller's */
	struct arena a;   /* what threads leave */
	struct rules_job *jobs;
	size_t n;
	bool words;
	bool apart[RULES_FAMILIES]; /* each by itself */
	bool begun;                 /* thread runs */
	pthread_t thread;
};

/* n things to do, by as many threads as may be. */
struct pool {
	void (*one)(struct rules_work *w, size_t i, struct arena *a);
	struct rules_work *w;
	size_t n;
	atomic_size_t next;
	pthread_mutex_t lock;
};

static void *worker(void *ctx)
{
	struct pool *p = ctx;
	struct arena a = {0};
	size_t i;

	while ((i = atomic_fetch_add(&p->next, 1)) < p->n)
		p->one(p->w, i, &a);
	pthread_mutex_lock(&p->lock);
	arena_adopt(&p->w->a, &a);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Each in a thread of the pool's, which may change namespace as it likes. */
static int in_parallel(struct rules_work *w, size_t n,
		       void (*one)(struct rules_work *w, size_t i,
				   struct arena *a))
{
	struct pool p = {.one = one, .w = w, .n = n};
	pthread_t threads[RULES_PARALLEL];
	size_t i, started = 0;
	int e = 0;

	pthread_mutex_init(&p.lock, NULL);
	while (started < RULES_PARALLEL && started < n) {
		e = pthread_create(&threads[started], NULL, worker, &p);
		if (e != 0)
			break;
		started++;
	}
	for (i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&p.lock);
	return n && !started ? -e : 0;
}

static void fail_all(struct rules_work *w, const struct err *err)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].r == 0) {
			w->jobs[i].r = err->code;
			w->jobs[i].err = *err;
		}
}

/* --- compiling -------------------------------------------------------------
 */

static void release_nfnl(struct nfnl **n)
{
	nfnl_free(*n);
}

/* A namespace for this thread alone, and a socket in it. */
static int scratch(struct nfnl **ret, struct err *reterr)
{
	return unshare(CLONE_NEWNET) < 0
		       ? err_sys(reterr, -errno, "make a scratch namespace")
		       : nfnl_open(ret, -1, reterr);
}

/* What a text means, by restoring it here. */
static int restore(struct arena *a, struct nfnl *n, enum rules_family f,
		   const char *text, struct nfnl_rules *ret, struct err *reterr)
{
	auto_buf struct buf said = {0};
	int r = run_text(tool(f, false), text, &said, reterr);

	return r < 0 ? r : nfnl_dump(n, a, rules_nfproto[f], ret, reterr);
}

static int compile(struct arena *a, struct nfnl *n, struct rules_job *j,
		   enum rules_family f, bool words)
{
	const struct nfnl_rules none = {.family = rules_nfproto[f]};
	auto_buf struct buf text = {0};
	int r;

	if (!*j->text[f])
		return 0;
	r = restore(a, n, f, j->text[f], &j->rules[f], &j->err);
	if (r == 0 && words) {
		r = rules_save(f, &text, &j->err);
		j->canonical[f] = arena_strndup(a, text.data, text.len);
	}
	if (nfnl_replace(n, &none, NULL) < 0 && r == 0)
		r = err_set(&j->err, -EIO, "the scratch rules stay");
	return r;
}

static void compile_job(struct rules_work *w, size_t i, struct arena *a)
{
	auto_(release_nfnl) struct nfnl *n = NULL;
	struct rules_job *j = &w->jobs[i];
	int f;

	if (j->r < 0)
		return;
	j->r = scratch(&n, &j->err);
	for (f = 0; j->r == 0 && f < RULES_FAMILIES; f++)
		j->r = compile(a, n, j, (enum rules_family)f, w->words);
}

/* All jobs' rules of one family by one restore; false where they are no one
 * text, or one of them is wrong: which, only each by itself can tell. */
static bool compile_family(struct rules_work *w, enum rules_family f,
			   struct arena *a)
{
	auto_(release_nfnl) struct nfnl *n = NULL;
	const char **texts = arena_array(a, w->n, sizeof(*texts));
	struct nfnl_rules all, *each = arena_array(a, w->n, sizeof(*each));
	auto_buf struct buf text = {0};
	struct rules_gathered *g;
	size_t i;

	for (i = 0; i < w->n; i++)
		texts[i] = w->jobs[i].r < 0 ? "" : w->jobs[i].text[f];
	g = rules_gather(a, texts, w->n, &text);
	if (!g)
		return false;
	if (!text.len)
		return true;
	buf_addc(&text, '\0');
	if (scratch(&n, NULL) < 0 ||
	    restore(a, n, f, text.data, &all, NULL) < 0 ||
	    rules_part(g, &all, each) < 0)
		return false;
	for (i = 0; i < w->n; i++)
		w->jobs[i].rules[f] = each[i];
	return true;
}

static void compile_gathered(struct rules_work *w, size_t f, struct arena *a)
{
	w->apart[f] = !compile_family(w, (enum rules_family)f, a);
}

static void prepare(struct rules_work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct rules_job *j = &w->jobs[i];

		j->r = 0;
		for (int f = 0; f < RULES_FAMILIES; f++) {
			j->rules[f] =
				(struct nfnl_rules){.family = rules_nfproto[f]};
			j->canonical[f] = "";
			if (strlen(j->text[f]) > RULES_TEXT_MAX)
				j->r = err_set(&j->err, -EFBIG,
					       "rules of over %u bytes",
					       RULES_TEXT_MAX);
		}
	}
}

static void *compile_all(void *ctx)
{
	struct rules_work *w = ctx;
	struct err err;
	int r = 0;

	prepare(w);
	if (w->words)
		w->apart[RULES_IPV4] = w->apart[RULES_IPV6] = true;
	else
		r = in_parallel(w, RULES_FAMILIES, compile_gathered);
	if (r == 0 && (w->apart[RULES_IPV4] || w->apart[RULES_IPV6]))
		r = in_parallel(w, w->n, compile_job);
	if (r < 0) {
		err_sys(&err, r, "start a thread");
		fail_all(w, &err);
	}
	return NULL;
}

/* --- putting in place ------------------------------------------------------
 */

static void put_in_place(struct rules_work *w, size_t i, struct arena *a)
{
	auto_(release_nfnl) struct nfnl *n = NULL;
	struct rules_job *j = &w->jobs[i];
	int f;

	(void)a;
	if (j->r < 0 || j->nsfd < 0)
		return;
	j->r = nfnl_open(&n, j->nsfd, &j->err);
	for (f = 0; j->r == 0 && f < RULES_FAMILIES; f++)
		j->r = nfnl_replace(n, &j->rules[f], &j->err);
}

struct rules_work *rules_begin(struct arena *a, struct rules_job *jobs,
			       size_t n, bool words)
{
	struct rules_work *w = arena_alloc(a, sizeof(*w));

	*w = (struct rules_work){.to = a, .jobs = jobs, .n = n, .words = words};
	w->begun = pthread_create(&w->thread, NULL, compile_all, w) == 0;
	return w;
}

size_t rules_end(struct rules_work *w)
{
	size_t i, failed = 0;
	struct err err;
	int r;

	if (w->begun)
		pthread_join(w->thread, NULL);
	else
		compile_all(w);
	r = in_parallel(w, w->n, put_in_place);
	arena_adopt(w->to, &w->a);
	if (r < 0) {
		err_sys(&err, r, "start a thread");
		fail_all(w, &err);
	}
	for (i = 0; i < w->n; i++)
		failed += w->jobs[i].r < 0;
	return failed;
}

size_t rules_compile(struct arena *a, struct rules_job *jobs, size_t n,
		     bool words)
{
	return rules_end(rules_begin(a, jobs, n, words));
}

/* --- telling the difference ------------------------------------------------
 */

/* A text's rules by what they are in: "table chain", each a list of lines. */
struct chain {
	const char *name;   /* "nat POSTROUTING" */
	const char *policy; /* "ACCEPT"; "-" of a chain of one's own */
	const char **rules;
	size_t n;
	bool met; /* the other text has it too */
};

struct text {
	struct arena *a;
	struct map by_name;
	struct chain **chains;
	size_t n;
};

static struct chain *chain(struct text *t, const char *table, const char *name,
			   size_t len)
{
	char *key = arena_printf(t->a, "%s %.*s", table, (int)len, name);
	struct chain *c = map_gets(&t->by_name, key), **slot;

	if (c)
		return c;
	c = arena_alloc(t->a, sizeof(*c));
	c->name = key;
	c->policy = "-";
	slot = arena_push(t->a, &t->chains, &t->n, sizeof(*slot));
	*slot = c;
	map_puts(t->a, &t->by_name, key, c);
	return c;
}

static void take_text(struct text *t, const char *text)
{
	const char *table = "?", *line, *end, *word;
	struct chain *c;
	const char **rule;
	size_t len;

	for (line = text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (*line == '*') {
			table = arena_strndup(t->a, line + 1,
					      (size_t)(end - line - 1));
		} else if (*line == ':') {
			len = strcspn(line + 1, " \n");
			c = chain(t, table, line + 1, len);
			word = line + 1 + len + (line[1 + len] == ' ');
			c->policy =
				arena_strndup(t->a, word, strcspn(word, " \n"));
		} else if (strncmp(line, "-A ", 3) == 0) {
			len = strcspn(line + 3, " \n");
			c = chain(t, table, line + 3, len);
			word = line + 3 + len + (line[3 + len] == ' ');
			rule = arena_push(t->a, &c->rules, &c->n,
					  sizeof(*rule));
			*rule = arena_strndup(t->a, word, (size_t)(end - word));
		}
	}
}

struct report {
	struct buf *out;
	size_t n, max;
};

static void tell(struct report *rep, const char *where, const char *how,
		 const char *what)
{
	if (rep->n++ >= rep->max)
		return;
	if (rep->n > 1)
		buf_adds(rep->out, "; ");
	buf_printf(rep->out, "%s: %s %s", where, how, what);
}

/* A chain that a program makes by looking, and that does nothing. */
static bool idle(const struct chain *c)
{
	return !c->n && strcmp(c->policy, "ACCEPT") == 0;
}

static void compare(const struct chain *w, const struct chain *h,
		    struct report *rep)
{
	size_t i = 0, wn = w->n, hn = h->n, k;

	if (strcmp(w->policy, h->policy) != 0)
		tell(rep, w->name, "policy", h->policy);
	while (i < wn && i < hn && strcmp(w->rules[i], h->rules[i]) == 0)
		i++;
	while (wn > i && hn > i &&
	       strcmp(w->rules[wn - 1], h->rules[hn - 1]) == 0)
		wn--, hn--;
	for (k = i; k < wn; k++)
		tell(rep, w->name, "lacks", w->rules[k]);
	for (k = i; k < hn; k++)
		tell(rep, w->name, "has", h->rules[k]);
}

size_t rules_differ(const char *want, const char *have, size_t max,
		    struct buf *out)
{
	auto_arena struct arena a = {0};
	struct text w = {.a = &a}, h = {.a = &a};
	struct report rep = {out, 0, max};
	struct chain none = {.policy = "ACCEPT"}, *c;
	size_t i, k;

	take_text(&w, want);
	take_text(&h, have);
	for (i = 0; i < w.n; i++) {
		c = map_gets(&h.by_name, w.chains[i]->name);
		if (c)
			c->met = true;
		if (!c && strcmp(w.chains[i]->policy, "-") == 0)
			tell(&rep, w.chains[i]->name, "is not there,",
			     "wanted");
		else
			compare(w.chains[i], c ? c : &none, &rep);
	}
	for (i = 0; i < h.n; i++) {
		c = h.chains[i];
		if (c->met || idle(c))
			continue;
		if (strcmp(c->policy, "-") != 0 &&
		    strcmp(c->policy, "ACCEPT") != 0)
			tell(&rep, c->name, "policy", c->policy);
		else if (!c->n)
			tell(&rep, c->name, "is there,", "not wanted");
		for (k = 0; k < c->n; k++)
			tell(&rep, c->name, "has", c->rules[k]);
	}
	if (rep.n > max)
		buf_printf(out, "; and %zu more", rep.n - max);
	return rep.n;
}
