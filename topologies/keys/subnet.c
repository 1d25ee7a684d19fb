/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "topologies/keys/keys.h"

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	struct raw *raw = ks->ctx;
	struct raw_subnet *s = obj, *same;
	size_t index = raw->nsubnets;

	*(struct raw_subnet **)arena_push(raw->a, &raw->subnets, &raw->nsubnets,
					  sizeof(struct raw_subnet *)) = s;
	s->net = raw->reading;
	s->index = index;
	name_ok(ks, name, "subnet", TOPO_NAME_MAX);
	same = map_puts(raw->a, &raw->subnet_names, s->name, s);
	if (same)
		keys_wrong(ks, name,
			   "a subnet named '%s' is in network '%s' already "
			   "(line %u); routers name subnets, so each needs "
			   "its own",
			   s->name, same->net->name, same->at->line);
}

static void read_gateway(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	struct raw_subnet *s = obj;

	(void)k;
	if (v->kind == DOC_SCALAR && strcmp(v->str, "none") == 0)
		s->no_gateway = true;
	else
		read_ip(ks, v, &s->gateway);
}

static void read_pool(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], rest;
	struct raw_subnet *s = obj;
	struct ip a, b;

	(void)k;
	if (v->kind != DOC_SCALAR) {
		keys_wrong(ks, v,
			   "expected a pool such as 192.168.1.10-192.168.1.20,"
			   " found %s",
			   keys_found(v));
		return;
	}
	if (sscanf(v->str, "%63[0-9a-fA-F:.] - %63[0-9a-fA-F:.]%c", from, to,
		   &rest) != 2 ||
	    ip_parse(from, &a) < 0 || ip_parse(to, &b) < 0) {
		keys_wrong(ks, v,
			   "'%s' is not a pool such as "
			   "192.168.1.10-192.168.1.20",
			   v->str);
	} else if (a.family != b.family) {
		keys_wrong(ks, v,
			   "a pool is from one family, not from IPv%u to IPv%u",
			   a.family, b.family);
	} else if (ip_cmp(&a, &b) > 0) {
		keys_wrong(ks, v, "the pool's end is before its beginning");
	} else {
		s->first = a;
		s->last = b;
	}
}

/* clang-format off */
static const struct key keys[] = {
	{"cidr", KEY_NET, KEY_FIELD(struct raw_subnet, cidr),
	 .at = offsetof(struct raw_subnet, cidr_at), .check = check_range,
	 .flags = KEY_REQUIRED, .schema = SCHEMA_CIDR,
	 .example = "192.168.1.0/24", .about = "IPv4 or IPv6 range."},
	{"gateway", KEY_CUSTOM, KEY_FIELD(struct raw_subnet, gateway),
	 .at = offsetof(struct raw_subnet, gateway_at), .read = read_gateway,
	 .schema = "\"anyOf\": [{\"const\": \"none\"}, "
		   "{\"$ref\": \"#/$defs/address\"}]",
	 .what = "address or none",
	 .shown = "the first host", .example = "192.168.1.1",
	 .about = "The router's address, or that of the world outside; the "
		  "first host by default; none: there is none."},
	{"pool", KEY_CUSTOM, KEY_FIELD(struct raw_subnet, first),
	 .at = offsetof(struct raw_subnet, pool_at), .read = read_pool,
	 .schema = "\"type\": \"string\", \"pattern\": "
		   "\"^[0-9a-fA-F:.]+\\\\s*-\\\\s*[0-9a-fA-F:.]+$\"",
	 .what = "A-B",
	 .shown = "all but the gateway",
	 .example = "192.168.1.10-192.168.1.20",
	 .about = "First and last address to hand out: A-B. All but the "
		  "gateway by default."},
};
/* clang-format on */

const struct key_table subnet_keys_table = {
	.name = "subnet",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_subnet),
	.id = offsetof(struct raw_subnet, name),
	.place = offsetof(struct raw_subnet, at),
	.begin = begin,
	.about = "A range of addresses of a network.",
};
