/* SPDX-License-Identifier: MIT */
#include "provision/fabric/laid.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/parse.h"

#define MOUNTS_MAX (8u << 20) /* bytes of mountinfo */

/* A mount there, above it or below hides what all need. Under the first of
 * them `ip netns` mounts each namespace, and the folder itself once. */
static const char *const folders[] = {
	"/run/netns",
	"/run/labctl",
	"/run/lab",
	"/run/sshd",
	"/var/lib/neutron",
	"/proc",
	"/sys",
	"/dev",
	"/etc",
	"/usr",
	"/bin",
	"/sbin",
	"/lib",
	"/lib64",
};

static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

/* Whether a mount at that point hides something of the node's own: it is over
 * one of its folders, above it, or below one where nobody mounts. */
static bool matters(const char *point)
{
	size_t i;

	if (strcmp(point, "/") == 0)
		return true;
	/* `ip netns` itself mounts there. */
	if (below(point, folders[0]))
		return false;
	for (i = 0; i < ARRAY_LEN(folders); i++)
		if (below(point, folders[i]) || below(folders[i], point))
			return true;
	return false;
}

static int read_all(int fd, struct buf *b)
{
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno
					  : file_read_fd(fd, MOUNTS_MAX, b);
}

struct mount {
	uint64_t id;
	char *root, *point;
};

/* Takes a line apart, in place; `next` is where the following one is. */
static bool parse(char *line, struct mount *ret, char **next)
{
	char *end = strchr(line, '\n'), *words[5], *rest = line, *type;
	const char *id;
	int64_t v;
	size_t i;

	*next = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	type = strstr(line, " - ");
	for (i = 0; i < ARRAY_LEN(words); i++)
		words[i] = strsep(&rest, " ");
	id = words[0];
	if (!words[4] || !type || !parse_begins(&id, &v))
		return false;
	ret->id = (uint64_t)v;
	ret->root = words[3];
	ret->point = words[4];
	return true;
}

static bool known(const struct laid *l, uint64_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->ids[i] == id)
			return true;
	return false;
}

int laid_note(struct laid *l, struct arena *a, struct err *reterr)
{
	auto_buf struct buf b = {0};
	struct mount m;
	char *line;
	int r;

	*l = (struct laid){.fd = -1};
	l->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	r = l->fd < 0 ? -errno : read_all(l->fd, &b);
	if (r < 0)
		return err_sys(reterr, r, "read the mounts");
	for (line = b.data; line && *line;)
		if (parse(line, &m, &line))
			*(uint64_t *)arena_push(a, &l->ids, &l->n,
						sizeof(*l->ids)) = m.id;
	return 0;
}

/* Something else over the folder of namespaces than the folder itself, which
 * `ip netns` binds there. */
static bool hides_netns(const struct mount *m)
{
	return strcmp(m->point, folders[0]) == 0 &&
	       strcmp(m->root, "/netns") != 0;
}

int laid_look(const struct laid *l, bool apply, unsigned *ret_over,
	      bool *ret_lost, struct err *reterr)
{
	auto_buf struct buf b = {0};
	auto_arena struct arena a = {0};
	size_t n = 0, seen = 0;
	char **over = NULL, *line;
	struct mount m;
	int r;

	r = read_all(l->fd, &b);
	if (r < 0)
		return err_sys(reterr, r, "read the mounts");
	for (line = b.data; line && *line;) {
		if (!parse(line, &m, &line))
			continue;
		seen += known(l, m.id);
		if (!known(l, m.id) && (matters(m.point) || hides_netns(&m)))
			*(char **)arena_push(&a, &over, &n, sizeof(*over)) =
				m.point;
	}
	*ret_lost = seen < l->n;
	*ret_over = (unsigned)n;
	/* The last one is on top. */
	while (apply && n-- > 0)
		if (umount2(over[n], MNT_DETACH | UMOUNT_NOFOLLOW) < 0 &&
		    errno != EINVAL && errno != ENOENT)
			return err_sys(reterr, -errno,
				       "take away what is mounted at %s",
				       over[n]);
	return 0;
}
