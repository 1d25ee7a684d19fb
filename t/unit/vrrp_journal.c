/* SPDX-License-Identifier: MIT */
#include "vrrp/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/lib/tap.h"

static unsigned lines(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned n = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

int main(void)
{
	char dir[] = "/tmp/labctl-t.XXXXXX", path[64], old[80];
	struct vrrp_bucket one = {0}, each;
	struct stat st = {0}, st_old = {0};
	unsigned i;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/sub/log", dir);
	snprintf(old, sizeof(old), "%s.1", path);
	vrrp_make_folders(path);
	is_int(vrrp_journal_open(path, NULL), 0, "a log is opened");
	for (i = 0; i < 100; i++)
		vrrp_journal(&one, LOG_LEVEL_WARN, "the same again");
	is_int(lines(path), 10, "one speaker has ten lines at once");
	vrrp_journal(&(struct vrrp_bucket){0}, LOG_LEVEL_WARN, "another");
	is_int(lines(path), 11, "another speaks on");
	vrrp_journal(&(struct vrrp_bucket){0}, LOG_LEVEL_INFO, "unwanted");
	is_int(lines(path), 11, "what is below the level is not written");
	for (i = 0; i < 12000; i++) {
		each = (struct vrrp_bucket){0};
		vrrp_journal(&each, LOG_LEVEL_WARN,
			     "a line of some length, to fill the file: %u", i);
	}
	stat(path, &st);
	stat(old, &st_old);
	ok(st.st_size < VRRP_JOURNAL_MAX + 4096 && st_old.st_size > 0 &&
		   st_old.st_size < VRRP_JOURNAL_MAX + 4096,
	   "a full log turns over: %lld and %lld bytes", (long long)st.st_size,
	   (long long)st_old.st_size);
	unlink(path);
	unlink(old);
	path[strlen(path) - 4] = '\0';
	rmdir(path);
	rmdir(dir);
	return tap_done();
}
