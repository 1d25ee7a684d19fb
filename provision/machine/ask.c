/* SPDX-License-Identifier: MIT */
/* What a machine was lent, read from its node: the file is in the machine's
 * hands, so it is read within bounds and parsed as what a stranger says. */
#include "provision/machine/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/machine/inside.h"

#define LEASE_FILE_MAX (64u << 10)

int machine_lease(struct arena *a, const char *netns, struct lease *ret,
		  struct err *reterr)
{
	auto_buf struct buf text = {0};
	auto_close int fd = -1;
	struct doc *d = NULL;
	char path[PATH_MAX];
	pid_t pid;
	int e;

	e = machine_find(netns, &pid, reterr);
	if (e < 0)
		return e;
	close(e);
	snprintf(path, sizeof(path), "/proc/%d/root" MACHINE_LEASE, (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(reterr, -errno, "its lease");
	e = file_read_fd(fd, LEASE_FILE_MAX, &text);
	if (e < 0)
		return err_sys(reterr, e, "its lease");
	e = doc_parse_line(a, text.data, text.len, &d, reterr);
	return e < 0 ? e : lease_decode(d, ret, reterr);
}
