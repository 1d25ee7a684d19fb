/* SPDX-License-Identifier: MIT */
/*
 * The host outside has the Internet's addresses on its loopback: who routes to
 * it cannot tell whether they are behind it. Its DNS knows openstack.org and
 * those of the lab's instances that can be reached from outside, and nothing
 * else; its web server has one page. Both end with it.
 *
 * Projects' IPv6 networks are not translated, so the way to them is by the
 * address that their router has outside, whichever node holds that.
 */
#include "provision/fabric/internet.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/net.h"

/* Below EMUL_RUN. */
#define HOSTS "/run/lab/internet.hosts"
#define NAMES_MAX (16u << 20) /* bytes of it */
#define WWW "/run/lab/www"
#define DNSMASQ "/usr/sbin/dnsmasq"
#define BUSYBOX "/bin/busybox"

/* The first is what nodes ask; the next two the documents give to projects. */
static const struct {
	const char *address;
	bool dns;
} hosts[] = {
	{EMUL_DNS, true},
	{"8.8.4.4", true},
	{"2001:4860:4860::8844", true},
	{EMUL_OPENSTACK, false},
};

bool emul_internet_plays(const struct ip *ip)
{
	struct ip own;

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (hosts[i].dns && ip_parse(hosts[i].address, &own) == 0 &&
		    ip_equal(&own, ip))
			return true;
	return false;
}

static bool is_labs(const struct lab *lab, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < lab->nsubnets; i++)
		if (ipnet_contains(&lab->subnets[i].cidr, ip))
			return true;
	for (i = 0; i < lab->nphys; i++)
		if (ip_is_set(&lab->phys[i].cidr.ip) &&
		    ipnet_contains(&lab->phys[i].cidr, ip))
			return true;
	return false;
}

static bool has_route(const struct emul_node *n, const struct ipnet *to)
{
	for (size_t i = 0; i < n->nroutes; i++)
		if (ipnet_equal(&n->routes[i].to, to))
			return true;
	return false;
}

/* By the first router that has the subnet's gateway address and an address
 * outside. */
static void ways_by(struct arena *a, const struct lab *lab,
		    const struct topo_router *r, struct emul_node *n)
{
	const struct ip *via = NULL;
	const struct emul_nic *nic;
	size_t i;

	for (i = 0; r->gateway && i < r->gateway->naddrs && !via; i++)
		if (r->gateway->addrs[i].addr.ip.family == 6)
			via = &r->gateway->addrs[i].addr.ip;
	nic = via ? emul_nic_to(n, via) : NULL;
	for (i = 0; nic && i < r->nqr; i++) {
		const struct topo_port *qr = r->qr[i];

		for (size_t k = 0; k < qr->naddrs; k++) {
			const struct topo_subnet *s = qr->addrs[k].subnet;
			struct ipnet to;

			if (!s || s->cidr.ip.family != 6 ||
			    !ip_equal(&qr->addrs[k].addr.ip, &s->gateway))
				continue;
			to = (struct ipnet){ipnet_network(&s->cidr),
					    s->cidr.len};
			if (has_route(n, &to) || topo_shadow(lab, r, s))
				continue;
			*(struct emul_route *)arena_push(
				a, &n->routes, &n->nroutes,
				sizeof(*n->routes)) = (struct emul_route){
				.to = to, .via = *via, .dev = nic->ifname};
		}
	}
}

/* Whether the host outside has a way to it. */
static bool reachable(const struct emul_node *n, const struct ip *ip)
{
	for (size_t i = 0; i < n->nroutes; i++)
		if (ipnet_contains(&n->routes[i].to, ip))
			return true;
	return emul_nic_to(n, ip) != NULL;
}

static bool has_own(const struct emul_node *n, const char *address)
{
	struct ip ip;

	for (size_t i = 0; ip_parse(address, &ip) == 0 && i < n->nown; i++)
		if (ip_equal(&n->own[i].ip, &ip))
			return true;
	return false;
}

