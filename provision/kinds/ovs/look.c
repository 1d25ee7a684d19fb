/* SPDX-License-Identifier: MIT */
/*
 * What Open vSwitch's database holds of bridges and ports, by one call of
 * ovs-vsctl. Of the settings that a lab never makes it is asked for those by
 * which frames get in or out, elsewhere, or not at all.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/map.h"
#include "lib/parse.h"
#include "lib/process/run.h"
#include "provision/kinds/ovs/ovs.h"
#include "provision/node/look.h"

#define LOOK_MAX (8u << 20) /* bytes of what ovs-vsctl prints */
#define LOOK_TIMEOUT "--timeout=15"

static const struct ovs_unset of_bridge[] = {
	{"controller", "[]"},
	{"protocols", "[]"},
	{"mirrors", "[]"},
	{"flood_vlans", "[]"},
	{"stp_enable", "false"},
	{"rstp_enable", "false"},
	{"mcast_snooping_enable", "false"},
	{"flow_tables", "{}"},
	{"netflow", "[]"},
	{"sflow", "[]"},
	{"ipfix", "[]"},
	{NULL, NULL},
};

static const struct ovs_unset of_port[] = {
	{"trunks", "[]"}, {"vlan_mode", "[]"},
	{"cvlans", "[]"}, {"protected", "false"},
	{"qos", "[]"},    {"other_config", "{}"},
	{"lacp", "[]"},   {"fake_bridge", "false"},
	{NULL, NULL},
};

static const struct ovs_unset of_link[] = {
	{"ingress_policing_rate", "0"},
	{"ingress_policing_kpkts_rate", "0"},
	{"mtu_request", "[]"},
	{"mac", "[]"},
	{"bfd", "{}"},
	{"cfm_mpid", "[]"},
	{"lldp", "{}"},
	{"other_config", "{}"},
	{NULL, NULL},
};

const struct ovs_unset *const ovs_unset[] = {
	[OVS_BRIDGES] = of_bridge,
	[OVS_PORTS] = of_port,
	[OVS_LINKS] = of_link,
};

static const char *const columns[] = {
	[OVS_BRIDGES] = ("_uuid,name,ports,datapath_type,fail_mode,"
			 "other_config,external_ids"),
	[OVS_PORTS] = "_uuid,name,interfaces,tag",
	[OVS_LINKS] = "_uuid,name,type,options,external_ids,ofport,error",
};
static const size_t ncolumns[] = {
	[OVS_BRIDGES] = 7, [OVS_PORTS] = 4, [OVS_LINKS] = 7};

/* A cell of OVSDB's JSON (RFC 7047 5.1): "x", or ["set", ["x", ...]]. */
static const struct doc *cell(const struct doc *row, size_t i)
{
	return i < doc_len(row) ? row->items[i] : NULL;
}

static bool tagged(const struct doc *d, const char *tag)
{
	return d && d->kind == DOC_LIST && d->n == 2 &&
	       d->items[0]->kind == DOC_SCALAR &&
	       strcmp(d->items[0]->str, tag) == 0;
}

static const char *scalar(const struct doc *d)
{
	return d && d->kind == DOC_SCALAR ? d->str : "";
}

static unsigned number(const struct doc *d)
{
	const char *text = scalar(d);
	int64_t v;

	return parse_begins(&text, &v) ? (unsigned)v : 0;
}

static const char *uuid(const struct doc *d)
{
	return tagged(d, "uuid") ? scalar(d->items[1]) : "";
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *pairs(struct arena *a, const struct doc *d)
{
	static const struct doc none = {.kind = DOC_LIST};
	const struct doc *list = tagged(d, "map") ? d->items[1] : &none, *p;
	const char **each = arena_array(a, doc_len(list) + 1, sizeof(*each));
	auto_buf struct buf b = {0};
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		p = list->items[i];
		if (doc_len(p) == 2 && p->kind == DOC_LIST)
			each[n++] =
				arena_printf(a, "%s=%s", scalar(p->items[0]),
					     scalar(p->items[1]));
	}
	qsort(each, n, sizeof(*each), by_text);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", each[i]);
	return arena_strndup(a, b.data ? b.data : "", b.len);
}

/* What was printed: four tables, each a line. */
struct tables {
	const struct doc *bridges, *ports, *links, *all;
};

static int read_tables(struct arena *a, const struct buf *text,
		       struct tables *ret)
{
	const struct doc **const to[] = {&ret->bridges, &ret->ports,
					 &ret->links, &ret->all};
	const char *s = text->data, *end;
	struct doc *root;
	size_t i;

