/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_gateway.h"

#include <string.h>

#include "lib/mono.h"
#include "t/lib/healthy.h"

/* Both are active on network2. */
const char broken_gateway_text[] =
	"lab: gateways\n" BROKEN_NODES BROKEN_WAY_OUT
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"      ext6: {cidr: \"fd00:203:0:113::/64\", gateway: "
	"\"fd00:203:0:113::1\"}\n"
	"  one:\n"
	"    subnets:\n"
	"      one4: {cidr: 192.168.1.0/24, dhcp: false}\n"
	"  two:\n"
	"    subnets:\n"
	"      two4: {cidr: 192.168.2.0/24, dhcp: false}\n"
	"routers:\n"
	"  ours:\n"
	"    gateway: ext\n"
	"    interfaces: [one4]\n"
	"    ha: {health_check_interval: 1s}\n"
	"  kept:\n"
	"    gateway: ext\n"
	"    interfaces: [two4]\n"
	"    ha: {engine: keepalived, health_check_interval: 1s}\n";

/* Some day, and some seconds of it. */
#define DAY (INT64_C(20000) * 86400 * NS_PER_S)
#define AT(s) (DAY + (s)*NS_PER_S)

enum { OURS_STANDBY, OURS_ACTIVE, KEPT_STANDBY, KEPT_ACTIVE };

static const struct topo_router *ours;

void broken_gateway_lab(const struct lab *l)
{
	ours = topo_router(l, "ours");
}

/* What the engine on a node says at last. */
static struct obs_router *word(struct evidence *e, const char *node)
{
	return healthy_router(healthy_sample(e, node, HEALTHY_SAMPLES - 1),
			      ours->uuid);
}

/* Two rounds, of which the first was sent at second 5. */
static void silent(struct evidence *e)
{
	struct obs_router *r = word(e, "network2");

	r->gateways[0].silent_ns = AT(5);
	r->asked_ns = AT(6);
}

static void silent_six(struct evidence *e)
{
	struct obs_router *r = word(e, "network2");

	r->gateways[1].silent_ns = AT(5);
	r->asked_ns = AT(6);
}

static void slow(struct evidence *e)
{
	silent(e);
	word(e, "network2")->gateways[0].late_ns = 1200 * NS_PER_MS;
}

static void one_lost(struct evidence *e)
{
	struct obs_router *r = word(e, "network2");

	r->gateways[0].silent_ns = r->asked_ns = AT(5);
}

static void not_asked_yet(struct evidence *e)
{
	struct obs_router *r = word(e, "network2");

	r->since_ns = r->gateways[0].answered_ns + NS_PER_S;
	r->gateways[1].answered_ns = r->since_ns;
}

/* It lost it as the active one, and has handed over. */
static void sick(struct evidence *e)
{
	struct obs_router *r = word(e, "network1");

	r->gateways[0].silent_ns = r->asked_ns = AT(5);
	r->sick = true;
}

static void absent(struct evidence *e, size_t i)
{
	e->gateways[i].there.answers = &e->gateways[i].ips[1];
	e->gateways[i].there.n = 1;
}

static void sick_and_absent(struct evidence *e)
{
	sick(e);
	absent(e, OURS_STANDBY);
}

static void both_sick(struct evidence *e)
{
	sick(e);
	silent(e);
}

static void standby_cut_off(struct evidence *e)
{
	absent(e, OURS_STANDBY);
}

static void gone_since_the_last_ping(struct evidence *e)
{
	absent(e, OURS_ACTIVE);
}

static void nobody(struct evidence *e)
{
	sick(e);
	word(e, "network2")->state = "backup";
}

static void script_fails(struct evidence *e)
{
	e->gateways[KEPT_ACTIVE].pings[0].probes[0].rtt = -1;
}

static void not_looked(struct evidence *e)
{
	e->gateways[OURS_STANDBY].there =
		(struct seen_hops){.error = "no agent"};
}

static void no_pings(struct evidence *e)
{
	e->gateways[KEPT_ACTIVE].pings[0] =
		(struct seen_pings){.error = "no agent"};
}

static void engine_is_old(struct evidence *e)
{
	word(e, "network1")->ngateways = 0;
}

const struct broken broken_gateway[] = {
	{"a healthy lab with health checks", NULL, NULL},
	{"a gateway that does not answer", silent, "wrong gateway: ours"},
	{"one of IPv6", silent_six, "wrong gateway: ours"},
	{"one that answers too late", slow, "wrong gateway: ours"},
	{"one round lost is none", one_lost, NULL},
	{"an Active that has not asked", not_asked_yet, "blind gateway: ours"},
	{"a standby that lost it once, where it is again", sick, NULL},
	{"and where it is not", sick_and_absent,
	 "wrong gateway: ours; wrong gateway: kept"},
	{"all have lost it", both_sick, "wrong gateway: ours"},
	/* Both routers' gateway is asked for by one of them. */
	{"a standby's link is cut", standby_cut_off,
	 "wrong gateway: ours; wrong gateway: kept"},
	{"the active node's link is cut", gone_since_the_last_ping,
	 "wrong gateway: ours; wrong gateway: kept"},
	{"nobody is active", nobody,
	 "wrong active: ours; wrong state-file: ours on network2; wrong "
	 "addresses: ours on network2; wrong default-route: ours on network2; "
	 "wrong gateway: ours; blind adverts: ours on network1; blind adverts: "
	 "ours on network2; blind advert-tunnel: ours on network1; blind "
	 "advert-tunnel: ours on network2"},
	{"keepalived's pings are not answered", script_fails,
	 "wrong gateway: kept"},
	{"nobody asked who is there", not_looked,
	 "blind gateway: ours; blind gateway: kept"},
	{"nobody pinged for keepalived", no_pings, "blind gateway: kept"},
	{"an engine that does not tell", engine_is_old, "blind gateway: ours"},
	{NULL, NULL, NULL},
};
