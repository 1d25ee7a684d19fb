/* SPDX-License-Identifier: MIT */
/*
 * A lease
 * =======
 * All of it comes from whoever answered first on the network, so each word is
 * parsed for what it should be and nothing else passes: no text of a server's
 * reaches a file, a command or the kernel as it came. What is wrong in one
 * option does not cost the instance the others, as with real clients; a lease
 * without a usable address is none.
 */
#include "provision/machine/lease.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"

#define FOR_EVER UINT32_MAX

struct reader {
	lease_env *env;
	void *ctx;
	struct buf *notes;
};

/* A hostile value in words: its first bytes, and nothing that a terminal
 * would obey. */
static void note(const struct reader *r, const char *option, const char *value)
{
	size_t i;

	buf_printf(r->notes, "%s '", option);
	for (i = 0; value[i] && i < 40; i++)
		buf_addc(r->notes,
			 value[i] >= ' ' && value[i] <= '~' ? value[i] : '?');
	buf_printf(r->notes, "'%s left out\n", value[i] ? "..." : "");
}

/* An option's text, or NULL: it is not there, or too long. */
static const char *text(const struct reader *r, const char *name)
{
	const char *v = r->env(r->ctx, name);

	if (!v || !*v)
		return NULL;
	if (strlen(v) < LEASE_TEXT_MAX)
		return v;
	note(r, name, v);
	return NULL;
}

/* --- addresses ------------------------------------------------------------ */

/* One that a host can have: not of this network, loopback, multicast or
 * reserved. */
static bool host_ok(const struct ip *ip)
{
	return ip->family == 4 && ip->b[0] != 0 && ip->b[0] != 127 &&
	       ip->b[0] < 224;
}

/* The host bits of a prefix that has some are neither all 0 nor all 1. */
static bool in_prefix_ok(const struct ipnet *n)
{
	struct ip first = ipnet_network(n), last = ipnet_last(n);

	return n->len >= 31 ||
	       (!ip_equal(&n->ip, &first) && !ip_equal(&n->ip, &last));
}

/* The next word of a list; NULL at its end. Too long for an address: "". */
static const char *next_word(const char **at, char *word, size_t size)
{
	size_t len;

	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	if (!len)
		return NULL;
	word[0] = '\0';
	if (len < size) {
		memcpy(word, *at, len);
		word[len] = '\0';
	}
	*at += len;
	return word;
}

static bool read_host(const char *word, struct ip *ret)
{
	struct ip ip;

	if (ip_parse(word, &ip) < 0 || !host_ok(&ip))
		return false;
	*ret = ip;
	return true;
}

static void read_dns(const struct reader *r, struct lease *l)
{
	const char *at = text(r, "dns");
	char word[IP_TEXT_MAX];

	while (at && next_word(&at, word, sizeof(word)))
		if (l->ndns == LEASE_DNS_MAX ||
		    !read_host(word, &l->dns[l->ndns]))
			note(r, "dns", word);
		else
			l->ndns++;
}

/* --- routes --------------------------------------------------------------- */

static bool to_ok(const struct ipnet *to)
{
	return to->ip.family == 4 && to->len <= 32 && to->ip.b[0] != 127 &&
	       to->ip.b[0] < 224 && (to->len == 0 || to->ip.b[0] != 0);
}

static bool add_route(struct lease *l, const struct ipnet *to,
		      const struct ip *via)
{
	struct lease_route *route = &l->routes[l->nroutes];
	size_t i;

	for (i = 0; i < l->nroutes; i++)
		if (ipnet_equal(&l->routes[i].to, to))
			return false;
	if (l->nroutes == LEASE_ROUTES_MAX)
		return false;
	*route = (struct lease_route){.to = *to, .via = *via};
	l->nroutes++;
	return true;
}

/* "DESTINATION/LENGTH VIA" again and again; 0.0.0.0 is on the link. */
static void read_static(const struct reader *r, const char *at, struct lease *l)
{
	char to_word[IP_TEXT_MAX], via_word[IP_TEXT_MAX];
	struct ipnet to;
	struct ip via;

	while (next_word(&at, to_word, sizeof(to_word))) {
		if (!next_word(&at, via_word, sizeof(via_word))) {
			note(r, "staticroutes", to_word);
			return;
		}
		if (ipnet_parse(to_word, &to) < 0 || !to_ok(&to) ||
		    ip_parse(via_word, &via) < 0 || via.family != 4) {
			note(r, "staticroutes", to_word);
			continue;
		}
		to.ip = ipnet_network(&to);
		if (ip_v4_value(&via) == 0)
			via = (struct ip){0};
		if ((ip_is_set(&via) && !host_ok(&via)) ||
		    !add_route(l, &to, &via))
			note(r, "staticroutes", to_word);
	}
}

