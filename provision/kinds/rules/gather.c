/* SPDX-License-Identifier: MIT */
#include "provision/kinds/rules/gather.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/map.h"

#define TABLES_MAX 8 /* iptables has five */
#define BASE_MAX 5   /* the kernel's chains, by their names */

static const char *const base_names[BASE_MAX] = {
	"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};

enum policy { POLICY_NONE, POLICY_ACCEPT, POLICY_DROP };

struct table;

/*
 * A table's text, which many sets may have: most of a router's is the same in
 * all. What it became is shared by them.
 */
struct unit {
	struct table *table;
	struct nfnl_rules rules;
	unsigned char policy[BASE_MAX]; /* of the kernel's chains in it */
};

/* A chain of a unit. */
struct chain {
	struct unit *unit;
	const char *name;  /* its own */
	const char *alias; /* in the whole: as long */
	int base;          /* which of the kernel's, or -1 */
};

/* A table of the whole. */
struct table {
	const char *name;
	bool base[BASE_MAX]; /* declared by any set */
	struct map by_alias; /* to struct chain */
	struct map by_text;  /* to struct unit */
	struct unit **units;
	size_t nunits;
	struct buf heads, rules;
	struct unit **of; /* by set, or NULL */
};

struct rules_gathered {
	struct arena *a;
	size_t n;
	struct table tables[TABLES_MAX];
	size_t ntables;
	unsigned named; /* aliases given out */
};

/* Where a text is being read. */
struct reading {
	struct rules_gathered *g;
	struct table *t;
	struct unit *unit;
	struct map by_name; /* its chains */
	bool bad;
};

static int base_of(const char *name, size_t len)
{
	for (int i = 0; i < BASE_MAX; i++)
		if (strlen(base_names[i]) == len &&
		    memcmp(base_names[i], name, len) == 0)
			return i;
	return -1;
}

static struct table *table_of(const struct rules_gathered *g, const char *name,
			      size_t len)
{
	for (size_t i = 0; i < g->ntables; i++)
		if (strlen(g->tables[i].name) == len &&
		    memcmp(g->tables[i].name, name, len) == 0)
			return (struct table *)(uintptr_t)&g->tables[i];
	return NULL;
}

static struct table *need_table(struct rules_gathered *g, const char *name,
				size_t len)
{
	struct table *t = table_of(g, name, len);

	if (t || g->ntables == TABLES_MAX)
		return t;
	t = &g->tables[g->ntables++];
	t->name = arena_strndup(g->a, name, len);
	t->of = arena_array(g->a, g->n, sizeof(*t->of));
	return t;
}

/* The next name of len letters; no target of iptables' begins like it. NULL
 * when they have run out. */
static const char *new_alias(struct rules_gathered *g, size_t len)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char *s = arena_alloc(g->a, len + 1);
	unsigned v = g->named++;
	size_t i;

	memset(s, '0', len);
	s[0] = 'Z';
	for (i = len; v && i-- > 1; v /= 36)
		s[i] = digits[v % 36];
	return v || len < 2 ? NULL : s;
}

static struct chain *need_chain(struct reading *r, const char *name, size_t len)
{
	struct arena *a = r->g->a;
	char *own = arena_strndup(a, name, len);
	struct chain *c = map_gets(&r->by_name, own);

	if (c)
		return c;
	c = arena_alloc(a, sizeof(*c));
	c->unit = r->unit;
	c->name = own;
	c->base = base_of(name, len);
	c->alias = new_alias(r->g, len);
	if (!c->alias) {
		r->bad = true;
		return NULL;
	}
	map_puts(a, &r->by_name, own, c);
	map_puts(a, &r->t->by_alias, c->alias, c);
	buf_printf(&r->t->heads, ":%s -\n", c->alias);
	if (c->base >= 0) {
		r->t->base[c->base] = true;
		r->unit->policy[c->base] = POLICY_ACCEPT;
	}
	return c;
}

