/* SPDX-License-Identifier: MIT */
#include "cmd/pick.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"

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
