/* SPDX-License-Identifier: MIT */
/*
 * Reads the engine's configuration, by rows (lib/keys). Every mistake of a
 * file is told in one run, with its place; a file with a mistake changes
 * nothing.
 */
#include "vrrp/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/file.h"
#include "lib/keys/keys.h"
#include "lib/map.h"
#include "vrrp/config/address.h"
#include "vrrp/config/reader.h"

#define ROUNDS_MAX 100
#define NAME_MAX_LEN 255
#define SUN_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* A router while it is read: its lists are not yet one. */
struct router {
	struct vrrp_router_config c;
	struct config_address *advertised, *excluded;
	size_t nadvertised, nexcluded;
};

struct file {
	const char *node, *control;
	struct router *routers;
	size_t n;
};

/* --- a router ------------------------------------------------------------- */

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

/* The row of version stands before. */
static bool check_interval(struct keys *ks, const struct key *k,
			   const struct doc *v, void *obj)
{
	const struct router *r = obj;
	int64_t ns = r->c.set.interval_ns;

	(void)k;
	if (r->c.set.version == 2 &&
	    (ns % NS_PER_S || ns < NS_PER_S || ns > 255 * NS_PER_S)) {
		keys_wrong(ks, v,
			   "'interval' of version 2 must be whole seconds "
			   "from 1s to 255s");
		return false;
	}
	if (r->c.set.version == 3 &&
	    (ns % NS_PER_CS || ns < NS_PER_CS || ns > 4095 * NS_PER_CS)) {
		keys_wrong(ks, v,
			   "'interval' of version 3 must be steps of 10ms "
			   "from 10ms to 40.95s");
		return false;
	}
	return true;
}

/* That of interval, too. */
static bool check_delay(struct keys *ks, const struct key *k,
			const struct doc *v, void *obj)
{
	const struct vrrp_settings *set = &((const struct router *)obj)->c.set;
	int64_t step = vrrp_skew_step_ns(set->version, set->interval_ns);

	(void)k;
	if (set->promote_delay_ns < step || !set->promote_delay_ns)
		return true;
	keys_wrong(ks, v,
		   "'promote_delay' must be below %lldus, the skew of one "
		   "priority more",
		   (long long)(step / NS_PER_US));
	return false;
}

static void read_source(struct keys *ks, const struct key *k,
			const struct doc *v, void *obj)
{
	struct router *r = obj;
	struct ip ip;

	if (v->kind != DOC_SCALAR)
		keys_wrong(ks, v, "'%s' must be one value", k->name);
	else if (ip_parse(v->str, &ip) < 0 || ip.family != 4)
		keys_wrong(ks, v, "'%s' is no IPv4 address", v->str);
	else
		r->c.set.source = vrrp_addr_of(&ip);
}

static bool check_health(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	int64_t ns = ((const struct router *)obj)->c.health_ns;

	(void)k;
	if (!ns || (ns >= VRRP_HEALTH_MIN_NS && ns <= NS_PER_S * 3600))
		return true;
	keys_wrong(ks, v, "'interval' of health is 100ms to 1h, or 0 for none");
	return false;
}

static void read_gateways(struct keys *ks, const struct key *k,
			  const struct doc *v, void *obj)
{
	struct vrrp_router_config *r = &((struct router *)obj)->c;
	const struct doc *item;
	struct ip ip;

	if (v->kind != DOC_LIST || doc_len(v) > VRRP_GATEWAYS_MAX) {
		keys_wrong(ks, v, "'%s' must be a list of %u addresses at most",
			   k->name, VRRP_GATEWAYS_MAX);
		return;
	}
	DOC_FOREACH (item, v) {
		if (item->kind != DOC_SCALAR || ip_parse(item->str, &ip) < 0)
			keys_wrong(ks, item, "this is no address");
		else
			*(struct ip *)arena_push(ks->a, &r->gateways,
						 &r->ngateways, sizeof(ip)) =
				ip;
	}
}

/* No two routers have an id, or a VRID on an interface. */
static void check_duplicates(struct keys *ks, const struct doc *d,
			     const struct vrrp_router_config *r)
{
	struct config_reader *rd = ks->ctx;
	const char *key, *first;

	if (*r->id && map_puts(&rd->scratch, &rd->ids, r->id, (void *)r->id)) {
		keys_wrong(ks, d, "two routers have the id '%s'", r->id);
		return;
	}
	/* What lacks was told of, and is not alike. */
	if (!r->set.vrid || !*r->dev)
		return;
	key = arena_printf(&rd->scratch, "%u %s %s", r->set.vrid, r->dev,
			   r->netns);
	first = map_puts(&rd->scratch, &rd->vrids, key, (void *)r->name);
	if (first)
		keys_wrong(ks, d, "vrid %u is '%s' on %s already", r->set.vrid,
			   first, r->dev);
}

