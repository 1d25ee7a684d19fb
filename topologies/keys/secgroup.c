/* SPDX-License-Identifier: MIT */
/*
 * Security groups, and what an instance has of them.
 */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"
#include "topologies/keys/keys.h"
#include "topologies/secgroup/secgroup.h"

#define PORT_MAX 65535u
#define ICMP_MAX 255u

enum { INGRESS, EGRESS };
static const char *const directions[] = {"ingress", "egress"};
enum { ETHER_IPV4, ETHER_IPV6 };
static const char *const ethertypes[] = {"IPv4", "IPv6"};

/* --- rules ----------------------------------------------------------------
 */

static void rule_begin(struct keys *ks, const struct doc *name, void *obj)
{
	struct raw_secrule *r = obj;

	(void)ks;
	(void)name;
	r->protocol = r->min = r->max = TOPO_ANY;
}

static const char *scalar(struct keys *ks, const struct doc *v,
			  const char *what)
{
	if (v->kind == DOC_SCALAR)
		return v->str;
	keys_wrong(ks, v, "expected %s, found %s", what, keys_found(v));
	return NULL;
}

static void read_protocol(struct keys *ks, const struct key *k,
			  const struct doc *v, void *obj)
{
	struct raw_secrule *r = obj;
	const char *text = scalar(ks, v, "a protocol such as tcp");

	(void)k;
	if (!text)
		r->wrong = true;
	if (!text || topo_protocol_parse(text, &r->protocol) == 0)
		return;
	r->wrong = true;
	keys_wrong(ks, v,
		   "'%s' is no protocol: icmp, ipv6-icmp, tcp, udp, any, "
		   "others by name, or a number up to 255",
		   text);
}

/* "A", or "A" and "B" with sep between; false with a report. */
static bool two(struct keys *ks, const struct doc *v, char sep, uint32_t max,
		const char *what, int *ret_a, int *ret_b)
{
	const char *text = scalar(ks, v, what), *at;
	char head[8] = "";
	uint32_t a, b;

	if (!text)
		return false;
	at = strchr(text, sep);
	if (at && (size_t)(at - text) < sizeof(head))
		memcpy(head, text, (size_t)(at - text));
	if (parse_u32(at ? head : text, 0, max, &a) < 0 ||
	    (at && parse_u32(at + 1, 0, max, &b) < 0)) {
		keys_wrong(ks, v, "'%s' is not %s, of 0 to %u", text, what,
			   max);
		return false;
	}
	*ret_a = (int)a;
	*ret_b = at ? (int)b : TOPO_ANY;
	return true;
}

static void read_ports(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	struct raw_secrule *r = obj;
	int min, max;

	(void)k;
	if (!two(ks, v, '-', PORT_MAX, "ports such as 22 or 80-90", &min,
		 &max)) {
		r->wrong = true;
		return;
	}
	if (max == TOPO_ANY)
		max = min;
	if (max < min) {
		keys_wrong(ks, v,
			   "the range of ports ends before it begins; %d-%d?",
			   max, min);
		r->wrong = true;
		return;
	}
	r->min = min;
	r->max = max;
}

static void read_icmp(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	struct raw_secrule *r = obj;

	(void)k;
	if (!two(ks, v, '/', ICMP_MAX, "an ICMP type such as 8 or 3/4", &r->min,
		 &r->max))
		r->wrong = true;
}

static bool check_remote(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	const struct raw_secrule *r = obj;
	struct ipnet net = {ipnet_network(&r->remote), r->remote.len};
	char text[IP_TEXT_MAX];

	(void)k;
	if (ipnet_equal(&r->remote, &net))
		return true;
	keys_wrong(ks, v, "'%s' has host bits set; the range is %s", v->str,
		   ipnet_print(&net, text));
	return false;
}

static bool has_ports(int protocol)
{
	return protocol == TOPO_TCP || protocol == TOPO_UDP ||
	       protocol == 132 || protocol == 33 || protocol == 136;
}

static bool is_icmp(int protocol)
{
	return protocol == TOPO_ICMP || protocol == TOPO_ICMPV6;
}

/* The family that the rule's other words have; 0: none of them. */
static int family_of(const struct raw_secrule *r)
{
	if (ip_is_set(&r->remote.ip))
		return r->remote.ip.family;
	return r->protocol == TOPO_ICMPV6 ? 6 : 0;
}

static void end_family(struct keys *ks, struct raw_secrule *r)
{
	int family = family_of(r);

	if (!r->ethertype_known)
		r->ethertype = family == 6 ? ETHER_IPV6 : ETHER_IPV4;
	/* Neutron takes it for IPv6's own. */
	if (r->protocol == TOPO_ICMP && r->ethertype == ETHER_IPV6)
		r->protocol = TOPO_ICMPV6;
	if (r->protocol == TOPO_ICMPV6 && r->ethertype == ETHER_IPV4)
		keys_wrong(ks, r->protocol_at,
			   "ipv6-icmp is IPv6's, and the rule is of IPv4");
	else if (family && family != (r->ethertype == ETHER_IPV6 ? 6 : 4))
		keys_wrong(ks, r->remote_at,
			   "the range is of IPv%d, and the rule of %s", family,
			   ethertypes[r->ethertype]);
	else {
		/* Anywhere is said by saying nothing. */
		if (!r->remote.len)
			r->remote = (struct ipnet){0};
		return;
	}
	r->wrong = true;
}

