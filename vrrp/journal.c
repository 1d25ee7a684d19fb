/* SPDX-License-Identifier: MIT */
#include "vrrp/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"

#define AT_ONCE 10
#define REFILL_NS (2 * NS_PER_S)

#define STAMP_MAX 64
#define TEXT_MAX 1200

static char file[PATH_MAX];
static vrrp_journal_fn *carrier;
static void *carrier_ctx;

static int to_stderr(struct err *reterr)
{
	auto_close int fd = -1;
	struct stat st;

	fd = open(file,
		  O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
			  O_CLOEXEC,
		  0600);
	if (fd < 0)
		return err_sys(reterr, -errno, "%s", file);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(reterr, -EINVAL, "%s is no regular file", file);
	/* dup2 clears close-on-exec: that is right for stderr. */
	if (dup2(fd, STDERR_FILENO) < 0)
		return err_sys(reterr, -errno, "%s", file);
	return 0;
}

int vrrp_journal_open(const char *path, struct err *reterr)
{
	if (strlen(path) + 3 > sizeof(file))
		return err_set(reterr, -ENAMETOOLONG, "'%s' is too long", path);
	snprintf(file, sizeof(file), "%s", path);
	return to_stderr(reterr);
}

void vrrp_make_folders(const char *path)
{
	char part[PATH_MAX], *slash;

	snprintf(part, sizeof(part), "%s", path);
	for (slash = strchr(part + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return;
		*slash = '/';
	}
}

static void turn_over(void)
{
	char old[sizeof(file) + 2];
	struct stat st;

	if (fstat(STDERR_FILENO, &st) < 0 || st.st_size < VRRP_JOURNAL_MAX)
		return;
	snprintf(old, sizeof(old), "%s.1", file);
	/* The supervisor or the engine may have done it before. */
	if (stat(file, &st) == 0 && st.st_size >= VRRP_JOURNAL_MAX)
		rename(file, old);
	to_stderr(NULL);
}

static void stamp(char *out, size_t size)
{
	int64_t now = clock_real_ns();
	time_t s = now / NS_PER_S;
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, size - n, ".%03dZ vrrp",
		 (int)(now % NS_PER_S / NS_PER_MS));
}

static bool allowed(struct vrrp_bucket *b)
{
	int64_t now = clock_mono().ns, back;

	back = (now - b->last_ns) / REFILL_NS;
	if (back > 0) {
		b->spent = back > b->spent ? 0 : b->spent - (unsigned)back;
		b->last_ns = now;
	}
	if (b->spent == AT_ONCE) {
		b->withheld++;
		return false;
	}
	b->spent++;
	return true;
}

void vrrp_journal_carry(vrrp_journal_fn *fn, void *ctx)
{
	carrier = fn;
	carrier_ctx = ctx;
}

void vrrp_journal_put(enum log_level level, const char *stamp, const char *text)
{
	static char prefix[STAMP_MAX];

	if (*stamp) {
		turn_over();
		snprintf(prefix, sizeof(prefix), "%s", stamp);
		log_prefix(prefix);
	}
	log_write(level, "%s", text);
}

void vrrp_journal(struct vrrp_bucket *b, enum log_level level, const char *fmt,
		  ...)
{
	char when[STAMP_MAX] = "", text[TEXT_MAX];
	va_list ap;
	int n;

	if (level > log_level || !allowed(b))
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (b->withheld && n >= 0 && n < (int)sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n,
			 " (%u more lines withheld)", b->withheld);
	b->withheld = 0;
	if (*file)
		stamp(when, sizeof(when));
	if (carrier)
		carrier(carrier_ctx, level, when, text);
	else
		vrrp_journal_put(level, when, text);
}
