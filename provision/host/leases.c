/* SPDX-License-Identifier: MIT */
#include "provision/host/leases.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/machine/lease.h"
#include "provision/machine/machine.h"

#define POLL_MS 50
#define NAMED_MAX 8 /* names in one sentence */

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

size_t leases_wanted(const struct lab *lab)
{
	size_t i, n = 0;

	for (i = 0; i < lab->ninstances; i++)
		n += wants(&lab->instances[i]) != NULL;
	return n;
}

unsigned leases_deadline_ms(const struct lab *lab)
{
	return LEASE_MS + (unsigned)lab->ninstances * MACHINE_WAVE_MS;
}

/* Whether what an agent says of it is a lease of one of its addresses. */
static bool holds(const struct topo_instance *in, const struct doc *said)
{
	struct lease l;
	size_t i;

	if (lease_decode(said, &l, NULL) < 0)
		return false;
	for (i = 0; i < in->port->naddrs; i++)
		if (ipnet_equal(&in->port->addrs[i].addr, &l.addr))
			return true;
	return false;
}

struct asking {
	const struct lab *lab;
	bool *held; /* by the instance's index */
};

static int ask_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	const struct asking *how = ctx;
	auto_arena struct arena a = {0};
	const struct doc *answer = NULL, *leases;
	bool any = false;
	size_t i;
	int r;

	for (i = 0; i < how->lab->ninstances; i++)
		any = any || (how->lab->instances[i].node == n->node &&
			      wants(&how->lab->instances[i]) && !how->held[i]);
	if (!n->node || !any)
		return 0;
	r = remote_call(n->remote, "leases", "", REMOTE_ANSWER_MS, &a, &answer,
			reterr);
	if (r < 0)
		return r;
	leases = doc_get(answer, "leases");
	for (i = 0; i < how->lab->ninstances; i++) {
		const struct topo_instance *in = &how->lab->instances[i];

		if (in->node == n->node)
			how->held[i] = holds(in, doc_get(leases, in->name));
	}
	return 0;
}

static void count(const struct lab *lab, const bool *held, struct leases *ret)
{
	size_t i, more = 0;

	buf_reset(&ret->without);
	ret->wanted = ret->held = 0;
	for (i = 0; i < lab->ninstances; i++) {
		if (!wants(&lab->instances[i]))
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
		f->lab, arena_array(&a, f->lab->ninstances + 1, sizeof(bool))};
	int r;

	for (*ret = (struct leases){0};; clock_sleep_ms(POLL_MS)) {
		r = fleet_each(f, ask_node, &how, reterr);
		count(f->lab, how.held, ret);
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
