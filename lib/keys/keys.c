/* SPDX-License-Identifier: MIT */
/*
 * Reading by rows
 * ===============
 * A map is read in two passes. The first goes over the document and finds
 * each key's row: what has none, or is there twice, is told. The second goes
 * over the rows in the table's order, so that a later row may build on what
 * an earlier one set, however the document is ordered. Both are linear: a
 * table has few rows, and a machine writes its keys in their order, so that
 * the search begins behind the last key found.
 *
 * Nothing is allocated but in the arena, and no more than the document has
 * entries: its own limits (lib/doc.h) bound all that comes from outside,
 * before a row's own limit is looked at.
 */
#include "lib/keys/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/ip.h"
#include "lib/keys/reader.h"
#include "lib/map.h"
#include "lib/parse.h"

/* --- lists ---------------------------------------------------------------- */

static bool not_list(struct keys *ks, const struct key *k, const struct doc *v,
		     enum doc_kind kind)
{
	size_t most = k->max ? (size_t)k->max : KEYS_LIST_MAX;
	struct key_fault f = {
		.why = KEY_WRONG_MANY, .key = k, .first = v, .n = doc_len(v)};

	if (v->kind != kind) {
		key_wrong(ks, KEY_WRONG_TYPE, v, k);
		return true;
	}
	if (v->n <= most)
		return false;
	f.at = kind == DOC_MAP ? v->keys[most] : v->items[most];
	key_tell(ks, &f);
	/* The rest of a lab file is read all the same, for its errors. */
	return false;
}

/* Entries to read: no more than are allowed. */
static size_t entries(const struct key *k, const struct doc *v)
{
	size_t most = k->max ? (size_t)k->max : KEYS_LIST_MAX;

	return v->n < most ? v->n : most;
}

static bool read_flags(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	size_t faults = ks->faults;
	struct key word = *k;
	const struct doc *item;
	uint64_t flags = 0;
	int i;

	if (v->kind != DOC_LIST) {
		key_wrong(ks, KEY_WRONG_TYPE, v, k);
		return false;
	}
	word.type = KEY_ENUM; /* what a fault is to speak of */
	DOC_FOREACH (item, v) {
		i = key_word(ks, &word, item);
		if (i >= 0 && flags & UINT64_C(1) << i)
			key_wrong(ks, KEY_WRONG_SAME, item, k);
		if (i >= 0)
			flags |= UINT64_C(1) << i;
		if (key_done(ks))
			return false;
	}
	key_set(k, obj, (int64_t)flags);
	return ks->faults == faults;
}

static bool read_texts(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	size_t faults = ks->faults, n = 0, most;
	struct key text = *k;
	const char **list;

	if (not_list(ks, k, v, DOC_LIST))
		return false;
	text.type = KEY_TEXT;
	most = entries(k, v);
	list = arena_array(ks->a, most, sizeof(*list));
	for (size_t i = 0; i < most && !key_done(ks); i++) {
		list[n] = keys_text(ks, &text, v->items[i]);
		n += list[n] != NULL;
	}
	key_store(obj, k->offset, &list, sizeof(list));
	key_store(obj, k->count, &n, sizeof(n));
	return ks->faults == faults;
}

/* Room for n entries; those that are pointers point to theirs. */
static unsigned char *new_list(struct keys *ks, const struct key *k, size_t n)
{
	unsigned char *list = arena_array(ks->a, n, k->size), *item;

	for (size_t i = 0; (k->flags & KEY_POINTERS) && i < n; i++) {
		item = arena_alloc(ks->a, k->table->size);
		memcpy(list + i * k->size, &item, sizeof(item));
	}
	return list;
}

/* The same for a row's list, which obj has then. */
static unsigned char *room(struct keys *ks, const struct key *k, void *obj,
			   size_t n)
{
	unsigned char *list = (unsigned char *)obj + k->offset;

	if (k->flags & KEY_INSIDE)
		return list;
	list = new_list(ks, k, n);
	key_store(obj, k->offset, &list, sizeof(list));
	return list;
}