static void rule_end(struct keys *ks, const struct doc *d, void *obj)
{
	struct raw_secrule *r = obj;

	r->at = d;
	if (r->wrong)
		return;
	if (r->ports_at && is_icmp(r->protocol))
		keys_wrong(ks, r->ports_at,
			   "ICMP has no ports; its types are written 'icmp: 8' "
			   "or 'icmp: 3/4'");
	else if (r->ports_at && !has_ports(r->protocol))
		keys_wrong(ks, r->ports_at,
			   "ports need a protocol that has them: 'protocol: "
			   "tcp' or udp");
	else if (r->icmp_at && !is_icmp(r->protocol))
		keys_wrong(ks, r->icmp_at,
			   "an ICMP type needs 'protocol: icmp' or "
			   "'ipv6-icmp'");
	else if (r->remote_at && r->group.at)
		keys_wrong(ks, r->group.at,
			   "a rule has a range (line %u) or a group for the "
			   "other side, not both",
			   r->remote_at->line);
	else {
		end_family(ks, r);
		return;
	}
	r->wrong = true;
}

/* clang-format off */
static const struct key rule_rows[] = {
	{"direction", KEY_ENUM, KEY_FIELD(struct raw_secrule, direction),
	 KEY_WORDS(directions), .example = "egress",
	 .about = "Who begins: ingress: the other side; egress: the "
		  "instance."},
	{"ethertype", KEY_ENUM, KEY_FIELD(struct raw_secrule, ethertype),
	 KEY_WORDS(ethertypes), .at = offsetof(struct raw_secrule, ethertype_at),
	 .known = offsetof(struct raw_secrule, ethertype_known),
	 .shown = "as the range or the protocol is, else IPv4",
	 .example = "IPv6", .about = "Of which family."},
	{"protocol", KEY_CUSTOM, KEY_FIELD(struct raw_secrule, protocol),
	 .at = offsetof(struct raw_secrule, protocol_at), .read = read_protocol,
	 .schema = "\"type\": [\"string\", \"integer\"]",
	 .what = "name or number", .shown = "any", .example = "tcp",
	 .about = "icmp, ipv6-icmp, tcp, udp, sctp, others by name, a number, "
		  "or any."},
	{"ports", KEY_CUSTOM, KEY_FIELD(struct raw_secrule, min),
	 .at = offsetof(struct raw_secrule, ports_at), .read = read_ports,
	 .schema = "\"type\": [\"string\", \"integer\"]", .what = "A or A-B",
	 .shown = "all", .example = "80-90",
	 .about = "The port of the side that is spoken to, or a range of "
		  "them."},
	{"icmp", KEY_CUSTOM, KEY_FIELD(struct raw_secrule, max),
	 .at = offsetof(struct raw_secrule, icmp_at), .read = read_icmp,
	 .schema = "\"type\": [\"string\", \"integer\"]",
	 .what = "TYPE or TYPE/CODE", .shown = "all", .example = "8",
	 .about = "The type, and the code, of ICMP."},
	{"remote_ip", KEY_NET, KEY_FIELD(struct raw_secrule, remote),
	 .at = offsetof(struct raw_secrule, remote_at), .check = check_remote,
	 .schema = SCHEMA_CIDR, .shown = "anywhere",
	 .example = "203.0.113.0/24",
	 .about = "Where the other side is: a range."},
	{"remote_group", KEY_TEXT, KEY_FIELD(struct raw_secrule, group.name),
	 .at = offsetof(struct raw_secrule, group.at), .schema = SCHEMA_TEXT,
	 .shown = "anywhere", .example = "web",
	 .about = "Where the other side is: any address of the ports in this "
		  "group of the project."},
};
/* clang-format on */

const struct key_table secrule_keys_table = {
	.name = "secrule",
	.what = "security group rule",
	.keys = rule_rows,
	.n = ARRAY_LEN(rule_rows),
	.size = sizeof(struct raw_secrule),
	.begin = rule_begin,
	.end = rule_end,
	.about = "What a security group lets through, both what begins it and "
		 "what answers it.",
};

/* --- groups ---------------------------------------------------------------
 */

static void group_begin(struct keys *ks, const struct doc *name, void *obj)
{
	(void)obj;
	name_ok(ks, name, "security group", TOPO_NAME_MAX);
}

static bool check_title(struct keys *ks, const struct key *k,
			const struct doc *v, void *obj)
{
	(void)k;
	(void)obj;
	return name_ok(ks, v, "security group", TOPO_NAME_MAX);
}

static void group_end(struct keys *ks, const struct doc *d, void *obj)
{
	struct raw_secgroup *g = obj;

	(void)ks;
	(void)d;
	if (!g->title)
		g->title = g->name;
}

