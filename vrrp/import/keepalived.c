/* SPDX-License-Identifier: MIT */
/*
 * keepalived.conf(5): a statement is a line, a block stands in braces, which
 * may be on the line of its statement or on lines of their own.
 */
#include "vrrp/import/keepalived.h"

#include <errno.h>
#include <string.h>

struct lexer {
	struct arena *a;
	const char *at, *end;
	unsigned line, col;
	size_t words;
	struct err *err;
};

enum token { TOKEN_WORD, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_LINE, TOKEN_END };

static int wrong(struct lexer *l, unsigned line, unsigned col, int code,
		 const char *what)
{
	return err_set(l->err, code, "%u:%u: %s", line, col, what);
}

static void step(struct lexer *l)
{
	if (*l->at == '\n') {
		l->line++;
		l->col = 1;
	} else {
		l->col++;
	}
	l->at++;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_word(char c)
{
	return is_blank(c) || c == '\n' || c == '{' || c == '}' || c == '!' ||
	       c == '#';
}

/* Blanks, comments, and ends of line behind a backslash. */
static void skip(struct lexer *l)
{
	while (l->at < l->end) {
		if (is_blank(*l->at)) {
			step(l);
		} else if (*l->at == '!' || *l->at == '#') {
			while (l->at < l->end && *l->at != '\n')
				step(l);
		} else if (*l->at == '\\' && l->at + 1 < l->end &&
			   l->at[1] == '\n') {
			step(l);
			step(l);
		} else {
			return;
		}
	}
}

static int quoted(struct lexer *l, struct ka_word *ret)
{
	const char *from;
	char quote = *l->at;

	step(l);
	from = l->at;
	while (l->at < l->end && *l->at != quote && *l->at != '\n')
		step(l);
	if (l->at == l->end || *l->at != quote)
		return wrong(l, ret->line, ret->col, -EINVAL,
			     "the quotation does not end");
	ret->s = arena_strndup(l->a, from, (size_t)(l->at - from));
	step(l);
	return TOKEN_WORD;
}

/* An enum token, or a negative errno; *ret has its place, and of a word its
 * text. */
static int next(struct lexer *l, struct ka_word *ret)
{
	const char *from;

	skip(l);
	*ret = (struct ka_word){.line = l->line, .col = l->col};
	if (l->at == l->end)
		return TOKEN_END;
	if (*l->at == '\n' || *l->at == '{' || *l->at == '}') {
		char c = *l->at;

		step(l);
		return c == '\n'  ? TOKEN_LINE
		       : c == '{' ? TOKEN_OPEN
				  : TOKEN_CLOSE;
	}
	if (++l->words > KA_WORDS_MAX)
		return wrong(l, l->line, l->col, -E2BIG,
			     "more words than a configuration has");
	if (*l->at == '"' || *l->at == '\'')
		return quoted(l, ret);
	for (from = l->at; l->at < l->end && !ends_word(*l->at);) {
		unsigned char c = (unsigned char)*l->at;

		if (c < ' ' || c == 0x7f)
			return wrong(l, l->line, l->col, -EINVAL,
				     "a control character");
		step(l);
	}
	ret->s = arena_strndup(l->a, from, (size_t)(l->at - from));
	return TOKEN_WORD;
}

static int block(struct lexer *l, unsigned depth, const struct ka_word *open,
		 const struct ka_stmt **ret, size_t *ret_n);

/* A brace after a statement, or after ends of lines behind one. */
static int open_block(struct lexer *l, unsigned depth, struct ka_stmt *list,
		      size_t n, const struct ka_word *open)
{
	struct ka_stmt *s = n ? &list[n - 1] : NULL;
	const struct ka_stmt *sub;
	size_t nsub;
	int r;

	if (!s || s->block)
		return wrong(l, open->line, open->col, -EINVAL,
			     "a block of what?");
	if (depth == KA_DEPTH_MAX)
		return wrong(l, open->line, open->col, -E2BIG,
			     "too many blocks within another");
	r = block(l, depth + 1, open, &sub, &nsub);
	if (r < 0)
		return r;
	s->block = true;
	s->sub = sub;
	s->nsub = nsub;
	return 0;
}

static int block(struct lexer *l, unsigned depth, const struct ka_word *open,
		 const struct ka_stmt **ret, size_t *ret_n)
{
	struct ka_stmt *list = NULL, *s;
	struct ka_word w, *words = NULL;
	size_t n = 0, nwords = 0;
	int t;

	for (;;) {
		t = next(l, &w);
		if (t < 0)
			return t;
		if (t == TOKEN_WORD) {
			*(struct ka_word *)arena_push(l->a, &words, &nwords,
						      sizeof(w)) = w;
			continue;
		}
		if (nwords) {
			s = arena_push(l->a, &list, &n, sizeof(*s));
			s->w = words;
			s->n = nwords;
			words = NULL;
			nwords = 0;
		}
		if (t == TOKEN_OPEN) {
			t = open_block(l, depth, list, n, &w);
			if (t < 0)
				return t;
		} else if (t == TOKEN_CLOSE || t == TOKEN_END) {
			if (t == TOKEN_CLOSE && !open)
				return wrong(l, w.line, w.col, -EINVAL,
					     "no block is open here");
			if (t == TOKEN_END && open)
				return wrong(l, open->line, open->col, -EINVAL,
					     "the block does not end");
			*ret = list;
			*ret_n = n;
			return 0;
		}
	}
}

int ka_parse(struct arena *a, const char *text, size_t len,
	     const struct ka_stmt **ret, size_t *ret_n, struct err *reterr)
{
	struct lexer l = {.a = a,
			  .at = text,
			  .end = text + len,
			  .line = 1,
			  .col = 1,
			  .err = reterr};
	const char *nul = memchr(text, '\0', len);

	if (nul)
		return err_set(reterr, -EINVAL, "1:1: this is no text");
	return block(&l, 0, NULL, ret, ret_n);
}