	for (i = 0; i < ARRAY_LEN(to) && s; i++, s = end ? end + 1 : NULL) {
		size_t len;

		end = strchr(s, '\n');
		len = end ? (size_t)(end - s) : strlen(s);
		if (doc_parse_line(a, s, len, &root, NULL) < 0)
			return -EPROTO;
		*to[i] = doc_get(root, "data");
	}
	return i == ARRAY_LEN(to) ? 0 : -EPROTO;
}

/* By UUID, once for all. */
static void index_rows(struct arena *a, const struct doc *table, struct map *m)
{
	struct doc *row;

	DOC_FOREACH (row, table)
		map_puts(a, m, uuid(cell(row, 0)), row);
}

/* One of several, and how many there are. */
static const struct doc *first(const struct doc *d, size_t *n)
{
	const struct doc *list = tagged(d, "set") ? d->items[1] : NULL;

	*n = list ? doc_len(list) : 1;
	return list && *n ? list->items[0] : d;
}

/* A value in few words; NULL: what it is where nobody set it. */
static const char *value(struct arena *a, const struct doc *d)
{
	static const char *const unset[] = {"false", "0", ""};
	auto_buf struct buf b = {0};

	if (tagged(d, "map"))
		return doc_len(d->items[1]) ? pairs(a, d) : NULL;
	if (tagged(d, "uuid"))
		return "set";
	if (tagged(d, "set")) {
		const struct doc *list = d->items[1];

		for (size_t i = 0; i < doc_len(list); i++)
			buf_printf(&b, "%s%s", i ? "," : "",
				   tagged(list->items[i], "uuid")
					   ? "set"
					   : scalar(list->items[i]));
		return b.len ? arena_strndup(a, b.data, b.len) : NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(unset); i++)
		if (strcmp(scalar(d), unset[i]) == 0)
			return NULL;
	return scalar(d);
}

/* What a row has set besides, into out. */
static void besides(struct arena *a, enum ovs_table t, const struct doc *row,
		    struct buf *out)
{
	const char *v;

	for (size_t i = 0; ovs_unset[t][i].column; i++) {
		v = value(a, cell(row, ncolumns[t] + i));
		if (v)
			buf_printf(out, "%s%s %s", out->len ? ", " : "",
				   ovs_unset[t][i].column, v);
	}
}

static const char *text_or_null(struct arena *a, const struct buf *b)
{
	return b->len ? arena_strndup(a, b->data, b->len) : NULL;
}

static void push_port(struct look *l, struct seen_ns *ns, const char *bridge,
		      const struct doc *port, struct map *links)
{
	const char *name = scalar(cell(port, 1));
	auto_buf struct buf set = {0};
	const struct doc *link;
	struct res *r;
	size_t n;

	link = map_gets(links, uuid(first(cell(port, 2), &n)));
	/* A bridge's own end is the bridge. */
	if (!link || strcmp(name, bridge) == 0)
		return;
	r = seen_push(l->a, ns, RES_OVS);
	if (!r)
		return;
	besides(l->a, OVS_PORTS, port, &set);
	besides(l->a, OVS_LINKS, link, &set);
	r->ovs = (struct res_ovs){
		.name = name,
		.bridge = bridge,
		.tag = number(cell(port, 3)),
		.type = scalar(cell(link, 2)),
		.options = pairs(l->a, cell(link, 3)),
		.ids = pairs(l->a, cell(link, 4)),
		.number = number(cell(link, 5)),
		.set = text_or_null(l->a, &set),
		.error = *scalar(cell(link, 6)) ? scalar(cell(link, 6)) : NULL,
	};
	if (n > 1)
		r->ovs.error = arena_printf(l->a, "%zu interfaces in one", n);
}

static void push_bridge(struct look *l, struct seen_ns *ns, const struct doc *b)
{
	struct res *r = seen_push(l->a, ns, RES_OVS);
	auto_buf struct buf set = {0};

	if (!r)
		return;
	besides(l->a, OVS_BRIDGES, b, &set);
	r->ovs = (struct res_ovs){
		.name = scalar(cell(b, 1)),
		.type = scalar(cell(b, 3)),
		.fail_mode = scalar(cell(b, 4)),
		.options = pairs(l->a, cell(b, 5)),
		.ids = pairs(l->a, cell(b, 6)),
		.set = text_or_null(l->a, &set),
	};
}

