/* SPDX-License-Identifier: MIT */
#include "topologies/find.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".yaml"

/* What is no directory is for the reader to judge. */
static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

const char *topo_find(struct arena *a, const char *word, const char *share)
{
	const char *path;

	if (!*word || strchr(word, '/') || is_there(word))
		return word;
	path = arena_printf(a, "%s" SUFFIX, word);
	if (is_there(path))
		return path;
	if (!share)
		return word;
	path = arena_printf(a, "%s/%s", share, word);
	if (is_there(path))
		return path;
	path = arena_printf(a, "%s/%s" SUFFIX, share, word);
	return is_there(path) ? path : word;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t topo_shipped(struct arena *a, const char *share, const char *const **ret)
{
	const size_t tail = strlen(SUFFIX);
	const struct dirent *d;
	const char **names = NULL;
	size_t n = 0, len;
	DIR *dir;

	*ret = NULL;
	dir = share ? opendir(share) : NULL;
	while (dir && n < TOPO_SHIPPED_MAX && (d = readdir(dir))) {
		len = strlen(d->d_name);
		if (d->d_name[0] == '.' || len <= tail ||
		    strcmp(d->d_name + len - tail, SUFFIX) != 0)
			continue;
		*(const char **)arena_push(a, &names, &n, sizeof(*names)) =
			arena_strndup(a, d->d_name, len - tail);
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	return n;
}
