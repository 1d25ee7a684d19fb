/* SPDX-License-Identifier: MIT */
/*
 * Speaking to agents
 * ==================
 * A request is one line, an answer is one line, and answers may come in any
 * order: each names its request. Whoever waits reads all that arrives; what
 * is for another request is kept with that request until it is asked for.
 *
 * Nothing that a node says is believed before it was checked: the greeting
 * has a small limit of its own, a line has AGENT_LINE_MAX, an answer must
 * name a request that is open. What breaks a rule breaks the remote: who is
 * out of step once cannot be followed again, so the first reason is kept and
 * every later call fails with it. An answer that says "no" breaks nothing.
 *
 * While a large request goes out, answers are read: two sides that only write
 * would wait for one another for ever.
 *
 * This file knows neither SSH nor processes: struct remote_io moves bytes.
 */
#include "provision/host/remote.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/line.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/parse.h"
#include "provision/host/remote_io.h"
#include "provision/node/agent.h"

#define DEBUG_MAX 400 /* bytes of a line that --debug shows */
#define QUOTE_MAX 120 /* bytes of a bad line in an error */
#define ERRNO_MAX 4095

int remote_interrupt_fd = -1;
unsigned remote_connect_ms = REMOTE_CONNECT_MS;
unsigned remote_refused_ms = REMOTE_REFUSED_MS;
unsigned remote_silence_ms = REMOTE_SILENCE_MS;

/* A request under way; answered when doc is there. */
struct request {
	struct request *next;
	unsigned id;
	const char *op; /* in arena */
	struct arena arena;
	struct doc *doc;
};

struct remote {
	char *name;
	struct remote_io *io;
	struct remote_bytes b;
	struct line line; /* of b.in */
	unsigned last_id, nanswers;
	size_t npending;
	struct request *requests;
	struct err broken; /* code 0: it is well */
};

void remote_add_words(struct buf *words, const char *p, size_t n)
{
	buf_add(words, p, n);
	if (words->len > REMOTE_WORDS_MAX)
		buf_drop(words, words->len - REMOTE_WORDS_MAX);
}

int remote_poll(int fd, short events, struct pollfd *more, size_t nmore,
		struct mono deadline, short *ret_events)
{
	enum { MORE_MAX = 6 };
	struct pollfd p[MORE_MAX + 2];
	struct timespec ts, *left = NULL;
	int64_t ns;
	int n;