static void read_routes(const struct reader *r, struct lease *l)
{
	static const struct ipnet all = {.ip.family = 4};
	const char *routes = text(r, "staticroutes");
	const char *at = text(r, "router");
	char word[IP_TEXT_MAX];
	struct ip via;

	if (routes) {
		read_static(r, routes, l);
		return;
	}
	/* The first is preferred (RFC 2132, section 3.5): one is enough. */
	while (at && next_word(&at, word, sizeof(word))) {
		if (read_host(word, &via)) {
			add_route(l, &all, &via);
			return;
		}
		note(r, "router", word);
	}
}

/* --- the rest ------------------------------------------------------------- */

static bool name_ok(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-.";

	return strlen(name) <= LEASE_NAME_MAX && !name[strspn(name, set)] &&
	       name[0] != '-' && name[0] != '.';
}

static void read_domain(const struct reader *r, struct lease *l)
{
	const char *v = text(r, "domain");

	if (!v)
		return;
	/* What a client of busybox makes of one that it found hostile. */
	if (name_ok(v) && strcmp(v, "bad") != 0)
		memcpy(l->domain, v, strlen(v) + 1);
	else
		note(r, "domain", v);
}

static void read_mtu(const struct reader *r, struct lease *l)
{
	const char *v = text(r, "mtu");

	if (v && parse_u32(v, LEASE_MTU_MIN, LEASE_MTU_MAX, &l->mtu) < 0)
		note(r, "mtu", v);
}

static int read_addr(const struct reader *r, struct lease *l,
		     struct err *reterr)
{
	const char *device = text(r, "interface"), *ip = text(r, "ip");
	const char *mask = text(r, "mask"), *lease = text(r, "lease");
	uint32_t len;

	if (!device || strlen(device) >= sizeof(l->device) ||
	    strchr(device, '/') || strchr(device, ' '))
		return err_set(reterr, -EINVAL, "no interface is named");
	memcpy(l->device, device, strlen(device) + 1);
	if (!ip || !read_host(ip, &l->addr.ip))
		return err_set(reterr, -EINVAL, "no usable address");
	if (!mask || parse_u32(mask, 1, 32, &len) < 0)
		return err_set(reterr, -EINVAL, "no usable subnet mask");
	l->addr.len = (uint8_t)len;
	if (!in_prefix_ok(&l->addr))
		return err_set(reterr, -EINVAL,
			       "the address is its network's own, or "
			       "broadcast");
	if (!lease || parse_u32(lease, 1, FOR_EVER, &l->seconds) < 0)
		return err_set(reterr, -EINVAL, "no usable lease time");
	return 0;
}

int lease_read(lease_env *env, void *ctx, struct lease *ret, struct buf *notes,
	       struct err *reterr)
{
	const struct reader r = {env, ctx, notes};
	struct lease l = {0};
	const char *server;
	int e;

	e = read_addr(&r, &l, reterr);
	if (e < 0)
		return e;
	server = text(&r, "serverid");
	if (server && !read_host(server, &l.server))
		note(&r, "serverid", server);
	read_mtu(&r, &l);
	read_dns(&r, &l);
	read_domain(&r, &l);
	read_routes(&r, &l);
	*ret = l;
	return 0;
}

/* --- telling -------------------------------------------------------------- */

static void print_route(const struct lease_route *r, const char *device,
			struct buf *out)
{
	char t[IP_TEXT_MAX];

	buf_printf(out, "  route %s",
		   r->to.len ? ipnet_print(&r->to, t) : "default");
	if (ip_is_set(&r->via))
		buf_printf(out, " via %s", ip_print(&r->via, t));
	buf_printf(out, " dev %s\n", device);
}

