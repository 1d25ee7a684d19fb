/* SPDX-License-Identifier: MIT */
/*
 * The command lines by which a lab is found
 * =========================================
 * `labctl fabric LAB --owner UID` and `labctl node LAB NODE --owner UID` are
 * what ps shows and what a later labctl looks for: a lab is found from its
 * processes alone, whatever became of its files. A fabric gets its words by
 * exec; a node is a fork of the fabric (an exec costs 6 ms, a fork 0.1) and
 * writes its words over the fabric's, which is why the fabric is started with
 * room behind them.
 */
#include "provision/emul/title.h"

#include <string.h>

#include "lib/parse.h"
#include "lib/process/title.h"
#include "provision/emul/state.h"

#define WORDS_MAX 6

static bool copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (!len || len >= size)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

bool emul_argv_parse(const char *cmdline, size_t len, struct emul_argv *ret)
{
	const char *w[WORDS_MAX] = {0}, *end = cmdline + len, *s;
	struct emul_argv v = {0};
	uint32_t uid;
	size_t n = 0;

	/* Every word ends with NUL; the room behind them is empty words. */
	if (!len || end[-1] != '\0')
		return false;
	for (s = cmdline; s < end && *s; s += strlen(s) + 1) {
		if (n == WORDS_MAX)
			return false;
		w[n++] = s;
	}
	if (n < 5 || strcmp(w[0], "labctl") != 0)
		return false;
	v.fabric = n == 5 && strcmp(w[1], "fabric") == 0;
	v.node = n == 6 && strcmp(w[1], "node") == 0;
	if ((!v.fabric && !v.node) || !copy(v.lab, sizeof(v.lab), w[2]) ||
	    !emul_name_ok(v.lab) ||
	    (v.node && !copy(v.name, sizeof(v.name), w[3])) ||
	    strcmp(w[n - 2], "--owner") != 0 ||
	    parse_u32(w[n - 1], 0, UINT32_MAX, &uid) < 0)
		return false;
	*ret = v;
	return true;
}

void emul_title(const char *const *words, size_t n)
{
	size_t room, env, len, i;
	char *at;

	if (!title_room(&at, &room, &env))
		return;
	for (i = 0, len = 0; i < n; i++)
		len += strlen(words[i]) + 1;
	if (len > room)
		return;
	for (i = 0; i < n; i++) {
		len = strlen(words[i]) + 1;
		memmove(at, words[i], len);
		at += len;
		room -= len;
	}
	memset(at, 0, room);
}
