/* SPDX-License-Identifier: MIT */
/*
 * Metadata by Neutron's path
 * ==========================
 * An instance asks 169.254.169.254. Where it has a router, that is redirected
 * there to port 9697, where a haproxy of the router's listens, on the node
 * where it is Active. On a network whose gateway no router has (isolated), or
 * everywhere with force_metadata, the DHCP port has the address itself and the
 * haproxy is beside its dnsmasq. Either says in a header which router or
 * network a request came by, and hands it to the node's one server
 * (provision/metadata), which tells from that and the instance's address who
 * asks.
 *
 * The configuration is Neutron's (metadata/driver.py) but for what instances
 * could misuse: what they say of themselves in X-Forwarded-For goes before
 * haproxy says it, and one address has a limit of connections.
 *
 * A node with many routers has listeners of the server's in place of proxies.
 */
#include "provision/plan/service.h"
#include "provision/plan/services/metadata.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "provision/metadata/record.h"
#include "provision/plan/rules.h"
#include "topologies/secgroup/secgroup.h"

#define ADDRESS "169.254.169.254"
#define PORT 9697
#define SOCKET SERVICE_NEUTRON_DIR "metadata_proxy"
#define RECORDS "metadata.json"
#define WRAP "neutron-l3-agent-"
#define PER_ADDRESS 32 /* connections of one instance at a time */

/* Where instances' requests arrive on the node. */
struct proxy {
	const char *id, *netns, *name;
	bool router; /* else a network's DHCP */
	bool by_role;
};

struct metadata {
	struct plan_ctx *c;
	struct proxy *proxies;
	size_t n;
	bool *of_network; /* by index: its instances can ask here */
	struct metadata_records records;
};

static bool serves(const struct topo_subnet *s)
{
	return s && s->dhcp && s->cidr.ip.family == 4;
}

static struct proxy *add_proxy(struct metadata *m, const char *id,
			       const char *netns, const char *name, bool router)
{
	struct proxy *p =
		arena_push(m->c->arena, &m->proxies, &m->n, sizeof(*p));

	*p = (struct proxy){id, netns, name, router, false};
	return p;
}

/* --- who asks where ------------------------------------------------------- */

static void of_router(struct metadata *m, const struct topo_router *r)
{
	struct arena *a = m->c->arena;
	struct metadata_router rec = {.uuid = r->uuid};
	bool any = false;
	size_t i, k;

	for (i = 0; i < r->nqr; i++) {
		const struct topo_network *net = r->qr[i]->network;

		for (k = 0; k < r->qr[i]->naddrs; k++)
			any |= serves(r->qr[i]->addrs[k].subnet);
		*(const char **)arena_push(a, &rec.networks, &rec.nnetworks,
					   sizeof(const char *)) = net->uuid;
	}
	if (!any)
		return;
	for (i = 0; i < r->nqr; i++)
		m->of_network[r->qr[i]->network->index] = true;
	*(struct metadata_router *)arena_push(a, &m->records.routers,
					      &m->records.nrouters,
					      sizeof(rec)) = rec;
	add_proxy(m, r->uuid, r->netns, r->name, true)->by_role = r->is_ha;
}

static void of_network(struct metadata *m, const struct topo_network *net)
{
	const struct topo_port *p = topo_dhcp_port(net, m->c->node);
	bool any = false;
	struct res *r;

	for (size_t i = 0; p && i < net->nsubnets; i++)
		any |= serves(net->subnets[i]) &&
		       (net->subnets[i]->isolated || m->c->lab->force_metadata);
	if (!any)
		return;
	m->of_network[net->index] = true;
	r = plan_add(m->c, RES_ADDR, net->qdhcp);
	r->addr.dev = p->ifname;
	r->addr.addr = (struct ipnet){ip_v4(0xa9fea9fe), 16};
	add_proxy(m, net->uuid, net->qdhcp, net->name, false);
}

/* --- a router's rules ----------------------------------------------------- */

