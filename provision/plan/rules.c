/* SPDX-License-Identifier: MIT */
/*
 * iptables-save has the tables in an order of its own, in each the kernel's
 * chains by their place on a packet's way, then those of one's own by name,
 * then all rules in the order of their chains.
 */
#include "provision/plan/rules.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/map.h"

#define CHAINS_MAX 5 /* of the kernel's, in one table */

static const struct {
	const char *name;
	const char *chains[CHAINS_MAX];
} tables[] = {
	{"mangle", {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}},
	{"raw", {"PREROUTING", "OUTPUT"}},
	{"filter", {"INPUT", "FORWARD", "OUTPUT"}},
	{"nat", {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"}},
};

struct chain {
	const char *name;
	const char **rules;
	size_t n;
	struct map known; /* rules, by their text */
};

struct table {
	struct chain *own[CHAINS_MAX]; /* the kernel's, as above */
	struct chain **chains;
	size_t n;
	struct map by_name; /* both */
};

enum { IPV4, IPV6, FAMILIES };

struct rules_ns {
	const char *netns;
	struct table of[FAMILIES][ARRAY_LEN(tables)];
};

static struct rules_ns *namespace(struct plan_ctx *c, const char *netns)
{
	struct rules_ns *ns = map_gets(&c->rules_by_ns, netns);

	if (ns)
		return ns;
	ns = arena_alloc(c->arena, sizeof(*ns));
	ns->netns = netns;
	map_puts(c->arena, &c->rules_by_ns, netns, ns);
	*(struct rules_ns **)arena_push(c->arena, &c->rules, &c->nrules,
					sizeof(struct rules_ns *)) = ns;
	return ns;
}

static struct chain *new_chain(struct plan_ctx *c, struct table *t,
			       const char *name)
{
	struct chain *ch = arena_alloc(c->arena, sizeof(*ch));

	ch->name = name;
	map_puts(c->arena, &t->by_name, name, ch);
	return ch;
}

static struct chain *chain_of(struct plan_ctx *c, const char *netns, int family,
			      const char *table, const char *name)
{
	struct rules_ns *ns = namespace(c, netns);
	struct chain *ch;
	struct table *t;
	size_t i = 0, k;

	assert(family == 4 || family == 6);
	while (strcmp(tables[i].name, table) != 0) {
		i++;
		assert(i < ARRAY_LEN(tables));
	}
	t = &ns->of[family == 6][i];
	for (k = 0; k < CHAINS_MAX && tables[i].chains[k] && !t->own[k]; k++)
		t->own[k] = new_chain(c, t, tables[i].chains[k]);
	ch = map_gets(&t->by_name, name);
	if (ch)
		return ch;
	ch = new_chain(c, t, name);
	*(struct chain **)arena_push(c->arena, &t->chains, &t->n,
				     sizeof(struct chain *)) = ch;
	return ch;
}

void rules_chain(struct plan_ctx *c, const char *netns, int family,
		 const char *table, const char *chain)
{
	(void)chain_of(c, netns, family, table, chain);
}

void rules_add(struct plan_ctx *c, const char *netns, int family,
	       const char *table, const char *chain, const char *rule)
{
	struct chain *ch = chain_of(c, netns, family, table, chain);

	map_puts(c->arena, &ch->known, rule, rule);
	*(const char **)arena_push(c->arena, &ch->rules, &ch->n,
				   sizeof(const char *)) = rule;
}

void rules_once(struct plan_ctx *c, const char *netns, int family,
		const char *table, const char *chain, const char *rule)
{
	const struct chain *ch = chain_of(c, netns, family, table, chain);

	if (!map_gets(&ch->known, rule))
		rules_add(c, netns, family, table, chain, rule);
}

static int by_name(const void *a, const void *b)
{
	const struct chain *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void put_rules(const struct chain *ch, struct buf *out)
{
	for (size_t i = 0; i < ch->n; i++)
		buf_printf(out, "-A %s %s\n", ch->name, ch->rules[i]);
}

static void put_table(struct table *t, const char *name, struct buf *out)
{
	size_t i;

	if (!t->own[0])
		return; /* nobody asked for it */
	if (t->n)
		qsort(t->chains, t->n, sizeof(struct chain *), by_name);
	buf_printf(out, "*%s\n", name);
	for (i = 0; i < CHAINS_MAX && t->own[i]; i++)
		buf_printf(out, ":%s ACCEPT\n", t->own[i]->name);
	for (i = 0; i < t->n; i++)
		buf_printf(out, ":%s -\n", t->chains[i]->name);
	for (i = 0; i < CHAINS_MAX && t->own[i]; i++)
		put_rules(t->own[i], out);
	for (i = 0; i < t->n; i++)
		put_rules(t->chains[i], out);
	buf_adds(out, "COMMIT\n");
}

const char *rules_text(struct plan_ctx *c, const char *netns, int family)
{
	struct rules_ns *ns = namespace(c, netns);
	auto_buf struct buf b = {0};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		put_table(&ns->of[family == 6][i], tables[i].name, &b);
	return arena_strndup(c->arena, b.data ? b.data : "", b.len);
}

void rules_done(struct plan_ctx *c)
{
	for (size_t i = 0; i < c->nrules; i++) {
		struct rules_ns *ns = c->rules[i];
		const char *four = rules_text(c, ns->netns, 4);
		const char *six = rules_text(c, ns->netns, 6);
		struct res *r;

		if (!*ns->netns)
			continue; /* RES_FILTER's */
		r = plan_add(c, RES_RULES, ns->netns);
		r->rules.text4 = four;
		r->rules.text6 = six;
	}
}
