/* SPDX-License-Identifier: MIT */
/*
 * What was observed, on the wire. Attributes that have their usual value
 * (false, zero, none) are left out. Routes, addresses and entries are texts
 * of their own inside objects: a person who reads the line must be able to.
 */
#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"
#include "provision/node/observe.h"

/* --- encode --------------------------------------------------------------- */

static void kset(struct json *j, const char *key, bool v)
{
	if (v)
		json_kbool(j, key, true);
}

static void knum(struct json *j, const char *key, int64_t v)
{
	if (v)
		json_kint(j, key, v);
}

static void kopt(struct json *j, const char *key, const char *s)
{
	if (s)
		json_kstr(j, key, s);
}

static void kip(struct json *j, const char *key, const struct ip *ip)
{
	char t[IP_TEXT_MAX];

	if (ip_is_set(ip))
		json_kstr(j, key, ip_print(ip, t));
}

static void encode_link(const struct obs_link *l, struct json *j)
{
	static const struct mac none = {{0}};
	char m[MAC_TEXT_MAX];

	json_obj(j);
	json_kstr(j, "name", l->name);
	json_kint(j, "index", l->index);
	if (*l->kind)
		json_kstr(j, "kind", l->kind);
	if (!mac_equal(&l->mac, &none))
		json_kstr(j, "mac", mac_print(&l->mac, m));
	knum(j, "mtu", l->mtu);
	kset(j, "up", l->up);
	kset(j, "running", l->running);
	kopt(j, "master", l->master);
	kopt(j, "alias", l->alias);
	knum(j, "peer", l->peer_index);
	kset(j, "addr_gen_none", l->addr_gen_none);
	kset(j, "ipv6_off", l->ipv6_off);
	kset(j, "ipv6_router", l->ipv6_router);
	knum(j, "forward_delay", l->forward_delay);
	kset(j, "stp", l->stp);
	kset(j, "mcast_snooping", l->mcast_snooping);
	knum(j, "vni", l->vni);
	kip(j, "group", &l->vxlan_group);
	kip(j, "local", &l->vxlan_local);
	kopt(j, "dev", l->vxlan_dev);
	knum(j, "port", l->vxlan_port);
	kset(j, "learning", l->vxlan_learning);
	json_obj_end(j);
}

