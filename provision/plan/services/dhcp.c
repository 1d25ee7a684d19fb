/* SPDX-License-Identifier: MIT */
/*
 * DHCP as Neutron's agent has it
 * ==============================
 * For each network with DHCP on the node: a namespace qdhcp-UUID with a port
 * of its own, and in it a dnsmasq with the words and the files that Neutron
 * gives it, in the folder where Neutron has them:
 *
 *	host        which MAC has which address; no other is served
 *	addn_hosts  names for its DNS: Neutron's and the instances' own
 *	opts        what is told: DNS, routes, router, by subnet
 *	leases      every port, from the start: two servers are on a network,
 *	            and one that knows no lease would refuse (NAK) a client
 *	            of the other's at its renewal
 *	interface   the port's name
 *	pid         dnsmasq's own
 *
 * DHCPv6 is the same server's: it finds a host by its MAC, which it has from
 * the kernel's neighbours, and lends it the address of its entry; stateless, it
 * tells the rest. Of leases in IPv6 nothing is written before its start, as
 * they are bound to what only the client knows (its IAID), as with Neutron: a
 * client whose lease it lost asks again, and has the same. What it is called
 * by, its DUID, is written: made of its port's MAC, so that a client finds
 * again by it who lent it its address, whenever that was begun anew. Who is to
 * ask, routers tell: it sends no advertisements.
 *
 * A changed file is read at SIGHUP, which keeps leases; only another command
 * starts it anew. The words that Neutron does not have: it stays in the
 * foreground and tells its log to its supervisor; it stays root, which is the
 * node's own; and it answers by broadcast, which Neutron's
 * dhcp_broadcast_reply does too: an answer to an address that is not there
 * yet would need an entry in the kernel's table of neighbours, which is one
 * for the whole machine and can be full. It is never authoritative: it would
 * refuse whom it does not know.
 *
 * Leases have no date here, as the same lab gives the same plan every day;
 * each has one as soon as its client asks.
 */
#include "provision/plan/services/dhcp.h"

#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/mechanism/mechanism.h"
#include "provision/plan/neigh.h"
#include "provision/plan/rules.h"

#define DIR_ SERVICE_NEUTRON_DIR "dhcp/"
#define DOMAIN DHCP_DOMAIN
#define TEXT_OF(x) #x
#define SECONDS(x) TEXT_OF(x) "s"
#define LEASE SECONDS(DHCP_LEASE_S)
#define LEASES_MOST 16777216u /* Neutron's dnsmasq_lease_max */
#define METADATA "169.254.169.254/32"
#define CHAIN "neutron-dhcp-age-POSTROUTING"
/* Of the host outside, for networks that name no DNS server. */
#define DNS_OUTSIDE "192.0.2.53"

enum { HOST, ADDN_HOSTS, OPTS, LEASES, INTERFACE, PID, FILES };

/* Duplicate address detection would leave the port without its addresses
 * while dnsmasq starts. */
static const struct {
	const char *key, *value;
} settings[] = {
	{"net/ipv4/ip_nonlocal_bind", "1"},
	{"net/ipv6/conf/all/accept_dad", "0"},
	{"net/ipv6/conf/default/accept_dad", "0"},
	{"net/ipv6/conf/default/accept_ra", "0"},
};

/* A network's DHCP on the node. */
struct dhcp {
	struct plan_ctx *c;
	const struct topo_network *net;
	const struct topo_port *port;
	const char *netns;
};

/* Served by dnsmasq: SLAAC is the router's to tell. */
static bool served(const struct topo_subnet *s)
{
	return s && s->dhcp && (s->cidr.ip.family == 4 || topo_dhcpv6(s->ipv6));
}

/* And lent addresses, so that it knows its hosts. */
static bool lent(const struct topo_subnet *s)
{
	return served(s) && s->ipv6 != TOPO_IPV6_STATELESS;
}

/* --- the namespace -------------------------------------------------------- */

/* By the first subnet that has a gateway, for each family. */
static void default_route(const struct dhcp *d, uint8_t family)
{
	for (size_t i = 0; i < d->port->naddrs; i++) {
		const struct ip *via = &d->port->addrs[i].subnet->gateway;
		struct res *r;

		if (via->family != family)
			continue;
		r = plan_add(d->c, RES_ROUTE, d->netns);
		r->route.to.ip.family = family;
		r->route.via = *via;
		r->route.dev = d->port->ifname;
		return;
	}
}

