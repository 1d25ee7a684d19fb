/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_DRILL_H
#define LABCTL_VERIFY_DRILL_DRILL_H

/*
 * The failover drill: what it records, how it is run, and what is judged of
 * the record. Running needs a lab; all else is pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/mono.h"
#include "provision/host/fleet.h"
#include "topologies/topo.h"
#include "verify/check.h"
#include "verify/drill/rescue.h"
#include "verify/evidence.h"
#include "verify/faults/fault.h"
#include "verify/looks/tcp.h"
#include "verify/looks/watch.h"
#include "verify/verdict.h"

#define DRILL_PING_US 10000 /* between probes */
#define DRILL_PINGS_MAX 64  /* at a time, of a whole lab */

/* A router on one of its hosts, watched all the time. */
struct drill_host {
	const char *error;         /* why it could not be watched, or NULL */
	bool ended;                /* the record is all there is */
	struct seen_frames frames; /* of all its interfaces */
	struct seen_events events;
};

struct drill_router {
	const struct topo_router *router;
	size_t old;           /* host that was active before; nhosts: not one */
	bool hit;             /* its active host was cut off */
	struct fault_aim aim; /* what was struck, where hit */
	struct drill_host *hosts; /* as router->hosts */
};

/* A ping that went on all the time. */
struct drill_ping {
	const struct topo_router *router;
	size_t index;                         /* of the router in the drill */
	const struct topo_instance *instance; /* NULL: from outside */
	struct ip dst;
	struct seen_pings pings;
};

/* A TCP connection that was opened before. */
struct drill_connection {
	const struct topo_router *router;
	size_t index; /* of the router in the drill */
	const struct topo_instance *instance;
	bool snat; /* from the instance; else to its floating address */
	bool outside_first; /* who speaks first afterwards */
	struct ip dst;
	uint16_t port;
	const char *error; /* why it is not known what became of it */
	struct seen_tcp seen;
};

/* All that the drill saw. */
struct drill {
	struct arena arena;
	struct arena *arenas; /* for threads, one for each node */
	size_t narenas;
	const struct lab *lab;
	const struct fault *fault;
	struct drill_router *routers;
	size_t nrouters;
	struct drill_ping *pings;
	size_t npings;
	struct drill_connection *connections;
	size_t nconnections;
	struct rescue *rescue; /* the caller's; faults that kill a node */
	const struct topo_node *victim; /* that was struck */
	int64_t down_ns, up_ns; /* of the fault, CLOCK_REALTIME; 0: not done */
	const char *spoiled;    /* how the fault ended too early, or NULL */
	/* Tables of each node before, at the end of the cut, at the end; NULL
	 * where they could not be seen. */
	const struct observed **before, **during, **after;
	/* What instances boot by, looked at at the end: its points. */
	struct evidence *boots;
	struct points booted;
	int64_t renew_ns; /* when leases were to be renewed; 0: not done */
	int64_t taken_ns; /* how long the takeover was waited for */
	struct err err;   /* code 0: it ran to its end */
};

/* What drill_init() takes into the drill: only, or NULL for all routers. */
void drill_init(struct drill *d, const struct lab *lab,
		const struct topo_router *only, const struct fault *fault);
void drill_release(struct drill *d);

/* Called at each step with a few words for a person. */
typedef void drill_progress(void *ctx, const char *what);

/*
 * Runs it. *interrupted is looked at all the time: when it is set, the fault
 * is undone and -EINTR returned. Whatever happens, what was broken is mended
 * before it returns, or, should this program die, by the node's agent. Returns
 * 0, or the error that d->err holds too.
 */
int drill_run(struct drill *d, struct fleet *f, const volatile int *interrupted,
	      drill_progress *progress, void *ctx);

