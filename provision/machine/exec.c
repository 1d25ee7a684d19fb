/* SPDX-License-Identifier: MIT */
/* What a person runs in a machine: the surroundings that a login gives. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/machine/inside.h"

int machine_exec(char *const *words)
{
	const char *term = getenv("TERM"), *lang = getenv("LANG"), *shell;
	char *own[2] = {NULL, NULL};
	auto_buf struct buf t = {0}, l = {0};

	buf_adds(&t, term ? term : "dumb");
	buf_adds(&l, lang ? lang : "C.UTF-8");
	shell = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
	own[0] = (char *)(uintptr_t)shell;
	if (clearenv() != 0 || setenv("PATH", MACHINE_PATH, 1) < 0 ||
	    setenv("HOME", "/root", 1) < 0 || setenv("USER", "root", 1) < 0 ||
	    setenv("LOGNAME", "root", 1) < 0 || setenv("SHELL", shell, 1) < 0 ||
	    setenv("TERM", t.data, 1) < 0 || setenv("LANG", l.data, 1) < 0)
		return 126;
	if (chdir("/root") < 0 && chdir("/") < 0)
		return 126;
	if (!words[0])
		words = own;
	execvp(words[0], words);
	dprintf(STDERR_FILENO, "labctl: %s: %s\n", words[0],
		strerrordesc_np(errno));
	return errno == ENOENT ? 127 : 126;
}
