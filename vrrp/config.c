/* SPDX-License-Identifier: MIT */
/*
 * Reads the engine's configuration. Every mistake of a file is told in one
 * run, with its place; a file with a mistake changes nothing.
 */
#include "vrrp/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/map.h"
#include "lib/netns.h"
#include "lib/parse.h"

#define ROUNDS_MAX 100
#define NAME_MAX_LEN 255

struct reader {
	const char *path;
	struct arena *a;
	struct buf *errs;
	unsigned nerrs;
	struct arena scratch;
	struct map owners; /* addresses, each with its router's name */
};

static void bad(struct reader *rd, const struct doc *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void bad(struct reader *rd, const struct doc *at, const char *fmt, ...)
{
	va_list ap;

	if (rd->nerrs++ >= VRRP_CONFIG_ERRORS_MAX)
		return;
	buf_printf(rd->errs, "%s:%u:%u: ", rd->path, at->line, at->col);
	va_start(ap, fmt);
	buf_vprintf(rd->errs, fmt, ap);
	va_end(ap);
	buf_addc(rd->errs, '\n');
}

/* Is d a map with none but these keys, each once? */
static bool check_keys(struct reader *rd, const struct doc *d, const char *what,
		       const char *const *names, size_t n)
{
	const char *near;
	size_t i, j;

	if (!d || d->kind != DOC_MAP) {
		if (d)
			bad(rd, d, "%s must be a map", what);
		return false;
	}
	for (i = 0; i < d->n; i++) {
		const char *key = d->keys[i]->str;

		for (j = 0; j < n && strcmp(key, names[j]) != 0; j++)
			;
		if (j == n) {
			near = parse_nearest(key, names, n);
			bad(rd, d->keys[i], "%s has no '%s'%s%s%s", what, key,
			    near ? "; did you mean '" : "", near ? near : "",
			    near ? "'?" : "");
		}
		for (j = 0; j < i; j++)
			if (strcmp(key, d->keys[j]->str) == 0) {
				bad(rd, d->keys[i], "'%s' is here twice", key);
				break;
			}
	}
	return true;
}

/* The text of an entry; NULL (told where it is wrong) or def if absent. */
static const char *text_of(struct reader *rd, const struct doc *map,
			   const char *key, const char *def)
{
	const struct doc *d = doc_get(map, key);

	if (!d)
		return def;
	if (d->kind != DOC_SCALAR) {
		bad(rd, d, "'%s' must be one value", key);
		return def;
	}
	return arena_strdup(rd->a, d->str);
}

static const char *required(struct reader *rd, const struct doc *map,
			    const char *key)
{
	if (!doc_get(map, key)) {
		bad(rd, map, "'%s' is missing", key);
		return "";
	}
	return text_of(rd, map, key, "");
}

static uint32_t number_of(struct reader *rd, const struct doc *map,
			  const char *key, uint32_t min, uint32_t max,
			  uint32_t def)
{
	const char *s = text_of(rd, map, key, NULL);
	uint32_t v;

	if (!s)
		return def;
	if (parse_u32(s, min, max, &v) < 0) {
		bad(rd, doc_get(map, key),
		    "'%s' must be a number from %u to %u, not '%s'", key, min,
		    max, s);
		return def;
	}
	return v;
}

static int64_t duration_of(struct reader *rd, const struct doc *map,
			   const char *key, int64_t def)
{
	const char *s = text_of(rd, map, key, NULL);
	int64_t v;

	if (!s)
		return def;
	if (parse_duration(s, &v) < 0) {
		bad(rd, doc_get(map, key),
		    "'%s' must be a duration such as 2s or 100ms, not '%s'",
		    key, s);
		return def;
	}
	return v;
}

static bool bool_of(struct reader *rd, const struct doc *map, const char *key,
		    bool def)
{
	const char *s = text_of(rd, map, key, NULL);
	bool v;

	if (!s)
		return def;
	if (parse_bool(s, &v) < 0) {
		bad(rd, doc_get(map, key), "'%s' must be true or false", key);
		return def;
	}
	return v;
}

static const char *dev_of(struct reader *rd, const struct doc *map,
			  const char *key)
{
	const char *s = required(rd, map, key), *c;
	const struct doc *at = doc_get(map, key);

	for (c = s; *c && *c != '/' && *c != ':' && isgraph((unsigned char)*c);
	     c++)
		;
	if (at && at->kind == DOC_SCALAR &&
	    (!*s || *c || strlen(s) >= VRRP_DEV_MAX))
		bad(rd, at, "'%s' cannot name an interface", s);
	return s;
}

static const char *netns_of(struct reader *rd, const struct doc *map)
{
	const char *s = text_of(rd, map, "netns", "");

	if (*s && !netns_name_ok(s))
		bad(rd, doc_get(map, "netns"),
		    "'%s' cannot name a network namespace", s);
	return s;
}

/* --- lists ------------------------------------------------------------- */

static const struct doc *list_of(struct reader *rd, const struct doc *map,
				 const char *key, unsigned max)
{
	const struct doc *d = doc_get(map, key);

	if (!d || doc_is_null(d))
		return NULL;
	if (d->kind != DOC_LIST) {
		bad(rd, d, "'%s' must be a list", key);
		return NULL;
	}
	if (d->n > max) {
		bad(rd, d, "'%s' has %zu entries, at most %u are possible", key,
		    d->n, max);
		return NULL;
	}
	return d;
}

static bool had_address(const struct vrrp_router_config *r,
			const struct vrrp_vaddr *v)
{
	size_t i;

	for (i = 0; i < r->naddrs; i++)
		if (&r->addrs[i] != v &&
		    ip_equal(&r->addrs[i].net.ip, &v->net.ip) &&
		    strcmp(r->addrs[i].dev, v->dev) == 0)
			return true;
	return false;
}

static bool is_multicast(const struct ip *ip)
{
	return ip->family == 4 ? ip->b[0] >> 4 == 0xe : ip->b[0] == 0xff;
}

/*
 * Whether no host can have this address. The first address of an IPv6 network
 * is the anycast address of its routers (RFC 4291 2.6.1) and may be had; of
 * an IPv4 network with 31 bits both are hosts (RFC 3021).
 */
static bool bad_host(struct reader *rd, const struct doc *at, const char *s,
		     const struct ipnet *net)
{
	const struct ip none = {.family = net->ip.family};
	struct ip network = ipnet_network(net), last = ipnet_last(net), a, b;
	char first_text[IP_TEXT_MAX], last_text[IP_TEXT_MAX];
	const char *what = NULL;

	if (ip_equal(&net->ip, &none))
		what = "the unspecified address, which nobody can have";
	else if (is_multicast(&net->ip))
		what = "a multicast address";
	else if (net->ip.family == 4 && ip_v4_value(&net->ip) == UINT32_MAX)
		what = "a broadcast address";
	if (what) {
		bad(rd, at, "'%s' is %s", s, what);
		return true;
	}
	if (net->ip.family == 6 || net->len >= 31)
		return false;
	if (ip_equal(&net->ip, &network))
		what = "the address of the network itself";
	else if (ip_equal(&net->ip, &last))
		what = "the broadcast address of its network";
	else
		return false;
	a = ip_add(network, 1);
	b = ip_v4(ip_v4_value(&last) - 1);
	bad(rd, at, "'%s' is %s; a host's lies between %s and %s", s, what,
	    ip_print(&a, first_text), ip_print(&b, last_text));
	return true;
}

/*
 * Two routers of a namespace cannot have one address: what one gives up the
 * other would lose. Only link-local ones may stand on several interfaces.
 */
static void check_owner(struct reader *rd, const struct doc *at,
			const struct vrrp_router_config *r,
			const struct vrrp_vaddr *v)
{
	const struct ip *ip = &v->net.ip;
	bool local = ip->family == 6 && ip->b[0] == 0xfe &&
		     (ip->b[1] & 0xc0) == 0x80;
	char text[IP_TEXT_MAX];
	const char *key, *first;

	key = arena_printf(&rd->scratch, "%s %s %s", r->netns,
			   ip_print(ip, text), local ? v->dev : "");
	first = map_puts(&rd->scratch, &rd->owners, key, (void *)r->name);
	if (first && first != r->name)
		bad(rd, at, "%s is an address of '%s' already", text, first);
}

static void read_addresses(struct reader *rd, const struct doc *map,
			   const char *key, unsigned max, bool advertised,
			   struct vrrp_router_config *r)
{
	static const char *const names[] = {"address", "dev"};
	const struct doc *list = list_of(rd, map, key, max), *d;
	struct vrrp_vaddr *v;

	DOC_FOREACH (d, list) {
		const char *s;

		if (!check_keys(rd, d, "an address", names, ARRAY_LEN(names)))
			continue;
		v = arena_push(rd->a, &r->addrs, &r->naddrs, sizeof(*v));
		v->dev = dev_of(rd, d, "dev");
		s = required(rd, d, "address");
		if (!doc_get(d, "address"))
			continue;
		if (ipnet_parse(s, &v->net) < 0)
			bad(rd, doc_get(d, "address"),
			    "'%s' is no address with prefix length, such as "
			    "192.0.2.1/24",
			    s);
		else if (advertised && v->net.ip.family != 4)
			bad(rd, doc_get(d, "address"),
			    "an advertised address must be IPv4; put others "
			    "under excluded_addresses");
		else if (had_address(r, v))
			bad(rd, doc_get(d, "address"),
			    "%s stands on %s already", s, v->dev);
		else if (!bad_host(rd, doc_get(d, "address"), s, &v->net))
			check_owner(rd, doc_get(d, "address"), r, v);
	}
}

static void read_routes(struct reader *rd, const struct doc *map,
			struct vrrp_router_config *r)
{
	static const char *const names[] = {"to", "via", "dev"};
	const struct doc *list, *d;
	struct vrrp_vroute *v;
	const char *s;

	list = list_of(rd, map, "virtual_routes", VRRP_ROUTES_MAX);
	DOC_FOREACH (d, list) {
		if (!check_keys(rd, d, "a route", names, ARRAY_LEN(names)))
			continue;
		v = arena_push(rd->a, &r->routes, &r->nroutes, sizeof(*v));
		v->dev = dev_of(rd, d, "dev");
		s = required(rd, d, "to");
		if (doc_get(d, "to") && ipnet_parse(s, &v->to) < 0) {
			bad(rd, doc_get(d, "to"),
			    "'%s' is no prefix, such as 0.0.0.0/0", s);
			continue;
		}
		v->to.ip = ipnet_network(&v->to);
		s = text_of(rd, d, "via", NULL);
		if (s && (ip_parse(s, &v->via) < 0 ||
			  v->via.family != v->to.ip.family))
			bad(rd, doc_get(d, "via"),
			    "'%s' is no gateway for this route", s);
	}
}

static void read_tracks(struct reader *rd, const struct doc *map,
			struct vrrp_router_config *r)
{
	static const char *const names[] = {"interface", "netns"};
	const struct doc *list, *d;
	struct vrrp_track *t;

	list = list_of(rd, map, "track", VRRP_TRACKS_MAX);
	DOC_FOREACH (d, list) {
		if (!check_keys(rd, d, "a tracked interface", names,
				ARRAY_LEN(names)))
			continue;
		t = arena_push(rd->a, &r->tracks, &r->ntracks, sizeof(*t));
		t->dev = dev_of(rd, d, "interface");
		t->netns = netns_of(rd, d);
	}
}

/* --- a router ---------------------------------------------------------- */

static void read_garp(struct reader *rd, const struct doc *map,
		      struct vrrp_settings *set)
{
	static const char *const names[] = {"repeat", "refresh", "delay"};
	const struct doc *d = doc_get(map, "garp");

	/* One burst, and one delayed: what does not flood a network. */
	set->announce_rounds = 5;
	set->second_burst_ns = 60 * NS_PER_S;
	if (!d || !check_keys(rd, d, "garp", names, ARRAY_LEN(names)))
		return;
	set->announce_rounds =
		(uint8_t)number_of(rd, d, "repeat", 1, ROUNDS_MAX, 5);
	set->refresh_ns = duration_of(rd, d, "refresh", 0);
	set->second_burst_ns = duration_of(rd, d, "delay", 60 * NS_PER_S);
}

/*
 * Routers that take over at one instant would refresh at one, too: each has
 * its own part of the period, always the same (FNV-1a of its id).
 */
static int64_t phase_of(const char *id, int64_t period_ns)
{
	uint32_t h = 2166136261u;

	for (; *id; id++)
		h = (h ^ (uint8_t)*id) * 16777619u;
	h = (h ^ h >> 16) * 2146121005u;
	h ^= h >> 15;
	return period_ns / 65536 * (h & 0xffff);
}

static void read_times(struct reader *rd, const struct doc *d,
		       struct vrrp_settings *set)
{
	const struct doc *at = doc_get(d, "interval");
	int64_t step;

	set->interval_ns = duration_of(rd, d, "interval", NS_PER_S);
	if (set->version == 2 &&
	    (set->interval_ns % NS_PER_S || set->interval_ns < NS_PER_S ||
	     set->interval_ns > 255 * NS_PER_S))
		bad(rd, at,
		    "'interval' of version 2 must be whole seconds "
		    "from 1s to 255s");
	if (set->version == 3 &&
	    (set->interval_ns % NS_PER_CS || set->interval_ns < NS_PER_CS ||
	     set->interval_ns > 4095 * NS_PER_CS))
		bad(rd, at,
		    "'interval' of version 3 must be steps of 10ms "
		    "from 10ms to 40.95s");
	set->promote_delay_ns =
		duration_of(rd, d, "promote_delay", VRRP_DELAY_DERIVED);
	step = vrrp_skew_step_ns(set->version, set->interval_ns);
	if (set->promote_delay_ns >= step && set->promote_delay_ns)
		bad(rd, doc_get(d, "promote_delay"),
		    "'promote_delay' must be below %lldus, the skew of one "
		    "priority more",
		    (long long)(step / NS_PER_US));
}

static void read_source(struct reader *rd, const struct doc *d,
			struct vrrp_settings *set)
{
	const char *s = text_of(rd, d, "source", NULL);
	struct ip ip;

	if (!s)
		return;
	if (ip_parse(s, &ip) < 0 || ip.family != 4)
		bad(rd, doc_get(d, "source"), "'%s' is no IPv4 address", s);
	else
		set->source = vrrp_addr_of(&ip);
}

static void read_checksum(struct reader *rd, const struct doc *d,
			  struct vrrp_router_config *r)
{
	const char *s = text_of(rd, d, "checksum", "pseudo");

	/* What keepalived and FRR send unless told otherwise. */
	r->csum = VRRP_CSUM_PSEUDO;
	if (strcmp(s, "message") == 0)
		r->csum = VRRP_CSUM_MESSAGE;
	else if (strcmp(s, "pseudo") != 0)
		bad(rd, doc_get(d, "checksum"),
		    "'checksum' must be message or pseudo, not '%s'", s);
}

static void check_duplicates(struct reader *rd, const struct doc *d,
			     const struct vrrp_config *c,
			     const struct vrrp_router_config *r)
{
	const struct vrrp_router_config *o;

	for (o = c->routers; o < r; o++) {
		if (strcmp(o->id, r->id) == 0) {
			bad(rd, d, "two routers have the id '%s'", r->id);
			return;
		}
		if (o->set.vrid == r->set.vrid && strcmp(o->dev, r->dev) == 0 &&
		    strcmp(o->netns, r->netns) == 0) {
			bad(rd, d, "vrid %u is '%s' on %s already", r->set.vrid,
			    o->name, r->dev);
			return;
		}
	}
}

static void read_router(struct reader *rd, const struct doc *d,
			struct vrrp_config *c)
{
	static const char *const names[] = {"name",
					    "id",
					    "netns",
					    "interface",
					    "version",
					    "vrid",
					    "priority",
					    "interval",
					    "preempt",
					    "source",
					    "garp",
					    "track",
					    "checksum",
					    "state_file",
					    "promote_delay",
					    "virtual_addresses",
					    "excluded_addresses",
					    "virtual_routes"};
	struct vrrp_router_config *r;

	if (!check_keys(rd, d, "a router", names, ARRAY_LEN(names)))
		return;
	r = arena_push(rd->a, &c->routers, &c->n, sizeof(*r));
	r->name = required(rd, d, "name");
	if (doc_get(d, "name") && (!*r->name || strlen(r->name) > NAME_MAX_LEN))
		bad(rd, doc_get(d, "name"), "'name' must have 1 to %d bytes",
		    NAME_MAX_LEN);
	r->id = text_of(rd, d, "id", r->name);
	r->netns = netns_of(rd, d);
	r->dev = dev_of(rd, d, "interface");
	r->state_file = text_of(rd, d, "state_file", NULL);
	r->set.version = (uint8_t)number_of(rd, d, "version", 2, 3, 2);
	r->set.vrid = (uint8_t)number_of(rd, d, "vrid", 1, 255, 0);
	if (!doc_get(d, "vrid"))
		bad(rd, d, "'vrid' is missing");
	r->set.priority = (uint8_t)number_of(rd, d, "priority", 1, 255, 100);
	r->set.preempt = bool_of(rd, d, "preempt", true);
	read_times(rd, d, &r->set);
	read_source(rd, d, &r->set);
	read_garp(rd, d, &r->set);
	r->set.refresh_phase_ns = phase_of(r->id, r->set.refresh_ns);
	read_checksum(rd, d, r);
	read_addresses(rd, d, "virtual_addresses", VRRP_ADDRS_MAX, true, r);
	r->nadvert = r->naddrs;
	if (!r->nadvert)
		bad(rd, d, "a router needs at least one of virtual_addresses");
	read_addresses(rd, d, "excluded_addresses", VRRP_EXCLUDED_MAX, false,
		       r);
	read_routes(rd, d, r);
	read_tracks(rd, d, r);
	check_duplicates(rd, d, c, r);
}

/* --- the file ---------------------------------------------------------- */

static void read_control(struct reader *rd, const struct doc *root,
			 struct vrrp_config *c)
{
	c->control = required(rd, root, "control");
	if (strlen(c->control) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		bad(rd, doc_get(root, "control"),
		    "'control' is too long for a socket's path");
	else if (doc_get(root, "control") && *c->control != '/')
		bad(rd, doc_get(root, "control"),
		    "'control' must be an absolute path");
}

static void read_root(struct reader *rd, const struct doc *root,
		      struct vrrp_config *c)
{
	static const char *const names[] = {"node", "control", "routers"};
	const struct doc *list, *d;

	if (!check_keys(rd, root, "the configuration", names, ARRAY_LEN(names)))
		return;
	c->node = text_of(rd, root, "node", NULL);
	read_control(rd, root, c);
	list = list_of(rd, root, "routers", VRRP_ROUTERS_MAX);
	DOC_FOREACH (d, list)
		read_router(rd, d, c);
}

int vrrp_config_parse(const char *path, const char *text, size_t len,
		      struct vrrp_config *ret, struct buf *errs)
{
	auto_arena struct arena tree = {0};
	struct vrrp_config c = {0};
	struct reader rd = {.path = path, .a = &c.arena, .errs = errs};
	struct doc_error where;
	struct doc *root;
	int r;

	c.path = arena_strdup(&c.arena, path);
	r = doc_parse(&tree, text, len, &root, &where);
	if (r < 0) {
		buf_printf(errs, "%s:%u:%u: %s\n", path, where.line, where.col,
			   where.msg);
	} else if (!root) {
		buf_printf(errs, "%s:1:1: the file is empty\n", path);
		r = -EINVAL;
	} else {
		read_root(&rd, root, &c);
		if (rd.nerrs > VRRP_CONFIG_ERRORS_MAX)
			buf_printf(errs, "%s: and %u more\n", path,
				   rd.nerrs - VRRP_CONFIG_ERRORS_MAX);
		r = rd.nerrs ? -EINVAL : 0;
	}
	arena_release(&rd.scratch);
	if (r < 0) {
		vrrp_config_release(&c);
		return r;
	}
	*ret = c;
	return 0;
}

int vrrp_config_load(const char *path, struct vrrp_config *ret,
		     struct buf *errs)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_buf struct buf text = {0};
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0) {
		got = -errno;
		buf_printf(errs, "%s: %s\n", path, strerror((int)-got));
		return (int)got;
	}
	if (S_ISDIR(st.st_mode)) {
		buf_printf(errs, "%s: %s\n", path, strerror(EISDIR));
		return -EISDIR;
	}
	do {
		got = read(fd, buf_room(&text, 65536), 65536);
		if (got > 0)
			text.len += (size_t)got;
	} while ((got > 0 && text.len <= DOC_SIZE_MAX) ||
		 (got < 0 && errno == EINTR));
	if (got < 0) {
		got = -errno;
		buf_printf(errs, "%s: %s\n", path, strerror((int)-got));
		return (int)got;
	}
	return vrrp_config_parse(path, text.data ? text.data : "", text.len,
				 ret, errs);
}

void vrrp_config_release(struct vrrp_config *c)
{
	struct arena a = c->arena; /* c's own strings are in it */

	arena_release(&a);
	*c = (struct vrrp_config){0};
}

struct vrrp_addr vrrp_addr_of(const struct ip *ip)
{
	struct vrrp_addr a = {.family = ip->family};

	memcpy(a.b, ip->b, ip_size(ip));
	return a;
}
