/* SPDX-License-Identifier: MIT */
#include "provision/kinds/rules/filter_text.h"

#include <netdb.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/map.h"

#define OURS "neutron"
#define SET4 "NIPv4"
#define SET6 "NIPv6"

struct chain {
	const char *name, *policy;
	const char **rules; /* without "-A NAME " */
	size_t n;
	bool own;
};

struct table {
	const char *name;
	struct chain **chains;
	size_t n;
	struct map by_name;
};

struct text {
	struct arena *a;
	struct table **tables;
	size_t n;
};

static bool is_own(const char *name)
{
	return strncmp(name, OURS, strlen(OURS)) == 0;
}

/* The kernel's own chains have names of capitals. */
static bool is_base(const char *name)
{
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static struct table *table(struct text *t, const char *name)
{
	struct table *new;

	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->tables[i]->name, name) == 0)
			return t->tables[i];
	new = arena_alloc(t->a, sizeof(*new));
	new->name = name;
	*(struct table **)arena_push(t->a, &t->tables, &t->n,
				     sizeof(struct table *)) = new;
	return new;
}

static struct chain *chain(struct text *t, struct table *in, const char *name)
{
	struct chain *c = map_gets(&in->by_name, name);

	if (c)
		return c;
	c = arena_alloc(t->a, sizeof(*c));
	c->name = name;
	c->policy = is_base(name) ? "ACCEPT" : "-";
	c->own = is_own(name);
	map_puts(t->a, &in->by_name, name, c);
	*(struct chain **)arena_push(t->a, &in->chains, &in->n,
				     sizeof(struct chain *)) = c;
	return c;
}

/* Protocols by their numbers: names are this machine's /etc/protocols', but for
 * those that iptables knows itself. */
static const char *numbered(struct arena *a, const char *rule)
{
	static const char *const known[] = {"tcp",  "udp",      "udplite",
					    "icmp", "esp",      "ah",
					    "sctp", "ipv6-icmp"};
	const char *p = strstr(rule, "-p "), *name;
	const struct protoent *e;
	size_t len, i;

	if (!p || (p != rule && p[-1] != ' ') || (p[3] >= '0' && p[3] <= '9'))
		return rule;
	len = strcspn(p + 3, " ");
	name = arena_strndup(a, p + 3, len);
	for (i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i], name) == 0)
			return rule;
	e = getprotobyname(name);
	if (!e)
		return rule;
	return arena_printf(a, "%.*s-p %d%s", (int)(p - rule), rule, e->p_proto,
			    p + 3 + len);
}

static void parse(struct text *t, const char *text, bool bridge)
{
	const char *line, *end, *name;
	struct table *in = NULL;
	struct chain *c;
	size_t len;

	for (line = text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (*line == '*') {
			in = table(t, arena_strndup(t->a, line + 1,
						    (size_t)(end - line - 1)));
		} else if (in && *line == ':') {
			len = strcspn(line + 1, " \n");
			name = arena_strndup(t->a, line + 1, len);
			c = chain(t, in, name);
			/* Of the kernel's own it is other people's. */
			if (c->own)
				c->policy = arena_strndup(
					t->a, line + 2 + len,
					strcspn(line + 2 + len, " \n"));
		} else if (in && strncmp(line, "-A ", 3) == 0) {
			len = strcspn(line + 3, " \n");
			name = arena_strndup(t->a, line + 3, len);
			c = chain(t, in, name);
			line = arena_strndup(t->a, line + 4 + len,
					     (size_t)(end - line - 4) - len);
			*(const char **)arena_push(t->a, &c->rules, &c->n,
						   sizeof(const char *)) =
				bridge ? line : numbered(t->a, line);
		}
	}
}

static bool jumps_to_ours(const char *rule)
{
	const char *to = strstr(rule, "-j " OURS);

	return to && (to == rule || to[-1] == ' ');
}

static void reduce(struct table *t)
{
	size_t i, n;

	for (i = 0; i < t->n; i++) {
		struct chain *c = t->chains[i];

		if (c->own)
			continue;
		for (n = is_base(c->name) ? c->n : 0; n > 0; n--)
			if (jumps_to_ours(c->rules[n - 1]))
				break;
		c->n = n;
	}
}

static bool holds(const struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->chains[i]->own || t->chains[i]->n)
			return true;
	return false;
}