static void push_all(struct look *l, struct seen_ns *ns, const struct tables *t)
{
	struct map ports = {0}, links = {0};
	const struct doc *b, *list;
	size_t n;

	index_rows(l->a, t->ports, &ports);
	index_rows(l->a, t->links, &links);
	DOC_FOREACH (b, t->bridges) {
		push_bridge(l, ns, b);
		list = cell(b, 2);
		(void)first(list, &n);
		for (size_t i = 0; i < n; i++)
			push_port(
				l, ns, scalar(cell(b, 1)),
				map_gets(&ports,
					 uuid(tagged(list, "set")
						      ? list->items[1]->items[i]
						      : list)),
				&links);
	}
}

/* Of the plan's bridges the first, or NULL; without a plan what each lab has.
 */
static const char *first_planned(const struct look *l)
{
	const struct plan *p = l->what->plan;

	for (size_t i = 0; p && i < p->n; i++)
		if (p->res[i].kind == RES_OVS)
			return p->res[i].ovs.name;
	return p ? NULL : "br-int";
}

/* A switch that is told to wait for its flows forwards nothing of what they
 * say; it is told of the plan's first bridge. */
static void push_waits(struct look *l, struct seen_ns *ns,
		       const struct tables *t)
{
	static const char waits[] = OVS_WAITS "=true";
	const char *first = first_planned(l);
	struct res_list *o = &ns->of[RES_OVS];
	const struct doc *row;

	DOC_FOREACH (row, t->all) {
		if (!first || !strstr(pairs(l->a, cell(row, 0)), waits))
			continue;
		for (size_t i = 0; i < o->n; i++)
			if (strcmp(o->items[i].ovs.name, first) == 0)
				o->items[i].ovs.set = arena_printf(
					l->a, "%s%s%s",
					o->items[i].ovs.set
						? o->items[i].ovs.set
						: "",
					o->items[i].ovs.set ? ", " : "", waits);
	}
}

static void push_seen(struct look *l, struct seen_ns *ns,
		      const struct tables *t)
{
	push_all(l, ns, t);
	push_waits(l, ns, t);
}

/* "--columns=..." of a table, with those that a lab does not set. */
static const char *asked(struct arena *a, enum ovs_table t)
{
	auto_buf struct buf b = {0};

	buf_printf(&b, "--columns=%s", columns[t]);
	for (size_t i = 0; ovs_unset[t][i].column; i++)
		buf_printf(&b, ",%s", ovs_unset[t][i].column);
	return arena_strndup(a, b.data, b.len);
}

/* Where nothing can be seen though the programs were begun: why. */
static void blind(struct look *l, struct seen_ns *ns, const char *why)
{
	const char *first = first_planned(l);
	struct res *r = first ? seen_push(l->a, ns, RES_OVS) : NULL;

	if (r)
		r->ovs = (struct res_ovs){.name = first,
					  .type = "",
					  .options = "",
					  .ids = "",
					  .fail_mode = "",
					  .error = arena_strdup(l->a, why)};
}

void ovs_look(struct look *l, struct observed *o)
{
	const char *const argv[] = {
		"ovs-vsctl",
		LOOK_TIMEOUT,
		"--format=json",
		asked(l->a, OVS_BRIDGES),
		"list",
		"Bridge",
		"--",
		asked(l->a, OVS_PORTS),
		"list",
		"Port",
		"--",
		asked(l->a, OVS_LINKS),
		"list",
		"Interface",
		"--",
		"--columns=other_config",
		"list",
		"Open_vSwitch",
		NULL,
	};
	auto_buf struct buf text = {0};
	struct tables t = {0};
	struct err err;
	int status;
	size_t i;

	if (access(OVS_RUN_DIR, F_OK) < 0)
		return;
	for (i = 0; i < o->nns && *o->ns[i].name; i++)
		;
	if (i == o->nns)
		return;
	if (access(OVS_SOCKET, F_OK) < 0) {
		blind(l, &o->ns[i],
		      "nobody can ask the database: " OVS_SOCKET " is gone");
		return;
	}
	status = run_program(argv, NULL, LOOK_MAX, &text, &err);
	if (status != 0) {
		blind(l, &o->ns[i],
		      status == 128 + SIGALRM ? "its database does not answer"
					      : err.msg);
		return;
	}
	buf_addc(&text, '\0');
	if (read_tables(l->a, &text, &t) == 0)
		push_seen(l, &o->ns[i], &t);
}
