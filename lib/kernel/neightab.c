/* SPDX-License-Identifier: MIT */
#include "lib/kernel/neightab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/parse.h"

#define STAT_MAX 65536 /* bytes: a line of 200 for each processor */

const char *const neightab_names[] = {
	[NEIGHTAB_ARP] = "IPv4",
	[NEIGHTAB_ND] = "IPv6",
};
const char *const neightab_sysctls[] = {
	[NEIGHTAB_ARP] = "net.ipv4.neigh.default.gc_thresh3",
	[NEIGHTAB_ND] = "net.ipv6.neigh.default.gc_thresh3",
};
static const char *const stats[] = {
	[NEIGHTAB_ARP] = "/proc/net/stat/arp_cache",
	[NEIGHTAB_ND] = "/proc/net/stat/ndisc_cache",
};
static const char *const limits[] = {
	[NEIGHTAB_ARP] = "/proc/sys/net/ipv4/neigh/default/gc_thresh3",
	[NEIGHTAB_ND] = "/proc/sys/net/ipv6/neigh/default/gc_thresh3",
};

/* The number of a column in the line, -1 where its name is not there. */
static int column(const char *line, size_t len, const char *name)
{
	const char *end = line + len;
	size_t n;
	int i;

	for (i = 0; line < end; i++, line += n) {
		line += strspn(line, " ");
		n = strcspn(line, " \n");
		if (n == strlen(name) && strncmp(line, name, n) == 0)
			return i;
	}
	return -1;
}

/* The hexadecimal number in a column. */
static int value(const char *line, int at, uint64_t *ret)
{
	char *end;

	for (; at > 0; at--) {
		line += strspn(line, " ");
		line += strcspn(line, " \n");
	}
	line += strspn(line, " ");
	if (!*line || *line == '\n')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(line, &end, 16);
	return errno || end == line || !strchr(" \n", *end) ? -EINVAL : 0;
}

int neightab_parse(const char *text, struct neightab *ret)
{
	const char *line = strchr(text, '\n');
	struct neightab t = {0};
	int entries, fulls;
	uint64_t v;

	if (!line)
		return -EINVAL;
	entries = column(text, (size_t)(line - text), "entries");
	fulls = column(text, (size_t)(line - text), "table_fulls");
	if (entries < 0 || fulls < 0 || !line[1])
		return -EINVAL;
	for (; line && line[1]; line = strchr(line + 1, '\n')) {
		/* The same in each line: it is the table's. */
		if (value(line + 1, entries, &v) < 0)
			return -EINVAL;
		t.entries = (uint32_t)v;
		if (value(line + 1, fulls, &v) < 0)
			return -EINVAL;
		t.fulls += v;
	}
	*ret = t;
	return 0;
}

static uint32_t limit_of(enum neightab_family f)
{
	auto_buf struct buf b = {0};
	uint32_t v;

	if (file_read(limits[f], 64, &b) < 0)
		return 0;
	b.data[strcspn(b.data, "\n")] = '\0';
	return parse_u32(b.data, 0, UINT32_MAX, &v) < 0 ? 0 : v;
}

int neightab_look(const struct neightab_watch *w, enum neightab_family f,
		  struct neightab *ret)
{
	auto_buf struct buf b = {0};
	int r;

	if (w->fds[f] < 0 || lseek(w->fds[f], 0, SEEK_SET) < 0)
		return -ENOENT;
	r = file_read_fd(w->fds[f], STAT_MAX, &b);
	if (r == 0)
		r = neightab_parse(b.data, ret);
	if (r < 0)
		return r;
	ret->max = w->first[f].max;
	return 0;
}

void neightab_watch(struct neightab_watch *ret)
{
	enum neightab_family f;
	struct neightab now;

	for (f = 0; f < NEIGHTABS; f++) {
		ret->first[f] = (struct neightab){.max = limit_of(f)};
		ret->fds[f] = open(stats[f], O_RDONLY | O_CLOEXEC);
		if (neightab_look(ret, f, &now) == 0)
			ret->first[f] = now;
		else if (ret->fds[f] >= 0)
			close(take_fd(&ret->fds[f]));
	}
}

void neightab_watch_end(struct neightab_watch *w)
{
	enum neightab_family f;

	for (f = 0; f < NEIGHTABS; f++)
		if (w->fds[f] >= 0)
			close(take_fd(&w->fds[f]));
}