static const char *names(struct arena *a, const struct lab *lab,
			 const struct emul_node *n)
{
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	size_t i, k;

	if (has_own(n, EMUL_OPENSTACK))
		buf_adds(&b,
			 EMUL_OPENSTACK " openstack.org www.openstack.org\n");
	for (i = 0; i < lab->ninstances; i++) {
		const struct topo_instance *in = &lab->instances[i];

		for (k = 0; k < in->port->naddrs; k++)
			if (reachable(n, &in->port->addrs[k].addr.ip))
				buf_printf(&b, "%s %s\n",
					   ip_print(&in->port->addrs[k].addr.ip,
						    text),
					   in->name);
	}
	return arena_strndup(a, b.data ? b.data : "", b.len);
}

void emul_internet_build(struct arena *a, const struct lab *lab,
			 struct emul_node *n)
{
	struct ip ip;
	size_t i;

	if (!n->nnics)
		return;
	for (i = 0; i < ARRAY_LEN(hosts); i++) {
		if (ip_parse(hosts[i].address, &ip) < 0 || is_labs(lab, &ip))
			continue;
		*(struct ipnet *)arena_push(a, &n->own, &n->nown,
					    sizeof(*n->own)) =
			(struct ipnet){ip, ip.family == 4 ? 32 : 128};
	}
	for (i = 0; i < lab->nrouters; i++)
		ways_by(a, lab, &lab->routers[i], n);
	n->names = names(a, lab, n);
}

static const char *const *dns(struct arena *a, const struct emul_node *n)
{
	const char **argv = arena_array(a, 16, sizeof(*argv));
	size_t k = 0, fixed;

	argv[k++] = DNSMASQ;
	argv[k++] = "--keep-in-foreground";
	argv[k++] = "--conf-file=";
	argv[k++] = "--pid-file=";
	argv[k++] = "--log-facility=-";
	/* A lab's root, who is nobody outside of it. */
	argv[k++] = "--user=root";
	argv[k++] = "--group=root";
	argv[k++] = "--no-hosts";
	argv[k++] = "--no-resolv";
	argv[k++] = "--bind-interfaces";
	argv[k++] = "--addn-hosts=" HOSTS;
	/* It need not ask anybody: another name is not there. */
	argv[k++] = "--local=/#/";
	fixed = k;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (hosts[i].dns && has_own(n, hosts[i].address))
			argv[k++] = arena_printf(a, "--listen-address=%s",
						 hosts[i].address);
	return k > fixed ? argv : NULL;
}

static const char *const web[] = {BUSYBOX, "httpd", "-f", "-p",
				  "80",    "-h",    WWW,  NULL};

int emul_internet_prepare(struct arena *a, const struct emul_node *n,
			  struct emul_daemon *ret, size_t *ret_n,
			  struct err *reterr)
{
	static const char page[] = "<!DOCTYPE html>\n<title>OpenStack</title>\n"
				   "<p>You have reached the Internet.</p>\n";
	const char *const *argv;
	int r;

	*ret_n = 0;
	if (!n->nown)
		return 0;
	/* Behind one router many instances ask with one address; by default
	 * the kernel tells an address once a second that nothing is there. */
	(void)emul_sysctl("net/ipv4/icmp_ratelimit", "0");
	(void)emul_sysctl("net/ipv6/icmp/ratelimit", "0");
	(void)mkdir(WWW, 0755);
	r = file_write(HOSTS, 0644, n->names, strlen(n->names), reterr);
	if (r == 0)
		r = file_write(WWW "/index.html", 0644, page, sizeof(page) - 1,
			       reterr);
	if (r < 0)
		return r;
	argv = dns(a, n);
	if (argv)
		ret[(*ret_n)++] = (struct emul_daemon){
			.argv = argv, .log = "/var/log/dnsmasq.log"};
	ret[(*ret_n)++] =
		(struct emul_daemon){.argv = web, .log = "/var/log/httpd.log"};
	return 0;
}

bool emul_internet_changed(const struct emul_node *n)
{
	auto_buf struct buf b = {0};

	if (!n->nown)
		return false;
	return file_read(HOSTS, NAMES_MAX, &b) < 0 ||
	       b.len != strlen(n->names) ||
	       memcmp(b.data, n->names, b.len) != 0;
}

int emul_internet_mend(const struct emul_node *n, struct err *reterr)
{
	return file_write(HOSTS, 0644, n->names, strlen(n->names), reterr);
}
