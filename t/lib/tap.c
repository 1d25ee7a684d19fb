/* SPDX-License-Identifier: MIT */
#include "t/lib/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tests, failed;

static bool result(bool cond, const char *file, int line, const char *fmt,
		   va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '#')
			*c = ' ';
	printf("%sok %d - %s\n", cond ? "" : "not ", ++tests, text);
	if (!cond) {
		failed++;
		printf("#   failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return cond;
}

bool tap_ok(bool cond, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(cond, file, line, fmt, ap);
	va_end(ap);
	return cond;
}

bool tap_is(const char *got, const char *want, const char *file, int line,
	    const char *fmt, ...)
{
	bool same = got == want || (got && want && strcmp(got, want) == 0);
	va_list ap;

	va_start(ap, fmt);
	result(same, file, line, fmt, ap);
	va_end(ap);
	if (!same) {
		tap_diag("       got: %s", got ? got : "(null)");
		tap_diag("  expected: %s", want ? want : "(null)");
	}
	return same;
}

bool tap_is_int(long long got, long long want, const char *file, int line,
		const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(got == want, file, line, fmt, ap);
	va_end(ap);
	if (got != want)
		tap_diag("  got %lld, expected %lld", got, want);
	return got == want;
}

void tap_diag(const char *fmt, ...)
{
	char text[4096], *line, *save = NULL;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		printf("# %s\n", line);
}

void tap_skip(const char *why, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("ok %d - %s # SKIP %s\n", ++tests, text, why);
}

int tap_done(void)
{
	printf("1..%d\n", tests);
	return failed != 0;
}
