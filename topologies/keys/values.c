/* SPDX-License-Identifier: MIT */
/* Names, ranges and addresses, as several maps have them. */
#include <string.h>
#include <strings.h>

#include "lib/auto.h"
#include "topologies/keys/keys.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char *article(const char *word)
{
	return strchr("aeio", *word) ? "an" : "a";
}

bool name_ok(struct keys *ks, const struct doc *at, const char *kind,
	     size_t max)
{
	const char *name = at->str;

	if (!*name)
		keys_wrong(ks, at, "%s %s name cannot be empty", article(kind),
			   kind);
	else if (strlen(name) > max)
		keys_wrong(ks, at,
			   "%s %s name has at most %zu characters, this has "
			   "%zu",
			   article(kind), kind, max, strlen(name));
	else if (!strspn(name, LETTERS DIGITS) ||
		 name[strspn(name, LETTERS DIGITS "._-")])
		keys_wrong(ks, at,
			   "'%s' cannot be %s %s name: letters, digits and "
			   "'-', '_', '.' can, after a letter or digit",
			   name, article(kind), kind);
	else
		return true;
	return false;
}

bool host_ok(struct keys *ks, const struct doc *at, const char *kind)
{
	static const char *const reserved[] = {"outside", "fabric",
					       "localhost"};
	const char *name = at->str;

	if (name[strspn(name, LETTERS DIGITS "-")] ||
	    name[strlen(name) - 1] == '-') {
		keys_wrong(ks, at,
			   "'%s' cannot be %s %s name, as it is a host name: "
			   "letters, digits and '-' between them",
			   name, article(kind), kind);
		return false;
	}
	if (!name[strspn(name, DIGITS)]) {
		keys_wrong(ks, at,
			   "'%s' cannot be %s %s name: a host name of digits "
			   "only would be an address",
			   name, article(kind), kind);
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		if (strcasecmp(name, reserved[i]) != 0)
			continue;
		keys_wrong(ks, at,
			   "the name '%s' is taken by every lab's own parts",
			   name);
		return false;
	}
	return true;
}

bool check_project(struct keys *ks, const struct key *k, const struct doc *v,
		   void *obj)
{
	(void)k;
	(void)obj;
	return name_ok(ks, v, "project", TOPO_NAME_MAX);
}

/* Ranges that mean something else and that no lab can hand out. */
static bool ordinary(struct keys *ks, const struct doc *v,
		     const struct ipnet *n)
{
	static const struct {
		const char *net, *what;
	} special[] = {{"0.0.0.0/8", "this network"},
		       {"127.0.0.0/8", "loopback"},
		       {"169.254.0.0/16", "link-local, where HA addresses are"},
		       {"224.0.0.0/3", "multicast and reserved"},
		       {"::/96", "unspecified and loopback"},
		       {"::ffff:0:0/96", "IPv4 inside IPv6"},
		       {"fe80::/10", "link-local"},
		       {"ff00::/8", "multicast"}};
	struct ipnet s = {0};

	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		ipnet_parse(special[i].net, &s);
		if (!ipnet_overlap(&s, n))
			continue;
		keys_wrong(ks, v, "'%s' is no range for a network: %s is %s",
			   v->str, special[i].net, special[i].what);
		return false;
	}
	return true;
}

bool check_range(struct keys *ks, const struct key *k, const struct doc *v,
		 void *obj)
{
	char text[IP_TEXT_MAX];
	struct ipnet n, net;

	memcpy(&n, (const char *)obj + k->offset, sizeof(n));
	net = (struct ipnet){ipnet_network(&n), n.len};
	if (!ipnet_equal(&n, &net)) {
		keys_wrong(ks, v, "'%s' has host bits set; the range is %s",
			   v->str, ipnet_print(&net, text));
		return false;
	}
	if (n.len + 2u > ip_bits(&n.ip)) {
		keys_wrong(ks, v,
			   "'%s' is too small: /%u is the smallest range",
			   v->str, ip_bits(&n.ip) - 2);
		return false;
	}
	return ordinary(ks, v, &n);
}

bool read_ip(struct keys *ks, const struct doc *v, struct ip *ret)
{
	static const struct key row = {
		.name = "", .type = KEY_IP, .size = sizeof(struct ip)};

	return keys_value(ks, &row, v, ret);
}

void read_pins(struct keys *ks, const struct doc *v, struct raw_pin **ret,
	       size_t *ret_n)
{
	const struct doc *item;
	struct raw_pin *pin;
	struct ip ip;

	if (v->kind == DOC_SCALAR) {
		if (!read_ip(ks, v, &ip))
			return;
		pin = arena_push(ks->a, ret, ret_n, sizeof(**ret));
		*pin = (struct raw_pin){ip, v};
		return;
	}
	if (v->kind == DOC_MAP) {
		keys_wrong(ks, v,
			   "expected an address or a list of them, "
			   "found a map");
		return;
	}
	DOC_FOREACH (item, v) {
		if (*ret_n >= TOPO_SUBNETS_MAX) {
			keys_wrong(ks, item, "more than %d addresses",
				   TOPO_SUBNETS_MAX);
			return;
		}
		if (!read_ip(ks, item, &ip))
			continue;
		pin = arena_push(ks->a, ret, ret_n, sizeof(**ret));
		*pin = (struct raw_pin){ip, item};
	}
}
