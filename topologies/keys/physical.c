/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"
#include "topologies/keys/keys.h"

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	struct raw *raw = ks->ctx;
	struct raw_phys *p = obj;

	p->index = raw->nphys - 1;
	p->use = TOPO_PROVIDER;
	for (size_t i = 0; i <= TOPO_PROVIDER; i++)
		if (strcmp(p->name, topo_use_names[i]) == 0)
			p->use = (enum topo_use)i;
	if (name)
		name_ok(ks, name, "physical network", TOPO_NAME_MAX);
	map_puts(raw->a, &raw->phys_names, p->name, p);
}

/* "101-200", or one. */
static void read_vlans(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	struct raw_phys *p = obj;
	uint32_t first, last;
	char text[16];
	size_t n;

	(void)k;
	if (v->kind == DOC_SCALAR) {
		n = strcspn(v->str, "-");
		if (n < sizeof(text)) {
			memcpy(text, v->str, n);
			text[n] = '\0';
			if (parse_u32(text, 1, TOPO_VLAN_MAX, &first) == 0 &&
			    parse_u32(v->str[n] ? v->str + n + 1 : text, first,
				      TOPO_VLAN_MAX, &last) == 0) {
				p->first_vlan = first;
				p->last_vlan = last;
				return;
			}
		}
	}
	keys_wrong(ks, v,
		   "'vlans' is a range of VLANs, such as 101-200, of 1 to %u",
		   TOPO_VLAN_MAX);
}

/* clang-format off */
static const struct key keys[] = {
	{"cidr", KEY_NET, KEY_FIELD(struct raw_phys, cidr),
	 .at = offsetof(struct raw_phys, cidr_at), .check = check_range,
	 .shown = "management: 10.0.0.0/24; tunnel: 10.0.1.0/24",
	 .example = "10.0.1.0/24", .schema = SCHEMA_CIDR,
	 .about = "IPv4 range of the nodes' addresses; provider networks have "
		  "none."},
	{"mtu", KEY_UINT, KEY_FIELD(struct raw_phys, mtu),
	 .at = offsetof(struct raw_phys, mtu_at),
	 .min = RAW_MTU_MIN, .max = RAW_MTU_MAX, .def = RAW_MTU_DEFAULT,
	 .example = "9000",
	 .about = "Largest packet in bytes. VXLAN networks have 50 less than "
		  "the tunnel."},
	{"vlans", KEY_CUSTOM, KEY_FIELD(struct raw_phys, first_vlan),
	 .at = offsetof(struct raw_phys, vlans_at), .read = read_vlans,
	 .schema = "\"type\": [\"string\", \"integer\"]",
	 .what = "range of VLANs", .shown = "none", .example = "101-200",
	 .about = "Provider networks: VLANs that projects' networks and HA "
		  "networks are given, each the lowest free one of the first "
		  "provider network that has any."},
	{"use", KEY_ENUM, KEY_FIELD(struct raw_phys, use),
	 .words = topo_use_names, .nwords = TOPO_PROVIDER + 1,
	 .shown = "its name, where that is a use, else provider",
	 .example = "tunnel",
	 .about = "What it is for, where the name does not say it."},
};
/* clang-format on */

const struct key_table physical_keys_table = {
	.name = "physical",
	.what = "physical network",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_phys),
	.id = offsetof(struct raw_phys, name),
	.place = offsetof(struct raw_phys, at),
	.begin = begin,
	.about = "A wire between nodes, which each plugs an interface into.",
};

void physical_default(struct keys *ks, struct raw *raw)
{
	static const char *const names[] = {"management", "tunnel"};
	struct raw_phys *p;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		p = arena_alloc(raw->a, sizeof(*p));
		p->name = names[i];
		*(struct raw_phys **)arena_push(raw->a, &raw->phys, &raw->nphys,
						sizeof(struct raw_phys *)) = p;
		keys_defaults(&physical_keys_table, p);
		begin(ks, NULL, p);
	}
}
