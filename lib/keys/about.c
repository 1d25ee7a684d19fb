/* SPDX-License-Identifier: MIT */
#include "lib/keys/about.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"

static const char *thing(const struct key_table *t)
{
	return t->what ? t->what : t->name;
}

/* --- for editors ---------------------------------------------------------- */

static void ref(struct json *j, const char *name)
{
	json_key(j, "$ref");
	json_fmt(j, "#/$defs/%s", name);
}

static void words(struct json *j, const struct key *k)
{
	json_key(j, "enum");
	json_arr(j);
	for (size_t i = 0; i < k->nwords; i++)
		json_str(j, k->words[i]);
	json_arr_end(j);
}

static void object(struct json *j, bool empty)
{
	json_key(j, "type");
	if (!empty) {
		json_str(j, "object");
		return;
	}
	json_arr(j);
	json_str(j, "object");
	json_str(j, "null");
	json_arr_end(j);
}

/* A document written again, so that all is laid out alike. */
static void again(struct json *j, const struct doc *d)
{
	switch (d->kind) {
	case DOC_SCALAR:
		if (d->plain)
			json_raw(j, d->str);
		else
			json_str(j, d->str);
		break;
	case DOC_LIST:
		json_arr(j);
		for (size_t i = 0; i < d->n; i++)
			again(j, d->items[i]);
		json_arr_end(j);
		break;
	case DOC_MAP:
		json_obj(j);
		for (size_t i = 0; i < d->n; i++) {
			json_key(j, d->keys[i]->str);
			again(j, d->items[i]);
		}
		json_obj_end(j);
	}
}

static void own_members(struct json *j, const char *schema)
{
	auto_arena struct arena a = {0};
	const char *text = arena_printf(&a, "{%s}", schema);
	struct doc *d;
	struct err err;

	if (doc_parse_line(&a, text, strlen(text), &d, &err) < 0)
		return;
	for (size_t i = 0; i < d->n; i++) {
		json_key(j, d->keys[i]->str);
		again(j, d->items[i]);
	}
}

static void default_value(struct json *j, const struct key *k)
{
	char text[DURATION_TEXT_MAX];

	if (k->shown || k->flags & KEY_REQUIRED)
		return;
	switch ((int)k->type) {
	case KEY_BOOL:
		json_kbool(j, "default", k->def);
		break;
	case KEY_UINT:
	case KEY_INT:
		json_kint(j, "default", k->def);
		break;
	case KEY_DURATION:
		json_kstr(j, "default", duration_print(k->def * k->unit, text));
		break;
	case KEY_ENUM:
		json_kstr(j, "default", k->words[k->def]);
		break;
	case KEY_FLAGS:
		json_key(j, "default");
		json_arr(j);
		for (size_t i = 0; i < k->nwords; i++)
			if ((uint64_t)k->def & UINT64_C(1) << i)
				json_str(j, k->words[i]);
		json_arr_end(j);
		break;
	case KEY_TEXT:
		if (k->def_text)
			json_kstr(j, "default", k->def_text);
		break;
	default:
		break;
	}
}

static void members(struct json *j, const struct key *k)
{
	int64_t min, max;

	switch (k->type) {
	case KEY_BOOL:
		json_kstr(j, "type", "boolean");
		break;
	case KEY_UINT:
	case KEY_INT:
		keys_range(k, &min, &max);
		json_kstr(j, "type", "integer");
		json_kint(j, "minimum", min);
		json_kint(j, "maximum", max);
		break;
	case KEY_DURATION:
		ref(j, "duration");
		break;
	case KEY_ENUM:
		words(j, k);
		break;
	case KEY_FLAGS:
		json_kstr(j, "type", "array");
		json_kbool(j, "uniqueItems", true);
		json_key(j, "items");
		json_obj(j);
		words(j, k);
		json_obj_end(j);
		break;
	case KEY_MAP:
		if (!k->on) {
			ref(j, k->table->name);
			break;
		}
		json_key(j, "anyOf");
		json_arr(j);
		json_obj(j);
		ref(j, k->table->name);
		json_obj_end(j);
		json_obj(j);
		json_kstr(j, "type", "boolean");
		json_obj_end(j);
		json_arr_end(j);
		break;
	case KEY_LIST:
	case KEY_TEXTS:
	case KEY_IPS:
		json_kstr(j, "type", "array");
		json_kint(j, "maxItems", k->max ? k->max : KEYS_LIST_MAX);
		json_key(j, "items");
		json_obj(j);
		if (k->table)
			ref(j, k->table->name);
		else
			json_kstr(j, "type", "string");
		json_obj_end(j);
		break;
	case KEY_NAMED:
		object(j, k->flags & KEY_EMPTY);
		if (k->flags & KEY_REQUIRED)
			json_kint(j, "minProperties", 1);
		json_kint(j, "maxProperties", k->max ? k->max : KEYS_LIST_MAX);
		if (k->names) {
			json_key(j, "propertyNames");
			json_obj(j);
			ref(j, k->names);
			json_obj_end(j);
		}
		json_key(j, "additionalProperties");
		json_obj(j);
		ref(j, k->table->name);
		json_obj_end(j);
		break;
	case KEY_TEXT:
	case KEY_CHARS:
	case KEY_IP:
	case KEY_NET:
	case KEY_MAC:
	case KEY_CUSTOM:
		json_kstr(j, "type", "string");
	}
}

