/* SPDX-License-Identifier: MIT */
/* Faults on their way to who reads: told, counted, or no longer. */
#include <stdarg.h>
#include <stdio.h>

#include "lib/keys/reader.h"
#include "lib/parse.h"

bool key_done(const struct keys *ks)
{
	return ks->first && ks->faults;
}

void key_tell(struct keys *ks, const struct key_fault *f)
{
	if (key_done(ks))
		return;
	ks->faults++;
	ks->report(ks, f);
}

void key_wrong(struct keys *ks, enum key_wrong why, const struct doc *at,
	       const struct key *k)
{
	struct key_fault f = {.why = why, .at = at, .key = k};

	key_tell(ks, &f);
}

void keys_wrong(struct keys *ks, const struct doc *at, const char *fmt, ...)
{
	struct key_fault f = {.at = at, .msg = ""};
	char msg[KEYS_MSG_MAX];
	va_list ap;

	if (!ks->most || ks->faults < ks->most) {
		va_start(ap, fmt);
		vsnprintf(msg, sizeof(msg), fmt, ap);
		va_end(ap);
		f.msg = msg;
	}
	key_tell(ks, &f);
}

/* Not for each of a million faults whose words nobody is told. */
const char *key_nearest(const struct keys *ks, const char *word,
			const char *const *names, size_t n)
{
	if (ks->most && ks->faults >= ks->most)
		return NULL;
	return parse_nearest(word, names, n);
}
