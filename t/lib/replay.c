/* SPDX-License-Identifier: MIT */
/*
 * Turns a fuzz target into a test: build/t/fuzz/NAME.t feeds every file of
 * t/corpus/NAME to LLVMFuzzerTestOneInput(), each from a heap copy of exactly
 * its size, so that a sanitizer sees the first byte read beyond it. In other
 * programs that are linked with this file main() and the target are not here:
 * both are weak. The folder may be given as an argument.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/lib/tap.h"

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
	__attribute__((weak));
int main(int argc, char **argv) __attribute__((weak));

static void feed(const char *folder, const char *name)
{
	char path[PATH_MAX + 256];
	uint8_t *whole, *exact;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "re");
	whole = malloc(INPUT_MAX);
	if (!f || !whole) {
		ok(false, "%s can be read", path);
		free(whole);
		if (f)
			fclose(f);
		return;
	}
	n = fread(whole, 1, INPUT_MAX, f);
	fclose(f);
	exact = malloc(n ? n : 1);
	if (exact && n)
		memcpy(exact, whole, n);
	free(whole);
	if (exact)
		LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	ok(true, "%s: %zu bytes survived", name, n);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	char folder[PATH_MAX];
	const char *base = strrchr(argv[0], '/');
	struct dirent **list;
	int i, n;

	base = base ? base + 1 : argv[0];
	if (argc > 1)
		snprintf(folder, sizeof(folder), "%s", argv[1]);
	else
		snprintf(folder, sizeof(folder), "t/corpus/%.*s",
			 (int)strcspn(base, "."), base);
	n = scandir(folder, &list, visible, alphasort);
	if (!LLVMFuzzerTestOneInput || n < 0) {
		printf("1..0 # SKIP no inputs in %s\n", folder);
		return 0;
	}
	for (i = 0; i < n; i++) {
		feed(folder, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return tap_done();
}
