/* SPDX-License-Identifier: MIT */
#include "topologies/about.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/keys/about.h"
#include "topologies/keys/keys.h"

/* Definitions that are no maps of the file; a limit is TOPO_NAME_MAX. */
static const struct {
	const char *name, *schema;
} others[] = {
	/* clang-format off */
	{"name",
	 "{\"type\": \"string\", \"maxLength\": 63,"
	 " \"pattern\": \"^[A-Za-z0-9][A-Za-z0-9._-]*$\"}"},
	{"host",
	 "{\"type\": \"string\", \"maxLength\": 63,"
	 " \"pattern\": \"^(?=.*[A-Za-z-])[A-Za-z0-9]"
	 "([A-Za-z0-9-]*[A-Za-z0-9])?$\","
	 " \"not\": {\"pattern\": \"^([Oo][Uu][Tt][Ss][Ii][Dd][Ee]|"
	 "[Ff][Aa][Bb][Rr][Ii][Cc]|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt])$\"}}"},
	{"text", "{\"type\": \"string\"}"},
	{"cidr",
	 "{\"type\": \"string\","
	 " \"pattern\": \"^[0-9a-fA-F:.]+/[0-9]{1,3}$\"}"},
	{"address",
	 "{\"type\": \"string\", \"pattern\": \"^[0-9a-fA-F:.]+$\"}"},
	{"addresses",
	 "{\"anyOf\": [{\"$ref\": \"#/$defs/address\"},"
	 " {\"type\": \"array\", \"maxItems\": 64,"
	 " \"items\": {\"$ref\": \"#/$defs/address\"}}]}"},
	{"duration",
	 "{\"anyOf\": [{\"type\": \"number\", \"minimum\": 0},"
	 " {\"type\": \"string\","
	 " \"pattern\": \"^[0-9]+(\\\\.[0-9]+)?(us|ms|s|m|h)?$\"}]}"},
	/* clang-format on */
};
_Static_assert(TOPO_NAME_MAX == 63 && TOPO_SUBNETS_MAX == 64,
	       "as the definitions above say");

void topo_schema(struct buf *out)
{
	struct json j;
	size_t i;

	json_init(&j, out, 2);
	json_obj(&j);
	json_kstr(&j, "$schema",
		  "https://json-schema.org/draft/2020-12/schema");
	json_kstr(&j, "title", "labctl lab");
	json_kstr(&j, "description",
		  "A lab of controller, network and compute nodes with highly "
		  "available routers. What the schema cannot say (references, "
		  "overlaps, addresses) `labctl check` does.");
	json_kstr(&j, "$ref", "#/$defs/lab");
	json_key(&j, "$defs");
	json_obj(&j);
	for (i = 0; lab_tables[i]; i++) {
		json_key(&j, lab_tables[i]->name);
		keys_schema(lab_tables[i], &j);
	}
	for (i = 0; i < ARRAY_LEN(others); i++) {
		json_key(&j, others[i].name);
		json_raw(&j, others[i].schema);
	}
	json_obj_end(&j);
	json_obj_end(&j);
	buf_addc(out, '\n');
}

static void limits(struct buf *out)
{
	static const struct {
		const char *name, *of;
		unsigned max;
	} rows[] = {
	/* clang-format off */
#define LIMIT(name, of) {#name, of, name}
		LIMIT(TOPO_FILE_MAX, "bytes of a file"),
		LIMIT(TOPO_NAME_MAX, "characters of a name"),
		LIMIT(TOPO_LAB_NAME_MAX, "characters of a lab's name"),
		LIMIT(TOPO_NODES_MAX, "nodes"),
		LIMIT(TOPO_PHYS_MAX, "physical networks"),
		LIMIT(TOPO_NETWORKS_MAX, "networks"),
		LIMIT(TOPO_SUBNETS_MAX, "subnets of a network"),
		LIMIT(TOPO_ROUTERS_MAX, "routers"),
		LIMIT(TOPO_HA_ROUTERS_MAX, "HA routers of an HA network: VRIDs"),
		LIMIT(TOPO_IFACES_MAX, "interfaces of a router"),
		LIMIT(TOPO_INSTANCES_MAX, "instances"),
		LIMIT(TOPO_SECGROUPS_MAX, "security groups"),
		LIMIT(TOPO_GROUP_RULES_MAX, "rules of a security group"),
		LIMIT(TOPO_PORT_GROUPS_MAX, "security groups of an instance"),
		LIMIT(TOPO_PAIRS_MAX, "address pairs of an instance"),
		LIMIT(TOPO_ERRORS_MAX, "errors that are told; more are counted"),
#undef LIMIT
		/* clang-format on */
	};

	buf_adds(out, "## Limits\n\n| at most | of | in the code |\n"
		      "| --- | --- | --- |\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		buf_printf(out, "| %u | %s | `%s` |\n", rows[i].max, rows[i].of,
			   rows[i].name);
}

void topo_reference(struct buf *out)
{
	buf_adds(
		out,
		"# The lab file\n"
		"\n"
		"Every key of a lab file. This page and "
		"`topologies/schema.json` are generated\n"
		"from the program's own tables (`make generate`). A file to "
		"begin with is in\n"
		"`README.md`; `labctl check FILE` tells all that is wrong with "
		"a file at once, and\n"
		"`labctl check --resolved FILE` prints it with everything that "
		"it does not say.\n"
		"\n"
		"The file is YAML 1.2. A value is what it looks like: `true` "
		"is a truth, `yes` a\n"
		"text; `7` is a number, `\"7\"` a text. Numbers have no "
		"leading zeros: labctl reads\n"
		"no octal, so `010` is refused. A duration is a number with "
		"`us`, `ms`, `s`, `m` or\n"
		"`h`, or seconds alone. Aliases are read, merge keys (`<<`) "
		"are not. Of tags,\n"
		"`!!str` makes a text of what looks like a number; `!!map` and "
		"`!!seq` may stand\n"
		"where they fit; all others are refused. A key without value "
		"is an error, but for\n"
		"maps, which are then empty.\n"
		"\n"
		"Names have letters, digits, `-`, `_` and `.`, after a letter "
		"or digit; those of\n"
		"nodes and instances are host names too: letters, digits and "
		"`-` between them, not\n"
		"digits alone, and not `outside`, `fabric` or `localhost`.\n"
		"\n");
	for (size_t i = 0; lab_tables[i]; i++)
		keys_reference(lab_tables[i], out);
	limits(out);
}