/* A rule behind its chain, with other names for where it jumps to. */
static void put_rule(struct reading *r, const char *s, const char *end)
{
	struct buf *out = &r->t->rules;
	bool jump = false;

	while (s < end) {
		size_t blank = strspn(s, " "), len = 0;
		const char *word = s + blank;
		const struct chain *to = NULL;
		bool quoted = false;

		for (; word + len < end; len++) {
			if (word[len] == '\\' && quoted && word + len + 1 < end)
				len++;
			else if (word[len] == '"')
				quoted = !quoted;
			else if (word[len] == ' ' && !quoted)
				break;
		}
		if (jump)
			to = map_gets(&r->by_name,
				      arena_strndup(r->g->a, word, len));
		buf_add(out, s, blank);
		buf_add(out, to ? to->alias : word, len);
		jump = len == 2 && word[0] == '-' &&
		       (word[1] == 'j' || word[1] == 'g');
		s = word + len;
	}
	buf_addc(out, '\n');
}

/* The text of one table, between its line and COMMIT, read twice: a rule may
 * jump to a chain that is named below it. */
static void read_table(struct reading *r, const char *from, const char *to)
{
	const char *s, *end;
	struct chain *c;
	size_t len;

	for (s = from; s < to && !r->bad; s = end + 1) {
		end = s + strcspn(s, "\n");
		if (*s == ':') {
			len = strcspn(s + 1, " \n");
			c = need_chain(r, s + 1, len);
			if (c && c->base >= 0 &&
			    strncmp(s + 1 + len, " DROP", 5) == 0)
				r->unit->policy[c->base] = POLICY_DROP;
		} else if (strncmp(s, "-A ", 3) == 0) {
			(void)need_chain(r, s + 3, strcspn(s + 3, " \n"));
		} else if (*s != '#' && *s != '\n') {
			r->bad = true;
		}
	}
	for (s = from; s < to && !r->bad; s = end + 1) {
		end = s + strcspn(s, "\n");
		if (*s != '-')
			continue;
		len = strcspn(s + 3, " \n");
		c = need_chain(r, s + 3, len);
		if (!c)
			return;
		buf_printf(&r->t->rules, "-A %s", c->alias);
		put_rule(r, s + 3 + len, end);
	}
}

/* The unit of a table's text; *ret_new where it was not met before. */
static struct unit *need_unit(struct rules_gathered *g, struct table *t,
			      const char *text, size_t len, bool *ret_new)
{
	struct unit *u = map_get(&t->by_text, text, len), **slot;

	*ret_new = !u;
	if (u)
		return u;
	u = arena_alloc(g->a, sizeof(*u));
	*u = (struct unit){.table = t};
	map_put(g->a, &t->by_text, text, len, u);
	slot = arena_push(g->a, &t->units, &t->nunits, sizeof(*slot));
	*slot = u;
	return u;
}

static bool read_set(struct rules_gathered *g, size_t set, const char *text)
{
	const char *s, *end, *commit;

	for (s = text; *s; s = end) {
		struct reading r = {.g = g};
		bool new;

		end = s + strcspn(s, "\n");
		end += *end == '\n';
		if (*s == '#' || *s == '\n')
			continue;
		if (*s != '*')
			return false;
		commit = strstr(end, "COMMIT\n");
		while (commit && commit[-1] != '\n')
			commit = strstr(commit + 1, "COMMIT\n");
		r.t = need_table(g, s + 1, strcspn(s + 1, "\n"));
		/* A table twice would be two sets. */
		if (!commit || !r.t || r.t->of[set])
			return false;
		r.unit = need_unit(g, r.t, end, (size_t)(commit - end), &new);
		r.t->of[set] = r.unit;
		if (new)
			read_table(&r, end, commit);
		if (r.bad)
			return false;
		end = commit + strlen("COMMIT\n");
	}
	return true;
}

