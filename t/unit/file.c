/* SPDX-License-Identifier: MIT */
/* Files that are read and put in place whole, and lines as they arrive. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/line.h"
#include "t/lib/tap.h"

static char dir[] = "/tmp/labctl-file-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static const char *content(const char *name)
{
	static struct buf b;

	return file_read(in_dir(name), 1000, &b) == 0 ? b.data : NULL;
}

static void reading(void)
{
	auto_buf struct buf b = {0};
	struct err err;

	is_int(file_read(in_dir("none"), 10, &b), -ENOENT, "no such file");
	file_write(in_dir("ten"), 0600, "0123456789", 10, &err);
	is_int(file_read(in_dir("ten"), 10, &b), 0, "as large as it may be");
	is(b.data, "0123456789", "its bytes, and a NUL");
	is_int(b.len, 10, "which is not counted");
	is_int(file_read(in_dir("ten"), 9, &b), -EFBIG, "a byte too large");
	is_int(file_read("/dev/zero", 100000, &b), -EFBIG, "without end");
	is_int(file_read("/proc/self/stat", 4096, &b), 0, "of no known size");
	is_int(file_read(dir, 10, &b), -EISDIR, "a folder");
	ok(mkfifo(in_dir("pipe"), 0600) == 0 &&
		   file_read(in_dir("pipe"), 10, &b) == 0,
	   "a pipe that nobody writes to does not hold it up");
	file_write(in_dir("empty"), 0600, "", 0, &err);
	is_int(file_read(in_dir("empty"), 0, &b), 0, "an empty file");
	is(b.data, "", "is an empty text");
}

static void writing(void)
{
	struct err err = {0};
	struct stat before, after;

	file_write(in_dir("a"), 0644, "longer", 6, &err);
	stat(in_dir("a"), &before);
	is_int(file_write(in_dir("a"), 0644, "new", 3, &err), 0, "written");
	is(content("a"), "new", "shorter than before");
	stat(in_dir("a"), &after);
	ok(before.st_ino == after.st_ino, "in its place");
	is_int(file_replace(in_dir("a"), 0600, "newer", 5, &err), 0,
	       "replaced");
	is(content("a"), "newer", "with the new content");
	stat(in_dir("a"), &after);
	ok(before.st_ino != after.st_ino, "by another file");
	is_int(after.st_mode & 0777, 0600, "of the mode that was asked for");
	is(content("a.new"), NULL, "nothing stays aside");
}

static void in_the_way(void)
{
	struct err err = {0};
	struct stat st;
	char path[PATH_MAX];

	file_write(in_dir("victim"), 0644, "safe", 4, &err);
	snprintf(path, sizeof(path), "%s", in_dir("victim"));
	ok(symlink(path, in_dir("link")) == 0, "a symlink to a file");
	is_int(file_write(in_dir("link"), 0644, "x", 1, &err), -ELOOP,
	       "is not written through");
	is_int(file_replace(in_dir("link"), 0644, "x", 1, &err), 0,
	       "and is replaced itself");
	ok(lstat(in_dir("link"), &st) == 0 && S_ISREG(st.st_mode), "by a file");
	ok(symlink(path, in_dir("b.new")) == 0, "a symlink aside");
	is_int(file_replace(in_dir("b"), 0644, "y", 1, &err), 0, "goes");
	is(content("b"), "y", "written");
	is(content("victim"), "safe", "and what they led to is untouched");
	ok(mkdir(in_dir("c.new"), 0700) == 0, "a folder aside");
	ok(file_replace(in_dir("c"), 0644, "z", 1, &err) < 0 &&
		   strstr(err.msg, "/c: "),
	   "is an error that names the file");
	ok(stat(in_dir("c.new"), &st) == 0 && S_ISDIR(st.st_mode), "and stays");
	ok(file_replace("/none/such", 0644, "z", 1, &err) == -ENOENT,
	   "no such folder");
}

static void lines(void)
{
	static const char text[] = "one\n\ntwo\nthree";
	auto_buf struct buf b = {0};
	auto_buf struct buf got = {0};
	struct line l = {0};
	size_t len;

	for (size_t i = 0; text[i]; i++) {
		buf_addc(&b, text[i]);
		while (line_find(&l, &b, 5, &len) == 1) {
			buf_printf(&got, "[%.*s]", (int)len, b.data);
			line_drop(&l, &b, len);
		}
	}
	is(got.data, "[one][][two]", "lines that come byte by byte");
	is_int(line_find(&l, &b, 5, &len), 0, "the last has no end yet");
	is_int(len, 5, "and so many bytes");
	buf_adds(&b, "s");
	is_int(line_find(&l, &b, 5, &len), -EMSGSIZE, "a line too long");
	buf_reset(&b);
	l = (struct line){0};
	buf_adds(&b, "12345\n123456\n");
	is_int(line_find(&l, &b, 5, &len), 1, "as long as may be");
	line_drop(&l, &b, len);
	is_int(line_find(&l, &b, 5, &len), -EMSGSIZE,
	       "one too long is refused with its end there too");
}

/* The same text in pieces of each size, taken whole lines at a time. */
static void all_lines(void)
{
	static const char text[] = "one\n\ntwo\nthree\nfo";

	for (size_t piece = 1; piece < sizeof(text); piece++) {
		auto_buf struct buf b = {0};
		auto_buf struct buf got = {0};
		struct line l = {0};
		const char *s;
		size_t len;

		for (size_t i = 0; i < sizeof(text) - 1; i += piece) {
			size_t left = sizeof(text) - 1 - i;

			buf_add(&b, text + i, left < piece ? left : piece);
			while ((s = line_next(&l, &b, &len)))
				buf_printf(&got, "[%s %zu]", s, len);
		}
		is(got.data, "[one 3][ 0][two 3][three 5]",
		   "lines in pieces of %zu", piece);
		is(b.data, "fo", "and what is left of them");
	}
}

int main(void)
{
	const char *left[] = {"ten",    "pipe", "empty", "a",
			      "victim", "link", "b",     "c.new"};

	if (!mkdtemp(dir)) {
		printf("Bail out! mkdtemp: %s\n", strerror(errno));
		return 1;
	}
	reading();
	writing();
	in_the_way();
	lines();
	all_lines();
	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		remove(in_dir(left[i]));
	ok(rmdir(dir) == 0, "no other file was left");
	return tap_done();
}