static bool read_ips(struct keys *ks, const struct key *k, const struct doc *v,
		     void *obj)
{
	size_t faults = ks->faults, n = 0, most;
	struct key one = *k;
	struct ip ip, *list;

	if (not_list(ks, k, v, DOC_LIST))
		return false;
	one.type = KEY_IP; /* what a fault is to speak of */
	most = entries(k, v);
	list = (struct ip *)room(ks, k, obj, most);
	for (size_t i = 0; i < most && !key_done(ks); i++) {
		const struct doc *item = v->items[i];

		if (item->kind == DOC_SCALAR && ip_parse(item->str, &ip) == 0)
			list[n++] = ip;
		else
			key_wrong(ks, KEY_WRONG_TYPE, item, &one);
	}
	key_store(obj, k->count, &n, sizeof(n));
	return ks->faults == faults;
}

static void read_map(struct keys *ks, const struct doc *d,
		     const struct key_table *t, void *obj, const struct doc *at,
		     const char *what);

static void read_new(struct keys *ks, const struct doc *d,
		     const struct key_table *t, void *obj,
		     const struct doc *name, const char *what)
{
	const struct doc *at = name ? name : d;

	keys_defaults(t, obj);
	if (t->place)
		key_store(obj, t->place, &at, sizeof(at));
	if (t->begin)
		t->begin(ks, name, obj);
	read_map(ks, d, t, obj, at, what);
	if (t->end && !key_done(ks))
		t->end(ks, d, obj);
}

static const char *called(const struct key_table *t)
{
	return t->what ? t->what : t->name;
}

#define CALLED_MAX 63 /* bytes of a name that are said */

static bool read_list(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	size_t faults = ks->faults, n;
	unsigned char *list;

	if (not_list(ks, k, v, DOC_LIST))
		return false;
	n = entries(k, v);
	list = room(ks, k, obj, n);
	key_store(obj, k->count, &n, sizeof(n));
	for (size_t i = 0; i < n && !key_done(ks); i++)
		read_new(ks, v->items[i], k->table, key_item(k, list, i), NULL,
			 called(k->table));
	return ks->faults == faults;
}

static bool read_named(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	const struct key_table *t = k->table;
	size_t faults = ks->faults, n = 0, most;
	struct key_fault twice = {.why = KEY_WRONG_TWICE, .key = k};
	struct map seen = {0};
	unsigned char *list, *item;
	const char *name;

	if (not_list(ks, k, v, DOC_MAP))
		return false;
	most = entries(k, v);
	list = new_list(ks, k, most);
	key_store(obj, k->offset, &list, sizeof(list));
	for (size_t i = 0; i < most && !key_done(ks); i++) {
		twice.at = v->keys[i];
		twice.first =
			map_puts(ks->a, &seen, v->keys[i]->str, v->keys[i]);
		if (twice.first) {
			key_tell(ks, &twice);
			continue;
		}
		name = v->keys[i]->str;
		if (!ks->borrow)
			name = arena_strdup(ks->a, name);
		item = key_item(k, list, n);
		key_store(item, t->id, &name, sizeof(name));
		n++;
		key_store(obj, k->count, &n, sizeof(n));
		read_new(ks, v->items[i], t, item, v->keys[i],
			 arena_printf(ks->a, "%s '%.*s'", called(t), CALLED_MAX,
				      name));
	}
	return ks->faults == faults;
}

/* --- maps ----------------------------------------------------------------- */

static bool read_value(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	size_t faults = ks->faults;

	switch (k->type) {
	case KEY_FLAGS:
		return read_flags(ks, k, v, obj);
	case KEY_TEXTS:
		return read_texts(ks, k, v, obj);
	case KEY_IPS:
		return read_ips(ks, k, v, obj);
	case KEY_LIST:
		return read_list(ks, k, v, obj);
	case KEY_NAMED:
		return read_named(ks, k, v, obj);
	case KEY_CUSTOM:
		k->read(ks, k, v, obj);
		return ks->faults == faults;
	case KEY_MAP: /* needs its parent's name: read_row() */
	case KEY_BOOL:
	case KEY_UINT:
	case KEY_INT:
	case KEY_DURATION:
	case KEY_TEXT:
	case KEY_CHARS:
	case KEY_IP:
	case KEY_NET:
	case KEY_MAC:
	case KEY_ENUM:
		break;
	}
	return key_scalar(ks, k, v, obj);
}

