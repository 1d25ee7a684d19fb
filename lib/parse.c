/* SPDX-License-Identifier: MIT */
#include "lib/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/auto.h"
#include "lib/mono.h"

int parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0, d;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		d = (uint64_t)(*text - '0');
		if (v > (UINT64_MAX - d) / 10)
			return -ERANGE;
		v = v * 10 + d;
	}
	if (v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	int r = parse_u64(text, min, max, &v);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

bool parse_begins(const char **text, int64_t *ret)
{
	const char *p = *text + strspn(*text, " \t"), *digits;
	bool minus = *p == '-';
	int64_t v = 0;

	digits = p += minus;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, *p - '0', &v))
			return false;
	/* It was gathered below zero, where there is room for one more. */
	if (p == digits || (!minus && v == INT64_MIN))
		return false;
	*ret = minus ? v : -v;
	*text = p;
	return true;
}

int parse_duration(const char *text, int64_t *ret_ns)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {{"us", NS_PER_US},    {"ms", NS_PER_MS},
		     {"s", NS_PER_S},      {"", NS_PER_S},
		     {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}};
	const int64_t most = 366 * 24 * 3600 * NS_PER_S;
	int64_t whole = 0, frac = 0, scale = 1;
	const char *p = text;
	size_t i;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		whole = whole * 10 + (*p - '0');
		if (whole > most)
			return -ERANGE;
	}
	if (*p == '.') {
		p++;
		if (!isdigit((unsigned char)*p))
			return -EINVAL;
		for (; isdigit((unsigned char)*p); p++) {
			if (scale >= 1000000)
				continue;
			frac = frac * 10 + (*p - '0');
			scale *= 10;
		}
	}
	for (i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(p, units[i].name) != 0)
			continue;
		if (whole > most / units[i].ns)
			return -ERANGE;
		*ret_ns = whole * units[i].ns + frac * (units[i].ns / scale) +
			  frac * (units[i].ns % scale) / scale;
		return 0;
	}
	return -EINVAL;
}

const char *duration_print(int64_t ns, char *out)
{
	int64_t unit = ns % NS_PER_S == 0    ? NS_PER_S
		       : ns % NS_PER_MS == 0 ? NS_PER_MS
					     : NS_PER_US;

	snprintf(out, DURATION_TEXT_MAX, "%lld%s", (long long)(ns / unit),
		 unit == NS_PER_S    ? "s"
		 : unit == NS_PER_MS ? "ms"
				     : "us");
	return out;
}

int parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = {"true", "yes", "on"};
	static const char *const no[] = {"false", "no", "off"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0) {
			*ret = true;
			return 0;
		}
		if (strcasecmp(text, no[i]) == 0) {
			*ret = false;
			return 0;
		}
	}
	return -EINVAL;
}

#define NEAREST_MAX 64 /* longer words are not typing errors of ours */

static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][NEAREST_MAX + 1], *before = rows[0], *last = rows[1],
					   *now = rows[2], *tmp;
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned cost, v;

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return NEAREST_MAX;
	for (j = 0; j <= lb; j++) {
		last[j] = (unsigned)j;
		before[j] = 0;
	}
	for (i = 1; i <= la; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			int ca = tolower((unsigned char)a[i - 1]);
			int cb = tolower((unsigned char)b[j - 1]);

			cost = ca != cb;
			v = last[j - 1] + cost;
			if (last[j] + 1 < v)
				v = last[j] + 1;
			if (now[j - 1] + 1 < v)
				v = now[j - 1] + 1;
			if (i > 1 && j > 1 &&
			    ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]) &&
			    before[j - 2] + 1 < v)
				v = before[j - 2] + 1;
			now[j] = v;
		}
		tmp = before;
		before = last;
		last = now;
		now = tmp;
	}
	return last[lb];
}

const char *parse_nearest(const char *word, const char *const *names, size_t n)
{
	unsigned best = NEAREST_MAX, d;
	const char *ret = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!names[i])
			continue;
		d = distance(word, names[i]);
		if (d < best) {
			best = d;
			ret = names[i];
		}
	}
	/* A third of the word, and at least two slips in a word of four. */
	if (best > 1 + strlen(word) / 3)
		return NULL;
	return ret;
}
