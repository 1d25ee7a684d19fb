/* SPDX-License-Identifier: MIT */
/*
 * Writing by rows. What has its default is left out, so that reading gives
 * it back; required keys are always there.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/ip.h"
#include "lib/keys/keys.h"
#include "lib/keys/reader.h"
#include "lib/parse.h"
#include "lib/text.h"

static bool zeros(const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		if (b[i])
			return false;
	return true;
}

static bool all_defaults(const struct key_table *t, const void *obj);

static bool is_default(const struct key *k, const void *obj)
{
	const unsigned char *field = (const unsigned char *)obj + k->offset;
	const char *text;
	size_t n;
	bool b;

	if (k->known) {
		key_load(obj, k->known, &b, sizeof(b));
		return !b;
	}
	switch (k->type) {
	case KEY_BOOL:
	case KEY_UINT:
	case KEY_INT:
	case KEY_DURATION:
	case KEY_ENUM:
	case KEY_FLAGS:
		return key_get(k, obj) == k->def;
	case KEY_TEXT:
		key_load(obj, k->offset, &text, sizeof(text));
		return text_same(text, k->def_text);
	case KEY_CHARS:
	case KEY_IP:
	case KEY_NET:
		/* An address begins with its family. */
		return !*field;
	case KEY_MAC:
		return zeros(field, k->size);
	case KEY_TEXTS:
	case KEY_IPS:
	case KEY_LIST:
	case KEY_NAMED:
		key_load(obj, k->count, &n, sizeof(n));
		return !n;
	case KEY_MAP:
		return all_defaults(k->table, field);
	case KEY_CUSTOM:
		return !k->write;
	}
	return true;
}

static bool all_defaults(const struct key_table *t, const void *obj)
{
	for (size_t i = 0; i < t->n; i++)
		if (!is_default(&t->keys[i], obj))
			return false;
	return true;
}

static void write_address(const struct key *k, const void *obj, struct json *j)
{
	const void *field = (const unsigned char *)obj + k->offset;
	char text[IP_TEXT_MAX];

	if (k->type == KEY_IP)
		json_str(j, ip_print(field, text));
	else if (k->type == KEY_NET)
		json_str(j, ipnet_print(field, text));
	else
		json_str(j, mac_print(field, text));
}

static void write_flags(const struct key *k, const void *obj, struct json *j)
{
	uint64_t flags = (uint64_t)key_get(k, obj);

	json_arr(j);
	for (size_t i = 0; i < k->nwords; i++)
		if (flags & UINT64_C(1) << i)
			json_str(j, k->words[i]);
	json_arr_end(j);
}

static void write_texts(const struct key *k, const void *obj, struct json *j)
{
	const char *const *list;
	size_t n;

	key_load(obj, k->offset, &list, sizeof(list));
	key_load(obj, k->count, &n, sizeof(n));
	json_arr(j);
	for (size_t i = 0; i < n; i++)
		json_str(j, list[i]);
	json_arr_end(j);
}

/* Where a row's list begins: in the struct, or where that points to. */
static const unsigned char *list_of(const struct key *k, const void *obj)
{
	const unsigned char *list = (const unsigned char *)obj + k->offset;

	if (!(k->flags & KEY_INSIDE))
		key_load(obj, k->offset, &list, sizeof(list));
	return list;
}

static void write_ips(const struct key *k, const void *obj, struct json *j)
{
	const unsigned char *list = list_of(k, obj);
	char text[IP_TEXT_MAX];
	struct ip ip;
	size_t n;

	key_load(obj, k->count, &n, sizeof(n));
	json_arr(j);
	for (size_t i = 0; i < n; i++) {
		memcpy(&ip, list + i * sizeof(ip), sizeof(ip));
		json_str(j, ip_print(&ip, text));
	}
	json_arr_end(j);
}

static void write_items(const struct key *k, const void *obj, struct json *j)
{
	const unsigned char *list = list_of(k, obj), *item;
	const struct key_table *t = k->table;
	const char *name;
	size_t n;

	key_load(obj, k->count, &n, sizeof(n));
	if (k->type == KEY_NAMED)
		json_obj(j);
	else
		json_arr(j);
	for (size_t i = 0; i < n; i++) {
		item = key_item(k, list, i);
		if (k->type == KEY_NAMED) {
			key_load(item, t->id, &name, sizeof(name));
			json_key(j, name);
		}
		json_obj(j);
		keys_write(t, item, j);
		json_obj_end(j);
	}
	if (k->type == KEY_NAMED)
		json_obj_end(j);
	else
		json_arr_end(j);
}

static void write_value(const struct key *k, const void *obj, struct json *j)
{
	const unsigned char *field = (const unsigned char *)obj + k->offset;
	char duration[DURATION_TEXT_MAX];
	const char *text;
	size_t i;
	bool b;

	switch (k->type) {
	case KEY_BOOL:
		key_load(obj, k->offset, &b, sizeof(b));
		json_bool(j, b);
		break;
	case KEY_UINT:
	case KEY_INT:
		json_int(j, key_get(k, obj));
		break;
	case KEY_DURATION:
		json_str(j, duration_print(key_get(k, obj) *
						   (k->unit ? k->unit : 1),
					   duration));
		break;
	case KEY_TEXT:
		key_load(obj, k->offset, &text, sizeof(text));
		json_str(j, text ? text : "");
		break;
	case KEY_CHARS:
		json_str(j, (const char *)field);
		break;
	case KEY_IP:
	case KEY_NET:
	case KEY_MAC:
		write_address(k, obj, j);
		break;
	case KEY_ENUM:
		i = (size_t)key_get(k, obj);
		json_str(j, i < k->nwords ? k->words[i] : "");
		break;
	case KEY_FLAGS:
		write_flags(k, obj, j);
		break;
	case KEY_TEXTS:
		write_texts(k, obj, j);
		break;
	case KEY_IPS:
		write_ips(k, obj, j);
		break;
	case KEY_MAP:
		json_obj(j);
		keys_write(k->table, field, j);
		json_obj_end(j);
		break;
	case KEY_LIST:
	case KEY_NAMED:
		write_items(k, obj, j);
		break;
	case KEY_CUSTOM:
		k->write(k, obj, j);
	}
}

void keys_write(const struct key_table *t, const void *obj, struct json *j)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct key *k = &t->keys[i];

		if (is_default(k, obj) &&
		    (!(k->flags & KEY_REQUIRED) || k->type == KEY_CUSTOM))
			continue;
		json_key(j, k->name);
		write_value(k, obj, j);
	}
}
