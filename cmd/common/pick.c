/* SPDX-License-Identifier: MIT */
#include "cmd/common/pick.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "topologies/topo.h"

static bool ends_with(const char *word, const char *end)
{
	size_t n = strlen(word), k = strlen(end);

	return n >= k && strcmp(word + n - k, end) == 0;
}

static bool is_file(const char *word)
{
	struct stat st;

	return strchr(word, '/') || ends_with(word, ".yaml") ||
	       ends_with(word, ".yml") || ends_with(word, ".json") ||
	       (stat(word, &st) == 0 && S_ISREG(st.st_mode));
}

int pick_lab(const char *word, struct lab **ret)
{
	int r;

	r = cmd_lab_word(word, &word);
	if (r != EXIT_OK)
		return r;
	if (word && is_file(word))
		return cmd_load(word, ret);
	return cmd_current_lab(word, ret);
}

int pick_file(const char *word, struct lab **ret)
{
	const char *name;
	int r;

	if (!word) {
		r = cmd_current_lab(NULL, ret);
		/* No file is told and none is known: the words are wrong. */
		return r == EXIT_OK ? r : EXIT_USAGE;
	}
	r = cmd_load(word, ret);
	if (r == EXIT_OK)
		r = cmd_lab_word((*ret)->name, &name);
	return r;
}
