/* SPDX-License-Identifier: MIT */
/*
 * topologies/schema.json and docs/labfile.md are what the rows of the lab file
 * generate now; with --write they are written. And the schema says what the
 * rows say: the same maps, keys, required ones, which may be empty, and the
 * same words and limits.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "t/lib/tap.h"
#include "topologies/about.h"
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
	const struct doc *t = doc_get(follow(d), "type"), *item;

	DOC_FOREACH (item, doc_get(d, "anyOf"))
		if (may_be(item, type))
			return true;

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

static void complain(struct keys *ks, const struct key_fault *f)
{
	tap_diag("%s", keys_fault_print(ks->a, f));
}

/* An example that the reader refuses teaches nothing. */
static void examples(const struct key_table *t)
{
	auto_arena struct arena a = {0};
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct raw raw = {.a = &a, .errs = &errs};
	struct keys ks = {.a = &a, .report = complain, .ctx = &raw};
	struct err err;
	struct doc *d;

	for (size_t i = 0; i < t->n; i++) {
		const struct key *k = &t->keys[i];
		void *obj = arena_alloc(&a, t->size);

		if (k->type == KEY_MAP || k->type == KEY_NAMED)
			continue;
		ok(k->example &&
			   doc_parse_line(&a, k->example, strlen(k->example),
					  &d, &err) == 0 &&
			   keys_value(&ks, k, d, obj),
		   "%s: %s has an example that is right", t->name, k->name);
	}
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
	words("node", "mechanism", topo_mechanism_names, TOPO_MECHANISMS);
	words("lab", "mechanism", topo_mechanism_names, TOPO_MECHANISMS);
	words("network", "type", topo_type_names, TOPO_TYPES);
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

static bool read_whole(const char *path, struct buf *b)
{
	auto_fclose FILE *f = fopen(path, "re");
	size_t n;

	if (!f) {
		tap_diag("%s: %s", path, strerror(errno));
		return false;
	}
	while ((n = fread(buf_room(b, 4096), 1, 4096, f)) > 0)
		b->len += n;
	buf_addc(b, '\0');
	return true;
}

static void write_whole(const char *path, const struct buf *b)
{
	auto_fclose FILE *f = fopen(path, "we");

	ok(f && fwrite(b->data, 1, b->len, f) == b->len, "%s is written", path);
}

static void fresh(const char *path, void (*generate)(struct buf *out),
		  bool rewrite)
{
	auto_buf struct buf now = {0}, there = {0};

	generate(&now);
	if (rewrite)
		write_whole(path, &now);
	read_whole(path, &there);
	if (!ok(there.data && strcmp(there.data, now.data) == 0,
		"%s is what the rows generate", path))
		tap_diag("it is stale: make generate");
}

int main(int argc, char **argv)
{
	bool rewrite = argc > 1 && strcmp(argv[1], "--write") == 0;
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct doc_error where;
	struct doc *root;

	fresh(SCHEMA, topo_schema, rewrite);
	fresh("docs/labfile.md", topo_reference, rewrite);
	if (!read_whole(SCHEMA, &b) ||
	    !ok(doc_parse(&a, b.data, b.len - 1, &root, &where) == 0,
		SCHEMA " is JSON"))
		return tap_done();
	defs = doc_get(root, "$defs");
	for (size_t i = 0; lab_tables[i]; i++) {
		table(lab_tables[i]);
		examples(lab_tables[i]);
	}
	limits();
	return tap_done();
}
