/* SPDX-License-Identifier: MIT */
#include "lib/doc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/auto.h"
#include "lib/parse.h"

/*
 * Built from libyaml's events, not its documents, because only so can the
 * limits hold while the text is read: every value is counted, an alias with
 * all that it stands for, so that nine lines of aliases cannot become a
 * billion values.
 */

struct anchor {
	char *name;
	struct doc *node;
	size_t weight;
};

struct parse {
	yaml_parser_t yaml;
	struct arena *arena;
	struct anchor *anchors;
	size_t nanchors;
	size_t nodes;
	const char *text;
	size_t len;
	struct doc_error *where;
};

static int fail(struct parse *p, const yaml_mark_t *m, int code,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int fail(struct parse *p, const yaml_mark_t *m, int code,
		const char *fmt, ...)
{
	va_list ap;

	p->where->line = (unsigned)m->line + 1;
	p->where->col = (unsigned)m->column + 1;
	va_start(ap, fmt);
	vsnprintf(p->where->msg, sizeof(p->where->msg), fmt, ap);
	va_end(ap);
	return code;
}

/* The place of a byte, in lines and characters. */
static void place_of(const char *text, size_t offset, struct doc_error *where)
{
	where->line = 1;
	where->col = 1;
	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n' ||
		    (text[i] == '\r' && text[i + 1] != '\n')) {
			where->line++;
			where->col = 1;
		} else if ((text[i] & 0xc0) != 0x80) {
			where->col++;
		}
	}
}

static void event_release(yaml_event_t *e)
{
	yaml_event_delete(e);
}

static int next(struct parse *p, yaml_event_t *ret)
{
	const yaml_parser_t *y = &p->yaml;
	const yaml_mark_t *m = &y->problem_mark;

	if (yaml_parser_parse(&p->yaml, ret))
		return 0;
	if (y->error == YAML_READER_ERROR) {
		/* The reader knows bytes, not lines. */
		if (y->problem_offset < p->len)
			place_of(p->text, y->problem_offset, p->where);
		snprintf(p->where->msg, sizeof(p->where->msg),
			 "not text in UTF-8: %s at byte %zu",
			 y->problem ? y->problem : "cannot be read",
			 y->problem_offset);
		return -EINVAL;
	}
	return fail(p, m, -EINVAL, "not YAML: %s%s%s",
		    y->problem ? y->problem : "cannot be read",
		    y->context ? ", " : "", y->context ? y->context : "");
}

static int count(struct parse *p, const yaml_mark_t *m, size_t n)
{
	if (n > DOC_NODES_MAX - p->nodes)
		return fail(p, m, -E2BIG,
			    "more than %u values (aliases count each time)",
			    DOC_NODES_MAX);
	p->nodes += n;
	return 0;
}

static void remember(struct parse *p, const yaml_char_t *name, struct doc *d,
		     size_t weight)
{
	struct anchor *a;

	if (!name)
		return;
	a = arena_push(p->arena, &p->anchors, &p->nanchors, sizeof(*a));
	a->name = arena_strdup(p->arena, (const char *)name);
	a->node = d;
	a->weight = weight;
}

static int value(struct parse *p, yaml_event_t *e, unsigned depth,
		 struct doc **ret);

static int alias(struct parse *p, const yaml_event_t *e, struct doc **ret)
{
	const char *name = (const char *)e->data.alias.anchor;
	size_t i;
	int r;

	/* The latest anchor of a name counts (YAML 1.2, 7.1). */
	for (i = p->nanchors; i-- > 0;) {
		if (strcmp(p->anchors[i].name, name) != 0)
			continue;
		r = count(p, &e->start_mark, p->anchors[i].weight);
		*ret = p->anchors[i].node;
		return r;
	}
	return fail(p, &e->start_mark, -EINVAL,
		    "alias '*%.100s' has no anchor before it", name);
}

static int members(struct parse *p, struct doc *d, yaml_event_type_t end,
		   unsigned depth)
{
	struct doc *key = NULL, *item, **slot;
	size_t nkeys = 0;
	int r;

	for (;;) {
		auto_(event_release) yaml_event_t e = {0};

		r = next(p, &e);
		if (r < 0)
			return r;
		if (e.type == end)
			return 0;
		r = value(p, &e, depth, &item);
		if (r < 0)
			return r;
		if (d->kind == DOC_MAP && !key) {
			if (item->kind != DOC_SCALAR)
				return fail(p, &e.start_mark, -EINVAL,
					    "a key must be a plain word");
			key = item;
			continue;
		}
		if (d->kind == DOC_MAP) {
			slot = arena_push(p->arena, &d->keys, &nkeys,
					  sizeof(struct doc *));
			*slot = key;
			key = NULL;
		}
		slot = arena_push(p->arena, &d->items, &d->n,
				  sizeof(struct doc *));
		*slot = item;
	}
}

#define CORE_TAG "tag:yaml.org,2002:"

