/* SPDX-License-Identifier: MIT */
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum log_level log_level = LOG_LEVEL_WARN;
static const char *prefix = "labctl";

void log_prefix(const char *p)
{
	prefix = p;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int n, m;

	if (level > log_level)
		return;
	n = snprintf(line, sizeof(line), "%s: ", prefix);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	n += m;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	/* Nothing can be done when stderr itself is gone. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}
