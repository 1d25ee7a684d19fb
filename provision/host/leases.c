/* SPDX-License-Identifier: MIT */
#include "provision/host/leases.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/machine/lease.h"
#include "provision/machine/lease6.h"
#include "provision/machine/machine.h"

#define POLL_MS 50
#define AGAIN_MS 5000 /* for a client that was told to ask anew */
#define NAMED_MAX 8   /* names in one sentence */

/* So long a client may ask in vain. One that asks no more, and whose lease is
 * forgotten, looks the same from without: it begins anew. */
#define IN_VAIN_S 15

/* A client asks each 3 s until somebody answers; a full machine is slow. */
#define LEASE_MS 30000u

void leases_release(struct leases *l)
{
	buf_release(&l->without);
	*l = (struct leases){0};
}

/* Its address that DHCP gives, or NULL. */
static const struct topo_addr *wants(const struct topo_instance *in)
{
	size_t i;

	for (i = 0; i < in->port->naddrs; i++)
		if (in->port->addrs[i].addr.ip.family == 4 &&
		    topo_leased(in->port, &in->port->addrs[i]))
			return &in->port->addrs[i];
	return NULL;
}

/* Its subnet whose DHCPv6 servers it asks, or NULL. */
static const struct topo_subnet *wants6(const struct topo_instance *in)
{
	size_t i;

	for (i = 0; i < in->port->naddrs; i++) {
		const struct topo_addr *a = &in->port->addrs[i];

		if (a->subnet && topo_dhcpv6(a->subnet->ipv6) &&
		    topo_leased(in->port, a))
			return a->subnet;
	}
	return NULL;
}

static bool wants_any(const struct topo_instance *in)
{
	return wants(in) || wants6(in);
}

size_t leases_wanted(const struct lab *lab)
{
	size_t i, n = 0;

	for (i = 0; i < lab->ninstances; i++)
		n += wants_any(&lab->instances[i]);
	return n;
}

unsigned leases_deadline_ms(const struct lab *lab)
{
	return LEASE_MS + (unsigned)lab->ninstances * MACHINE_WAVE_MS;
}

/* The address that one of its servers has in the subnet, or NULL. */
static const struct ip *server_at(const struct topo_network *net, size_t i,
				  const struct topo_subnet *s)
{
	size_t k;

	for (k = 0; k < net->dhcp_ports[i]->naddrs; k++)
		if (net->dhcp_ports[i]->addrs[k].subnet == s)
			return &net->dhcp_ports[i]->addrs[k].addr.ip;
	return NULL;
}

static bool is_server(const struct topo_network *net,
		      const struct topo_subnet *s, const struct ip *ip)
{
	const struct ip *at;
	size_t i;

	for (i = 0; i < net->ndhcp; i++)
		if ((at = server_at(net, i, s)) && ip_equal(at, ip))
			return true;
	return false;
}

/* Those that the subnet names; where it names none, the servers. */
static bool dns_right(const struct topo_subnet *s, const struct lease *l)
{
	size_t i;

	if (s->ndns && s->ndns != l->ndns)
		return false;
	for (i = 0; i < l->ndns; i++)
		if (s->ndns ? !ip_equal(&s->dns[i], &l->dns[i])
			    : !is_server(s->network, s, &l->dns[i]))
			return false;
	return l->ndns > 0;
}

/* Whether it is the lease that the model says: address, MTU, DNS, server. */
static bool is_models(const struct topo_instance *in, const struct lease *l)
{
	const struct topo_network *net = in->port->network;
	size_t i;

	for (i = 0; i < in->port->naddrs; i++) {
		const struct topo_addr *a = &in->port->addrs[i];

		if (a->subnet && ipnet_equal(&a->addr, &l->addr))
			return l->mtu == net->mtu && dns_right(a->subnet, l) &&
			       is_server(net, a->subnet, &l->server);
	}
	return false;
}

