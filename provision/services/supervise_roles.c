/* SPDX-License-Identifier: MIT */
#include "provision/services/supervise_roles.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/doc.h"
#include "lib/unix.h"

#define LINE_MAX_ 65536

void roles_watch_init(struct roles_watch *w, const char *socket)
{
	*w = (struct roles_watch){
		.socket = socket, .fd = -1, .again = MONO_NEVER};
}

static void hang_up(struct roles_watch *w)
{
	auto_close_fn(&w->fd);
	w->fd = -1;
	w->again = mono_add(clock_mono(), ROLES_AGAIN_NS);
	w->by_id = (struct map){0};
	w->n = 0;
	buf_reset(&w->in);
	w->next = (struct line){0};
	arena_release(&w->arena);
}

void roles_watch_release(struct roles_watch *w)
{
	hang_up(w);
	w->again = MONO_NEVER;
	buf_release(&w->in);
}

void roles_watch_dial(struct roles_watch *w, const char *dir)
{
	static const char ask[] = "watch\n";
	auto_close int fd = -1;
	char path[PATH_MAX];

	w->again = mono_add(clock_mono(), ROLES_AGAIN_NS);
	snprintf(path, sizeof(path), "%s/%s", dir, w->socket);
	fd = unix_dial(path, "the VRRP engine", NULL);
	if (fd < 0 || send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) !=
			      (ssize_t)sizeof(ask) - 1)
		return;
	w->fd = take_fd(&fd);
	w->again = MONO_NEVER;
}

/* A line that tells no router (the first one, the answer) is passed over. */
static void line(struct roles_watch *w, const char *text, size_t len)
{
	auto_arena struct arena a = {0};
	struct watched_role *r;
	const char *id, *state;
	struct doc *d = NULL;

	if (doc_parse_line(&a, text, len, &d, NULL) < 0)
		return;
	id = doc_str(d, "id", NULL);
	state = doc_str(d, "state", NULL);
	if (!id || !state)
		return;
	r = map_gets(&w->by_id, id);
	if (!r) {
		if (w->n == ROLES_MAX)
			return;
		w->n++;
		r = arena_alloc(&w->arena, sizeof(*r));
		r->id = arena_strdup(&w->arena, id);
		map_puts(&w->arena, &w->by_id, r->id, r);
	}
	r->active = strcmp(state, "active") == 0;
}

void roles_watch_hear(struct roles_watch *w)
{
	const char *text;
	size_t len;
	ssize_t n;

	n = recv(w->fd, buf_room(&w->in, LINE_MAX_), LINE_MAX_, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || w->in.len + (size_t)n > 2 * LINE_MAX_) {
		hang_up(w);
		return;
	}
	w->in.len += (size_t)n;
	while ((text = line_next(&w->next, &w->in, &len)))
		line(w, text, len);
}

bool roles_watch_active(const struct roles_watch *w, const char *id)
{
	const struct watched_role *r = map_gets(&w->by_id, id);

	return r && r->active;
}