void keys_schema(const struct key_table *t, struct json *j)
{
	size_t required = 0;

	for (size_t i = 0; i < t->n; i++)
		required += (t->keys[i].flags & KEY_REQUIRED) != 0;
	json_obj(j);
	object(j, !required);
	if (required) {
		json_key(j, "required");
		json_arr(j);
		for (size_t i = 0; i < t->n; i++)
			if (t->keys[i].flags & KEY_REQUIRED)
				json_str(j, t->keys[i].name);
		json_arr_end(j);
	}
	json_kbool(j, "additionalProperties", false);
	json_key(j, "properties");
	json_obj(j);
	for (size_t i = 0; i < t->n; i++) {
		const struct key *k = &t->keys[i];

		json_key(j, k->name);
		json_obj(j);
		json_kstr(j, "description", k->about);
		if (k->schema)
			own_members(j, k->schema);
		else
			members(j, k);
		default_value(j, k);
		json_obj_end(j);
	}
	json_obj_end(j);
	json_obj_end(j);
}

/* --- for people ----------------------------------------------------------- */

static void quoted_words(struct buf *b, const struct key *k, uint64_t which)
{
	const char *between = "";

	for (size_t i = 0; i < k->nwords; i++) {
		if (!(which & UINT64_C(1) << i))
			continue;
		buf_printf(b, "%s`%s`", between, k->words[i]);
		between = ", ";
	}
}

/* What the key takes. */
static void takes(struct buf *b, const struct key *k)
{
	char from[DURATION_TEXT_MAX], to[DURATION_TEXT_MAX];
	int64_t min, max;

	switch (k->type) {
	case KEY_BOOL:
		buf_adds(b, "true or false");
		break;
	case KEY_UINT:
	case KEY_INT:
		keys_range(k, &min, &max);
		buf_printf(b, "%lld to %lld", (long long)min, (long long)max);
		break;
	case KEY_DURATION:
		keys_range(k, &min, &max);
		buf_printf(b, "duration, %s to %s", duration_print(min, from),
			   duration_print(max, to));
		break;
	case KEY_ENUM:
		quoted_words(b, k, UINT64_MAX);
		break;
	case KEY_FLAGS:
		buf_adds(b, "list of ");
		quoted_words(b, k, UINT64_MAX);
		break;
	case KEY_TEXT:
	case KEY_CHARS:
		buf_adds(b, "text");
		break;
	case KEY_IP:
		buf_adds(b, "address");
		break;
	case KEY_NET:
		buf_adds(b, "range");
		break;
	case KEY_MAC:
		buf_adds(b, "MAC address");
		break;
	case KEY_TEXTS:
		buf_adds(b, "list of texts");
		break;
	case KEY_IPS:
		buf_adds(b, "list of addresses");
		break;
	case KEY_MAP:
		buf_printf(b, "%smap, see [%s](#%s)",
			   k->on ? "true, false, or " : "", k->table->name,
			   k->table->name);
		break;
	case KEY_LIST:
	case KEY_NAMED:
		buf_printf(b, "%s [%ss](#%s), at most %lld",
			   k->type == KEY_LIST ? "list of" : "names and their",
			   thing(k->table), k->table->name,
			   (long long)(k->max ? k->max : KEYS_LIST_MAX));
		break;
	case KEY_CUSTOM:
		buf_adds(b, k->what);
	}
}

static void default_words(struct buf *b, const struct key *k)
{
	char text[DURATION_TEXT_MAX];

	if (k->flags & KEY_REQUIRED) {
		buf_adds(b, "required");
		return;
	}
	if (k->shown) {
		buf_adds(b, k->shown);
		return;
	}
	switch ((int)k->type) {
	case KEY_BOOL:
		buf_adds(b, k->def ? "true" : "false");
		break;
	case KEY_UINT:
	case KEY_INT:
		buf_printf(b, "%lld", (long long)k->def);
		break;
	case KEY_DURATION:
		buf_adds(b, duration_print(k->def * k->unit, text));
		break;
	case KEY_ENUM:
		buf_printf(b, "`%s`", k->words[k->def]);
		break;
	case KEY_FLAGS:
		quoted_words(b, k, (uint64_t)k->def);
		break;
	default:
		buf_adds(b, k->def_text ? k->def_text : "none");
	}
}

void keys_reference(const struct key_table *t, struct buf *out)
{
	buf_printf(out, "## %s\n\n%s\n\n", t->name, t->about);
	buf_adds(out, "| key | takes | default | example | meaning |\n"
		      "| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < t->n; i++) {
		const struct key *k = &t->keys[i];

		buf_printf(out, "| `%s` | ", k->name);
		takes(out, k);
		buf_adds(out, " | ");
		default_words(out, k);
		if (k->example)
			buf_printf(out, " | `%s: %s` | %s |\n", k->name,
				   k->example, k->about);
		else
			buf_printf(out, " | | %s |\n", k->about);
	}
	buf_addc(out, '\n');
}
