/* SPDX-License-Identifier: MIT */
/*
 * Another configuration under a running engine: routers that are the same go
 * on, those that are gone go first, new ones begin.
 */
#include "vrrp/reconfigure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/process/title.h"
#include "vrrp/engine.h"
#include "vrrp/load.h"
#include "vrrp/rooms.h"
#include "vrrp/router.h"
#include "vrrp/scribe.h"

void engine_tell_supervisor(struct engine *e, char what)
{
	if (e->tell_fd >= 0 && write(e->tell_fd, &what, 1) < 0)
		vrrp_journal(&e->log, LOG_LEVEL_WARN, "the supervisor is gone");
}

static bool same_router(const struct router *r,
			const struct vrrp_router_config *c)
{
	return strcmp(r->cfg->id, c->id) == 0 &&
	       strcmp(r->cfg->netns, c->netns) == 0 &&
	       strcmp(r->cfg->dev, c->dev) == 0 &&
	       r->cfg->set.vrid == c->set.vrid &&
	       r->cfg->set.version == c->set.version;
}

/* Marks in heir[] the new routers that come in place of an Active one. */
static void find_heirs(const struct engine *e, const struct vrrp_config *next,
		       bool *heir)
{
	size_t i, j;

	for (j = 0; j < e->n; j++)
		for (i = 0; e->routers[j] && i < next->n; i++)
			if (e->routers[j]->core.state == VRRP_ACTIVE &&
			    strcmp(e->routers[j]->cfg->id,
				   next->routers[i].id) == 0)
				heir[i] = true;
}

static struct router **take_over(struct engine *e, struct vrrp_config *next,
				 bool *heir)
{
	struct router **now = mem_zero(next->n + 1, sizeof(struct router *));
	size_t i, j;

	for (i = 0; i < next->n; i++)
		for (j = 0; j < e->n; j++)
			if (e->routers[j] &&
			    same_router(e->routers[j], &next->routers[i])) {
				now[i] = e->routers[j];
				e->routers[j] = NULL;
				break;
			}
	find_heirs(e, next, heir);
	/* Those that are left over go before new ones come. */
	for (j = 0; j < e->n; j++) {
		if (!e->routers[j])
			continue;
		router_stop(e, e->routers[j]);
		router_free(e->routers[j]);
	}
	return now;
}

/* The folder that has all routers' folders with their state files, or NULL. */
static const char *common_folder(const struct engine *e, size_t *ret_len)
{
	const char *first = e->n ? e->routers[0]->cfg->state_file : NULL, *s;
	size_t i, len;

	for (i = 0; i < 2; i++) {
		s = first ? memrchr(first, '/', i ? *ret_len : strlen(first))
			  : NULL;
		if (!s || s == first)
			return NULL;
		*ret_len = (size_t)(s - first);
	}
	for (i = 1, len = *ret_len; i < e->n; i++) {
		s = e->routers[i]->cfg->state_file;
		if (!s || strncmp(s, first, len + 1) != 0)
			return NULL;
	}
	return first;
}

/* For ps: one process for how many routers, and where they say their state. */
static void show_title(const struct engine *e)
{
	auto_buf struct buf b = {0};
	const char *folder;
	size_t len;

	buf_printf(&b, ": %zu router%s", e->n, e->n == 1 ? "" : "s");
	folder = common_folder(e, &len);
	if (folder)
		buf_printf(&b, " of %.*s", (int)len, folder);
	title_add(b.data);
}

