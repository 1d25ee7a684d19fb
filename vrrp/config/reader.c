/* SPDX-License-Identifier: MIT */
#include "vrrp/config/reader.h"

#include "vrrp/config/config.h"

/* "message or pseudo" */
static const char *or_words(struct arena *a, const struct key *k)
{
	const char *s = "";

	for (size_t i = 0; i < k->nwords; i++)
		s = arena_printf(a, "%s%s%s", s, i ? " or " : "", k->words[i]);
	return s;
}

static const char *wrong_value(struct arena *a, const struct key *k,
			       const struct doc *at)
{
	int64_t min, max;

	if (k->type == KEY_LIST || k->type == KEY_TEXTS)
		return arena_printf(a, "'%s' must be a list", k->name);
	if (at->kind != DOC_SCALAR)
		return arena_printf(a, "'%s' must be one value", k->name);
	switch ((int)k->type) {
	case KEY_UINT:
		keys_range(k, &min, &max);
		return arena_printf(
			a, "'%s' must be a number from %lld to %lld, not '%s'",
			k->name, (long long)min, (long long)max, at->str);
	case KEY_DURATION:
		return arena_printf(a,
				    "'%s' must be a duration such as 2s or "
				    "100ms, not '%s'",
				    k->name, at->str);
	case KEY_BOOL:
		return arena_printf(a, "'%s' must be true or false", k->name);
	case KEY_ENUM:
		return arena_printf(a, "'%s' must be %s, not '%s'", k->name,
				    or_words(a, k), at->str);
	case KEY_TEXT:
		return arena_printf(a, "'%s' must have %lld to %lld bytes",
				    k->name, (long long)k->min,
				    (long long)k->max);
	default:
		return arena_printf(a, "'%s' is no %s", at->str, k->what);
	}
}

/* The engine's words for what the rows found. */
static const char *in_words(struct arena *a, const struct key_fault *f)
{
	const char *key = f->at && f->at->kind == DOC_SCALAR ? f->at->str : "";

	switch ((int)f->why) {
	case KEY_WRONG_MAP:
		return arena_printf(a, "%s must be a map", f->what);
	case KEY_WRONG_UNKNOWN:
		return arena_printf(a, "%s has no '%s'%s%s%s", f->what, key,
				    f->near ? "; did you mean '" : "",
				    f->near ? f->near : "",
				    f->near ? "'?" : "");
	case KEY_WRONG_ELSEWHERE:
		return arena_printf(a,
				    "%s has no '%s'; it belongs under "
				    "%s: {%s: ...}",
				    f->what, key, f->key->name, key);
	case KEY_WRONG_TWICE:
		return arena_printf(a, "'%s' is here twice", key);
	case KEY_WRONG_NO_VALUE:
		return arena_printf(a, "'%s' has no value", f->key->name);
	case KEY_WRONG_MISSING:
		return arena_printf(a, "'%s' is missing", f->key->name);
	case KEY_WRONG_TYPE:
	case KEY_WRONG_RANGE:
	case KEY_WRONG_WORD:
		return wrong_value(a, f->key, f->at);
	case KEY_WRONG_MANY:
		return arena_printf(a,
				    "'%s' has %zu entries, at most %lld are "
				    "possible",
				    f->key->name, f->n, (long long)f->key->max);
	default:
		return keys_fault_print(a, f);
	}
}

void config_report(struct keys *ks, const struct key_fault *f)
{
	struct config_reader *rd = ks->ctx;
	const struct doc *at = f->why == KEY_WRONG_MANY ? f->first : f->at;

	if (rd->nerrs++ < VRRP_CONFIG_ERRORS_MAX)
		buf_printf(rd->errs, "%s:%u:%u: %s\n", rd->path, at->line,
			   at->col, in_words(&rd->scratch, f));
}
