/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a value, in words. YAML 1.2's core schema says which
 * scalars look like numbers and truths.
 */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/ip.h"
#include "lib/keys/keys.h"
#include "lib/parse.h"

void keys_range(const struct key *k, int64_t *ret_min, int64_t *ret_max)
{
	unsigned bits = 8 * (unsigned)k->size - (k->type == KEY_INT);
	int64_t most = bits >= 63 ? INT64_MAX : (INT64_C(1) << bits) - 1;
	int64_t unit = k->unit ? k->unit : 1;
	bool own = k->min || k->max;

	if (k->type == KEY_DURATION)
		most = most < INT64_MAX / unit ? most * unit : INT64_MAX;
	*ret_max = k->max || k->min < 0 ? k->max : most;
	*ret_min = own || k->type != KEY_INT ? k->min : -most - 1;
}

static bool is_number(const char *s)
{
	const char *digits = "0123456789";
	size_t n, m = 0;

	s += *s == '-' || *s == '+';
	n = strspn(s, digits);
	if (n == 1 && *s == '0' && s[1] == 'x')
		return s[2] && !s[2 + strspn(s + 2, "0123456789abcdefABCDEF")];
	s += n;
	if (*s == '.') {
		m = strspn(s + 1, digits);
		s += 1 + m;
	}
	if (!n && !m)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		n = strspn(s, digits);
		if (!n)
			return false;
		s += n;
	}
	return !*s;
}

static bool is_bool(const char *s)
{
	return strcmp(s, "true") == 0 || strcmp(s, "false") == 0 ||
	       strcmp(s, "True") == 0 || strcmp(s, "False") == 0 ||
	       strcmp(s, "TRUE") == 0 || strcmp(s, "FALSE") == 0;
}

const char *keys_found(const struct doc *v)
{
	if (v->kind == DOC_LIST)
		return "a list";
	if (v->kind == DOC_MAP)
		return "a map";
	if (v->plain && is_number(v->str))
		return "a number";
	if (v->plain && is_bool(v->str))
		return v->str[0] == 't' || v->str[0] == 'T' ? "true" : "false";
	return "a text";
}

static void near(struct buf *b, const char *word)
{
	if (word)
		buf_printf(b, "; did you mean '%s'?", word);
}

static const char *called(const struct key *k)
{
	return k->what ? k->what : k->name;
}

/* "controller, network and compute" */
static void list_words(struct buf *b, const struct key *k)
{
	for (size_t i = 0; i < k->nwords; i++)
		buf_printf(b, "%s%s",
			   i == 0               ? ""
			   : i == k->nwords - 1 ? " and "
						: ", ",
			   k->words[i]);
}

static void wrong_text(struct buf *b, const struct doc *v)
{
	buf_printf(b, "expected a text, found %s", keys_found(v));
	if (v->kind == DOC_SCALAR)
		buf_printf(b, "; in quotes it is one: \"%s\"", v->str);
}

static void wrong_bool(struct buf *b, const struct doc *v)
{
	bool yes;

	if (v->kind == DOC_SCALAR && parse_bool(v->str, &yes) == 0)
		buf_printf(b,
			   "expected true or false, found the text '%s'; "
			   "write %s",
			   v->str, yes ? "true" : "false");
	else
		buf_printf(b, "expected true or false, found %s",
			   keys_found(v));
}

/* expected: "an address"; such: " such as x", or "". */
static void not_such(struct buf *b, const struct doc *v, const char *expected,
		     const char *such, const char *hint)
{
	if (v->kind == DOC_SCALAR)
		buf_printf(b, "'%s' is not %s%s%s", v->str, expected, such,
			   hint);
	else
		buf_printf(b, "expected %s%s, found %s", expected, such,
			   keys_found(v));
}

static void wrong_type(struct buf *b, const struct key *k, const struct doc *v)
{
	int64_t min, max;
	struct ip ip;

	switch (k->type) {
	case KEY_BOOL:
		wrong_bool(b, v);
		break;
	case KEY_UINT:
	case KEY_INT:
		keys_range(k, &min, &max);
		buf_printf(b,
			   "expected a whole number from %lld to %lld, "
			   "found %s",
			   (long long)min, (long long)max, keys_found(v));
		break;
	case KEY_DURATION:
		if (v->kind == DOC_SCALAR)
			buf_printf(b, "'%s' is not a duration such as 2s or 1m",
				   v->str);
		else
			not_such(b, v, "a duration", " such as 2s", "");
		break;
	case KEY_IP:
		not_such(b, v, "an address", "",
			 v->kind == DOC_SCALAR && strchr(v->str, '/')
				 ? "; it has no prefix length here"
				 : "");
		break;
	case KEY_NET:
		not_such(b, v, "a range", " such as 192.168.1.0/24",
			 v->kind == DOC_SCALAR && ip_parse(v->str, &ip) == 0
				 ? "; its prefix length lacks"
				 : "");
		break;
	case KEY_MAC:
		not_such(b, v, "a MAC address", " such as fa:16:3e:00:00:01",
			 "");
		break;
	case KEY_FLAGS:
		if (k->nwords > 1)
			buf_printf(b, "expected a list such as [%s, %s]",
				   k->words[0], k->words[1]);
		else
			buf_printf(b, "expected a list of words, found %s",
				   keys_found(v));
		break;
	case KEY_TEXT:
	case KEY_CHARS:
	case KEY_ENUM:
		wrong_text(b, v);
		break;
	case KEY_TEXTS:
		buf_printf(b, "expected a list of texts, found %s",
			   keys_found(v));
		break;
	case KEY_IPS:
		buf_printf(b, "expected a list of addresses, found %s",
			   keys_found(v));
		break;
	case KEY_NAMED:
		buf_printf(b,
			   "expected a map from %s names to what they are, "
			   "found %s",
			   k->table->what ? k->table->what : k->table->name,
			   keys_found(v));
		break;
	case KEY_LIST:
	case KEY_MAP:
	case KEY_CUSTOM:
		buf_printf(b, "expected a %s, found %s",
			   k->type == KEY_LIST ? "list" : "map", keys_found(v));
	}
}

