/* SPDX-License-Identifier: MIT */
#include "cmd/common/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/log.h"

void progress_init(struct progress *p)
{
	const char *term = getenv("TERM");

	p->shown = false;
	p->terminal = isatty(STDERR_FILENO) && term &&
		      strcmp(term, "dumb") != 0 && log_level <= LOG_LEVEL_WARN;
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	unsigned columns;
	char text[256];
	va_list ap;

	if (log_level < LOG_LEVEL_WARN)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->terminal) {
		/* Cut to the terminal's width: a wrapped line would stay. */
		columns = cmd_columns(stderr);
		fprintf(stderr, "\r\033[K%.*s",
			columns > 1 ? (int)columns - 1 : 78, text);
		p->shown = true;
	} else {
		fprintf(stderr, "%s\n", text);
	}
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
}
