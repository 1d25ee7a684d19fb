/* SPDX-License-Identifier: MIT */
/*
 * A plan on the wire
 * ==================
 * {"lab": .., "mark": .., "state_dir": .., "res": [..], "virt": [..]}; each
 * resource is an object whose first key is its kind and whose value is its
 * name; "in" is the namespace, left out for the node's own, and every
 * attribute that has its usual value is left out too.
 *
 * The decoder is the agent's door: it takes nothing that names a file outside
 * the places where a lab's things live (a network sysctl, a namespace, the
 * state folder), whatever the other side says.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/netns.h"
#include "lib/parse.h"
#include "provision/plan/plan.h"

static const char *const kind_names[] = {
	[RES_NETNS] = "netns",   [RES_LINK] = "link",   [RES_SYSCTL] = "sysctl",
	[RES_ADDR] = "addr",     [RES_ROUTE] = "route", [RES_FDB] = "fdb",
	[RES_ENGINE] = "engine",
};
_Static_assert(ARRAY_LEN(kind_names) == RES_ENGINE + 1, "kinds");

static const char *const link_names[] = {
	[LINK_BRIDGE] = "bridge",
	[LINK_VXLAN] = "vxlan",
	[LINK_VETH] = "veth",
	[LINK_EXISTING] = "existing",
};
_Static_assert(ARRAY_LEN(link_names) == LINK_EXISTING + 1, "links");

/* --- encode --------------------------------------------------------------- */

static void kip(struct json *j, const char *key, const struct ip *ip)
{
	char t[IP_TEXT_MAX];

	if (ip_is_set(ip))
		json_kstr(j, key, ip_print(ip, t));
}

static void kset(struct json *j, const char *key, bool v)
{
	if (v)
		json_kbool(j, key, true);
}

static void encode_link(const struct res_link *l, struct json *j)
{
	char m[MAC_TEXT_MAX];

	json_kstr(j, "link", l->name);
	json_kstr(j, "kind", link_names[l->kind]);
	if (l->has_mac)
		json_kstr(j, "mac", mac_print(&l->mac, m));
	if (l->mtu)
		json_kint(j, "mtu", l->mtu);
	kset(j, "up", l->up);
	if (l->master)
		json_kstr(j, "master", l->master);
	kset(j, "addr_gen_none", l->addr_gen_none);
	kset(j, "ipv6_off", l->ipv6_off);
	kset(j, "ipv6_quiet", l->ipv6_quiet);
	kset(j, "engine_addrs", l->engine_addrs);
	if (l->peer) {
		json_kstr(j, "peer", l->peer);
		json_kstr(j, "peer_netns", l->peer_netns);
	}
	if (l->kind == LINK_VXLAN) {
		json_kint(j, "vni", l->vni);
		kip(j, "group", &l->group);
		kip(j, "local", &l->local);
		json_kstr(j, "dev", l->dev);
		json_kint(j, "port", l->port);
		kset(j, "learning", l->learning);
	}
}

static void encode_engine(const struct res *r, struct json *j)
{
	size_t i;

	json_kstr(j, "engine", r->engine.config);
	json_key(j, "ids");
	json_arr(j);
	for (i = 0; i < r->engine.nids; i++)
		json_str(j, r->engine.ids[i]);
	json_arr_end(j);
}

static void encode_res(const struct res *r, struct json *j)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	json_obj(j);
	switch (r->kind) {
	case RES_NETNS:
		json_kstr(j, "netns", r->netns);
		break;
	case RES_LINK:
		encode_link(&r->link, j);
		break;
	case RES_SYSCTL:
		json_kstr(j, "sysctl", r->sysctl.key);
		json_kstr(j, "value", r->sysctl.value);
		break;
	case RES_ADDR:
		json_kstr(j, "addr", ipnet_print(&r->addr.addr, t));
		json_kstr(j, "dev", r->addr.dev);
		break;
	case RES_ROUTE:
		json_kstr(j, "route", ipnet_print(&r->route.to, t));
		kip(j, "via", &r->route.via);
		json_kstr(j, "dev", r->route.dev);
		break;
	case RES_FDB:
		json_kstr(j, "fdb", mac_print(&r->fdb.mac, m));
		kip(j, "dst", &r->fdb.dst);
		json_kstr(j, "dev", r->fdb.dev);
		break;
	case RES_ENGINE:
		encode_engine(r, j);
		break;
	}
	if (r->kind != RES_NETNS && *r->netns)
		json_kstr(j, "in", r->netns);
	json_obj_end(j);
}

