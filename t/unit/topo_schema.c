/* SPDX-License-Identifier: MIT */
/*
 * topologies/schema.json and the loader's tables say the same: the same maps,
 * keys, required ones, which may be empty, and the same words and limits.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "t/lib/tap.h"
#include "topologies/keys/keys.h"

#define SCHEMA "topologies/schema.json"

static const struct doc *defs;

/* The definition, through references. */
static const struct doc *follow(const struct doc *d)
{
	const char *ref = doc_str(d, "$ref", NULL);

	return ref ? doc_get(defs, strrchr(ref, '/') + 1) : d;
}

static bool has(const struct doc *list, const char *word)
{
	const struct doc *item;

	DOC_FOREACH (item, list)
		if (strcmp(item->str, word) == 0)
			return true;
	return false;
}

/* "type" is a word or a list of them. */
static bool may_be(const struct doc *d, const char *type)
{
	const struct doc *t = doc_get(follow(d), "type");

	return t &&
	       (t->kind == DOC_LIST ? has(t, type) : strcmp(t->str, type) == 0);
}

static void table(const struct key_table *t)
{
	const struct doc *def = doc_get(defs, t->name);
	const struct doc *props = doc_get(def, "properties");
	const struct doc *required = doc_get(def, "required"), *p;
	size_t nrequired = 0;

	if (!ok(def, "%s: is in the schema", t->name))
		return;
	is(doc_str(def, "additionalProperties", ""), "false",
	   "%s: other keys are wrong", t->name);
	is_int(doc_len(props), t->n, "%s: as many keys", t->name);
	for (size_t i = 0; i < t->n; i++) {
		const struct key *k = &t->keys[i];
		bool must = k->flags & KEY_REQUIRED;

		p = doc_get(props, k->name);
		if (!ok(p, "%s: %s is in the schema", t->name, k->name))
			continue;
		ok(*doc_str(p, "description", ""), "%s: %s is described",
		   t->name, k->name);
		is_int(has(required, k->name), must, "%s: %s is %srequired",
		       t->name, k->name, must ? "" : "not ");
		is_int(may_be(p, "null"), (k->flags & KEY_EMPTY) != 0,
		       "%s: %s may %sbe empty", t->name, k->name,
		       k->flags & KEY_EMPTY ? "" : "not ");
		nrequired += must;
	}
	is_int(doc_len(required), nrequired, "%s: as many required", t->name);
}

static const struct doc *property(const char *def, const char *key)
{
	return follow(doc_get(doc_get(doc_get(defs, def), "properties"), key));
}

static void words(const char *def, const char *key, const char *const *names,
		  size_t n)
{
	const struct doc *e = doc_get(property(def, key), "enum");

	is_int(doc_len(e), n, "%s.%s: as many words", def, key);
	for (size_t i = 0; i < n; i++)
		ok(has(e, names[i]), "%s.%s: %s", def, key, names[i]);
}

static void most(const char *def, const char *key, const char *what,
		 int64_t want)
{
	is_int(doc_int(property(def, key), what, -1), want, "%s.%s: %s", def,
	       key, what);
}

static void range(const char *def, const char *key, int64_t min, int64_t max)
{
	most(def, key, "minimum", min);
	most(def, key, "maximum", max);
	ok(may_be(property(def, key), "integer"), "%s.%s: a whole number", def,
	   key);
}

static void limits(void)
{
	words("node", "role", topo_role_names, TOPO_COMPUTE + 1);
	words("node", "mechanism", topo_mechanism_names, TOPO_LINUXBRIDGE + 1);
	words("lab", "mechanism", topo_mechanism_names, TOPO_LINUXBRIDGE + 1);
	words("network", "type", topo_type_names, TOPO_VXLAN + 1);
	words("physical", "use", topo_use_names, TOPO_PROVIDER + 1);
	most("lab", "nodes", "maxProperties", TOPO_NODES_MAX);
	most("lab", "physical", "maxProperties", TOPO_PHYS_MAX);
	most("lab", "networks", "maxProperties", TOPO_NETWORKS_MAX);
	most("lab", "routers", "maxProperties", TOPO_ROUTERS_MAX);
	most("lab", "instances", "maxProperties", TOPO_INSTANCES_MAX);
	most("network", "subnets", "maxProperties", TOPO_SUBNETS_MAX);
	most("router", "interfaces", "maxItems", TOPO_IFACES_MAX);
	range("physical", "mtu", RAW_MTU_MIN, RAW_MTU_MAX);
	range("network", "segment", 1, RAW_VNI_MAX);
	range("ha", "vrid", 1, RAW_VRID_MAX);
	range("ha", "priority", 1, 254);
	is_int(doc_int(doc_get(defs, "name"), "maxLength", -1), TOPO_NAME_MAX,
	       "length of a name");
	is_int(doc_int(doc_get(doc_get(doc_get(defs, "lab"), "properties"),
			       "lab"),
		       "maxLength", -1),
	       TOPO_LAB_NAME_MAX, "length of a lab's name");
}

int main(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	auto_fclose FILE *f = fopen(SCHEMA, "re");
	struct doc_error where;
	struct doc *root;
	size_t n;

	if (!f) {
		printf("Bail out! %s: %s\n", SCHEMA, strerror(errno));
		return 1;
	}
	while ((n = fread(buf_room(&b, 4096), 1, 4096, f)) > 0)
		b.len += n;
	if (!ok(doc_parse(&a, b.data, b.len, &root, &where) == 0,
		SCHEMA " is JSON"))
		return tap_done();
	defs = doc_get(root, "$defs");
	for (size_t i = 0; lab_tables[i]; i++)
		table(lab_tables[i]);
	limits();
	return tap_done();
}
