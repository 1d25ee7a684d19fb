/* SPDX-License-Identifier: MIT */
/*
 * /etc/resolv.conf of a machine: what its lease tells, or what was written for
 * one that leases nothing, then what DHCPv6 told, and the DNS servers that
 * routers name. Three processes of the machine learn of these, each at its own
 * time; so each keeps a file of its own, and whoever has learned something
 * makes the text of all.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "provision/machine/inside.h"

#define FILE_MAX (64u << 10)

/* Is the line there already? */
static bool has_line(const struct buf *b, const char *line)
{
	size_t n = strlen(line);
	const char *at = b->len ? b->data : NULL;

	for (; at && (at = strstr(at, line)); at++)
		if ((at == b->data || at[-1] == '\n') &&
		    (at[n] == '\n' || !at[n]))
			return true;
	return false;
}

/* Lines that are not there yet. */
static void add_lines(const char *text, struct buf *out)
{
	auto_buf struct buf more = {0};
	char *line, *save;

	buf_adds(&more, text);
	for (line = strtok_r(more.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!has_line(out, line))
			buf_printf(out, "%s\n", line);
}

void machine_resolv(const struct lease *l, const struct lease6 *l6,
		    const char *written, const char *rdnss, struct buf *out)
{
	auto_buf struct buf six = {0};

	if (l)
		lease_resolv(l, out);
	else
		buf_adds(out, written);
	buf_adds(&six, "");
	if (l6)
		lease6_resolv(l6, &six);
	add_lines(six.data, out);
	add_lines(rdnss, out);
	buf_adds(out, "");
}

static void read_own(const char *path, struct buf *ret)
{
	if (file_read(path, FILE_MAX, ret) < 0)
		buf_reset(ret);
	buf_adds(ret, "");
}

int machine_resolv_write(struct err *reterr)
{
	auto_buf struct buf lease = {0}, lease6 = {0}, written = {0};
	auto_buf struct buf rdnss = {0}, text = {0};
	auto_arena struct arena a = {0};
	struct doc_error where;
	struct doc *d = NULL;
	struct lease6 l6;
	struct lease l;
	bool leased, leased6;

	read_own(MACHINE_LEASE, &lease);
	read_own(MACHINE_LEASE6, &lease6);
	read_own(MACHINE_WRITTEN, &written);
	read_own(MACHINE_RDNSS, &rdnss);
	leased = lease.len &&
		 doc_parse(&a, lease.data, lease.len, &d, &where) == 0 &&
		 lease_decode(d, &l, NULL) == 0;
	leased6 = lease6_parse(&a, &lease6, &l6);
	machine_resolv(leased ? &l : NULL, leased6 ? &l6 : NULL, written.data,
		       rdnss.data, &text);
	/* In its place: it lies over /etc's by a mount. */
	return file_write(MACHINE_RESOLV, 0644, text.data, text.len, reterr);
}