static void add_namespace(const struct dhcp *d)
{
	struct res *r;
	size_t i;

	plan_add(d->c, RES_NETNS, d->netns);
	for (i = 0; i < ARRAY_LEN(settings); i++) {
		r = plan_add(d->c, RES_SYSCTL, d->netns);
		r->sysctl.key = settings[i].key;
		r->sysctl.value = settings[i].value;
	}
	r = plan_add(d->c, RES_LINK, d->netns);
	r->link.kind = LINK_EXISTING;
	r->link.name = "lo";
	r->link.up = true;
	mechanisms[d->c->node->mechanism]->port(d->c, d->port, d->netns);
	for (i = 0; i < d->port->naddrs; i++) {
		r = plan_add(d->c, RES_ADDR, d->netns);
		r->addr.dev = d->port->ifname;
		r->addr.addr = d->port->addrs[i].addr;
	}
	default_route(d, 4);
	default_route(d, 6);
	plan_dhcp_neighbours(d->c, d->port, d->netns);
	/* An answer leaves with a checksum that is not worked out yet, and
	 * there are clients which look. */
	rules_add(d->c, d->netns, 4, "mangle", "POSTROUTING", "-j " CHAIN);
	rules_add(d->c, d->netns, 4, "mangle", CHAIN,
		  "-p udp -m udp --dport 68 -j CHECKSUM --checksum-fill");
}

/* --- files ---------------------------------------------------------------- */

/* "host-192-168-1-4", as the address is written. */
static const char *host_name(const struct ip *ip, char *out)
{
	char *p = out + snprintf(out, 8, "host-");

	ip_print(ip, p);
	for (; *p; p++)
		if (*p == '.' || *p == ':')
			*p = '-';
	return out;
}

static void put_port(const struct topo_port *p, struct buf *files)
{
	char mac[MAC_TEXT_MAX], text[IP_TEXT_MAX], name[IP_TEXT_MAX + 8];

	mac_print(&p->mac, mac);
	for (size_t i = 0; i < p->naddrs; i++) {
		const struct topo_subnet *s = p->addrs[i].subnet;

		if (!s || !s->dhcp)
			continue;
		ip_print(&p->addrs[i].addr.ip, text);
		host_name(&p->addrs[i].addr.ip, name);
		buf_printf(&files[ADDN_HOSTS], "%s\t%s." DOMAIN " %s\n", text,
			   name, name);
		if (p->instance)
			buf_printf(&files[ADDN_HOSTS], "%s\t%s." DOMAIN " %s\n",
				   text, p->instance->name, p->instance->name);
		if (!lent(s) || (p->instance && s->cidr.ip.family == 4 &&
				 topo_lent4(p) != &p->addrs[i]))
			continue;
		if (s->cidr.ip.family == 6) {
			buf_printf(&files[HOST],
				   "%s,tag:dhcpv6,%s." DOMAIN ",[%s]\n", mac,
				   name, text);
			continue;
		}
		buf_printf(&files[HOST], "%s,%s." DOMAIN ",%s\n", mac, name,
			   text);
		buf_printf(&files[LEASES], "0 %s %s * *\n", mac, text);
	}
}

static void put_list(const struct ip *ips, size_t n, struct buf *out)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		buf_printf(out, ips[i].family == 6 ? "%s[%s]" : "%s%s",
			   i ? "," : "", ip_print(&ips[i], text));
}

/* The servers that a subnet names, or those of its DHCP ports, each of which
 * knows all names. */
static void put_dns(const struct dhcp *d, const struct topo_subnet *s,
		    struct buf *out)
{
	struct ip all[TOPO_NODES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < d->net->ndhcp; i++) {
		const struct ip *ip = topo_addr_in(d->net->dhcp_ports[i], s);

		if (ip)
			all[n++] = *ip;
	}
	/* One alone names itself. */
	if (!s->ndns && n < 2)
		return;
	buf_printf(out, "tag:subnet-%s,%s:dns-server,", s->uuid,
		   s->cidr.ip.family == 6 ? "option6" : "option");
	put_list(s->ndns ? s->dns : all, s->ndns ? s->ndns : n, out);
	buf_addc(out, '\n');
}

/* By whom metadata is to be had: beside this server, or at the router. */
static const struct ip *metadata_via(const struct dhcp *d,
				     const struct topo_subnet *s)
{
	if ((s->isolated || d->c->lab->force_metadata) &&
	    (d->c->node->agents & TOPO_AGENT_METADATA))
		return topo_addr_in(d->port, s);
	return !s->isolated && ip_is_set(&s->gateway) ? &s->gateway : NULL;
}

