/* SPDX-License-Identifier: MIT */
/* Single values, by their row. */
#include <errno.h>
#include <string.h>

#include "lib/ip.h"
#include "lib/keys/reader.h"
#include "lib/parse.h"

const char *keys_text(struct keys *ks, const struct key *k, const struct doc *v)
{
	bool text = v->kind == DOC_SCALAR;

	if (text && v->plain && !ks->lax)
		text = strcmp(keys_found(v), "a text") == 0;
	if (!text) {
		key_wrong(ks, KEY_WRONG_TYPE, v, k);
		return NULL;
	}
	return ks->borrow ? v->str : arena_strdup(ks->a, v->str);
}

static bool leading_zeros(const char *s)
{
	s += *s == '-';
	return s[0] == '0' && s[1] >= '0' && s[1] <= '9';
}

static bool read_number(struct keys *ks, const struct key *k,
			const struct doc *v, void *obj)
{
	int64_t min, max, n;
	int r = -EINVAL;
	uint64_t u = 0;
	bool minus;

	if (v->kind != DOC_SCALAR || !(v->plain || ks->lax)) {
		key_wrong(ks, KEY_WRONG_TYPE, v, k);
		return false;
	}
	minus = *v->str == '-';
	r = parse_u64(v->str + minus, 0, INT64_MAX, &u);
	/* A number, if not one of ours: out of range, as -1.5 is. */
	if (r == -EINVAL && minus && k->type == KEY_UINT &&
	    strcmp(keys_found(v), "a number") == 0)
		r = -ERANGE;
	if (r >= 0 && leading_zeros(v->str)) {
		key_wrong(ks, KEY_WRONG_OCTAL, v, k);
		return false;
	}
	keys_range(k, &min, &max);
	n = minus ? -(int64_t)u : (int64_t)u;
	if (r == -ERANGE || (r == 0 && (n < min || n > max))) {
		key_wrong(ks, KEY_WRONG_RANGE, v, k);
		return false;
	}
	if (r < 0) {
		key_wrong(ks, KEY_WRONG_TYPE, v, k);
		return false;
	}
	key_set(k, obj, n);
	return true;
}

static bool read_duration(struct keys *ks, const struct key *k,
			  const struct doc *v, void *obj)
{
	int64_t min, max, ns = 0, unit = k->unit ? k->unit : 1;
	enum key_wrong why;
	int r = -EINVAL;

	keys_range(k, &min, &max);
	if (v->kind == DOC_SCALAR)
		r = parse_duration(v->str, &ns);
	if (r == -EINVAL)
		why = KEY_WRONG_TYPE;
	else if (r == 0 && leading_zeros(v->str))
		why = KEY_WRONG_OCTAL;
	else if (r < 0 || ns < min || ns > max)
		why = KEY_WRONG_RANGE;
	else if (k->step && ns % k->step)
		why = KEY_WRONG_STEP;
	else {
		key_set(k, obj, ns / unit);
		return true;
	}
	key_wrong(ks, why, v, k);
	return false;
}

static bool read_bool(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	bool b = false, is;

	is = v->kind == DOC_SCALAR && parse_bool(v->str, &b) == 0;
	if (!ks->lax && is)
		is = v->plain && strcmp(keys_found(v), "a text") != 0;
	if (!is) {
		key_wrong(ks, KEY_WRONG_TYPE, v, k);
		return false;
	}
	key_store(obj, k->offset, &b, sizeof(b));
	return true;
}

static bool read_text(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	const char *s = keys_text(ks, k, v);
	size_t len;

	if (!s)
		return false;
	len = strlen(s);
	if ((k->max && len > (uint64_t)k->max) || len < (uint64_t)k->min ||
	    (k->type == KEY_CHARS && len >= k->size)) {
		key_wrong(ks, KEY_WRONG_RANGE, v, k);
		return false;
	}
	if (k->type == KEY_CHARS)
		key_store(obj, k->offset, s, len + 1);
	else
		key_store(obj, k->offset, &s, sizeof(s));
	return true;
}

static bool read_address(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	const char *s = v->kind == DOC_SCALAR ? v->str : "", *slash;
	struct ipnet n = {0};
	struct mac m;
	int r;

	slash = strchr(s, '/');
	if (k->type == KEY_IP)
		r = ip_parse(s, &n.ip);
	else if (k->type == KEY_MAC)
		r = mac_parse(s, &m);
	else
		r = ipnet_parse(s, &n);
	if (r < 0 || (k->type == KEY_NET && leading_zeros(slash + 1))) {
		key_wrong(ks, r < 0 ? KEY_WRONG_TYPE : KEY_WRONG_OCTAL, v, k);
		return false;
	}
	if (k->type == KEY_IP)
		key_store(obj, k->offset, &n.ip, sizeof(n.ip));
	else if (k->type == KEY_MAC)
		key_store(obj, k->offset, &m, sizeof(m));
	else
		key_store(obj, k->offset, &n, sizeof(n));
	return true;
}

int key_word(struct keys *ks, const struct key *k, const struct doc *v)
{
	struct key_fault f = {.why = KEY_WRONG_WORD, .at = v, .key = k};
	const char *s = keys_text(ks, k, v);

	for (size_t i = 0; s && i < k->nwords; i++)
		if (k->words[i] && strcmp(s, k->words[i]) == 0)
			return (int)i;
	if (s) {
		f.near = key_nearest(ks, s, k->words, k->nwords);
		key_tell(ks, &f);
	}
	return -1;
}

static bool read_enum(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	int i = key_word(ks, k, v);

	if (i >= 0)
		key_set(k, obj, i);
	return i >= 0;
}

bool key_scalar(struct keys *ks, const struct key *k, const struct doc *v,
		void *obj)
{
	switch ((int)k->type) {
	case KEY_BOOL:
		return read_bool(ks, k, v, obj);
	case KEY_UINT:
	case KEY_INT:
		return read_number(ks, k, v, obj);
	case KEY_DURATION:
		return read_duration(ks, k, v, obj);
	case KEY_TEXT:
	case KEY_CHARS:
		return read_text(ks, k, v, obj);
	case KEY_ENUM:
		return read_enum(ks, k, v, obj);
	default:
		return read_address(ks, k, v, obj);
	}
}
