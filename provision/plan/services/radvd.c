/* SPDX-License-Identifier: MIT */
/*
 * Router advertisements
 * =====================
 * Where a subnet's addresses come by SLAAC or DHCPv6 its router advertises
 * itself, by a radvd of its own with the configuration that Neutron writes
 * (neutron/agent/linux/ra.py), on the node where it is Active and there only.
 *
 * It is ended by SIGKILL: asked politely, radvd would say last that this
 * router is none any more, and hosts would drop the route that the next
 * Active, which has the same link-local address, is about to serve.
 *
 * The interfaces of an Active router are those of an IPv6 router, which makes
 * the kernel join groups and report them by MLD: at promotion, at demotion,
 * and to each querier. So do its addresses, each a solicited-node group, also
 * where nothing is advertised. No switch in a lab listens to these reports, and
 * those of a node that was just demoted would draw its MAC address back to it:
 * twice, tens of milliseconds after the new Active announced itself, and for
 * good if that has announced itself for the last time. So none goes out at all.
 */
#include "provision/plan/service.h"
#include "provision/plan/services/radvd.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/rules.h"

#define USER "radvd"

bool plan_port_advertises(const struct topo_port *qr)
{
	for (size_t i = 0; i < qr->naddrs; i++)
		if (qr->addrs[i].subnet &&
		    qr->addrs[i].subnet->ipv6 != TOPO_IPV6_NONE)
			return true;
	return false;
}

bool plan_router_advertises(const struct topo_router *r)
{
	for (size_t i = 0; i < r->nqr; i++)
		if (plan_port_advertises(r->qr[i]))
			return true;
	return false;
}

static void name_servers(const struct topo_subnet *s, struct buf *b)
{
	char text[IP_TEXT_MAX];
	unsigned n = 0;

	for (size_t i = 0; i < s->ndns && n < RADVD_RDNSS_MAX; i++)
		if (s->dns[i].family == 6)
			buf_printf(b, "%s %s", n++ ? "" : "   RDNSS",
				   ip_print(&s->dns[i], text));
	if (n)
		buf_adds(b, " {};\n\n");
}

static void prefix(const struct topo_subnet *s, struct buf *b)
{
	struct ipnet net = {ipnet_network(&s->cidr), s->cidr.len};
	char text[IP_TEXT_MAX];

	buf_printf(b,
		   "   prefix %s\n"
		   "   {\n"
		   "        AdvOnLink on;\n"
		   "        AdvAutonomous %s;\n"
		   "   };\n",
		   ipnet_print(&net, text),
		   s->ipv6 == TOPO_IPV6_STATEFUL ? "off" : "on");
}

static void interface(const struct topo_port *qr, struct buf *b)
{
	bool managed = false, other = false;
	const struct topo_subnet *s;
	size_t i;

	for (i = 0; i < qr->naddrs; i++) {
		s = qr->addrs[i].subnet;
		managed |= s && s->ipv6 == TOPO_IPV6_STATEFUL;
		other |= s && s->ipv6 == TOPO_IPV6_STATELESS;
	}
	buf_printf(b,
		   "interface %s\n"
		   "{\n"
		   "   AdvSendAdvert on;\n"
		   "   MinRtrAdvInterval %d;\n"
		   "   MaxRtrAdvInterval %d;\n"
		   "   AdvLinkMTU %u;\n",
		   qr->ifname, RADVD_MIN_INTERVAL_S, RADVD_MAX_INTERVAL_S,
		   qr->network->mtu);
	if (other)
		buf_adds(b, "   AdvOtherConfigFlag on;\n");
	if (managed)
		buf_adds(b, "   AdvManagedFlag on;\n");
	for (i = 0; i < qr->naddrs; i++) {
		s = qr->addrs[i].subnet;
		if (s && s->ipv6 == TOPO_IPV6_SLAAC)
			name_servers(s, b);
	}
	for (i = 0; i < qr->naddrs; i++) {
		s = qr->addrs[i].subnet;
		if (s && s->ipv6 != TOPO_IPV6_NONE)
			prefix(s, b);
	}
	buf_adds(b, "};\n");
}

static const char *config(struct arena *a, const struct topo_router *r)
{
	auto_buf struct buf b = {0};

	for (size_t i = 0; i < r->nqr; i++)
		if (plan_port_advertises(r->qr[i]))
			interface(r->qr[i], &b);
	return arena_strndup(a, b.data, b.len);
}

static void service(struct plan_ctx *c, const struct topo_router *r)
{
	struct arena *a = c->arena;
	const char *conf = arena_printf(
		a, SERVICE_NEUTRON_DIR "ra/%s.radvd.conf", r->uuid);
	const char *const words[] = {
		"radvd",
		"-n", /* in the foreground */
		"-C",
		conf,
		"-p",
		plan_state_file(c, arena_printf(a, "%s.radvd.pid", r->uuid)),
		"-u",
		USER,
		"-m",
		"stderr",
	};
	struct res_service *s =
		plan_service(c, arena_printf(a, "radvd-%s", r->uuid),
			     arena_printf(a, "radvd of %s", r->name), words,
			     ARRAY_LEN(words));

	plan_service_file(c, s, conf, config(a, r));
	s->netns = r->netns;
	s->reload = "HUP";
	s->stop = "KILL";
	if (r->is_ha)
		s->when = arena_printf(a, "active of %s", r->uuid);
}

/* Of the HA network too: each of its ports gets what one of them reports. */
static void no_reports(struct plan_ctx *c, const struct topo_router *r)
{
	rules_add(c, r->netns, 6, "filter", "OUTPUT",
		  "-p ipv6-icmp -m icmp6 --icmpv6-type 143 -j DROP");
}

void plan_radvd(struct plan_ctx *c, const struct topo_router *r)
{
	bool advertises = plan_router_advertises(r);

	if (advertises || r->is_ha)
		no_reports(c, r);
	if (advertises)
		service(c, r);
}