/* "TO,VIA,..." of all routes but the default one; *gateway is the router's
 * address, or that of a default route among the subnet's own. */
static void put_routes(const struct dhcp *d, const struct topo_subnet *s,
		       struct ip *gateway, struct buf *out)
{
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];
	const struct ip *metadata = metadata_via(d, s);
	size_t i;

	for (i = d->net->nsubnets; i-- > 0;) {
		const struct topo_subnet *o = d->net->subnets[i];

		if (o != s && o->cidr.ip.family == 4)
			buf_printf(out, ",%s,0.0.0.0",
				   ipnet_print(&o->cidr, to));
	}
	for (i = 0; i < s->nhost_routes; i++) {
		const struct topo_route *r = &s->host_routes[i];

		if (r->to.len)
			buf_printf(out, ",%s,%s", ipnet_print(&r->to, to),
				   ip_print(&r->via, via));
		else if (!ip_is_set(gateway))
			*gateway = r->via;
	}
	if (metadata)
		buf_printf(out, "," METADATA ",%s", ip_print(metadata, via));
}

static void put_opts(const struct dhcp *d, const struct topo_subnet *s,
		     struct buf *out)
{
	static const char *const options[] = {"option:classless-static-route",
					      "249"};
	auto_buf struct buf routes = {0};
	struct ip gateway = s->gateway;
	char text[IP_TEXT_MAX];
	size_t i;

	put_dns(d, s, out);
	if (s->cidr.ip.family == 6) {
		buf_printf(out,
			   "tag:subnet-%s,option6:domain-search," DOMAIN "\n",
			   s->uuid);
		return;
	}
	put_routes(d, s, &gateway, &routes);
	ip_print(&gateway, text);
	/* A client that takes these asks for no router. */
	if (routes.len && ip_is_set(&gateway))
		buf_printf(&routes, ",0.0.0.0/0,%s", text);
	for (i = 0; routes.len && i < ARRAY_LEN(options); i++)
		buf_printf(out, "tag:subnet-%s,%s%s\n", s->uuid, options[i],
			   routes.data);
	/* Without an address: none is told, not even this server. */
	buf_printf(out, "tag:subnet-%s,option:router%s%s\n", s->uuid,
		   ip_is_set(&gateway) ? "," : "",
		   ip_is_set(&gateway) ? text : "");
}

static void release_files(struct buf (*files)[FILES])
{
	for (size_t i = 0; i < FILES; i++)
		buf_release(&(*files)[i]);
}

/* Its DUID, as its leases' file has it: of its port's MAC (RFC 8415, 11.4). */
static void put_duid(const struct dhcp *d, struct buf *out)
{
	char mac[MAC_TEXT_MAX];

	for (size_t i = 0; i < d->net->nsubnets; i++)
		if (served(d->net->subnets[i]) &&
		    d->net->subnets[i]->cidr.ip.family == 6) {
			buf_printf(out, "duid 00:03:00:01:%s\n",
				   mac_print(&d->port->mac, mac));
			return;
		}
}

static void add_files(const struct dhcp *d, struct res_service *s)
{
	static const struct {
		const char *name;
		enum service_file_how how;
	} rows[] = {
		[HOST] = {"host", SERVICE_FILE_READ},
		[ADDN_HOSTS] = {"addn_hosts", SERVICE_FILE_READ},
		[OPTS] = {"opts", SERVICE_FILE_READ},
		[LEASES] = {"leases", SERVICE_FILE_START},
		[INTERFACE] = {"interface", SERVICE_FILE_READ},
		[PID] = {"pid", SERVICE_FILE_OWN},
	};
	auto_(release_files) struct buf files[FILES] = {{0}};
	struct arena *a = d->c->arena;
	size_t i;

	for (i = 0; i < d->c->lab->nports; i++)
		if (d->c->lab->ports[i].network == d->net)
			put_port(&d->c->lab->ports[i], files);
	put_duid(d, &files[LEASES]);
	for (i = 0; i < d->net->nsubnets; i++)
		if (served(d->net->subnets[i]))
			put_opts(d, d->net->subnets[i], &files[OPTS]);
	buf_adds(&files[INTERFACE], d->port->ifname);
	s->files = arena_array(a, FILES, sizeof(*s->files));
	s->nfiles = FILES;
	for (i = 0; i < FILES; i++)
		s->files[i] = (struct service_file){
			.path = arena_printf(a, DIR_ "%s/%s", d->net->uuid,
					     rows[i].name),
			.how = rows[i].how,
			.text = arena_strndup(
				a, files[i].data ? files[i].data : "",
				files[i].len),
		};
}