/* clang-format off */
static const struct key group_rows[] = {
	{"project", KEY_TEXT, KEY_FIELD(struct raw_secgroup, project),
	 .check = check_project, .def_text = RAW_PROJECT,
	 .schema = SCHEMA_NAME, .example = "demo",
	 .about = "Whose it is: it is for instances on networks of this "
		  "project."},
	{"name", KEY_TEXT, KEY_FIELD(struct raw_secgroup, title),
	 .at = offsetof(struct raw_secgroup, title_at), .check = check_title,
	 .schema = SCHEMA_NAME, .shown = "the key", .example = "default",
	 .about = "Its name in the project, where another project has one of "
		  "the same name. `default` is the group of those instances "
		  "of the project that name none; it is there anyway, and "
		  "rules are added to those that it has."},
	{"description", KEY_TEXT, KEY_FIELD(struct raw_secgroup, description),
	 .max = 255, .example = "web servers",
	 .about = "For people."},
	{"rules", KEY_LIST, KEY_ITEMS(struct raw_secgroup, rules, nrules),
	 .table = &secrule_keys_table, .max = TOPO_GROUP_RULES_MAX,
	 .example = "[{protocol: icmp}, {protocol: tcp, ports: 22}]",
	 .about = "What it lets through. Where none is of egress, all that "
		  "instances begin is let through."},
};
/* clang-format on */

const struct key_table secgroup_keys_table = {
	.name = "secgroup",
	.what = "security group",
	.keys = group_rows,
	.n = ARRAY_LEN(group_rows),
	.size = sizeof(struct raw_secgroup),
	.id = offsetof(struct raw_secgroup, name),
	.place = offsetof(struct raw_secgroup, at),
	.begin = group_begin,
	.end = group_end,
	.about = "A security group: who may speak with the instances that are "
		 "in it.",
};

/* --- of instances ---------------------------------------------------------
 */

void read_groups(struct keys *ks, const struct key *k, const struct doc *v,
		 void *obj)
{
	static const struct key name = {.name = "", .type = KEY_TEXT};
	struct raw_instance *in = obj;
	const struct doc *item;
	struct raw_ref *ref;

	(void)k;
	if (v->kind != DOC_LIST) {
		keys_wrong(ks, v,
			   "expected a list of security groups, such as "
			   "[default]");
		return;
	}
	DOC_FOREACH (item, v) {
		if (in->ngroups >= TOPO_PORT_GROUPS_MAX) {
			keys_wrong(ks, item,
				   "more than %d security groups of an "
				   "instance",
				   TOPO_PORT_GROUPS_MAX);
			return;
		}
		if (!keys_text(ks, &name, item))
			continue;
		ref = arena_push(ks->a, &in->groups, &in->ngroups,
				 sizeof(*ref));
		*ref = (struct raw_ref){item->str, item};
	}
}

static void read_pair_addr(struct keys *ks, const struct key *k,
			   const struct doc *v, void *obj)
{
	struct raw_pair *p = obj;
	const char *text = scalar(ks, v, "an address or a range");
	char net[IP_TEXT_MAX];
	struct ipnet n;

	(void)k;
	if (!text)
		return;
	if (ipnet_parse_host(text, &n) < 0) {
		keys_wrong(ks, v, "'%s' is no address and no range", text);
		return;
	}
	p->addr = (struct ipnet){ipnet_network(&n), n.len};
	if (!ipnet_equal(&p->addr, &n))
		keys_wrong(ks, v, "'%s' has host bits set; the range is %s",
			   text, ipnet_print(&p->addr, net));
	else if (!n.len)
		keys_wrong(ks, v,
			   "a pair of all addresses is no filter; write "
			   "'port_security: false'");
}

static void read_pair_mac(struct keys *ks, const struct key *k,
			  const struct doc *v, void *obj)
{
	struct raw_pair *p = obj;
	const char *text = scalar(ks, v, "a MAC address");

	(void)k;
	if (text && mac_parse(text, &p->mac) < 0)
		keys_wrong(ks, v, "'%s' is no MAC address", text);
	else if (text && p->mac.b[0] & 1)
		keys_wrong(ks, v, "'%s' is a group's address, not a port's",
			   text);
	else
		p->has_mac = text != NULL;
}

/* clang-format off */
static const struct key pair_rows[] = {
	{"address", KEY_CUSTOM, KEY_FIELD(struct raw_pair, addr),
	 .read = read_pair_addr, .flags = KEY_REQUIRED,
	 .schema = "\"type\": \"string\"", .what = "address or range",
	 .example = "192.168.1.200", .about = "What it may send from."},
	{"mac", KEY_CUSTOM, KEY_FIELD(struct raw_pair, mac),
	 .read = read_pair_mac, .schema = "\"type\": \"string\"",
	 .what = "MAC address", .shown = "the port's own",
	 .example = "fa:16:3e:00:00:01", .about = "With which MAC address."},
};
/* clang-format on */

const struct key_table pair_keys_table = {
	.name = "pair",
	.what = "address pair",
	.keys = pair_rows,
	.n = ARRAY_LEN(pair_rows),
	.size = sizeof(struct raw_pair),
	.about = "An address that an instance may have beside its own, as one "
		 "that several take in turn.",
};
