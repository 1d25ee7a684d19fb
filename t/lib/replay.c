/* SPDX-License-Identifier: MIT */
/*
 * Makes a test of a fuzz target: feeds it every file of t/corpus/NAME, and
 * each with its end cut off at every length, from heap copies of exact size,
 * so that a sanitizer sees one byte too far. Weak, so that programs with a
 * main() of their own, which are linked with this too, keep it.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

#define INPUT_MAX 65536
#define CUTS_MAX 512 /* longer inputs are cut in their first bytes only */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#pragma weak LLVMFuzzerTestOneInput

static void feed(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static bool replay(const char *path)
{
	static uint8_t data[INPUT_MAX];
	auto_fclose FILE *f = fopen(path, "rbe");
	size_t len, cut;

	if (!f)
		return false;
	len = fread(data, 1, sizeof(data), f);
	for (cut = 0; cut < len && cut < CUTS_MAX; cut++)
		feed(data, cut);
	feed(data, len);
	return true;
}

__attribute__((weak)) int main(int argc, char **argv)
{
	char dir[256], path[600];
	const char *name, *dot;
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	if (argc < 1)
		return 1;
	name = strrchr(argv[0], '/');
	name = name ? name + 1 : argv[0];
	dot = strchr(name, '.');
	snprintf(dir, sizeof(dir), "t/corpus/%.*s",
		 (int)(dot ? (size_t)(dot - name) : strlen(name)), name);
	d = opendir(dir);
	if (!ok(d != NULL, "%s is there", dir))
		return tap_done();
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		ok(replay(path), "%s", e->d_name);
		n++;
	}
	closedir(d);
	ok(n > 0, "there were inputs");
	return tap_done();
}