static bool dns6_right(const struct topo_subnet *s, const struct lease6 *l)
{
	size_t i;

	if (s->ndns && s->ndns != l->ndns)
		return false;
	for (i = 0; i < l->ndns; i++)
		if (s->ndns ? !ip_equal(&s->dns[i], &l->dns[i])
			    : !is_server(s->network, s, &l->dns[i]))
			return false;
	return l->ndns > 0;
}

/* Each address of the pool, and no other; DNS; and a server of the network's.
 */
static bool is_models6(const struct topo_instance *in,
		       const struct topo_subnet *first, const struct lease6 *l)
{
	const struct topo_network *net = in->port->network;
	char duid[LEASE6_DUID_TEXT];
	size_t i, lent = 0;

	for (i = 0; i < in->port->naddrs; i++) {
		const struct topo_addr *a = &in->port->addrs[i];

		if (!a->subnet || a->subnet->ipv6 != TOPO_IPV6_STATEFUL)
			continue;
		lent++;
		if (!lease6_has(l, &a->addr.ip))
			return false;
	}
	for (i = 0; i < net->ndhcp; i++)
		if (strcmp(lease6_duid_text(&net->dhcp_ports[i]->mac, duid),
			   l->duid) == 0)
			return l->naddrs == lent && dns6_right(first, l);
	return false;
}

enum held { HELD_NOT, HELD_WRONG, HELD };

static enum held holds4(const struct topo_instance *in, const struct doc *said,
			int64_t since)
{
	const struct doc *lease = doc_get(said, "lease");
	struct lease l;

	if (!wants(in))
		return HELD;
	if (!lease && doc_int(said, "client_s", 0) >= IN_VAIN_S)
		return HELD_WRONG;
	if (!lease || !*doc_str(said, "client", "") ||
	    lease_decode(lease, &l, NULL) < 0 || l.at_ns < since)
		return HELD_NOT;
	return is_models(in, &l) ? HELD : HELD_WRONG;
}

static enum held holds6(const struct topo_instance *in, const struct doc *said,
			int64_t since)
{
	const struct topo_subnet *s = wants6(in);
	const struct doc *lease = doc_get(said, "lease6");
	struct lease6 l;

	if (!s)
		return HELD;
	/* One that asked for the rest alone has ended. */
	if (!lease &&
	    doc_int(said,
		    *doc_str(said, "client6", "") ? "client6_s" : "booted_s",
		    0) >= IN_VAIN_S)
		return HELD_WRONG;
	if (!lease ||
	    (s->ipv6 == TOPO_IPV6_STATEFUL && !*doc_str(said, "client6", "")) ||
	    lease6_decode(lease, &l, NULL) < 0 || l.at_ns < since)
		return HELD_NOT;
	return is_models6(in, s, &l) ? HELD : HELD_WRONG;
}

/* What an agent says of it; a lease from before `since` is over. */
static enum held holds(const struct topo_instance *in, const struct doc *said,
		       int64_t since)
{
	enum held four = holds4(in, said, since);
	enum held six = holds6(in, said, since);

	if (doc_get(said, "amiss") || four == HELD_WRONG || six == HELD_WRONG)
		return HELD_WRONG;
	return four == HELD && six == HELD ? HELD : HELD_NOT;
}

struct asking {
	const struct lab *lab;
	bool *held;    /* by the instance's index, as all of these */
	bool *anew;    /* was told to ask anew */
	int64_t *told; /* when, CLOCK_REALTIME */
};

