/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_ENGINE_H
#define LABCTL_VRRP_ENGINE_H

/* What the files of the running engine share; nobody else includes it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/mono.h"
#include "vrrp/advert.h"
#include "vrrp/config.h"
#include "vrrp/fsm.h"
#include "vrrp/journal.h"
#include "vrrp/mend.h"
#include "vrrp/place.h"
#include "vrrp/run.h"
#include "vrrp/space.h"

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_WATCHERS_MAX 8 /* of those: somebody must be able to ask */
#define CONTROL_REQUEST_MAX 512

struct engine;

/* Something that epoll watches. */
struct io {
	void (*ready)(struct engine *e, void *obj);
	void *obj;
};

/* A namespace, and what is to be done about it. */
struct room {
	struct vrrp_space s;
	struct io io;
	struct mend_claim *claims; /* whose address or route is it? sorted */
	size_t nclaims;
	bool dirty; /* its links or addresses changed since the last review */
	bool gone;  /* its name means another namespace now, or none */
	bool used;
};

/* An interface on which adverts are exchanged. */
struct port {
	struct room *room;
	char dev[VRRP_DEV_MAX];
	unsigned ifindex; /* of the open socket */
	bool lost;        /* it is called otherwise now: for last words only */
	int fd;           /* or -1 */
	int out;          /* adverts leave by it as frames; or -1 */
	bool has_mac;     /* else they leave by fd */
	uint8_t mac[6];
	struct io io;
	struct vrrp_group *groups; /* one for each router here */
	struct router **routers;
	size_t n;
	uint64_t drops[VRRP_DROP_N]; /* of no router in particular */
	char why[160];               /* where it could not be opened */
	struct vrrp_bucket log;
	bool used;
};

struct router {
	const struct vrrp_router_config *cfg;
	struct vrrp core;
	struct room *room;
	struct port *port;
	struct room **track_rooms; /* one for each of cfg->tracks */
	uint8_t *list;             /* advertised addresses, four bytes each */
	struct vrrp_held held;
	struct mend mend;
	struct scribe_file *file; /* its state file, once there was a word */
	struct vrrp_effects todo;
	unsigned done; /* effects of todo carried out */
	bool started;
	bool heir; /* this node held its addresses until now: others may still
		      send here, and their holder must announce them again */
	bool path_up, can_send;
	bool source_stale;       /* look which address is the primary one */
	struct vrrp_addr source; /* family 0: it has none */
	unsigned wired_n;        /* interfaces of its addresses that run, */
	unsigned wired_sum;      /* and which */
	enum vrrp_state told;    /* the state that was last told */
	enum vrrp_why why;
	char path_why[160];
	int64_t since_real_ns;
	uint64_t drops[VRRP_DROP_N];
	uint64_t other_list, send_errors, announce_errors, place_errors;
	struct vrrp_bucket log;
};

struct client {
	int fd; /* or -1 */
	struct io io;
	struct mono until;
	char in[CONTROL_REQUEST_MAX];
	size_t in_len;
	struct buf out;
	size_t sent;
	bool asked; /* a request is complete in `in` */
	bool answering;
	bool watching; /* hears of transitions until it hangs up */
};

struct engine {
	struct vrrp_config config;
	struct vrrp_run how;
	int ep, timer, signals, names; /* names: inotify on NETNS_DIR */
	struct scribe *scribe;
	struct io timer_io, signal_io, names_io, control_io, scribe_io;
	struct mono armed;
	struct router **routers;
	size_t n;
	struct room **rooms;
	size_t nrooms;
	struct port **ports;
	size_t nports;
	struct mono look_at, mend_at;
	size_t pending; /* routers with effects not yet carried out */
	bool stop, reload;
	int control; /* listening, or -1 */
	struct client clients[CONTROL_CLIENTS_MAX];
	struct vrrp_bucket log;
};

/* run.c */
int engine_watch(struct engine *e, int fd, unsigned events, struct io *io,
		 struct err *reterr);
/* Reads the configuration again; on failure nothing has changed. */
int engine_reload(struct engine *e, struct err *reterr);
/* Lets go of all that the router of this id has, sockets and namespace too,
 * and takes it up anew. -ENOENT where there is none. */
int engine_rejoin(struct engine *e, const char *id, struct err *reterr);
/* All routers give up what they hold; the loop ends. */
void engine_stop(struct engine *e);

/* Carries out all effects that wait. */
void engine_finish_all(struct engine *e);

/* rooms.c */
/* Ties routers, ports and rooms together as the configuration has them. */
void rooms_connect(struct engine *e);
/* Tells the routers what has changed in their rooms. */
void rooms_review(struct engine *e);
/* Looks for what is missing, and whether what is there still stands. */
void rooms_look(struct engine *e);
/* Has new and removed namespaces told, if that is possible. */
void rooms_watch_names(struct engine *e);

/* router.c: a virtual router's life in the engine */
struct router *router_new(const struct vrrp_router_config *cfg);
void router_free(struct router *r);
/* Has cfg, which names the same virtual router, replace what r has. */
void router_configure(struct engine *e, struct router *r,
		      const struct vrrp_router_config *cfg);
/* The first things of a new router that is connected: takes what a dead
 * engine left away before any router claims anything. everywhere: no router
 * of its namespace is Active. */
void router_begin(struct engine *e, struct router *r, bool everywhere);
/* The same for one whose namespace has come anew. */
void router_meet_room(struct router *r, bool everywhere);
/* A step of the core; adverts go out at once, the rest by router_finish(). */
void router_step(struct engine *e, struct router *r, struct mono now,
		 const struct vrrp_event *ev);
void router_finish(struct engine *e, struct router *r);
/* Looks at links and addresses anew and tells the core what changed. */
void router_review(struct engine *e, struct router *r);
/* Stops it; the effects are carried out when this returns. */
void router_stop(struct engine *e, struct router *r);
void router_set_state_file(struct engine *e, struct router *r);
/* Tells the journal what the state file complains of. */
void router_hear_file(struct router *r);

/* port.c */
struct port *port_new(struct room *room, const char *dev);
void port_free(struct port *p);
void port_close(struct port *p);
/* Opens, opens anew or closes the socket as the link demands. */
void port_review(struct engine *e, struct port *p);
/* Sets which routers listen here; again when one's addresses change. */
int port_set_routers(struct port *p, struct router **all, size_t n);
/* Sends an advert to all on this interface. 0 or -errno. */
int port_send(struct port *p, const struct vrrp_advert *a,
	      enum vrrp_checksum csum);
/* Takes all packets that are waiting. */
void port_drain(struct engine *e, struct port *p);

/* control.c */
int control_open(struct engine *e, struct err *reterr);
void control_close(struct engine *e);
/* Answers the requests that have come in. */
void control_serve(struct engine *e);
struct mono control_deadline(const struct engine *e);
void control_expire(struct engine *e, struct mono now);
/* Has those who watch told where r is now. */
void control_tell(struct engine *e, const struct router *r);

#endif
