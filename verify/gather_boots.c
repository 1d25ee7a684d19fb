/* SPDX-License-Identifier: MIT */
/*
 * What instances boot by
 * ======================
 * Each look is from where an instance is, beside all the others. One instance
 * of each network on each node waits for DHCP servers that are slow or should
 * not be there; the others have heard enough when the network's own have
 * answered.
 */
#include "verify/gather_boots.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "verify/check.h"

#define OFFERS_MS 2000

struct asks {
	struct arena *arena;
	struct boot_ask **items;
	size_t *n;
};

static struct boot_ask *add(struct asks *k, struct seen_boot *boot,
			    const char *op, const struct buf *members)
{
	struct boot_ask *q = arena_push(k->arena, k->items, k->n, sizeof(*q));

	q->op = op;
	q->boot = boot;
	q->members = arena_strdup(k->arena, members->data);
	return q;
}

/* Is it the first instance of its network on its node? */
static bool is_first(const struct lab *lab, const struct topo_instance *in)
{
	size_t i;

	for (i = 0; i < in->index; i++)
		if (lab->instances[i].node == in->node &&
		    lab->instances[i].port->network == in->port->network)
			return false;
	return true;
}

static void offers_answer(struct arena *a, const struct doc *d,
			  struct seen_boot *boot)
{
	dhcp_answer(a, d, &boot->offers);
}

static void offers_failed(struct seen_boot *boot, const char *why)
{
	boot->offers.error = why;
}

static void ask_offers(struct asks *k, const struct lab *lab,
		       struct seen_boot *boot)
{
	const struct topo_instance *in = boot->instance;
	struct dhcp_ask ask = {.netns = in->netns,
			       .dev = in->port->ifname,
			       .mac = in->port->mac,
			       .duration_ms = OFFERS_MS};
	auto_buf struct buf b = {0};
	struct boot_ask *q;

	if (!is_first(lab, in))
		ask.enough = (unsigned)in->port->network->ndhcp;
	dhcp_ask(&ask, &b);
	q = add(k, boot, "dhcp", &b);
	q->timeout_ms = OFFERS_MS;
	q->answer = offers_answer;
	q->failed = offers_failed;
}

void gather_boots(struct arena *a, struct evidence *e,
		  const struct topo_node *n, unsigned needs,
		  struct boot_ask **ret, size_t *ret_n)
{
	struct asks k = {a, ret, ret_n};
	size_t i;

	for (i = 0; n && i < e->lab->ninstances; i++) {
		struct seen_boot *boot = &e->boots[i];

		if (boot->instance->node != n)
			continue;
		if ((needs & NEEDS_OFFERS) && evidence_served(boot->instance))
			ask_offers(&k, e->lab, boot);
	}
}
