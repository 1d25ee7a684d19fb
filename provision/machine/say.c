/* SPDX-License-Identifier: MIT */
/* The boot log: what a machine did and got, for people. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "provision/machine/inside.h"

#define LOG_MAX (64u << 10) /* bytes; afterwards nothing more is said */

void machine_say(const char *fmt, ...)
{
	auto_buf struct buf text = {0}, out = {0};
	int64_t now = clock_real_ns();
	time_t t = (time_t)(now / NS_PER_S);
	char stamp[32] = "", *line, *end;
	auto_close int fd = -1;
	struct stat st;
	struct tm tm;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (gmtime_r(&t, &tm))
		(void)strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	for (line = text.data; line && *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		buf_printf(&out, "%s.%03dZ ", stamp,
			   (int)(now % NS_PER_S / NS_PER_MS));
		buf_add(&out, line, (size_t)(end - line));
		buf_addc(&out, '\n');
	}
	fd = open(MACHINE_CONSOLE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		  0644);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size < LOG_MAX && out.data)
		(void)file_write_fd(fd, out.data, out.len);
}
