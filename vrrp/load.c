/* SPDX-License-Identifier: MIT */
/*
 * A thread for each time, which nobody waits for: one that cannot go on is left
 * behind with its memory and the end of a pipe. There is one at most, so who
 * asks while a file is read has it read once more.
 */
#include "vrrp/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/mem.h"
#include "lib/process/thread.h"
#include "vrrp/engine.h"

void load_free(struct load *l)
{
	if (!l)
		return;
	if (l->r == 0)
		vrrp_config_release(&l->next);
	buf_release(&l->text);
	buf_release(&l->errs);
	free(l->path);
	free(l);
}

static void *work(void *arg)
{
	struct load *l = arg;

	l->r = vrrp_config_read(l->path, &l->text, &l->errs);
	if (l->r == 0)
		l->r = vrrp_config_parse(l->path, l->text.data, l->text.len,
					 &l->next, &l->errs);
	if (write(l->fd, &l, sizeof(struct load *)) < 0)
		load_free(l); /* the engine has ended */
	return NULL;
}

static void ready(struct engine *e, void *obj)
{
	struct load *l;

	(void)obj;
	if (read(e->loads[0], &l, sizeof(l)) == (ssize_t)sizeof(l))
		e->loaded = l;
}

void load_begin(struct engine *e)
{
	struct load *l;

	e->load_again = e->loading;
	if (e->loading)
		return;
	e->loading = true;
	l = mem_zero(1, sizeof(*l));
	l->path = mem_text(e->config.path);
	l->fd = e->loads[1];
	/* Better late than never. */
	if (!thread_begin(work, l))
		work(l);
}

struct load *load_done(struct engine *e)
{
	struct load *l = e->loaded;

	if (!l)
		return NULL;
	e->loaded = NULL;
	e->loading = false;
	if (!e->load_again)
		return l;
	load_free(l);
	load_begin(e);
	return NULL;
}

int load_open(struct engine *e, struct err *reterr)
{
	if (pipe2(e->loads, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(reterr, -errno, "pipe");
	e->load_io = (struct io){ready, e};
	return engine_watch(e, e->loads[0], EPOLLIN, &e->load_io, reterr);
}

void load_close(struct engine *e)
{
	load_free(e->loaded);
	e->loaded = NULL;
	auto_close_fn(&e->loads[0]);
	/* Who still reads has the other end. */
	if (!e->loading)
		auto_close_fn(&e->loads[1]);
}
