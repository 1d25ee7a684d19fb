/* SPDX-License-Identifier: MIT */
/*
 * Every mistake by itself: t/golden/topo-errors.txt holds a right file, edits
 * that make it wrong, and all that must be said then, in order and no more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

#define CASES "t/golden/topo-errors.txt"

/* One case while it is read. */
struct one {
	char name[128];
	struct buf text, from, to, want;
	bool replaced, wrong;
};

static void say(const struct topo_errors *errs, struct buf *out)
{
	for (size_t i = 0; i < errs->n; i++)
		buf_printf(out, "%u:%u: %s\n", errs->items[i].line,
			   errs->items[i].col, errs->items[i].msg);
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* Carries out the edit that was read, which must fit in one place. */
static void edit(struct one *c)
{
	const char *text = text_of(&c->text), *at;
	struct buf b = {0};

	if (!c->from.len)
		return;
	/* Lines were each ended; the last end is not part of the edit. */
	c->from.data[--c->from.len] = '\0';
	if (c->to.len)
		c->to.data[--c->to.len] = '\0';
	at = strstr(text, c->from.data);
	if (!at || strstr(at + 1, c->from.data)) {
		c->wrong = true;
	} else {
		buf_add(&b, text, (size_t)(at - text));
		buf_adds(&b, text_of(&c->to));
		buf_adds(&b, at + c->from.len);
		buf_release(&c->text);
		c->text = b;
	}
	buf_reset(&c->from);
	buf_reset(&c->to);
}

static void judge(struct one *c)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf got = {0};
	struct lab *lab = NULL;
	int r;

	edit(c);
	if (c->wrong) {
		ok(false, "%s: the edit fits in one place", c->name);
		return;
	}
	r = topo_load_text("lab.yaml", text_of(&c->text), c->text.len, &lab,
			   &errs);
	say(&errs, &got);
	is(text_of(&got), text_of(&c->want), "%s", c->name);
	if ((r == 0) != (c->want.len == 0) || (r == 0) != (lab != NULL))
		ok(false, "%s: returns %d", c->name, r);
	lab_free(lab);
}

static void start(struct one *c, const struct buf *base, const char *name)
{
	snprintf(c->name, sizeof(c->name), "%s", name);
	buf_reset(&c->text);
	buf_adds(&c->text, text_of(base));
	buf_reset(&c->from);
	buf_reset(&c->to);
	buf_reset(&c->want);
	c->replaced = c->wrong = false;
}

static void line(struct one *c, char *text)
{
	struct buf *into = NULL;

	if (*text == '-') {
		if (c->to.len)
			edit(c);
		into = &c->from;
	} else if (*text == '+') {
		into = &c->to;
	} else if (*text == '>') {
		into = &c->want;
	} else if (*text == '|') {
		if (!c->replaced)
			buf_reset(&c->text);
		c->replaced = true;
		into = &c->text;
	}
	if (into)
		buf_printf(into, "%s\n", text + 1);
}

static void cases(FILE *f)
{
	auto_free char *text = NULL;
	auto_buf struct buf base = {0};
	struct one c = {0};
	size_t cap = 0;
	bool any = false;
	ssize_t n;

	while ((n = getline(&text, &cap, f)) > 0) {
		if (text[n - 1] == '\n')
			text[n - 1] = '\0';
		if (strncmp(text, "== ", 3) != 0) {
			line(&c, text);
			continue;
		}
		if (any)
			judge(&c);
		if (any && !base.len)
			buf_adds(&base, text_of(&c.text));
		start(&c, &base, text + 3);
		any = true;
	}
	judge(&c);
	buf_release(&c.text);
	buf_release(&c.from);
	buf_release(&c.to);
	buf_release(&c.want);
}

int main(void)
{
	auto_fclose FILE *f = fopen(CASES, "re");

	if (!f) {
		printf("Bail out! %s: %s\n", CASES, strerror(errno));
		return 1;
	}
	cases(f);
	return tap_done();
}