void plan_encode(const struct plan *p, struct json *j)
{
	char t[IP_TEXT_MAX];
	size_t i;

	json_kstr(j, "lab", p->lab);
	json_kstr(j, "mark", p->mark);
	json_kstr(j, "state_dir", p->state_dir);
	json_key(j, "res");
	json_arr(j);
	for (i = 0; i < p->n; i++)
		encode_res(&p->res[i], j);
	json_arr_end(j);
	json_key(j, "virt");
	json_arr(j);
	for (i = 0; i < p->nvirt; i++) {
		const struct plan_virtual *v = &p->virt[i];

		json_obj(j);
		json_kstr(j, "addr", ipnet_print(&v->addr, t));
		kip(j, "via", &v->via);
		json_kstr(j, "dev", v->dev);
		json_kstr(j, "in", v->netns);
		json_obj_end(j);
	}
	json_arr_end(j);
}

/* --- decode --------------------------------------------------------------- */

/* The object that is read, and where the first complaint goes. */
struct in {
	struct arena *a;
	const struct doc *d;
	struct err *reterr;
	int res;
};

static void bad(struct in *in, const char *key, const char *want)
{
	const char *v = doc_str(in->d, key, NULL);

	if (in->res == 0)
		in->res = err_set(in->reterr, -EINVAL,
				  "plan: column %u: '%s' is %s%.64s%s, wanted "
				  "%s",
				  in->d->col, key, v ? "'" : "",
				  v ? v : "not there", v ? "'" : "", want);
}

static const char *get_str(struct in *in, const char *key)
{
	const char *s = doc_str(in->d, key, NULL);

	if (!s) {
		bad(in, key, "a text");
		return "";
	}
	return arena_strdup(in->a, s);
}

static bool ifname_ok(const char *s)
{
	return *s && strlen(s) < IFNAMSIZ && strcmp(s, ".") != 0 &&
	       strcmp(s, "..") != 0 && !strpbrk(s, "/ \t\n:");
}

static const char *get_ifname(struct in *in, const char *key)
{
	const char *s = get_str(in, key);

	if (!ifname_ok(s))
		bad(in, key, "an interface's name");
	return s;
}

static const char *get_netns(struct in *in, const char *key)
{
	const char *s = doc_str(in->d, key, "");

	if (*s && !netns_name_ok(s))
		bad(in, key, "a namespace's name");
	return *s ? arena_strdup(in->a, s) : "";
}

static uint32_t get_u32(struct in *in, const char *key, uint32_t max)
{
	const char *s = doc_str(in->d, key, NULL);
	uint32_t v = 0;

	if (s && parse_u32(s, 0, max, &v) < 0)
		bad(in, key, "a number in its range");
	return v;
}

static struct ip get_ip(struct in *in, const char *key)
{
	const char *s = doc_str(in->d, key, NULL);
	struct ip ip = {0};

	if (s && ip_parse(s, &ip) < 0)
		bad(in, key, "an address");
	return ip;
}

static struct ipnet get_ipnet(struct in *in, const char *key)
{
	struct ipnet n = {0};

	if (ipnet_parse(doc_str(in->d, key, ""), &n) < 0)
		bad(in, key, "an address with a prefix length");
	return n;
}

static struct mac get_mac(struct in *in, const char *key)
{
	struct mac m = {{0}};

	if (mac_parse(doc_str(in->d, key, ""), &m) < 0)
		bad(in, key, "a MAC address");
	return m;
}

static void decode_link(struct in *in, struct res_link *l)
{
	const char *kind = doc_str(in->d, "kind", "");
	size_t i;

	for (i = 0; i < ARRAY_LEN(link_names); i++)
		if (strcmp(kind, link_names[i]) == 0)
			break;
	if (i == ARRAY_LEN(link_names)) {
		bad(in, "kind", "bridge, vxlan, veth or existing");
		return;
	}
	l->kind = (enum link_kind)i;
	l->name = get_ifname(in, "link");
	l->has_mac = doc_get(in->d, "mac") != NULL;
	if (l->has_mac)
		l->mac = get_mac(in, "mac");
	l->mtu = get_u32(in, "mtu", 65535);
	l->up = doc_bool(in->d, "up", false);
	if (doc_get(in->d, "master"))
		l->master = get_ifname(in, "master");
	l->addr_gen_none = doc_bool(in->d, "addr_gen_none", false);
	l->ipv6_off = doc_bool(in->d, "ipv6_off", false);
	l->ipv6_quiet = doc_bool(in->d, "ipv6_quiet", false);
	l->engine_addrs = doc_bool(in->d, "engine_addrs", false);
	if (doc_get(in->d, "peer")) {
		l->peer = get_ifname(in, "peer");
		l->peer_netns = get_netns(in, "peer_netns");
	}
	if (l->kind != LINK_VXLAN)
		return;
	l->vni = get_u32(in, "vni", (1u << 24) - 1);
	l->group = get_ip(in, "group");
	l->local = get_ip(in, "local");
	l->dev = get_ifname(in, "dev");
	l->port = (uint16_t)get_u32(in, "port", 65535);
	l->learning = doc_bool(in->d, "learning", false);
}