static void write_table(const struct table *t, struct buf *out)
{
	size_t i, k;

	buf_printf(out, "*%s\n", t->name);
	for (i = 0; i < t->n; i++)
		if (t->chains[i]->own || t->chains[i]->n)
			buf_printf(out, ":%s %s\n", t->chains[i]->name,
				   t->chains[i]->policy);
	for (i = 0; i < t->n; i++)
		for (k = 0; k < t->chains[i]->n; k++)
			buf_printf(out, "-A %s %s\n", t->chains[i]->name,
				   t->chains[i]->rules[k]);
	buf_adds(out, "COMMIT\n");
}

const char *filter_ours(struct arena *a, const char *saved, bool bridge)
{
	auto_buf struct buf out = {0};
	struct text t = {.a = a};

	parse(&t, saved, bridge);
	buf_adds(&out, "");
	for (size_t i = 0; i < t.n; i++) {
		reduce(t.tables[i]);
		if (holds(t.tables[i]))
			write_table(t.tables[i], &out);
	}
	return arena_strndup(a, out.data, out.len);
}

/* --- scripts --------------------------------------------------------------
 */

/*
 * A script in transactions of a size: where a program may not have the send
 * buffer that it asks for (in a user namespace), the kernel takes some 400 KB
 * at once, of which a rule with its comment has one and a half. What is less
 * than that is done at once; more comes in an order in which each part is
 * right: new chains, then those that lead to them, then the kernel's own.
 */
#define LINES_MAX 200

struct script {
	struct buf *out;
	const char *table;
	bool bridge;
	size_t lines; /* of the transaction */
	bool begun;
};