/* --- the service ---------------------------------------------------------- */

struct words {
	const struct dhcp *d;
	const char **argv;
	size_t n;
};

static void word(struct words *w, const char *text)
{
	*(const char **)arena_push(w->d->c->arena, &w->argv, &w->n,
				   sizeof(const char *)) = text;
}

static void file_word(struct words *w, const char *option, const char *name)
{
	word(w, arena_printf(w->d->c->arena, "--%s=" DIR_ "%s/%s", option,
			     w->d->net->uuid, name));
}

/* A range: "NETWORK,static,MASK", or for IPv6 the length of its prefix.
 * Returns how many addresses it has, at most LEASES_MOST. */
static uint64_t range(struct words *w, const struct topo_subnet *s)
{
	unsigned bits = (s->cidr.ip.family == 6 ? 128 : 32) - s->cidr.len;
	uint64_t size = bits < 24 ? UINT64_C(1) << bits : LEASES_MOST;
	const struct ip net = ipnet_network(&s->cidr);
	char first[IP_TEXT_MAX], mask[IP_TEXT_MAX];
	struct ip m;

	ip_print(&net, first);
	if (s->cidr.ip.family == 6) {
		snprintf(mask, sizeof(mask), "%u", s->cidr.len);
	} else {
		m = ip_v4(s->cidr.len ? UINT32_MAX << bits : 0);
		ip_print(&m, mask);
	}
	word(w, arena_printf(w->d->c->arena,
			     "--dhcp-range=set:subnet-%s,%s,static,%s," LEASE,
			     s->uuid, first, mask));
	return size;
}

/* A range for each subnet, where it serves only whom it knows. Returns how
 * many leases there can be. */
static uint64_t ranges(struct words *w)
{
	uint64_t leases = 0;

	for (size_t i = 0; i < w->d->net->nsubnets; i++)
		if (served(w->d->net->subnets[i]))
			leases += range(w, w->d->net->subnets[i]);
	return leases < LEASES_MOST ? leases : LEASES_MOST;
}

/* Whether instances ask here for names of the world outside. */
static bool asked_names(const struct topo_network *net)
{
	for (size_t i = 0; i < net->nsubnets; i++)
		if (net->subnets[i]->dhcp && !net->subnets[i]->ndns)
			return true;
	return false;
}

static void add_service(const struct dhcp *d)
{
	struct res_service *s = &plan_add(d->c, RES_SERVICE, "")->service;
	struct arena *a = d->c->arena;
	struct words w = {.d = d};
	uint64_t leases;

	word(&w, "dnsmasq");
	word(&w, "--no-hosts");
	word(&w, "--no-resolv");
	file_word(&w, "pid-file", "pid");
	file_word(&w, "dhcp-hostsfile", "host");
	file_word(&w, "addn-hosts", "addn_hosts");
	file_word(&w, "dhcp-optsfile", "opts");
	file_word(&w, "dhcp-leasefile", "leases");
	word(&w, "--dhcp-match=set:ipxe,175");
	word(&w, "--local-service");
	word(&w, "--bind-dynamic");
	leases = ranges(&w);
	word(&w,
	     arena_printf(a, "--dhcp-option-force=option:mtu,%u", d->net->mtu));
	word(&w, arena_printf(a, "--dhcp-lease-max=%llu",
			      (unsigned long long)leases));
	word(&w, "--conf-file=");
	if (asked_names(d->net))
		word(&w, "--server=" DNS_OUTSIDE);
	word(&w, "--domain=" DOMAIN);
	word(&w, "--dhcp-broadcast");
	word(&w, "--keep-in-foreground");
	word(&w, "--log-facility=-");
	word(&w, "--user=root");
	word(&w, "--group=root");
	*s = (struct res_service){
		.name = arena_printf(a, "dhcp-%s", d->net->uuid),
		.title = arena_printf(a, "dnsmasq of %s", d->net->name),
		.argv = w.argv,
		.nargs = w.n,
		.netns = d->netns,
		.reload = "HUP",
	};
	add_files(d, s);
}

void plan_dhcp(struct plan_ctx *c)
{
	for (size_t i = 0; i < c->lab->nnetworks; i++) {
		struct dhcp d = {.c = c, .net = &c->lab->networks[i]};

		d.port = topo_dhcp_port(d.net, c->node);
		if (!d.port)
			continue;
		d.netns = d.net->qdhcp;
		add_namespace(&d);
		add_service(&d);
	}
}