/*
 * A value is what it looks like. Of tags only those are obeyed that a file
 * may need: !!str makes a text of what looks like a number, and what maps
 * and lists are may be said. Others mean something to the program that wrote
 * them (!!python/object), and to pass over them is to guess.
 */
static int check_tag(struct parse *p, const yaml_mark_t *m,
		     const yaml_char_t *tag, struct doc *d)
{
	static const char *const kinds[] = {
		[DOC_SCALAR] = "str", [DOC_LIST] = "seq", [DOC_MAP] = "map"};
	static const char *const called[] = {
		[DOC_SCALAR] = "text", [DOC_LIST] = "list", [DOC_MAP] = "map"};
	const char *name = (const char *)tag, *kind;
	size_t i;

	if (!tag)
		return 0;
	if (strncmp(name, CORE_TAG, strlen(CORE_TAG)) != 0)
		return fail(p, m, -EINVAL,
			    "tags such as '%.100s' are not read, but for !!str",
			    name);
	kind = name + strlen(CORE_TAG);
	if (strcmp(kind, kinds[d->kind]) == 0) {
		d->plain = false;
		return 0;
	}
	for (i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return fail(p, m, -EINVAL,
				    "the tag '!!%s' does not fit a %s", kind,
				    called[d->kind]);
	return fail(p, m, -EINVAL,
		    "tags such as '!!%.100s' are not read, but for !!str",
		    kind);
}

static int value(struct parse *p, yaml_event_t *e, unsigned depth,
		 struct doc **ret)
{
	size_t before = p->nodes;
	const yaml_char_t *anchor;
	struct doc *d;
	int r;

	if (e->type == YAML_ALIAS_EVENT)
		return alias(p, e, ret);
	if (depth > DOC_DEPTH_MAX)
		return fail(p, &e->start_mark, -E2BIG,
			    "nested deeper than %u levels", DOC_DEPTH_MAX);
	r = count(p, &e->start_mark, 1);
	if (r < 0)
		return r;
	d = arena_alloc(p->arena, sizeof(*d));
	d->line = (unsigned)e->start_mark.line + 1;
	d->col = (unsigned)e->start_mark.column + 1;
	switch ((int)e->type) {
	case YAML_SCALAR_EVENT:
		d->kind = DOC_SCALAR;
		d->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		d->str = arena_strndup(p->arena,
				       (const char *)e->data.scalar.value,
				       e->data.scalar.length);
		if (strlen(d->str) != e->data.scalar.length)
			return fail(p, &e->start_mark, -EINVAL,
				    "a NUL byte inside a value");
		anchor = e->data.scalar.anchor;
		r = check_tag(p, &e->start_mark, e->data.scalar.tag, d);
		break;
	case YAML_SEQUENCE_START_EVENT:
		d->kind = DOC_LIST;
		anchor = e->data.sequence_start.anchor;
		r = check_tag(p, &e->start_mark, e->data.sequence_start.tag, d);
		if (r == 0)
			r = members(p, d, YAML_SEQUENCE_END_EVENT, depth + 1);
		break;
	case YAML_MAPPING_START_EVENT:
		d->kind = DOC_MAP;
		anchor = e->data.mapping_start.anchor;
		r = check_tag(p, &e->start_mark, e->data.mapping_start.tag, d);
		if (r == 0)
			r = members(p, d, YAML_MAPPING_END_EVENT, depth + 1);
		break;
	default:
		return fail(p, &e->start_mark, -EINVAL, "unexpected YAML");
	}
	if (r < 0)
		return r;
	/* After its members: an alias inside its own anchor finds nothing. */
	remember(p, anchor, d, p->nodes - before);
	*ret = d;
	return 0;
}

static int document(struct parse *p, struct doc **ret_root)
{
	struct doc *root = NULL;
	int r;

	for (;;) {
		auto_(event_release) yaml_event_t e = {0};

		r = next(p, &e);
		if (r < 0)
			return r;
		if (e.type == YAML_STREAM_END_EVENT)
			break;
		if (e.type == YAML_STREAM_START_EVENT ||
		    e.type == YAML_DOCUMENT_END_EVENT)
			continue;
		if (e.type == YAML_DOCUMENT_START_EVENT) {
			if (root)
				return fail(p, &e.start_mark, -EINVAL,
					    "a second document in one file");
			continue;
		}
		r = value(p, &e, 0, &root);
		if (r < 0)
			return r;
	}
	*ret_root = root;
	return 0;
}

int doc_parse(struct arena *a, const char *text, size_t len,
	      struct doc **ret_root, struct doc_error *ret_where)
{
	struct parse p = {
		.arena = a, .text = text, .len = len, .where = ret_where};
	const char *nul;
	int r;

	*ret_where = (struct doc_error){0};
	if (len > DOC_SIZE_MAX) {
		snprintf(ret_where->msg, sizeof(ret_where->msg),
			 "larger than %u MiB", DOC_SIZE_MAX >> 20);
		return -E2BIG;
	}
	nul = len ? memchr(text, 0, len) : NULL;
	if (nul) {
		place_of(text, (size_t)(nul - text), ret_where);
		snprintf(ret_where->msg, sizeof(ret_where->msg),
			 "a NUL byte: this is not a text file");
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&p.yaml))
		return -ENOMEM;
	yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p.yaml, (const unsigned char *)text, len);
	r = document(&p, ret_root);
	yaml_parser_delete(&p.yaml);
	return r;
}