#define FIELD_MAX 64 /* bytes of a field that a check may take back */

bool keys_value(struct keys *ks, const struct key *k, const struct doc *v,
		void *obj)
{
	/* Of a list the size is that of an entry; none is taken back. */
	size_t size =
		k->check && !k->count && k->size <= FIELD_MAX ? k->size : 0;
	unsigned char old[FIELD_MAX];
	bool right;

	if (k->at)
		key_store(obj, k->at, &v, sizeof(v));
	key_load(obj, k->offset, old, size);
	right = read_value(ks, k, v, obj);
	if (right && k->check && !k->check(ks, k, v, obj)) {
		key_store(obj, k->offset, old, size);
		right = false;
	}
	if (right && k->known)
		key_store(obj, k->known, &right, sizeof(right));
	return right;
}

/* A map that is on as such, or is one word that says so. */
static bool switched(struct keys *ks, const struct doc *v, void *obj, size_t on)
{
	bool word = v->kind == DOC_SCALAR && (v->plain || ks->lax), yes = true;

	word = word && parse_bool(v->str, &yes) == 0 &&
	       (ks->lax || strcmp(keys_found(v), "a text") != 0);
	if (word || v->kind == DOC_MAP)
		key_store(obj, on, &yes, sizeof(yes));
	return word;
}

static void read_row(struct keys *ks, const struct key *k, const struct doc *v,
		     void *obj, const char *what)
{
	size_t faults = ks->faults;
	bool right;

	if (k->type != KEY_MAP) {
		keys_value(ks, k, v, obj);
		return;
	}
	if (k->at)
		key_store(obj, k->at, &v, sizeof(v));
	if (k->on && switched(ks, v, obj, k->on))
		return;
	read_map(ks, v, k->table, (unsigned char *)obj + k->offset, v,
		 k->table->what
			 ? k->table->what
			 : arena_printf(ks->a, "%s of %s", k->name, what));
	right = ks->faults == faults;
	if (right && k->known)
		key_store(obj, k->known, &right, sizeof(right));
}

/* The row of a name, or t->n; the search begins at hint. */
static size_t find(const struct key_table *t, const char *name, size_t hint)
{
	for (size_t i = 0; i < t->n; i++, hint++) {
		if (hint >= t->n)
			hint = 0;
		if (strcmp(t->keys[hint].name, name) == 0)
			return hint;
	}
	return t->n;
}

/* The row of a map inside this one that has the key, or NULL. */
static const struct key *inside(const struct key_table *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->keys[i].type == KEY_MAP &&
		    find(t->keys[i].table, name, 0) < t->keys[i].table->n)
			return &t->keys[i];
	return NULL;
}

/* Returns the row that was meant, or t->n. */
static size_t unknown(struct keys *ks, const struct doc *key,
		      const struct key_table *t, const char *what)
{
	struct key_fault f = {
		.why = KEY_WRONG_UNKNOWN, .at = key, .what = what};
	const char *names[KEYS_MAX];
	size_t i;

	f.key = inside(t, key->str);
	if (strcmp(key->str, "<<") == 0) {
		f.why = KEY_WRONG_MERGE;
	} else if (f.key) {
		f.why = KEY_WRONG_ELSEWHERE;
	} else {
		for (i = 0; i < t->n; i++)
			names[i] = t->keys[i].name;
		f.near = key_nearest(ks, key->str, names, t->n);
	}
	key_tell(ks, &f);
	return f.near ? find(t, f.near, 0) : t->n;
}

