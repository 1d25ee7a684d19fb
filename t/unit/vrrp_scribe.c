/* SPDX-License-Identifier: MIT */
#include "vrrp/scribe.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mono.h"
#include "t/lib/tap.h"

static const char *word(const char *path)
{
	static char in[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, in, sizeof(in) - 1);

	if (fd >= 0)
		close(fd);
	in[n > 0 ? n : 0] = '\0';
	return in;
}

int main(void)
{
	char dir[] = "/tmp/labctl-t.XXXXXX", path[64], aside[80], why[128];
	struct scribe *s = NULL;
	struct scribe_file *f;
	unsigned i;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/sub/state", dir);
	snprintf(aside, sizeof(aside), "%s.new", path);
	is_int(scribe_start(&s, NULL), 0, "a scribe starts");
	f = scribe_file(s, path);
	scribe_set(f, "backup");
	scribe_flush(s, NS_PER_S);
	is(word(path), "backup", "a word is written, with its folder");
	for (i = 0; i < 1000; i++)
		scribe_set(f, i % 2 ? "master" : "backup");
	scribe_flush(s, NS_PER_S);
	is(word(path), "master", "of many words the last counts");
	ok(access(aside, F_OK) < 0, "nothing is left beside it");
	scribe_why(f, why, sizeof(why));
	is(why, "", "and there is nothing to complain of");

	unlink(path);
	ok(mkfifo(path, 0600) == 0, "a FIFO in its place");
	scribe_set(f, "backup");
	scribe_flush(s, NS_PER_S);
	scribe_why(f, why, sizeof(why));
	is(why, "is no regular file", "is refused, and nobody waits");
	scribe_why(f, why, sizeof(why));
	is(why, "", "which is told once");
	unlink(path);
	for (i = 0; i < 100 && strcmp(word(path), "backup") != 0; i++)
		usleep(50000);
	is(word(path), "backup", "it is tried again until it is right");

	unlink(path);
	scribe_set(f, "master");
	scribe_drop(f);
	f = scribe_file(s, path);
	scribe_set(f, "backup");
	scribe_flush(s, NS_PER_S);
	is(word(path), "backup", "a file of the same path comes after");
	scribe_set(f, "master");
	scribe_drop(f);
	scribe_end(s);
	is(word(path), "master", "what was left with it is written at the end");
	unlink(path);
	path[strlen(path) - strlen("/state")] = '\0';
	rmdir(path);
	rmdir(dir);
	return tap_done();
}