static void line(struct script *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void line(struct script *s, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (s->begun && s->lines >= LINES_MAX) {
		buf_adds(s->out, "COMMIT\n");
		s->begun = false;
	}
	if (!s->begun)
		buf_printf(s->out, "*%s\n", s->table);
	s->lines = s->begun ? s->lines + 1 : 1;
	s->begun = true;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	buf_printf(s->out, "%s\n", text);
	free(text);
}

static void declare(struct script *s, const struct chain *c)
{
	line(s, s->bridge ? ":%s %s" : ":%s %s [0:0]", c->name, c->policy);
}

static void fill(struct script *s, const struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		line(s, "-A %s %s", c->name, c->rules[i]);
}

/* What is between the rules that both begin and end with goes, from behind,
 * and what is wanted there comes. */
static void edit(struct script *s, const struct chain *want,
		 const struct chain *have)
{
	size_t i = 0, w = want ? want->n : 0, h = have ? have->n : 0, k;
	const char *name = want ? want->name : have->name;

	while (i < w && i < h && strcmp(want->rules[i], have->rules[i]) == 0)
		i++;
	while (w > i && h > i &&
	       strcmp(want->rules[w - 1], have->rules[h - 1]) == 0)
		w--, h--;
	for (k = h; k > i; k--)
		if (s->bridge)
			line(s, "-D %s %s", name, have->rules[k - 1]);
		else
			line(s, "-D %s %zu", name, k);
	for (k = i; k < w; k++)
		line(s, "-I %s %zu %s", name, k + 1, want->rules[k]);
}

/* The jumps of a chain of the kernel's: where others have rules before them,
 * ours go and come again as the first. What others have there stays. */
static void edit_base(struct script *s, const struct chain *want,
		      const struct chain *have)
{
	const char *name = want ? want->name : have->name;
	bool others = false;
	size_t i;

	for (i = 0; have && i < have->n; i++)
		others = others || !jumps_to_ours(have->rules[i]);
	if (!others) {
		edit(s, want, have);
		return;
	}
	for (i = 0; i < have->n; i++)
		if (jumps_to_ours(have->rules[i]))
			line(s, "-D %s %s", name, have->rules[i]);
	for (i = 0; want && i < want->n; i++)
		line(s, "-I %s %zu %s", name, i + 1, want->rules[i]);
}

static void script_own(struct script *s, struct table *want, struct table *have)
{
	const struct chain *w, *h;
	size_t i;

	for (i = 0; i < want->n; i++)
		if (want->chains[i]->own &&
		    !map_gets(&have->by_name, want->chains[i]->name))
			declare(s, want->chains[i]);
	for (i = 0; i < want->n; i++)
		if (want->chains[i]->own &&
		    !map_gets(&have->by_name, want->chains[i]->name))
			fill(s, want->chains[i]);
	for (i = 0; i < want->n; i++) {
		w = want->chains[i];
		h = map_gets(&have->by_name, w->name);
		if (!w->own || !h)
			continue;
		if (strcmp(w->policy, h->policy) == 0) {
			edit(s, w, h);
		} else {
			declare(s, w); /* which empties it */
			fill(s, w);
		}
	}
}

static void script_table(struct table *want, struct table *have, bool bridge,
			 struct buf *out)
{
	struct script s = {.out = out, .table = want->name, .bridge = bridge};
	struct chain *c;
	size_t i;

	script_own(&s, want, have);
	for (i = 0; i < want->n; i++)
		if (!want->chains[i]->own)
			edit_base(&s, want->chains[i],
				  map_gets(&have->by_name,
					   want->chains[i]->name));
	for (i = 0; i < have->n; i++)
		if (!have->chains[i]->own &&
		    !map_gets(&want->by_name, have->chains[i]->name))
			edit_base(&s, NULL, have->chains[i]);
	for (i = 0; i < have->n; i++) {
		c = have->chains[i];
		if (c->own && !map_gets(&want->by_name, c->name))
			line(&s, "-F %s", c->name);
	}
	for (i = 0; i < have->n; i++) {
		c = have->chains[i];
		if (c->own && !map_gets(&want->by_name, c->name))
			line(&s, "-X %s", c->name);
	}
	if (s.begun)
		buf_adds(out, "COMMIT\n");
}

const char *filter_script(struct arena *a, const char *want, const char *have,
			  bool bridge)
{
	struct text w = {.a = a}, h = {.a = a};
	auto_buf struct buf out = {0};
	size_t i;

	parse(&w, want, true);
	parse(&h, have, true);
	buf_adds(&out, "");
	/* Each has all of the other's, empty ones too. */
	for (i = 0; i < h.n; i++)
		table(&w, h.tables[i]->name);
	for (i = 0; i < w.n; i++) {
		struct table *other = table(&h, w.tables[i]->name);

		script_table(w.tables[i], other, bridge, &out);
	}
	return arena_strndup(a, out.data, out.len);
}

/* --- sets -----------------------------------------------------------------
 */

bool filter_set_ours(const char *name)
{
	return strncmp(name, SET4, strlen(SET4)) == 0 ||
	       strncmp(name, SET6, strlen(SET6)) == 0;
}

static void lines_of(struct arena *a, const char *text, struct map *ret,
		     const char ***list, size_t *n)
{
	const char *end, *line;

	for (; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		line = arena_strndup(a, text, (size_t)(end - text));
		map_puts(a, ret, line, (void *)line);
		*(const char **)arena_push(a, list, n, sizeof(const char *)) =
			line;
	}
}

static void tell(struct buf *out, size_t *told, size_t max, const char *how,
		 const char *line)
{
	const char *name = line + strcspn(line, " ");
	size_t len;

	if ((*told)++ >= max)
		return;
	name += *name == ' ';
	len = strcspn(name, " ");
	buf_printf(out, "%sset %.*s: ", *told > 1 ? "; " : "", (int)len, name);
	if (strncmp(line, "add ", 4) == 0)
		buf_printf(out, "%s%s", how, name + len);
	else
		buf_printf(out, "is %s",
			   *how == 'l' ? "not there, wanted"
				       : "there, not wanted");
}

size_t filter_sets_differ(const char *want, const char *have, size_t max,
			  struct buf *out)
{
	auto_arena struct arena a = {0};
	const char **w = NULL, **h = NULL;
	struct map in_want = {0}, in_have = {0};
	size_t nw = 0, nh = 0, i, told = 0;

	lines_of(&a, want, &in_want, &w, &nw);
	lines_of(&a, have, &in_have, &h, &nh);
	for (i = 0; i < nw; i++)
		if (!map_gets(&in_have, w[i]))
			tell(out, &told, max, "lacks", w[i]);
	for (i = 0; i < nh; i++)
		if (!map_gets(&in_want, h[i]))
			tell(out, &told, max, "has", h[i]);
	if (told > max)
		buf_printf(out, "; and %zu more", told - max);
	return told;
}