static void read_map(struct keys *ks, const struct doc *d,
		     const struct key_table *t, void *obj, const struct doc *at,
		     const char *what)
{
	struct key_fault f = {.at = d, .what = what};
	const struct doc *where[KEYS_MAX] = {NULL}, *names[KEYS_MAX];
	bool meant[KEYS_MAX + 1] = {false};
	struct map others = {0};
	size_t i, row = 0;

	if (!doc_is_null(d) && d->kind != DOC_MAP) {
		f.why = KEY_WRONG_MAP;
		key_tell(ks, &f);
		return;
	}
	for (i = 0; i < doc_len(d) && !key_done(ks); i++) {
		const struct doc *key = d->keys[i];

		row = find(t, key->str, row);
		if (row == t->n && ks->open)
			continue;
		f.first = row < t->n && where[row] ? names[row] : NULL;
		if (row == t->n)
			f.first =
				map_puts(ks->a, &others, key->str, d->keys[i]);
		if (f.first) {
			f.why = KEY_WRONG_TWICE;
			f.at = key;
			key_tell(ks, &f);
		} else if (row == t->n) {
			meant[unknown(ks, key, t, what)] = true;
		} else {
			where[row] = d->items[i];
			names[row] = key;
		}
	}
	for (i = 0; i < t->n && !key_done(ks); i++) {
		const struct key *k = &t->keys[i];

		if (where[i] && !doc_is_null(where[i])) {
			read_row(ks, k, where[i], obj, what);
			continue;
		}
		f.key = k;
		f.at = at;
		f.why = KEY_WRONG_MISSING;
		/* A slip in a required key is one error, not two. */
		if (k->flags & KEY_REQUIRED) {
			if (!meant[i])
				key_tell(ks, &f);
		} else if (where[i] && !(k->flags & KEY_EMPTY) && !ks->open) {
			f.at = names[i];
			f.why = KEY_WRONG_NO_VALUE;
			key_tell(ks, &f);
		}
	}
}

void keys_defaults(const struct key_table *t, void *obj)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct key *k = &t->keys[i];

		bool on = k->def != 0;

		if (k->on)
			key_store(obj, k->on, &on, sizeof(on));
		if (k->type == KEY_MAP)
			keys_defaults(k->table,
				      (unsigned char *)obj + k->offset);
		else if (k->def_text && k->type == KEY_TEXT)
			key_store(obj, k->offset, &k->def_text,
				  sizeof(k->def_text));
		else if (k->def)
			key_set(k, obj, k->def);
	}
}

int keys_read(struct keys *ks, const struct doc *d, const struct key_table *t,
	      void *obj, const struct doc *at, const char *what)
{
	size_t faults = ks->faults;

	keys_defaults(t, obj);
	if (t->begin)
		t->begin(ks, NULL, obj);
	read_map(ks, d, t, obj, at, what);
	if (t->end && !key_done(ks))
		t->end(ks, d, obj);
	return ks->faults == faults ? 0 : -EINVAL;
}

static void report_first(struct keys *ks, const struct key_fault *f)
{
	struct err *reterr = ks->ctx;
	auto_arena struct arena a = {0};
	const char *msg = keys_fault_print(&a, f);

	if (f->key)
		err_set(reterr, -EINVAL, "line %u, column %u, '%s': %s",
			f->at ? f->at->line : 0, f->at ? f->at->col : 0,
			f->key->name, msg);
	else
		err_set(reterr, -EINVAL, "line %u, column %u: %s",
			f->at ? f->at->line : 0, f->at ? f->at->col : 0, msg);
}

int keys_read_first(struct arena *a, const struct doc *d,
		    const struct key_table *t, void *obj, struct err *reterr)
{
	struct keys ks = {
		.a = a, .report = report_first, .ctx = reterr, .first = true};

	return keys_read(&ks, d, t, obj, d, called(t));
}

int keys_read_open(struct arena *a, const struct doc *d,
		   const struct key_table *t, void *obj, struct err *reterr)
{
	struct keys ks = {.a = a,
			  .report = report_first,
			  .ctx = reterr,
			  .first = true,
			  .open = true};

	return keys_read(&ks, d, t, obj, d, called(t));
}

static void pass_over(struct keys *ks, const struct key_fault *f)
{
	(void)ks;
	(void)f;
}

void keys_read_loose(struct arena *a, const struct doc *d,
		     const struct key_table *t, void *obj)
{
	struct keys ks = {.a = a,
			  .report = pass_over,
			  .most = 1,
			  .open = true,
			  .lax = true};

	(void)keys_read(&ks, d, t, obj, d, called(t));
}

void keys_keep(struct keys *ks, const struct key *k, const struct doc *v,
	       void *obj)
{
	(void)ks;
	(void)k;
	(void)v;
	(void)obj;
}