static void router_rules(struct plan_ctx *c, const char *netns)
{
	static const char redirected[] = "-d " ADDRESS "/32 -i qr-+ -p tcp "
					 "-m tcp --dport 80 -j ";

	rules_once(c, netns, 4, "nat", "PREROUTING", "-j " WRAP "PREROUTING");
	rules_add(c, netns, 4, "nat", WRAP "PREROUTING",
		  arena_printf(c->arena, "%sREDIRECT --to-ports %d", redirected,
			       PORT));
	rules_once(c, netns, 4, "mangle", "PREROUTING",
		   "-j " WRAP "PREROUTING");
	rules_add(c, netns, 4, "mangle", WRAP "PREROUTING",
		  arena_printf(c->arena, "%sMARK --set-xmark 0x1/0xffff",
			       redirected));
	/* What was redirected, and nobody who knows the port. */
	rules_once(c, netns, 4, "filter", "INPUT", "-j " WRAP "INPUT");
	rules_add(c, netns, 4, "filter", WRAP "INPUT",
		  "-m mark --mark 0x1/0xffff -j ACCEPT");
	rules_add(c, netns, 4, "filter", WRAP "INPUT",
		  arena_printf(c->arena, "-p tcp -m tcp --dport %d -j DROP",
			       PORT));
}

/* --- proxies -------------------------------------------------------------- */

static const char *config(struct arena *a, const struct proxy *p)
{
	const char *said =
		p->router ? "X-Neutron-Router-ID" : "X-Neutron-Network-ID";
	const char *unsaid =
		p->router ? "X-Neutron-Network-ID" : "X-Neutron-Router-ID";

	return arena_printf(
		a,
		"global\n"
		"    log         stdout format raw local0\n"
		"    user        haproxy\n"
		"    group       haproxy\n"
		"    maxconn     1024\n"
		"\n"
		"defaults\n"
		"    log global\n"
		"    mode http\n"
		"    option httplog\n"
		"    option dontlognull\n"
		"    option http-server-close\n"
		"    option forwardfor\n"
		"    retries                 3\n"
		"    timeout http-request    30s\n"
		"    timeout connect         30s\n"
		"    timeout client          32s\n"
		"    timeout server          32s\n"
		"    timeout http-keep-alive 30s\n"
		"\n"
		"listen listener\n"
		"    bind %s:%d\n"
		"    stick-table type ip size 4k expire 30s store conn_cur\n"
		"    tcp-request connection track-sc0 src\n"
		"    tcp-request connection reject if { sc0_conn_cur gt %d }\n"
		"    server metadata " SOCKET "\n"
		"    http-request del-header X-Forwarded-For\n"
		"    http-request del-header %s\n"
		"    http-request set-header %s %s\n",
		p->router ? "0.0.0.0" : ADDRESS, p->router ? PORT : 80,
		PER_ADDRESS, unsaid, said, p->id);
}

static void add_haproxy(struct plan_ctx *c, const struct proxy *p)
{
	struct arena *a = c->arena;
	const char *path = arena_printf(
		a, SERVICE_NEUTRON_DIR "ns-metadata-proxy/%s.conf", p->id);
	const char *const words[] = {"haproxy", "-db", /* in the foreground */
				     "-f", path};
	struct res_service *s =
		plan_service(c, arena_printf(a, "metadata-%s", p->id),
			     arena_printf(a, "metadata proxy of %s", p->name),
			     words, ARRAY_LEN(words));

	plan_service_file(c, s, path, config(a, p));
	s->netns = p->netns;
	if (p->by_role)
		s->when = arena_printf(a, "active of %s", p->id);
}

static void add_listener(struct metadata *m, const struct proxy *p)
{
	struct metadata_listener *l =
		arena_push(m->c->arena, &m->records.listeners,
			   &m->records.nlisteners, sizeof(*l));

	l->netns = p->netns;
	l->port = p->router ? PORT : 80;
	if (!p->router)
		l->address = ip_v4(0xa9fea9fe);
	*(p->router ? &l->router : &l->network) = p->id;
}

/* --- records -------------------------------------------------------------- */

