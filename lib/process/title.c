/* SPDX-License-Identifier: MIT */
/*
 * Linux shows /proc/PID/cmdline from the bytes that the words had at the
 * start. Where the last of them is not the NUL that was there, it takes the
 * whole for one text and reads on into the environment's, up to the first NUL
 * (get_mm_cmdline() in fs/proc/base.c).
 */
#include "lib/process/title.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"

/* Fields 48 to 51 of /proc/self/stat. */
bool title_room(char **ret_at, size_t *ret_words, size_t *ret_env)
{
	auto_buf struct buf b = {0};
	unsigned long from, to, env, end;
	const char *s;
	int field;

	if (file_read("/proc/self/stat", 4096, &b) < 0)
		return false;
	/* The name in brackets may hold spaces and brackets. */
	s = strrchr(b.data, ')');
	for (field = 2; s && field < 48; field++) {
		s = strchr(s, ' ');
		if (s)
			s++;
	}
	if (!s || sscanf(s, "%lu %lu %lu %lu", &from, &to, &env, &end) != 4 ||
	    !from || to <= from)
		return false;
	*ret_at = (char *)from;
	*ret_words = to - from;
	*ret_env = env == to && end > env ? end - env : 0;
	return true;
}

/* What the process was started with, and the room for more. */
static struct {
	bool known;
	char *at;
	size_t room;
	struct buf words;
} self;

static void move_environment(void)
{
	size_t n = 0, i;
	char **copy;

	while (environ && environ[n])
		n++;
	copy = mem_zero(n + 1, sizeof(*copy));
	for (i = 0; i < n; i++)
		copy[i] = mem_text(environ[i]);
	environ = copy;
}

static bool begin(void)
{
	size_t words, env, i;

	if (self.known)
		return self.room != 0;
	self.known = true;
	if (!title_room(&self.at, &words, &env))
		return false;
	move_environment();
	buf_add(&self.words, self.at, words);
	while (self.words.len && !self.words.data[self.words.len - 1])
		self.words.len--;
	for (i = 0; i < self.words.len; i++)
		if (!self.words.data[i])
			self.words.data[i] = ' ';
	self.room = words + env;
	return true;
}

void title_add(const char *text)
{
	size_t len;

	if (!begin() || self.words.len + 2 > self.room)
		return;
	len = strlen(text);
	if (len > self.room - self.words.len - 1)
		len = self.room - self.words.len - 1;
	memset(self.at, 0, self.room);
	memcpy(self.at, self.words.data, self.words.len);
	memcpy(self.at + self.words.len, text, len);
}
