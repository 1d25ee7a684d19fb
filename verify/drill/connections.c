/* SPDX-License-Identifier: MIT */
/*
 * Connections in the drill
 * ========================
 * Opened before the fault, silent through it, tried after the takeover. What
 * becomes of one depends on who speaks first then, so there are two of each:
 * through a floating address, and through SNAT from an instance that has none.
 * Where nothing carried them (sync_connections), the new router has no entry
 * for them. What it hears first of a connection from inside, or for a floating
 * address, it translates as a new one would be, which gives the same; what
 * comes from outside for its own address it takes for its own, and resets it.
 *
 * An instance listens where a group's rule for SSH lets others in; the host
 * outside is its subnet's gateway.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/way.h"
#include "verify/drill/drill.h"
#include "verify/drill/ops.h"

#define INSIDE_PORT 22
#define OUTSIDE_PORT 47022
#define PATIENCE_MS 2000

/* Where one end of connections is. */
struct drill_place {
	const char *node, *netns;
	uint16_t listen;
	struct tcp_connect connect[TCP_CONNECTIONS_MAX];
	size_t nconnect;
	struct going going;
	const char *error;
	struct seen_tcps seen;
};

/* An instance behind the router whose IPv4 address has a floating one or, by
 * without, none; NULL where there is no such. */
static const struct topo_instance *behind(const struct lab *lab,
					  const struct topo_router *r,
					  bool floating)
{
	size_t i, k, q;

	for (i = 0; i < lab->ninstances; i++) {
		const struct topo_port *p = lab->instances[i].port;

		for (k = 0; k < p->naddrs; k++) {
			const struct topo_addr *a = &p->addrs[k];

			if (a->addr.ip.family != 4 ||
			    (topo_floating_of(r, p, &a->addr.ip) != NULL) !=
				    floating)
				continue;
			for (q = 0; q < r->nqr; q++)
				if (r->qr[q]->network == p->network)
					return &lab->instances[i];
		}
	}
	return NULL;
}

static void add_two(struct drill *d, size_t router,
		    const struct topo_instance *in, bool snat, struct ip dst)
{
	struct drill_connection *c;
	int k;

	for (k = 0; k < 2 && d->nconnections < TCP_CONNECTIONS_MAX; k++) {
		c = arena_push(&d->arena, &d->connections, &d->nconnections,
			       sizeof(*c));
		*c = (struct drill_connection){
			.router = d->routers[router].router,
			.index = router,
			.instance = in,
			.snat = snat,
			.outside_first = k,
			.dst = dst,
			.port = snat ? OUTSIDE_PORT : INSIDE_PORT,
			.error = "not begun"};
	}
}

void drill_connections_init(struct drill *d)
{
	size_t i, k;

	for (i = 0; i < d->nrouters; i++) {
		const struct topo_router *r = d->routers[i].router;
		const struct topo_instance *in;
		struct ip outside;

		if (!r->gateway)
			continue;
		outside = topo_next_hop(r->gateway, 4);
		in = behind(d->lab, r, true);
		for (k = 0; in && k < r->nfloatings; k++)
			if (r->floatings[k]->port == in->port) {
				add_two(d, i, in, false, r->floatings[k]->addr);
				break;
			}
		in = behind(d->lab, r, false);
		if (in && r->snat && ip_is_set(&outside))
			add_two(d, i, in, true, outside);
	}
}

static struct drill_place *place_of(struct drill_run *r, const char *node,
				    const char *netns)
{
	struct drill_place *p;
	size_t i;

	for (i = 0; i < r->nplaces; i++) {
		p = r->places[i];
		if (strcmp(p->node, node) == 0 && strcmp(p->netns, netns) == 0)
			return p;
	}
	p = arena_alloc(&r->d->arena, sizeof(*p));
	p->node = node;
	p->netns = netns;
	*(struct drill_place **)arena_push(&r->d->arena, &r->places,
					   &r->nplaces, sizeof(p)) = p;
	return p;
}

static void add_end(struct drill_run *r, size_t i)
{
	const struct drill_connection *c = &r->d->connections[i];
	struct drill_place *in =
		place_of(r, c->instance->node->name, c->instance->netns);
	struct drill_place *out = place_of(r, way_name(NULL), "");
	struct drill_place *calls = c->snat ? in : out;

	(c->snat ? out : in)->listen = c->port;
	calls->connect[calls->nconnect++] =
		(struct tcp_connect){.id = (uint8_t)i,
				     .dst = c->dst,
				     .port = c->port,
				     .they = c->snat == c->outside_first};
}

static void begin(struct drill_run *r, struct drill_place *p)
{
	const struct tcp_ask ask = {.netns = p->netns,
				    .listen = p->listen,
				    .connect = p->connect,
				    .nconnect = p->nconnect,
				    .patience_ms = PATIENCE_MS};
	auto_buf struct buf b = {0};
	struct err err;

	tcp_ask(&ask, &b);
	if (going_begin(&p->going, r->f, p->node, "tcp", b.data, &err) < 0)
		p->error = arena_strdup(&r->d->arena, err.msg);
}

void drill_connections_begin(struct drill_run *r)
{
	size_t i, pass;

	for (i = 0; i < r->d->nconnections; i++)
		add_end(r, i);
	/* Those first that only listen. */
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < r->nplaces; i++)
			if ((r->places[i]->nconnect != 0) == pass)
				begin(r, r->places[i]);
}

static void take(struct drill *d, const struct drill_place *p)
{
	size_t i;

	for (i = 0; i < p->seen.n; i++) {
		const struct seen_tcp *s = &p->seen.items[i];

		if (!s->speaks || s->id >= d->nconnections)
			continue;
		d->connections[s->id].seen = *s;
		d->connections[s->id].error = NULL;
	}
}

void drill_connections_end(struct drill_run *r)
{
	struct drill *d = r->d;
	const struct doc *answer;
	const char *why = NULL;
	struct err err;
	size_t i;

	for (i = 0; i < r->nplaces; i++)
		going_stop(&r->places[i]->going);
	for (i = 0; i < r->nplaces; i++) {
		struct drill_place *p = r->places[i];

		if (!p->error &&
		    going_end(&p->going, &d->arena, &answer, &err) < 0)
			p->error = arena_strdup(&d->arena, err.msg);
		if (!p->error) {
			tcp_answer(&d->arena, answer, &p->seen);
			take(d, p);
			p->error = p->seen.error;
		}
		if (p->error && !why)
			why = arena_printf(&d->arena, "%s: %s", p->node,
					   p->error);
	}
	for (i = 0; i < d->nconnections; i++)
		if (d->connections[i].error && r->nplaces)
			d->connections[i].error =
				why ? why : "it was not there";
	r->nplaces = 0;
}