static const char *how(const struct topo_port *p, const struct topo_addr *a)
{
	if (a->addr.ip.family == 4)
		return topo_leased(p, a) ? "ipv4_dhcp" : "ipv4";
	if (!a->subnet || !topo_leased(p, a))
		return "ipv6";
	return a->subnet->ipv6 == TOPO_IPV6_STATEFUL ? "ipv6_dhcpv6-stateful"
	       : a->subnet->ipv6 == TOPO_IPV6_STATELESS
		       ? "ipv6_dhcpv6-stateless"
		       : "ipv6_slaac";
}

static void add_record(struct metadata *m, const struct topo_instance *in)
{
	const struct topo_port *p = in->port;
	struct arena *a = m->c->arena;
	struct metadata_instance *to = arena_push(
		a, &m->records.instances, &m->records.ninstances, sizeof(*to));

	*to = (struct metadata_instance){
		.uuid = in->uuid,
		.name = in->name,
		.hostname = in->name,
		.project = p->network->project,
		.number = (uint32_t)in->index + 1,
		.network = p->network->uuid,
		.port = p->uuid,
		.mac = p->mac,
		.mtu = p->network->mtu,
		.addrs = arena_array(a, p->naddrs, sizeof(*to->addrs)),
		.naddrs = p->naddrs,
		.floating = in->floating ? in->floating->addr : (struct ip){0},
		.public_key = in->public_key,
		.user_data = in->user_data,
		.groups = arena_array(a, p->ngroups + 1, sizeof(char *)),
		.ngroups = p->ngroups,
	};
	if (in->floating)
		to->floating = in->floating->addr;
	for (size_t i = 0; i < p->ngroups; i++)
		to->groups[i] = p->groups[i]->name;
	for (size_t i = 0; i < p->naddrs; i++) {
		const struct topo_subnet *s = p->addrs[i].subnet;

		to->addrs[i] = (struct metadata_addr){
			.addr = p->addrs[i].addr,
			.subnet = s ? s->uuid : NULL,
			.how = how(p, &p->addrs[i]),
			.gateway = s ? s->gateway : (struct ip){0},
		};
	}
}

static void add_server(struct metadata *m)
{
	static const char socket[] = SOCKET;
	const char *const words[] = {
		"labctl", "metadata",  "--socket",
		socket,   "--records", plan_state_file(m->c, RECORDS)};
	auto_buf struct buf text = {0};
	struct res_service *s;
	struct json j;

	json_init(&j, &text, 0);
	json_obj(&j);
	metadata_encode(&m->records, &j);
	json_obj_end(&j);
	buf_addc(&text, '\n');
	s = plan_service(m->c, "metadata", "metadata server", words,
			 ARRAY_LEN(words));
	plan_service_file(m->c, s, RECORDS,
			  arena_strndup(m->c->arena, text.data, text.len));
	s->reload = "HUP";
}

void plan_metadata(struct plan_ctx *c)
{
	const struct lab *lab = c->lab;
	struct metadata m = {.c = c};
	size_t i;

	if (!(c->node->agents & TOPO_AGENT_METADATA))
		return;
	m.of_network = arena_array(c->arena, lab->nnetworks + 1,
				   sizeof(*m.of_network));
	for (i = 0; i < lab->nrouters; i++)
		if (topo_carries(&lab->routers[i], c->node))
			of_router(&m, &lab->routers[i]);
	for (i = 0; i < lab->nnetworks; i++)
		of_network(&m, &lab->networks[i]);
	if (!m.n)
		return;
	for (i = 0; i < lab->ninstances; i++)
		if (m.of_network[lab->instances[i].port->network->index])
			add_record(&m, &lab->instances[i]);
	for (i = 0; i < m.n; i++) {
		if (m.proxies[i].router)
			router_rules(c, m.proxies[i].netns);
		if (m.n >= PLAN_PROXIES_MAX)
			add_listener(&m, &m.proxies[i]);
	}
	add_server(&m);
	for (i = 0; i < m.n && m.n < PLAN_PROXIES_MAX; i++)
		add_haproxy(c, &m.proxies[i]);
}