int doc_parse_line(struct arena *a, const char *text, size_t len,
		   struct doc **ret_root, struct err *reterr)
{
	struct doc_error where;
	int r = doc_parse(a, text, len, ret_root, &where);

	if (r < 0)
		return err_set(reterr, r, "%s (line %u, column %u)", where.msg,
			       where.line, where.col);
	if (!*ret_root)
		return err_set(reterr, -EINVAL, "an empty document");
	return 0;
}

const struct doc *doc_get(const struct doc *d, const char *key)
{
	size_t i;

	if (!d || d->kind != DOC_MAP)
		return NULL;
	for (i = 0; i < d->n; i++)
		if (strcmp(d->keys[i]->str, key) == 0)
			return d->items[i];
	return NULL;
}

bool doc_is_null(const struct doc *d)
{
	if (!d)
		return true;
	return d->kind == DOC_SCALAR && d->plain &&
	       (!*d->str || strcmp(d->str, "~") == 0 ||
		strcmp(d->str, "null") == 0);
}

const char *doc_str(const struct doc *d, const char *key, const char *def)
{
	const struct doc *v = doc_get(d, key);

	return v && v->kind == DOC_SCALAR && !doc_is_null(v) ? v->str : def;
}

int64_t doc_int(const struct doc *d, const char *key, int64_t def)
{
	const char *s = doc_str(d, key, NULL);
	uint64_t v;

	if (!s)
		return def;
	if (*s == '-')
		return parse_u64(s + 1, 0, INT64_MAX, &v) == 0 ? -(int64_t)v
							       : def;
	return parse_u64(s, 0, INT64_MAX, &v) == 0 ? (int64_t)v : def;
}

bool doc_bool(const struct doc *d, const char *key, bool def)
{
	const char *s = doc_str(d, key, NULL);
	bool v;

	return s && parse_bool(s, &v) == 0 ? v : def;
}

size_t doc_len(const struct doc *d)
{
	return d && d->kind != DOC_SCALAR ? d->n : 0;
}

void json_init(struct json *j, struct buf *out, unsigned indent)
{
	*j = (struct json){.out = out, .indent = indent};
}

static void newline(struct json *j)
{
	if (j->indent) {
		buf_addc(j->out, '\n');
		for (unsigned i = 0; i < j->indent * j->depth; i++)
			buf_addc(j->out, ' ');
	}
}

static void before_value(struct json *j)
{
	if (j->keyed) {
		j->keyed = false;
		return;
	}
	if (j->more)
		buf_addc(j->out, ',');
	if (j->depth)
		newline(j);
}

static void open_with(struct json *j, char c)
{
	before_value(j);
	buf_addc(j->out, c);
	j->depth++;
	j->more = false;
}

static void close_with(struct json *j, char c)
{
	j->depth--;
	if (j->more)
		newline(j);
	buf_addc(j->out, c);
	j->more = true;
}

void json_obj(struct json *j)
{
	open_with(j, '{');
}

void json_obj_end(struct json *j)
{
	close_with(j, '}');
}

void json_arr(struct json *j)
{
	open_with(j, '[');
}

void json_arr_end(struct json *j)
{
	close_with(j, ']');
}

static void quoted(struct json *j, const char *s)
{
	buf_addc(j->out, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_printf(j->out, "\\%c", c);
		else if (c == '\n')
			buf_adds(j->out, "\\n");
		else if (c == '\t')
			buf_adds(j->out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(j->out, "\\u%04x", c);
		else
			buf_addc(j->out, (char)c);
	}
	buf_addc(j->out, '"');
}

void json_key(struct json *j, const char *key)
{
	before_value(j);
	quoted(j, key);
	/* YAML wants the blank after the colon. */
	buf_adds(j->out, ": ");
	j->keyed = true;
}

void json_str(struct json *j, const char *s)
{
	before_value(j);
	if (s)
		quoted(j, s);
	else
		buf_adds(j->out, "null");
	j->more = true;
}

void json_int(struct json *j, int64_t v)
{
	before_value(j);
	buf_printf(j->out, "%lld", (long long)v);
	j->more = true;
}

void json_bool(struct json *j, bool v)
{
	before_value(j);
	buf_adds(j->out, v ? "true" : "false");
	j->more = true;
}

void json_fmt(struct json *j, const char *fmt, ...)
{
	auto_buf struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	json_str(j, b.data);
}

void json_raw(struct json *j, const char *json)
{
	before_value(j);
	buf_adds(j->out, json);
	j->more = true;
}

void json_kstr(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_kint(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_int(j, v);
}

void json_kbool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}