static void wrong_range(struct buf *b, const struct key *k, const struct doc *v)
{
	char from[DURATION_TEXT_MAX], to[DURATION_TEXT_MAX];
	int64_t min, max;

	if (k->type == KEY_TEXT || k->type == KEY_CHARS) {
		max = k->max ? k->max : (int64_t)k->size - 1;
		buf_printf(b, "'%s' must have %lld to %lld bytes, this has %zu",
			   called(k), (long long)k->min, (long long)max,
			   strlen(v->str));
		return;
	}
	keys_range(k, &min, &max);
	if (k->type == KEY_DURATION)
		buf_printf(b, "'%s' is out of range: %s to %s", v->str,
			   duration_print(min, from), duration_print(max, to));
	else
		buf_printf(b, "%s is out of range: %lld to %lld", v->str,
			   (long long)min, (long long)max);
}

/* The number as it was meant. */
static void octal(struct buf *b, const struct doc *v)
{
	const char *zeros = v->str, *from;

	if (strchr(v->str, '/'))
		zeros = strchr(v->str, '/') + 1;
	zeros += *zeros == '-';
	for (from = zeros; from[0] == '0' && from[1] >= '0' && from[1] <= '9';)
		from++;
	buf_printf(b,
		   "'%s' has leading zeros; write %.*s%s: labctl does not "
		   "read octal",
		   v->str, (int)(zeros - v->str), v->str, from);
}

static void many(struct buf *b, const struct key_fault *f)
{
	const struct key *k = f->key;
	long long most = k->max ? k->max : KEYS_LIST_MAX;

	if (k->type == KEY_NAMED)
		buf_printf(b, "%zu %ss are too many; the limit is %lld", f->n,
			   k->table->what ? k->table->what : k->table->name,
			   most);
	else
		buf_printf(b, "%zu %s are too many; the limit is %lld", f->n,
			   called(k), most);
}

const char *keys_fault_print(struct arena *a, const struct key_fault *f)
{
	static const struct doc none = {.str = ""};
	const struct doc *at = f->at ? f->at : &none;
	const char *word = at->kind == DOC_SCALAR ? at->str : "";
	auto_buf struct buf b = {0};
	char step[DURATION_TEXT_MAX];

	switch (f->why) {
	case KEY_WRONG_OTHER:
		return arena_strdup(a, f->msg);
	case KEY_WRONG_MAP:
		buf_printf(&b, "%s must be a map of keys, found %s", f->what,
			   keys_found(at));
		break;
	case KEY_WRONG_UNKNOWN:
		buf_printf(&b, "unknown key '%s' in %s", word, f->what);
		near(&b, f->near);
		break;
	case KEY_WRONG_ELSEWHERE:
		buf_printf(&b,
			   "unknown key '%s' in %s; it belongs under "
			   "%s: {%s: ...}",
			   word, f->what, f->key->name, word);
		break;
	case KEY_WRONG_MERGE:
		buf_adds(&b, "merge keys ('<<') are not read; alias a whole "
			     "value instead");
		break;
	case KEY_WRONG_TWICE:
		buf_printf(&b, "key '%s' is here twice, first in line %u", word,
			   f->first->line);
		break;
	case KEY_WRONG_MISSING:
		buf_printf(&b, "%s needs the key '%s'", f->what, f->key->name);
		break;
	case KEY_WRONG_NO_VALUE:
		buf_printf(&b, "key '%s' has no value", f->key->name);
		break;
	case KEY_WRONG_TYPE:
		wrong_type(&b, f->key, at);
		break;
	case KEY_WRONG_OCTAL:
		octal(&b, at);
		break;
	case KEY_WRONG_RANGE:
		wrong_range(&b, f->key, at);
		break;
	case KEY_WRONG_STEP:
		if (f->key->step == INT64_C(1000000000))
			buf_printf(&b, "'%s' must be whole seconds", word);
		else
			buf_printf(&b, "'%s' must be a multiple of %s", word,
				   duration_print(f->key->step, step));
		break;
	case KEY_WRONG_WORD:
		buf_printf(&b, "unknown %s '%s'", called(f->key), word);
		near(&b, f->near);
		buf_printf(&b, " (there %s ",
			   f->key->nwords == 1 ? "is" : "are");
		list_words(&b, f->key);
		buf_addc(&b, ')');
		break;
	case KEY_WRONG_SAME:
		buf_printf(&b, "'%s' is here twice", word);
		break;
	case KEY_WRONG_MANY:
		many(&b, f);
	}
	return arena_strndup(a, b.data ? b.data : "",
			     b.len < KEYS_MSG_MAX ? b.len : KEYS_MSG_MAX - 1);
}