static void put_table(const struct table *t, struct buf *out)
{
	buf_printf(out, "*%s\n", t->name);
	for (int i = 0; i < BASE_MAX; i++)
		if (t->base[i])
			buf_printf(out, ":%s ACCEPT\n", base_names[i]);
	buf_add(out, t->heads.data ? t->heads.data : "", t->heads.len);
	buf_add(out, t->rules.data ? t->rules.data : "", t->rules.len);
	buf_adds(out, "COMMIT\n");
}

struct rules_gathered *rules_gather(struct arena *a, const char *const *texts,
				    size_t n, struct buf *out)
{
	struct rules_gathered *g = arena_alloc(a, sizeof(*g));
	bool good = true;
	size_t i;

	*g = (struct rules_gathered){.a = a, .n = n};
	for (i = 0; good && i < n; i++)
		good = read_set(g, i, texts[i]);
	for (i = 0; i < g->ntables; i++) {
		if (good)
			put_table(&g->tables[i], out);
		buf_release(&g->tables[i].heads);
		buf_release(&g->tables[i].rules);
	}
	return good ? g : NULL;
}

/* --- parting ---------------------------------------------------------------
 */

static const char *own_name(void *ctx, const char *alias)
{
	const struct table *t = ctx;
	const struct chain *c = map_gets(&t->by_alias, alias);

	return c ? c->name : NULL;
}

static struct nfnl_msg *push(struct rules_gathered *g, struct nfnl_rules *to,
			     const struct nfnl_msg *m)
{
	struct nfnl_msg *p =
		arena_push(g->a, &to->items, &to->n, sizeof(*to->items));

	*p = *m;
	return p;
}

/* One of the kernel's chains, for each unit that has it. */
static void part_base(struct rules_gathered *g, const struct table *t, int base,
		      const struct nfnl_msg *m)
{
	for (size_t i = 0; i < t->nunits; i++) {
		struct nfnl_msg *p;

		if (t->units[i]->policy[base] == POLICY_NONE)
			continue;
		p = push(g, &t->units[i]->rules, m);
		if (t->units[i]->policy[base] == POLICY_DROP)
			nfnl_drop_policy(g->a, p);
	}
}

static int part_one(struct rules_gathered *g, const struct nfnl_msg *m)
{
	struct table *t = table_of(g, m->table, strlen(m->table));
	const struct chain *c;
	int base;

	if (!t)
		return -EPROTO;
	if (m->type == NFT_MSG_NEWTABLE) {
		for (size_t i = 0; i < t->nunits; i++)
			push(g, &t->units[i]->rules, m);
		return 0;
	}
	c = map_gets(&t->by_alias, m->chain);
	base = c ? -1 : base_of(m->chain, strlen(m->chain));
	if (m->type == NFT_MSG_NEWCHAIN && base >= 0) {
		part_base(g, t, base, m);
		return 0;
	}
	if (!c)
		return -EPROTO;
	/* What stood for one of the kernel's is none of the set's. */
	if (m->type == NFT_MSG_NEWCHAIN && c->base >= 0)
		return 0;
	return nfnl_rename(g->a, push(g, &c->unit->rules, m), own_name, t);
}

/* A set's messages: of all its tables, each type before the next. */
static void join(struct rules_gathered *g, size_t set, struct nfnl_rules *ret)
{
	static const uint8_t types[] = {NFT_MSG_NEWTABLE, NFT_MSG_NEWCHAIN,
					NFT_MSG_NEWRULE};

	for (size_t k = 0; k < ARRAY_LEN(types); k++)
		for (size_t i = 0; i < g->ntables; i++) {
			const struct unit *u = g->tables[i].of[set];

			for (size_t m = 0; u && m < u->rules.n; m++)
				if (u->rules.items[m].type == types[k])
					push(g, ret, &u->rules.items[m]);
		}
}

int rules_part(struct rules_gathered *g, const struct nfnl_rules *all,
	       struct nfnl_rules *ret)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < all->n; i++)
		r = part_one(g, &all->items[i]);
	for (i = 0; r == 0 && i < g->n; i++) {
		ret[i] = (struct nfnl_rules){.family = all->family};
		join(g, i, &ret[i]);
	}
	return r;
}