static void end_router(struct keys *ks, const struct doc *d, void *obj)
{
	struct router *in = obj;
	struct vrrp_router_config *r = &in->c;

	if (!d || d->kind != DOC_MAP)
		return;
	/* What lacks was told of; the rest is judged all the same. */
	r->name = r->name ? r->name : "";
	r->id = r->id ? r->id : r->name;
	r->dev = r->dev ? r->dev : "";
	r->set.refresh_phase_ns = phase_of(r->id, r->set.refresh_ns);
	r->addrs = arena_array(ks->a, in->nadvertised + in->nexcluded,
			       sizeof(*r->addrs));
	config_addresses(ks, r, in->advertised, in->nadvertised, true);
	r->nadvert = r->naddrs;
	if (!in->nadvertised)
		keys_wrong(ks, d,
			   "a router needs at least one of virtual_addresses");
	config_addresses(ks, r, in->excluded, in->nexcluded, false);
	if (r->health_ns && r->set.priority == 255)
		keys_wrong(ks, d,
			   "the owner of the addresses (priority 255) cannot "
			   "hand over: it has no 'health'");
	if (r->health_ns && !r->ngateways)
		keys_wrong(ks, d, "'health' needs 'gateways'");
	check_duplicates(ks, d, r);
}

static const char *const checksums[] = {
	[VRRP_CSUM_MESSAGE] = "message", [VRRP_CSUM_PSEUDO] = "pseudo"};

/* clang-format off */
static const struct key garp_keys[] = {
	/* One burst, and one delayed: what does not flood a network. */
	{"repeat", KEY_UINT, KEY_FIELD(struct router, c.set.announce_rounds),
	 .min = 1, .max = ROUNDS_MAX, .def = 5},
	{"refresh", KEY_DURATION, KEY_FIELD(struct router, c.set.refresh_ns)},
	{"delay", KEY_DURATION,
	 KEY_FIELD(struct router, c.set.second_burst_ns),
	 .def = 60 * NS_PER_S},
};
static const struct key_table garp_table = {
	.name = "garp", .what = "garp", .keys = garp_keys,
	.n = ARRAY_LEN(garp_keys), .size = sizeof(struct router),
};

static const struct key health_keys[] = {
	{"interval", KEY_DURATION, KEY_FIELD(struct router, c.health_ns),
	 .check = check_health},
	{"gateways", KEY_CUSTOM, KEY_FIELD(struct router, c.gateways),
	 .read = read_gateways},
};
static const struct key_table health_table = {
	.name = "health", .what = "health", .keys = health_keys,
	.n = ARRAY_LEN(health_keys), .size = sizeof(struct router),
};

static const struct key router_keys[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct router, c.name),
	 .flags = KEY_REQUIRED, .min = 1, .max = NAME_MAX_LEN},
	{"id", KEY_TEXT, KEY_FIELD(struct router, c.id), .flags = KEY_EMPTY},
	{"netns", KEY_TEXT, KEY_FIELD(struct router, c.netns),
	 .check = config_check_netns, .def_text = "", .flags = KEY_EMPTY},
	{"interface", KEY_TEXT, KEY_FIELD(struct router, c.dev),
	 .check = config_check_dev, .flags = KEY_REQUIRED},
	{"state_file", KEY_TEXT, KEY_FIELD(struct router, c.state_file),
	 .flags = KEY_EMPTY},
	{"version", KEY_UINT, KEY_FIELD(struct router, c.set.version),
	 .min = 2, .max = 3, .def = 2},
	{"vrid", KEY_UINT, KEY_FIELD(struct router, c.set.vrid),
	 .flags = KEY_REQUIRED, .min = 1, .max = 255},
	{"priority", KEY_UINT, KEY_FIELD(struct router, c.set.priority),
	 .min = 1, .max = 255, .def = 100},
	{"preempt", KEY_BOOL, KEY_FIELD(struct router, c.set.preempt),
	 .def = true},
	{"interval", KEY_DURATION, KEY_FIELD(struct router, c.set.interval_ns),
	 .check = check_interval, .def = NS_PER_S},
	{"promote_delay", KEY_DURATION,
	 KEY_FIELD(struct router, c.set.promote_delay_ns),
	 .check = check_delay, .def = VRRP_DELAY_DERIVED},
	{"source", KEY_CUSTOM, KEY_FIELD(struct router, c.set.source),
	 .read = read_source},
	{"garp", KEY_MAP, .size = sizeof(struct router), .table = &garp_table,
	 .flags = KEY_EMPTY},
	/* What keepalived and FRR send unless told otherwise. */
	{"checksum", KEY_ENUM, KEY_FIELD(struct router, c.csum),
	 KEY_WORDS(checksums), .def = VRRP_CSUM_PSEUDO},
	{"virtual_addresses", KEY_LIST,
	 KEY_ITEMS(struct router, advertised, nadvertised),
	 .table = &config_address_table, .max = VRRP_ADDRS_MAX, .flags = KEY_EMPTY},
	{"excluded_addresses", KEY_LIST,
	 KEY_ITEMS(struct router, excluded, nexcluded),
	 .table = &config_address_table, .max = VRRP_EXCLUDED_MAX,
	 .flags = KEY_EMPTY},
	{"virtual_routes", KEY_LIST,
	 KEY_ITEMS(struct router, c.routes, c.nroutes),
	 .table = &config_route_table, .max = VRRP_ROUTES_MAX, .flags = KEY_EMPTY},
	{"track", KEY_LIST, KEY_ITEMS(struct router, c.tracks, c.ntracks),
	 .table = &config_track_table, .max = VRRP_TRACKS_MAX, .flags = KEY_EMPTY},
	{"health", KEY_MAP, .size = sizeof(struct router),
	 .table = &health_table, .flags = KEY_EMPTY},
	{"track_addresses", KEY_BOOL,
	 KEY_FIELD(struct router, c.track_addresses), .def = true},
	{"forwarding", KEY_TEXTS,
	 KEY_ITEMS(struct router, c.forwarding, c.nforwarding),
	 .check = config_check_devs, .max = VRRP_FORWARDING_MAX, .flags = KEY_EMPTY},
};
static const struct key_table router_table = {
	.name = "router", .what = "a router", .keys = router_keys,
	.n = ARRAY_LEN(router_keys), .size = sizeof(struct router),
	.end = end_router,
};

