/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_ENGINE_H
#define LABCTL_VRRP_ENGINE_H

/* What a running engine is made of, and how its parts are woken. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/mono.h"
#include "vrrp/config/config.h"
#include "vrrp/journal.h"
#include "vrrp/pace.h"

/* What is told to tell_fd. */
#define VRRP_TELL_READY '+'    /* the control socket answers */
#define VRRP_TELL_RELOADED 'r' /* the configuration was read anew */

struct engine;
struct load;
struct port;
struct room;
struct router;
struct scribe;
struct serve;

/* Something that epoll watches. */
struct io {
	void (*ready)(struct engine *e, void *obj);
	void *obj;
};

struct engine {
	/* Whom to tell of a transition; NULL: nobody. */
	void (*told)(struct engine *e, const struct router *r);
	struct vrrp_config config;
	int tell_fd; /* as run.h has them */
	int supervisor;
	int text_fd;
	int ep, timer, signals, names; /* names: inotify on NETNS_DIR */
	struct scribe *scribe;
	int loads[2];        /* a pipe: what was read */
	struct load *loaded; /* the last of it, not taken yet */
	bool loading, load_again;
	struct io timer_io, signal_io, names_io, scribe_io, load_io;
	struct mono armed;
	struct router **routers;
	size_t n;
	struct room **rooms;
	size_t nrooms;
	struct port **ports;
	size_t nports;
	struct mono look_at, mend_at;
	size_t pending;   /* routers with effects not yet carried out */
	size_t soon;      /* routers whose announcement had to be put off */
	size_t rest;      /* and those of which a part is still to be sent */
	struct pace pace; /* of announcements that can wait */
	size_t turn;      /* the router whose turn it is to say such a one */
	bool stop, reload;
	struct serve *serve; /* the control socket, once it is open */
	struct vrrp_bucket log;
};

/* Has io told when fd is ready for events (EPOLL*). */
int engine_watch(struct engine *e, int fd, unsigned events, struct io *io,
		 struct err *reterr);

#endif