	if (nmore > MORE_MAX)
		return -EINVAL;
	p[0] = (struct pollfd){.fd = fd, .events = events};
	p[1] = (struct pollfd){.fd = remote_interrupt_fd, .events = POLLIN};
	if (nmore)
		memcpy(p + 2, more, nmore * sizeof(*more));
	if (!mono_is_never(deadline)) {
		ns = mono_sub(deadline, clock_mono());
		if (ns < 0)
			ns = 0;
		ts = (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
		left = &ts;
	}
	n = ppoll(p, nmore + 2, left, NULL);
	if (n < 0 && errno != EINTR)
		return -errno;
	if (n < 0)
		p[0].revents = p[1].revents = 0;
	if (p[1].revents)
		return -EINTR;
	if (n == 0)
		return -ETIMEDOUT;
	if (n > 0 && nmore)
		memcpy(more, p + 2, nmore * sizeof(*more));
	if (ret_events)
		*ret_events = p[0].revents;
	return 0;
}

/* Text from a node on one line, made safe to show: at most max bytes. */
static const char *shown(const char *text, size_t len, size_t max, char *out)
{
	size_t i, n = len < max ? len : max;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		out[i] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

static void debug(const struct remote *r, const char *arrow, const char *line,
		  size_t len)
{
	char text[DEBUG_MAX + 1];

	if (log_level < LOG_LEVEL_DEBUG)
		return;
	if (len <= DEBUG_MAX)
		log_debug("%s %s %s", r->name, arrow,
			  shown(line, len, DEBUG_MAX, text));
	else
		log_debug("%s %s %s ... (%zu bytes)", r->name, arrow,
			  shown(line, len, DEBUG_MAX, text), len);
}

/* Ends the remote's life: the reason stays for whoever comes later. */
static int breaks(struct remote *r, const struct err *why, struct err *reterr)
{
	char words[REMOTE_WORDS_MAX + 1];

	r->broken = *why;
	if (r->b.words.len &&
	    *shown(r->b.words.data, r->b.words.len, REMOTE_WORDS_MAX, words)) {
		size_t n = strlen(r->broken.msg);

		snprintf(r->broken.msg + n, sizeof(r->broken.msg) - n,
			 "; it said: %s", words);
	}
	debug(r, "!!", r->broken.msg, strlen(r->broken.msg));
	if (reterr)
		*reterr = r->broken;
	return r->broken.code;
}

/* One move of bytes; on -EINTR nothing is broken. */
static int move(struct remote *r, struct mono deadline, struct err *why)
{
	int code = r->io->move(r->io, &r->b, deadline, why);

	if (r->b.sent == r->b.out.len) {
		buf_reset(&r->b.out);
		r->b.sent = 0;
	}
	return code;
}

/*
 * Whether a whole line stands at the beginning of b.in; *ret_len without its
 * end. -EMSGSIZE where a line is longer than max.
 */
static int line(struct remote *r, size_t max, size_t *ret_len,
		struct err *reterr)
{
	char text[QUOTE_MAX + 1];
	int found = line_find(&r->line, &r->b.in, max, ret_len);

	if (found < 0)
		return err_set(
			reterr, -EPROTO,
			"what it says is no agent's line: more than %zu "
			"bytes, beginning '%s'",
			max, shown(r->b.in.data, r->b.in.len, QUOTE_MAX, text));
	return found;
}

static void drop_line(struct remote *r, size_t len)
{
	line_drop(&r->line, &r->b.in, len);
}

static int check_greeting(struct remote *r, size_t len, struct err *reterr)
{
	auto_arena struct arena a = {0};
	char text[QUOTE_MAX + 1];
	struct doc *d = NULL;
	int64_t version;

	if (doc_parse_line(&a, r->b.in.data, len, &d, NULL) < 0 ||
	    !doc_get(d, "labctl-agent"))
		return err_set(reterr, -EPROTO,
			       "what answers is no labctl agent: '%s'",
			       shown(r->b.in.data, len, QUOTE_MAX, text));
	version = doc_int(d, "labctl-agent", -1);
	if (version != AGENT_PROTOCOL) {
		const char *theirs =
			doc_str(d, "version", "of unknown version");

		return err_set(reterr, -EPROTO,
			       "its agent (labctl %s) speaks protocol %s, this "
			       "labctl %s speaks %d: install the same labctl "
			       "there",
			       shown(theirs, strlen(theirs), QUOTE_MAX, text),
			       version < 0 ? "?"
					   : arena_printf(&a, "%lld",
							  (long long)version),
			       LABCTL_VERSION, AGENT_PROTOCOL);
	}
	return 0;
}

static int greeting(struct remote *r, struct mono deadline, struct err *reterr)
{
	struct err why = {0};
	size_t len;
	int code;

	for (;;) {
		code = line(r, REMOTE_GREETING_MAX, &len, &why);
		if (code < 0)
			return breaks(r, &why, reterr);
		if (code > 0)
			break;
		code = move(r, deadline, &why);
		if (code == -ETIMEDOUT)
			err_set(&why, code, "its agent does not greet");
		if (code < 0)
			return breaks(r, &why, reterr);
	}
	debug(r, "<-", r->b.in.data, len);
	code = check_greeting(r, len, &why);
	if (code < 0)
		return breaks(r, &why, reterr);
	drop_line(r, len);
	return 0;
}

int remote_start(struct remote **ret, const char *name, struct remote_io *io,
		 struct mono deadline, struct err *reterr)
{
	struct remote *r = mem_zero(1, sizeof(*r));
	int code;

	r->name = mem_text(name);
	r->io = io;
	code = greeting(r, deadline, reterr);
	if (code < 0) {
		remote_close(r);
		return code;
	}
	*ret = r;
	return 0;
}

static void request_free(struct remote *r, struct request **at)
{
	struct request *q = *at;

	*at = q->next;
	arena_release(&q->arena);
	free(q);
	r->npending--;
}

void remote_close(struct remote *r)
{
	if (!r)
		return;
	while (r->requests)
		request_free(r, &r->requests);
	r->io->close(r->io);
	buf_release(&r->b.in);
	buf_release(&r->b.out);
	buf_release(&r->b.words);
	free(r->name);
	free(r);
}

bool remote_broken(const struct remote *r)
{
	return r->broken.code != 0;
}

static int still_broken(const struct remote *r, struct err *reterr)
{
	if (reterr)
		*reterr = r->broken;
	return r->broken.code;
}

static struct request **find(struct remote *r, unsigned id)
{
	struct request **at;

	for (at = &r->requests; *at; at = &(*at)->next)
		if ((*at)->id == id)
			return at;
	return NULL;
}

/* Parses one line and puts it to its request. */
static int take_line(struct remote *r, size_t len, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct request **at = NULL;
	char text[QUOTE_MAX + 1];
	struct err parse = {0};
	struct doc *d = NULL;
	const char *ok_text;
	int64_t id;
	bool ok;

	debug(r, "<-", r->b.in.data, len);
	if (doc_parse_line(&a, r->b.in.data, len, &d, &parse) < 0)
		return err_set(reterr, -EPROTO,
			       "its agent's answer cannot be read: %s: '%s'",
			       parse.msg,
			       shown(r->b.in.data, len, QUOTE_MAX, text));
	id = doc_int(d, "id", -1);
	ok_text = doc_str(d, "ok", NULL);
	if (id > 0 && id <= r->last_id)
		at = find(r, (unsigned)id);
	if (!at || (*at)->doc || !ok_text || parse_bool(ok_text, &ok) < 0)
		return err_set(reterr, -EPROTO,
			       "its agent answered what was not asked: '%s'",
			       shown(r->b.in.data, len, QUOTE_MAX, text));
	arena_adopt(&(*at)->arena, &a);
	(*at)->doc = d;
	r->nanswers++;
	return 0;
}

/* Takes all whole lines that have arrived. */
static int take_lines(struct remote *r, struct err *reterr)
{
	size_t len;
	int code;

	for (;;) {
		code = line(r, AGENT_LINE_MAX, &len, reterr);
		if (code <= 0)
			return code;
		code = take_line(r, len, reterr);
		if (code < 0)
			return code;
		drop_line(r, len);
	}
}

int remote_send(struct remote *r, const char *op, const char *members,
		unsigned *ret_id, struct err *reterr)
{
	struct mono deadline =
		mono_add(clock_mono(), REMOTE_ANSWER_MS * NS_PER_MS);
	struct err why = {0};
	struct request *q;
	size_t start;
	int code;

	if (r->broken.code)
		return still_broken(r, reterr);
	if (r->npending >= REMOTE_PENDING_MAX)
		return err_set(reterr, -EBUSY,
			       "more than %d requests without an answer",
			       REMOTE_PENDING_MAX);
	q = mem_zero(1, sizeof(*q));
	q->id = ++r->last_id;
	q->op = arena_strdup(&q->arena, op);
	q->next = r->requests;
	r->requests = q;
	r->npending++;
	start = r->b.out.len;
	buf_printf(&r->b.out, "{\"id\": %u, \"op\": \"%s\"%s", q->id, op,
		   *members ? ", " : "");
	buf_adds(&r->b.out, members);
	buf_adds(&r->b.out, "}\n");
	debug(r, "->", r->b.out.data + start, r->b.out.len - start - 1);
	*ret_id = q->id;
	while (r->b.sent < r->b.out.len) {
		code = move(r, deadline, &why);
		if (code == -EINTR)
			/* The rest goes with the next wait. */
			return err_set(reterr, code, "interrupted");
		if (code == -ETIMEDOUT)
			err_set(&why, code, "its agent takes no request (%s)",
				op);
		if (code == 0)
			code = take_lines(r, &why);
		if (code < 0)
			return breaks(r, &why, reterr);
	}
	return 0;
}

/* The answer is there: hands it over, or says why it is a "no". */
static int fetch(struct remote *r, struct request **at, struct arena *a,
		 const struct doc **ret_answer, struct err *reterr)
{
	struct request *q = *at;
	char text[ERR_MAX];
	const char *words;
	int64_t code;
	bool ok = doc_bool(q->doc, "ok", false);

	if (ok) {
		arena_adopt(a, &q->arena);
		*ret_answer = q->doc;
		request_free(r, at);
		return 0;
	}
	code = doc_int(q->doc, "errno", EIO);
	if (code < 1 || code > ERRNO_MAX)
		code = EIO;
	words = doc_str(q->doc, "error", "no reason given");
	err_set(reterr, (int)-code, "%s",
		shown(words, strlen(words), sizeof(text) - 1, text));
	request_free(r, at);
	return (int)-code;
}

int remote_wait(struct remote *r, unsigned id, unsigned timeout_ms,
		struct arena *a, const struct doc **ret_answer,
		struct err *reterr)
{
	struct mono deadline = mono_add(clock_mono(), timeout_ms * NS_PER_MS);
	unsigned nanswers = r->nanswers;
	struct request **at;
	struct err why = {0};
	int code;

	at = find(r, id);
	if (!at)
		return err_set(reterr, -EINVAL, "no request has the number %u",
			       id);
	/* An answer that came before the end is still an answer. */
	while (!(*at)->doc) {
		if (r->broken.code)
			return still_broken(r, reterr);
		if (r->nanswers != nanswers) {
			nanswers = r->nanswers;
			deadline =
				mono_add(clock_mono(), timeout_ms * NS_PER_MS);
		}
		code = move(r, deadline, &why);
		if (code == -EINTR)
			return err_set(reterr, code, "interrupted");
		if (code == -ETIMEDOUT)
			err_set(&why, code,
				"its agent has not answered (%s) for %.1f s",
				(*at)->op, timeout_ms / 1000.0);
		if (code == 0)
			code = take_lines(r, &why);
		if (code < 0)
			return breaks(r, &why, reterr);
	}
	return fetch(r, at, a, ret_answer, reterr);
}

int remote_call(struct remote *r, const char *op, const char *members,
		unsigned timeout_ms, struct arena *a,
		const struct doc **ret_answer, struct err *reterr)
{
	unsigned id;
	int code;

	code = remote_send(r, op, members, &id, reterr);
	if (code < 0)
		return code;
	return remote_wait(r, id, timeout_ms, a, ret_answer, reterr);
}

void remote_quote(struct buf *out, const char *arg)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:@_";

	if (*arg && arg[strspn(arg, plain)] == '\0') {
		buf_adds(out, arg);
		return;
	}
	buf_addc(out, '\'');
	for (; *arg; arg++) {
		if (*arg == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *arg);
	}
	buf_addc(out, '\'');
}