void engine_configure(struct engine *e, struct vrrp_config *next)
{
	bool *fresh = mem_zero(next->n + 1, sizeof(*fresh));
	bool *heir = mem_zero(next->n + 1, sizeof(*heir));
	struct vrrp_config old = e->config;
	bool first = e->n == 0;
	struct router **now;
	size_t i;

	now = take_over(e, next, heir);
	for (i = 0; i < next->n; i++) {
		if (now[i]) {
			router_configure(e, now[i], &next->routers[i]);
			continue;
		}
		now[i] = router_new(&next->routers[i]);
		now[i]->heir = heir[i];
		fresh[i] = true;
	}
	free(e->routers);
	e->routers = now;
	e->n = next->n;
	e->config = *next;
	rooms_connect(e);
	for (i = 0; i < e->n; i++)
		if (fresh[i])
			router_begin(e, e->routers[i], first);
	free(fresh);
	free(heir);
	router_finish_all(e);
	vrrp_config_release(&old);
	show_title(e);
	e->look_at = clock_mono();
}

/*
 * The supervisor takes away what we hold should we die, and begins again with
 * it: it must know what we read, not what the file says when it looks.
 */
static void leave_text(struct engine *e, const struct buf *text)
{
	size_t at = 0;
	ssize_t n = 1;

	if (e->text_fd < 0 || ftruncate(e->text_fd, 0) < 0)
		return;
	for (; at < text->len && n > 0; at += (size_t)n)
		n = pwrite(e->text_fd, text->data + at, text->len - at,
			   (off_t)at);
}

int engine_reload(struct engine *e, struct load *l, struct err *reterr)
{
	struct vrrp_config next = l->next;

	if (l->r < 0) {
		l->errs.data[strcspn(l->errs.data, "\n")] = '\0';
		vrrp_journal(&e->log, LOG_LEVEL_ERROR, "not reloaded: %s",
			     l->errs.data);
		return err_set(reterr, l->r, "%s", l->errs.data);
	}
	if (strcmp(next.control, e->config.control) != 0)
		return err_set(reterr, -EINVAL,
			       "'control' cannot change while the engine runs");
	l->next = (struct vrrp_config){0};
	engine_configure(e, &next);
	leave_text(e, &l->text);
	engine_tell_supervisor(e, VRRP_TELL_RELOADED);
	vrrp_journal(&e->log, LOG_LEVEL_INFO, "reloaded %s: %zu routers",
		     e->config.path, e->n);
	return 0;
}

int engine_resign(struct engine *e, const char *id, struct err *reterr)
{
	const struct vrrp_event ev = {.kind = VRRP_EV_RESIGN};
	bool any = !id;
	size_t i;

	for (i = 0; i < e->n; i++) {
		struct router *r = e->routers[i];

		if (id && strcmp(r->cfg->id, id) != 0)
			continue;
		any = true;
		if (r->core.state != VRRP_ACTIVE)
			continue;
		/* What an earlier try came to is no answer to this one. */
		r->why = VRRP_WHY_NONE;
		router_step(e, r, clock_mono(), &ev);
	}
	router_finish_all(e);
	return any ? 0
		   : err_set(reterr, -ENOENT, "no router has the id '%s'", id);
}

int engine_rejoin(struct engine *e, const char *id, struct err *reterr)
{
	struct router *r, *fresh;
	size_t i, n = e->n;

	for (i = 0; i < n && strcmp(e->routers[i]->cfg->id, id) != 0; i++)
		;
	if (i == n)
		return err_set(reterr, -ENOENT, "no router has the id '%s'",
			       id);
	r = e->routers[i];
	fresh = router_new(r->cfg);
	fresh->heir = r->core.state == VRRP_ACTIVE;
	router_stop(e, r);
	router_free(r);
	/* Without it for a moment: what it alone stood on is closed. */
	memmove(&e->routers[i], &e->routers[i + 1],
		(n - i - 1) * sizeof(struct router *));
	e->n--;
	rooms_connect(e);
	memmove(&e->routers[i + 1], &e->routers[i],
		(n - i - 1) * sizeof(struct router *));
	e->routers[i] = fresh;
	e->n++;
	rooms_connect(e);
	router_begin(e, fresh, false);
	e->look_at = clock_mono();
	return 0;
}

void engine_stop(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		router_stop(e, e->routers[i]);
	e->stop = true;
	scribe_flush(e->scribe, FLUSH_NS);
}
