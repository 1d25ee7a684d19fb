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
#include "provision/plan/dhcp.h"
#include "verify/check.h"

#define OFFERS_MS 2000
#define GUEST_MS 1000
#define NAMES_MS 2000

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

static void guest_answered(struct arena *a, const struct doc *d,
			   struct seen_boot *boot)
{
	guest_answer(a, d, &boot->guest);
}

static void guest_failed(struct seen_boot *boot, const char *why)
{
	boot->guest.error = why;
}

static void ask_guest(struct asks *k, struct seen_boot *boot)
{
	auto_buf struct buf b = {0};
	struct boot_ask *q;

	guest_ask(boot->instance->netns, &b);
	q = add(k, boot, "guest", &b);
	q->timeout_ms = GUEST_MS;
	q->answer = guest_answered;
	q->failed = guest_failed;
}

static void names_answered(struct arena *a, const struct doc *d,
			   struct seen_boot *boot)
{
	dns_answer(a, d, &boot->names);
}

static void names_failed(struct seen_boot *boot, const char *why)
{
	boot->names.error = why;
}

static void ask_names(struct asks *k, struct seen_boot *boot)
{
	const struct topo_instance *in = boot->instance;
	const struct topo_addr *lent = evidence_served(in);
	const struct topo_network *net = in->port->network;
	struct ip servers[TOPO_NODES_MAX];
	struct dns_ask ask = {
		.netns = in->netns,
		.name = arena_printf(k->arena, "%s." DHCP_DOMAIN, in->name),
		.servers = servers,
		.timeout_ms = NAMES_MS};
	auto_buf struct buf b = {0};
	struct boot_ask *q;
	size_t i, m;

	for (i = 0; i < net->ndhcp; i++)
		for (m = 0; m < net->dhcp_ports[i]->naddrs; m++)
			if (net->dhcp_ports[i]->addrs[m].subnet == lent->subnet)
				servers[ask.n++] =
					net->dhcp_ports[i]->addrs[m].addr.ip;
	dns_ask(&ask, &b);
	q = add(k, boot, "dns", &b);
	q->timeout_ms = NAMES_MS;
	q->answer = names_answered;
	q->failed = names_failed;
}

void gather_boots(struct arena *a, struct evidence *e,
		  const struct topo_node *n, unsigned needs,
		  struct boot_ask **ret, size_t *ret_n)
{
	struct asks k = {a, ret, ret_n};
	size_t i;

	for (i = 0; n && i < e->lab->ninstances; i++) {
		struct seen_boot *boot = &e->boots[i];

		if (boot->instance->node != n ||
		    !evidence_served(boot->instance))
			continue;
		if (needs & NEEDS_OFFERS)
			ask_offers(&k, e->lab, boot);
		if (boot->instance->is_static)
			continue;
		if (needs & NEEDS_GUESTS)
			ask_guest(&k, boot);
		if (needs & NEEDS_NAMES)
			ask_names(&k, boot);
	}
}