/* --- the file ------------------------------------------------------------- */

static bool check_control(struct keys *ks, const struct key *k,
			  const struct doc *v, void *obj)
{
	(void)k;
	(void)obj;
	if (strlen(v->str) > SUN_PATH_MAX)
		keys_wrong(ks, v, "'control' is too long for a socket's path");
	else if (*v->str != '/')
		keys_wrong(ks, v, "'control' must be an absolute path");
	else
		return true;
	return false;
}

static const struct key file_keys[] = {
	{"node", KEY_TEXT, KEY_FIELD(struct file, node), .flags = KEY_EMPTY},
	{"control", KEY_TEXT, KEY_FIELD(struct file, control),
	 .check = check_control, .flags = KEY_REQUIRED},
	{"routers", KEY_LIST, KEY_ITEMS(struct file, routers, n),
	 .table = &router_table, .max = VRRP_ROUTERS_MAX, .flags = KEY_EMPTY},
};
/* clang-format on */
static const struct key_table file_table =
	KEY_TABLE("configuration", struct file, file_keys);

static int read_root(struct config_reader *rd, const struct doc *root)
{
	struct vrrp_config *c = rd->c;
	struct keys ks = {.a = &c->arena,
			  .report = config_report,
			  .ctx = rd,
			  .lax = true,
			  .most = VRRP_CONFIG_ERRORS_MAX};
	struct file file = {0};

	if (keys_read(&ks, root, &file_table, &file, root,
		      "the configuration") < 0) {
		if (rd->nerrs > VRRP_CONFIG_ERRORS_MAX)
			buf_printf(rd->errs, "%s: and %u more\n", rd->path,
				   rd->nerrs - VRRP_CONFIG_ERRORS_MAX);
		return -EINVAL;
	}
	c->node = file.node;
	c->control = file.control;
	c->routers = arena_array(&c->arena, file.n, sizeof(*c->routers));
	for (c->n = 0; c->n < file.n; c->n++)
		c->routers[c->n] = file.routers[c->n].c;
	return 0;
}

int vrrp_config_parse(const char *path, const char *text, size_t len,
		      struct vrrp_config *ret, struct buf *errs)
{
	auto_arena struct arena tree = {0};
	struct vrrp_config c = {0};
	struct config_reader rd = {.path = path, .c = &c, .errs = errs};
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
		r = read_root(&rd, root);
	}
	arena_release(&rd.scratch);
	if (r < 0) {
		vrrp_config_release(&c);
		return r;
	}
	*ret = c;
	return 0;
}

int vrrp_config_read(const char *path, struct buf *ret, struct buf *errs)
{
	int r = file_read(path, DOC_SIZE_MAX, ret);

	if (r < 0)
		buf_printf(errs, "%s: %s\n", path, strerror(-r));
	return r;
}

int vrrp_config_load(const char *path, struct vrrp_config *ret,
		     struct buf *errs)
{
	auto_buf struct buf text = {0};
	int r = vrrp_config_read(path, &text, errs);

	if (r < 0)
		return r;
	return vrrp_config_parse(path, text.data, text.len, ret, errs);
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