static void encode_tables(const struct obs_ns *ns, struct json *j)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];
	size_t i;

	json_key(j, "addrs");
	json_arr(j);
	for (i = 0; i < ns->naddrs; i++) {
		json_obj(j);
		json_kstr(j, "dev", ns->addrs[i].dev);
		json_kstr(j, "addr", ipnet_print(&ns->addrs[i].addr, t));
		knum(j, "scope", ns->addrs[i].scope);
		knum(j, "proto", ns->addrs[i].proto);
		kset(j, "tentative", ns->addrs[i].tentative);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_key(j, "routes");
	json_arr(j);
	for (i = 0; i < ns->nroutes; i++) {
		json_obj(j);
		json_kstr(j, "to", ipnet_print(&ns->routes[i].to, t));
		kip(j, "via", &ns->routes[i].via);
		json_kstr(j, "dev", ns->routes[i].dev);
		knum(j, "proto", ns->routes[i].proto);
		knum(j, "scope", ns->routes[i].scope);
		knum(j, "metric", ns->routes[i].metric);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_key(j, "fdb");
	json_arr(j);
	for (i = 0; i < ns->nfdb; i++) {
		json_obj(j);
		json_kstr(j, "dev", ns->fdb[i].dev);
		json_kstr(j, "mac", mac_print(&ns->fdb[i].mac, m));
		kip(j, "dst", &ns->fdb[i].dst);
		kset(j, "permanent", ns->fdb[i].permanent);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void encode_ns(const struct obs_ns *ns, struct json *j)
{
	size_t i;

	json_obj(j);
	json_kstr(j, "name", ns->name);
	json_key(j, "links");
	json_arr(j);
	for (i = 0; i < ns->nlinks; i++)
		encode_link(&ns->links[i], j);
	json_arr_end(j);
	encode_tables(ns, j);
	json_key(j, "sysctls");
	json_obj(j);
	for (i = 0; i < ns->nsysctls; i++)
		json_kstr(j, ns->sysctls[i].key, ns->sysctls[i].value);
	json_obj_end(j);
	json_obj_end(j);
}

void observed_encode(const struct observed *o, struct json *j)
{
	size_t i;

	json_kstr(j, "hostname", o->hostname);
	json_kint(j, "real_ns", o->real_ns);
	json_key(j, "netns");
	json_arr(j);
	for (i = 0; i < o->nns; i++)
		encode_ns(&o->ns[i], j);
	json_arr_end(j);
	json_key(j, "engine");
	json_obj(j);
	json_kbool(j, "running", o->engine_running);
	knum(j, "pid", o->engine_pid);
	kopt(j, "error", o->engine_error);
	kset(j, "files", o->engine_files);
	kopt(j, "digest", o->engine_digest);
	json_key(j, "routers");
	json_arr(j);
	for (i = 0; i < o->nrouters; i++) {
		json_obj(j);
		json_kstr(j, "id", o->routers[i].id);
		json_kstr(j, "state", o->routers[i].state);
		knum(j, "since_ns", o->routers[i].since_ns);
		kopt(j, "file", o->routers[i].file);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_obj_end(j);
}

static void encode_list(const char *key, const char *const *list, size_t n,
			struct json *j)
{
	size_t i;

	json_key(j, key);
	json_arr(j);
	for (i = 0; i < n; i++)
		json_str(j, list[i]);
	json_arr_end(j);
}

void observe_what_encode(const struct observe_what *w, struct json *j)
{
	encode_list("sysctls", w->sysctls, w->nsysctls, j);
	kopt(j, "mark", w->mark);
	encode_list("names", w->names, w->nnames, j);
	kopt(j, "state_dir", w->state_dir);
}

/* --- decode --------------------------------------------------------------- */

/* The object that is read, and where the first complaint goes. */
struct in {
	struct arena *a;
	const struct doc *d;
	struct err *reterr;
	int res;
};

static void bad(struct in *in, const char *key)
{
	if (in->res == 0)
		in->res = err_set(in->reterr, -EINVAL,
				  "observation: column %u: '%s' is missing or "
				  "of another kind",
				  in->d->col, key);
}

static const char *opt_str(struct in *in, const char *key)
{
	const char *s = doc_str(in->d, key, NULL);

	return s ? arena_strdup(in->a, s) : NULL;
}

static const char *get_str(struct in *in, const char *key)
{
	const char *s = opt_str(in, key);

	if (!s)
		bad(in, key);
	return s ? s : "";
}

static uint32_t get_u32(struct in *in, const char *key, uint32_t max)
{
	const char *s = doc_str(in->d, key, NULL);
	uint32_t v = 0;

	if (s && parse_u32(s, 0, max, &v) < 0)
		bad(in, key);
	return v;
}

static struct ip get_ip(struct in *in, const char *key)
{
	const char *s = doc_str(in->d, key, NULL);
	struct ip ip = {0};

	if (s && ip_parse(s, &ip) < 0)
		bad(in, key);
	return ip;
}

static struct ipnet get_ipnet(struct in *in, const char *key)
{
	struct ipnet n = {0};

	if (ipnet_parse(doc_str(in->d, key, ""), &n) < 0)
		bad(in, key);
	return n;
}

static struct mac get_mac(struct in *in, const char *key)
{
	const char *s = doc_str(in->d, key, NULL);
	struct mac m = {{0}};

	if (s && mac_parse(s, &m) < 0)
		bad(in, key);
	return m;
}

static void decode_link(struct in *in, struct obs_link *l)
{
	l->name = get_str(in, "name");
	l->index = get_u32(in, "index", INT32_MAX);
	l->kind = opt_str(in, "kind");
	if (!l->kind)
		l->kind = "";
	l->mac = get_mac(in, "mac");
	l->mtu = get_u32(in, "mtu", UINT32_MAX);
	l->up = doc_bool(in->d, "up", false);
	l->running = doc_bool(in->d, "running", false);
	l->master = opt_str(in, "master");
	l->alias = opt_str(in, "alias");
	l->peer_index = get_u32(in, "peer", INT32_MAX);
	l->addr_gen_none = doc_bool(in->d, "addr_gen_none", false);
	l->ipv6_off = doc_bool(in->d, "ipv6_off", false);
	l->ipv6_router = doc_bool(in->d, "ipv6_router", false);
	l->forward_delay = get_u32(in, "forward_delay", UINT32_MAX);
	l->stp = doc_bool(in->d, "stp", false);
	l->mcast_snooping = doc_bool(in->d, "mcast_snooping", false);
	l->vni = get_u32(in, "vni", UINT32_MAX);
	l->vxlan_group = get_ip(in, "group");
	l->vxlan_local = get_ip(in, "local");
	l->vxlan_dev = opt_str(in, "dev");
	l->vxlan_port = (uint16_t)get_u32(in, "port", 65535);
	l->vxlan_learning = doc_bool(in->d, "learning", false);
}

static void decode_addr(struct in *in, struct obs_addr *o)
{
	o->dev = get_str(in, "dev");
	o->addr = get_ipnet(in, "addr");
	o->scope = (uint8_t)get_u32(in, "scope", 255);
	o->proto = (uint8_t)get_u32(in, "proto", 255);
	o->tentative = doc_bool(in->d, "tentative", false);
}

static void decode_route(struct in *in, struct obs_route *o)
{
	o->to = get_ipnet(in, "to");
	o->via = get_ip(in, "via");
	o->dev = get_str(in, "dev");
	o->proto = (uint8_t)get_u32(in, "proto", 255);
	o->scope = (uint8_t)get_u32(in, "scope", 255);
	o->metric = get_u32(in, "metric", UINT32_MAX);
}

static void decode_fdb(struct in *in, struct obs_fdb *o)
{
	o->dev = get_str(in, "dev");
	o->mac = get_mac(in, "mac");
	o->dst = get_ip(in, "dst");
	o->permanent = doc_bool(in->d, "permanent", false);
}

static void decode_ns(struct in *in, struct obs_ns *ns)
{
	const struct doc *d = in->d, *item, *list;
	size_t i;

	ns->name = get_str(in, "name");
	list = doc_get(d, "links");
	if (doc_len(list) > OBSERVE_LINKS_MAX) {
		bad(in, "links");
		return;
	}
	ns->links = arena_array(in->a, doc_len(list), sizeof(*ns->links));
	DOC_FOREACH (item, list) {
		in->d = item;
		decode_link(in, &ns->links[ns->nlinks++]);
	}
	list = doc_get(d, "addrs");
	ns->addrs = arena_array(in->a, doc_len(list), sizeof(*ns->addrs));
	DOC_FOREACH (item, list) {
		in->d = item;
		decode_addr(in, &ns->addrs[ns->naddrs++]);
	}
	list = doc_get(d, "routes");
	ns->routes = arena_array(in->a, doc_len(list), sizeof(*ns->routes));
	DOC_FOREACH (item, list) {
		in->d = item;
		decode_route(in, &ns->routes[ns->nroutes++]);
	}
	list = doc_get(d, "fdb");
	ns->fdb = arena_array(in->a, doc_len(list), sizeof(*ns->fdb));
	DOC_FOREACH (item, list) {
		in->d = item;
		decode_fdb(in, &ns->fdb[ns->nfdb++]);
	}
	list = doc_get(d, "sysctls");
	ns->sysctls = arena_array(in->a, doc_len(list), sizeof(*ns->sysctls));
	for (i = 0; list && list->kind == DOC_MAP && i < list->n; i++) {
		struct obs_sysctl *s = &ns->sysctls[ns->nsysctls++];

		in->d = list;
		s->key = arena_strdup(in->a, list->keys[i]->str);
		s->value = get_str(in, list->keys[i]->str);
	}
}

static void decode_engine(struct in *in, struct observed *o)
{
	const struct doc *list = doc_get(in->d, "routers"), *item;

	o->engine_running = doc_bool(in->d, "running", false);
	o->engine_pid = doc_int(in->d, "pid", 0);
	o->engine_error = opt_str(in, "error");
	o->engine_files = doc_bool(in->d, "files", false);
	o->engine_digest = opt_str(in, "digest");
	o->routers = arena_array(in->a, doc_len(list), sizeof(*o->routers));
	DOC_FOREACH (item, list) {
		struct obs_router *r = &o->routers[o->nrouters++];

		in->d = item;
		r->id = get_str(in, "id");
		r->state = get_str(in, "state");
		r->since_ns = doc_int(in->d, "since_ns", 0);
		r->file = opt_str(in, "file");
	}
}

int observed_decode(struct arena *a, const struct doc *d, struct observed *ret,
		    struct err *reterr)
{
	const struct doc *list = doc_get(d, "netns"), *item;
	struct in in = {a, d, reterr, 0};
	struct observed o = {0};

	if (!d || d->kind != DOC_MAP)
		return err_set(reterr, -EINVAL,
			       "an observation must be an object");
	if (doc_len(list) > OBSERVE_NS_MAX)
		return err_set(reterr, -E2BIG,
			       "an observation of more than %d namespaces",
			       OBSERVE_NS_MAX);
	o.hostname = get_str(&in, "hostname");
	o.real_ns = doc_int(d, "real_ns", 0);
	o.ns = arena_array(a, doc_len(list), sizeof(*o.ns));
	DOC_FOREACH (item, list) {
		in.d = item;
		decode_ns(&in, &o.ns[o.nns++]);
		if (in.res < 0)
			return in.res;
	}
	in.d = doc_get(d, "engine");
	if (in.d)
		decode_engine(&in, &o);
	if (in.res < 0)
		return in.res;
	*ret = o;
	return 0;
}

static int decode_list(struct in *in, const char *key, const char *const **ret,
		       size_t *ret_n)
{
	const struct doc *list = doc_get(in->d, key), *item;
	const char **out = arena_array(in->a, doc_len(list), sizeof(*out));
	size_t n = 0;

	DOC_FOREACH (item, list) {
		if (item->kind != DOC_SCALAR)
			return err_set(in->reterr, -EINVAL,
				       "'%s' must be a list of words", key);
		out[n++] = arena_strdup(in->a, item->str);
	}
	*ret = out;
	*ret_n = n;
	return 0;
}

int observe_what_decode(struct arena *a, const struct doc *d,
			struct observe_what *ret, struct err *reterr)
{
	struct in in = {a, d, reterr, 0};
	struct observe_what w = {0};
	size_t i;
	int e;

	e = decode_list(&in, "sysctls", &w.sysctls, &w.nsysctls);
	if (e == 0)
		e = decode_list(&in, "names", &w.names, &w.nnames);
	if (e < 0)
		return e;
	for (i = 0; i < w.nsysctls; i++)
		if (!observe_sysctl_ok(w.sysctls[i]))
			return err_set(reterr, -EINVAL,
				       "'%.64s' is no network setting",
				       w.sysctls[i]);
	if (d) {
		w.mark = opt_str(&in, "mark");
		w.state_dir = opt_str(&in, "state_dir");
	}
	*ret = w;
	return 0;
}

bool observe_sysctl_ok(const char *key)
{
	const char *c;

	if (strncmp(key, "net/", 4) != 0 || strlen(key) > 255)
		return false;
	for (c = key; (c = strchr(c, '/')); c++)
		if (c[1] == '/' || c[1] == '.' || !c[1])
			return false;
	return true;
}