/* Times of one router in CLOCK_REALTIME ns, each 0 where it was not seen. */
struct timeline {
	size_t old, now;      /* hosts, before and after; nhosts: none */
	int64_t last_old;     /* old's last advert, as the new one heard it */
	int64_t first_new;    /* the new one's first advert */
	int64_t addresses;    /* the last of its addresses in place */
	int64_t routes;       /* the last of its default routes */
	int64_t announced;    /* first gratuitous ARP or neighbour advert. */
	int64_t gave_up;      /* old's last address gone */
	int64_t reply;        /* first reply after an outage, any ping */
	size_t announcements; /* addresses announced ... */
	size_t wanted;        /* ... of those that hosts must learn */
};

/* Pure: a router's timeline out of the record. */
void drill_timeline(const struct drill *d, size_t router, struct timeline *ret);

/* The longest time without a reply, of probes sent in from..to. */
struct outage {
	size_t sent, lost; /* probes, in all of the time */
	int64_t began;     /* first probe of the longest silence; 0: none */
	int64_t ns;        /* from there to the first probe answered again */
	bool open;         /* it had not ended when the pinging did */
};
void drill_outage(const struct seen_pings *p, int64_t from, int64_t to,
		  struct outage *ret);

/*
 * Theory: from a fault to the first advert of another host, low..high ns. A
 * silent failure is noticed after 2 to 3 intervals and the skew; one that the
 * router finds out by itself, when it has (and `notices` is set), and then at
 * once: a skew. slack is what is granted to machine and measurement. On
 * impaired wires the last advert comes late, and so does the announcement to
 * who pings.
 */
#define DRILL_SLACK_LEAST_NS (250 * NS_PER_MS)
struct drill_bound {
	int64_t low, high, slack;
	int64_t late; /* on the way, of that advert and that announcement */
	double lost;  /* share of adverts */
	bool notices;
};
struct drill_bound drill_bound(const struct lab *lab, const struct fault *f,
			       const struct topo_router *r);

/*
 * Routers that are struck together are taken over one after the other, since
 * one machine plays the new host and all that look on: what is granted more to
 * the addresses of each, and to who pings them. The first few are within the
 * slack. An advert gets nothing: all of them are sent before any address is
 * placed.
 */
#define DRILL_FEW 10
#define DRILL_EACH_NS (5 * NS_PER_MS) /* for each that is more */
size_t drill_struck(const struct drill *d);
int64_t drill_together_ns(const struct drill *d);

/* What is added to the bound for a ping: its own way, and probes that get lost
 * by chance one after the other. */
int64_t drill_ping_extra(const struct lab *lab, const struct drill_ping *p);

/* The moments of a hit router's timeline that were seen, in order. */
#define DRILL_MOMENTS_MAX 10
struct drill_moment {
	int64_t t;
	const char *key; /* in JSON, with _us after it */
	const char *what;
	const char *node; /* or NULL */
};
size_t drill_moments(const struct drill *d, const struct drill_router *dr,
		     const struct timeline *t,
		     struct drill_moment ret[DRILL_MOMENTS_MAX]);

/* What is to become of a connection whose router moves (hit) or does not:
 * known from the model. */
enum tcp_fate drill_fate(const struct drill *d,
			 const struct drill_connection *c, bool hit);

/* "through SNAT from instance1, the host outside speaking first". */
void drill_connection_text(const struct drill_connection *c, struct buf *out);

/* The points of a drill: those of each router, each ping's, each connection's,
 * and those of what instances boot by. Which there are depends on the lab
 * alone. */
size_t drill_points(const struct drill *d);

/* Which check point i is of. */
const char *drill_name(const struct drill *d, size_t i);
void drill_title(const struct drill *d, size_t i, struct buf *out);

/* Judges point i. *ret_skip is set to why it does not apply, or NULL. */
void drill_judge(const struct drill *d, size_t i, struct verdict *v,
		 const char **ret_skip);

/* The points of what instances boot by: which there are, what is looked at when
 * the role went, and judging point i of them. */
struct drill_run;
void drill_boots_init(struct drill *d);
void drill_boots_run(struct drill_run *r);
void drill_boots_judge(const struct drill *d, size_t i, struct verdict *v);

/* What a student would type. */
void drill_command(const struct drill *d, size_t i, struct buf *out);

#endif