void lease_print(const struct lease *l, struct buf *out)
{
	char t[IP_TEXT_MAX];
	size_t i;

	buf_printf(out, "%s: lease of %s", l->device, ipnet_print(&l->addr, t));
	if (ip_is_set(&l->server))
		buf_printf(out, " from %s", ip_print(&l->server, t));
	if (l->seconds == FOR_EVER)
		buf_adds(out, " for ever\n");
	else
		buf_printf(out, " for %" PRIu32 " s\n", l->seconds);
	if (l->mtu)
		buf_printf(out, "  MTU %" PRIu32 "\n", l->mtu);
	for (i = 0; i < l->ndns; i++)
		buf_printf(out, "  DNS server %s\n", ip_print(&l->dns[i], t));
	if (*l->domain)
		buf_printf(out, "  domain %s\n", l->domain);
	for (i = 0; i < l->nroutes; i++)
		print_route(&l->routes[i], l->device, out);
}

void lease_resolv(const struct lease *l, struct buf *out)
{
	char t[IP_TEXT_MAX];
	size_t i;

	if (*l->domain)
		buf_printf(out, "search %s\n", l->domain);
	for (i = 0; i < l->ndns; i++)
		buf_printf(out, "nameserver %s\n", ip_print(&l->dns[i], t));
}

void lease_encode(const struct lease *l, struct json *j)
{
	char t[IP_TEXT_MAX];
	size_t i;

	json_obj(j);
	json_kstr(j, "device", l->device);
	json_kstr(j, "address", ipnet_print(&l->addr, t));
	if (ip_is_set(&l->server))
		json_kstr(j, "server", ip_print(&l->server, t));
	json_kint(j, "seconds", l->seconds);
	json_kint(j, "mtu", l->mtu);
	json_key(j, "dns");
	json_arr(j);
	for (i = 0; i < l->ndns; i++)
		json_str(j, ip_print(&l->dns[i], t));
	json_arr_end(j);
	json_kstr(j, "domain", l->domain);
	json_key(j, "routes");
	json_arr(j);
	for (i = 0; i < l->nroutes; i++) {
		const struct lease_route *r = &l->routes[i];

		json_obj(j);
		json_kstr(j, "to", ipnet_print(&r->to, t));
		if (ip_is_set(&r->via))
			json_kstr(j, "via", ip_print(&r->via, t));
		json_obj_end(j);
	}
	json_arr_end(j);
	json_kint(j, "at_ns", l->at_ns);
	json_obj_end(j);
}

static int decode_route(const struct doc *d, struct lease *l)
{
	const char *via = doc_str(d, "via", NULL);
	struct ip hop = {0};
	struct ipnet to;

	if (ipnet_parse(doc_str(d, "to", ""), &to) < 0 || to.ip.family != 4 ||
	    (via && ip_parse(via, &hop) < 0))
		return -EINVAL;
	return add_route(l, &to, &hop) ? 0 : -EINVAL;
}

int lease_decode(const struct doc *d, struct lease *ret, struct err *reterr)
{
	const char *server = doc_str(d, "server", NULL);
	const char *domain = doc_str(d, "domain", "");
	const char *device = doc_str(d, "device", "");
	int64_t seconds = doc_int(d, "seconds", 0), mtu = doc_int(d, "mtu", 0);
	struct lease l = {.at_ns = doc_int(d, "at_ns", 0)};
	const struct doc *item;
	int e = 0;

	if (ipnet_parse(doc_str(d, "address", ""), &l.addr) < 0 ||
	    strlen(device) >= sizeof(l.device) || !name_ok(domain) ||
	    (server && ip_parse(server, &l.server) < 0) || seconds < 1 ||
	    seconds > FOR_EVER || mtu < 0 || mtu > LEASE_MTU_MAX)
		return err_set(reterr, -EINVAL, "this is no lease");
	memcpy(l.device, device, strlen(device) + 1);
	memcpy(l.domain, domain, strlen(domain) + 1);
	l.seconds = (uint32_t)seconds;
	l.mtu = (uint32_t)mtu;
	DOC_FOREACH (item, doc_get(d, "dns")) {
		if (l.ndns == LEASE_DNS_MAX || !item->str ||
		    ip_parse(item->str, &l.dns[l.ndns++]) < 0)
			e = -EINVAL;
	}
	DOC_FOREACH (item, doc_get(d, "routes"))
		if (e == 0)
			e = decode_route(item, &l);
	if (e < 0)
		return err_set(reterr, e, "this is no lease");
	*ret = l;
	return 0;
}