static void decode_engine(struct in *in, struct res *r)
{
	const struct doc *list = doc_get(in->d, "ids"), *id;
	const char **ids;
	size_t n = doc_len(list);

	r->engine.config = get_str(in, "engine");
	ids = arena_array(in->a, n + 1, sizeof(*ids));
	DOC_FOREACH (id, list) {
		/* It becomes a folder's name under the state folder. */
		if (id->kind != DOC_SCALAR || !netns_name_ok(id->str)) {
			bad(in, "ids", "a list of router ids");
			return;
		}
		ids[r->engine.nids++] = arena_strdup(in->a, id->str);
	}
	r->engine.ids = ids;
}

static int decode_res(struct in *in, struct res *r)
{
	const char *key = doc_len(in->d) && in->d->kind == DOC_MAP
				  ? in->d->keys[0]->str
				  : "";
	size_t i;

	for (i = 0; i < ARRAY_LEN(kind_names); i++)
		if (strcmp(key, kind_names[i]) == 0)
			break;
	if (i == ARRAY_LEN(kind_names))
		return err_set(in->reterr, -EINVAL,
			       "plan: column %u: '%.64s' is no kind of "
			       "resource",
			       in->d->col, key);
	r->kind = (enum res_kind)i;
	r->netns = get_netns(in, "in");
	switch (r->kind) {
	case RES_NETNS:
		r->netns = get_netns(in, "netns");
		if (!*r->netns)
			bad(in, "netns", "a namespace's name");
		break;
	case RES_LINK:
		decode_link(in, &r->link);
		break;
	case RES_SYSCTL:
		r->sysctl.key = get_str(in, "sysctl");
		r->sysctl.value = get_str(in, "value");
		if (!observe_sysctl_ok(r->sysctl.key))
			bad(in, "sysctl", "a network setting");
		break;
	case RES_ADDR:
		r->addr.addr = get_ipnet(in, "addr");
		r->addr.dev = get_ifname(in, "dev");
		break;
	case RES_ROUTE:
		r->route.to = get_ipnet(in, "route");
		r->route.via = get_ip(in, "via");
		r->route.dev = get_ifname(in, "dev");
		if (ip_is_set(&r->route.via) &&
		    r->route.via.family != r->route.to.ip.family)
			bad(in, "via", "an address of the route's family");
		break;
	case RES_FDB:
		r->fdb.mac = get_mac(in, "fdb");
		r->fdb.dst = get_ip(in, "dst");
		r->fdb.dev = get_ifname(in, "dev");
		if (!ip_is_set(&r->fdb.dst))
			bad(in, "dst", "an address");
		break;
	case RES_ENGINE:
		decode_engine(in, r);
		break;
	}
	return in->res;
}

static bool state_dir_ok(const char *s)
{
	size_t n = strlen(PLAN_STATE_DIR "/");

	return strncmp(s, PLAN_STATE_DIR "/", n) == 0 && netns_name_ok(s + n);
}

int plan_decode(struct arena *a, const struct doc *d, struct plan *ret,
		struct err *reterr)
{
	const struct doc *res = doc_get(d, "res"), *virt = doc_get(d, "virt");
	const struct doc *item;
	struct plan p = {0};
	struct in in = {a, d, reterr, 0};

	if (!d || d->kind != DOC_MAP)
		return err_set(reterr, -EINVAL, "a plan must be an object");
	p.lab = get_str(&in, "lab");
	p.mark = get_str(&in, "mark");
	p.state_dir = get_str(&in, "state_dir");
	if (!*p.mark || strlen(p.mark) >= 256)
		bad(&in, "mark", "an alias");
	if (!state_dir_ok(p.state_dir))
		bad(&in, "state_dir", "a folder in " PLAN_STATE_DIR);
	if (in.res < 0)
		return in.res;
	if (doc_len(res) > PLAN_RES_MAX || doc_len(virt) > PLAN_RES_MAX)
		return err_set(reterr, -E2BIG,
			       "a plan of more than %d resources",
			       PLAN_RES_MAX);
	p.res = arena_array(a, doc_len(res) + 1, sizeof(*p.res));
	DOC_FOREACH (item, res) {
		in.d = item;
		if (decode_res(&in, &p.res[p.n]) < 0)
			return in.res < 0 ? in.res : -EINVAL;
		p.n++;
	}
	p.virt = arena_array(a, doc_len(virt) + 1, sizeof(*p.virt));
	DOC_FOREACH (item, virt) {
		struct plan_virtual *v = &p.virt[p.nvirt++];

		in.d = item;
		v->addr = get_ipnet(&in, "addr");
		v->via = get_ip(&in, "via");
		v->dev = get_ifname(&in, "dev");
		v->netns = get_netns(&in, "in");
		if (in.res < 0)
			return in.res;
	}
	*ret = p;
	return 0;
}