/* Those of the node that hold what they should not. */
static int relet(struct fleet_node *n, const struct asking *how,
		 const bool *wrong, struct err *reterr)
{
	auto_arena struct arena a = {0};
	int64_t now = clock_real_ns();
	const struct doc *answer = NULL;
	auto_buf struct buf b = {0};
	struct json j;
	size_t i, some = 0;

	json_init(&j, &b, 0);
	json_key(&j, "instances");
	json_arr(&j);
	for (i = 0; i < how->lab->ninstances; i++) {
		if (!wrong[i] ||
		    (how->anew[i] && now - how->told[i] < AGAIN_MS * NS_PER_MS))
			continue;
		json_str(&j, how->lab->instances[i].name);
		how->anew[i] = true;
		how->told[i] = now;
		some++;
	}
	json_arr_end(&j);
	return some ? remote_call(n->remote, "relet", b.data, REMOTE_ANSWER_MS,
				  &a, &answer, reterr)
		    : 0;
}

static int ask_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	const struct asking *how = ctx;
	auto_arena struct arena a = {0};
	const struct doc *answer = NULL, *leases;
	bool any = false;
	bool *wrong = arena_array(&a, how->lab->ninstances + 1, sizeof(*wrong));
	size_t i;
	int r;

	for (i = 0; i < how->lab->ninstances; i++)
		any = any ||
		      (how->lab->instances[i].node == n->node &&
		       wants_any(&how->lab->instances[i]) && !how->held[i]);
	if (!n->node || !any)
		return 0;
	r = remote_call(n->remote, "leases", "", REMOTE_ANSWER_MS, &a, &answer,
			reterr);
	if (r < 0)
		return r;
	leases = doc_get(answer, "leases");
	for (i = 0; i < how->lab->ninstances; i++) {
		const struct topo_instance *in = &how->lab->instances[i];

		if (in->node != n->node || !wants_any(in))
			continue;
		how->held[i] = wrong[i] = false;
		switch (holds(in, doc_get(leases, in->name), how->told[i])) {
		case HELD:
			how->held[i] = true;
			break;
		case HELD_WRONG:
			wrong[i] = true;
			break;
		case HELD_NOT:
			break;
		}
	}
	return relet(n, how, wrong, reterr);
}

static void count(const struct lab *lab, const bool *held, struct leases *ret)
{
	size_t i, more = 0;

	buf_reset(&ret->without);
	ret->wanted = ret->held = 0;
	for (i = 0; i < lab->ninstances; i++) {
		if (!wants_any(&lab->instances[i]))
			continue;
		ret->wanted++;
		ret->held += held[i];
		if (held[i])
			continue;
		if (ret->wanted - ret->held > NAMED_MAX)
			more++;
		else
			buf_printf(&ret->without, "%s%s",
				   ret->without.len ? ", " : "",
				   lab->instances[i].name);
	}
	if (more)
		buf_printf(&ret->without, " and %zu more", more);
}

int leases_wait(struct fleet *f, unsigned timeout_ms, volatile int *interrupted,
		struct leases *ret, struct err *reterr)
{
	struct mono end = mono_add(clock_mono(), timeout_ms * NS_PER_MS);
	auto_arena struct arena a = {0};
	struct asking how = {
		f->lab, arena_array(&a, f->lab->ninstances + 1, sizeof(bool)),
		arena_array(&a, f->lab->ninstances + 1, sizeof(bool)),
		arena_array(&a, f->lab->ninstances + 1, sizeof(int64_t))};
	size_t i;
	int r;

	for (*ret = (struct leases){0};; clock_sleep_ms(POLL_MS)) {
		r = fleet_each(f, ask_node, &how, reterr);
		count(f->lab, how.held, ret);
		for (ret->anew = i = 0; i < f->lab->ninstances; i++)
			ret->anew += how.anew[i];
		if (r < 0)
			return r;
		if (ret->held == ret->wanted)
			return 0;
		if (interrupted && *interrupted)
			return err_set(reterr, -EINTR, "interrupted");
		if (!mono_before(clock_mono(), end))
			return err_set(reterr, -ETIMEDOUT,
				       "%zu of %zu instances have no lease "
				       "after %u ms: %s ('labctl show console "
				       "INSTANCE' tells more)",
				       ret->wanted - ret->held, ret->wanted,
				       timeout_ms, ret->without.data);
	}
}
