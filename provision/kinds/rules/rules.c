/* SPDX-License-Identifier: MIT */
/*
 * The rules of a namespace
 * ========================
 * A namespace that the lab made has the rules that the plan has, and no
 * other: IPv4's and IPv6's as texts of iptables-save, put in place whole, one
 * transaction a family. Any table that iptables does not make (of nft's own,
 * or of the families inet, arp, bridge, netdev) is one too many. In the node's
 * own namespace rules are other people's and not looked at.
 *
 * The kernel counts transactions, and looking adds none. So after putting
 * rules in place the count is noted beside the text, in a file of the state
 * folder; while it stands, the text is what is there, and no process is
 * started to see it. The note is of one namespace, which its inode tells from
 * a later one of the same name.
 *
 * The tables of iptables' older make (iptables-legacy) are beside these and
 * act as well; no plan has any, and one that says something is emptied.
 *
 * Tables without a rule, whose chains accept, are no rules: a person who
 * lists with iptables makes such. Nor are those of a table that is dormant,
 * which iptables-save tells as if they acted.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/keys/keys.h"
#include "lib/kernel/nfct.h"
#include "lib/kernel/nfnl.h"
#include "lib/kernel/xtables.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/rules/compile.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define WORDS_MAX 3 /* differences told of one namespace */
#define NOTE_MAX (2 * RULES_TEXT_MAX + 256)

static const char *const family_names[] = {
	[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",
	[NFPROTO_ARP] = "arp",       [NFPROTO_NETDEV] = "netdev",
	[NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
};

static const char *family_name(uint8_t family)
{
	const char *name =
		family < ARRAY_LEN(family_names) ? family_names[family] : NULL;

	return name ? name : "unknown";
}

/* --- words -----------------------------------------------------------------
 */

static void id(const struct res *r, struct buf *out)
{
	if (r->rules.table)
		buf_printf(out, "%u/%s%s", r->rules.family, r->rules.table,
			   r->rules.legacy ? "/legacy" : "");
}

static void print(const struct res *r, struct buf *out)
{
	if (r->rules.legacy)
		buf_printf(out, "table %s of %s-legacy", r->rules.table,
			   r->rules.family == NFPROTO_IPV6 ? "ip6tables"
							   : "iptables");
	else if (r->rules.table)
		buf_printf(out, "table %s %s", family_name(r->rules.family),
			   r->rules.table);
	else
		buf_adds(out, "rules");
	kind_print_place(r->netns, out);
}

static size_t count(const char *text)
{
	size_t n = 0;

	for (; text && (text = strstr(text, "-A ")); text += 3)
		n++;
	return n;
}

static void detail(const struct res *r, struct buf *out)
{
	buf_printf(out, "%zu of IPv4, %zu of IPv6", count(r->rules.text4),
		   count(r->rules.text6));
}

static void shell_one(const struct res *r, const struct where *w,
		      const char *program, const char *text, struct buf *out)
{
	if (!text || !*text)
		return;
	where_exec(w, r->netns, out);
	buf_printf(out, "%s <<'EOF'\n%sEOF\n", program, text);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	shell_one(r, w, "iptables-restore", r->rules.text4, out);
	shell_one(r, w, "ip6tables-restore", r->rules.text6, out);
}

/* --- notes -----------------------------------------------------------------
 */

/* What was put in place, and the namespace's count then. */
struct note {
	uint32_t generation;
	uint64_t inode;
	const char *text[RULES_FAMILIES];
};

static bool note_path(const char *state_dir, const char *netns, char *out,
		      size_t size)
{
	int n = snprintf(out, size, "%s/rules/%s", state_dir, netns);

	return n > 0 && (size_t)n < size;
}

static uint64_t inode_of(int nsfd)
{
	struct stat st;
	int r = nsfd < 0 ? stat("/proc/thread-self/ns/net", &st)
			 : fstat(nsfd, &st);

	return r < 0 ? 0 : (uint64_t)st.st_ino;
}

static bool note_read(struct arena *a, const char *state_dir, const char *netns,
		      struct note *ret)
{
	auto_buf struct buf b = {0};
	size_t four, six;
	char path[512];
	int head = 0;

	if (!state_dir || !note_path(state_dir, netns, path, sizeof(path)) ||
	    file_read(path, NOTE_MAX, &b) < 0 || !b.len)
		return false;
	buf_addc(&b, '\0');
	if (sscanf(b.data, "%" SCNu32 " %" SCNu64 " %zu %zu\n%n",
		   &ret->generation, &ret->inode, &four, &six, &head) != 4 ||
	    !head || four > RULES_TEXT_MAX || six > RULES_TEXT_MAX ||
	    (size_t)head + four + six + 1 != b.len)
		return false;
	ret->text[RULES_IPV4] = arena_strndup(a, b.data + head, four);
	ret->text[RULES_IPV6] = arena_strndup(a, b.data + head + four, six);
	return true;
}

/* The folders of a path, which rules are the first to need on a node. */
static void make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
}

static void note_write(const char *state_dir, const char *netns,
		       const struct note *n)
{
	auto_buf struct buf b = {0};
	char path[512];

	if (!note_path(state_dir, netns, path, sizeof(path)))
		return;
	make_folders(path);
	buf_printf(&b, "%" PRIu32 " %" PRIu64 " %zu %zu\n%s%s", n->generation,
		   n->inode, strlen(n->text[RULES_IPV4]),
		   strlen(n->text[RULES_IPV6]), n->text[RULES_IPV4],
		   n->text[RULES_IPV6]);
	/* Without it the next look takes longer, and that is all. */
	(void)file_replace(path, 0600, b.data, b.len, NULL);
}

/* --- looking ---------------------------------------------------------------
 */

static void release_nfnl(struct nfnl **n)
{
	nfnl_free(*n);
}

/* Tables by these names are iptables' own. */
static bool of_iptables(const struct nfnl_table *t)
{
	static const char *const names[] = {"filter", "mangle", "nat", "raw",
					    "security"};

	if (t->family != NFPROTO_IPV4 && t->family != NFPROTO_IPV6)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(t->name, names[i]) == 0)
			return true;
	return false;
}

static int push_table(struct look *l, const struct nfnl_table *t)
{
	struct res *r = seen_push(l->a, l->ns, RES_RULES);

	if (!r)
		return -E2BIG;
	r->rules.family = t->family;
	r->rules.table = t->name;
	return 0;
}

/* They are beside those of nf_tables, and act as well. */
static int look_legacy(struct look *l, int family, struct err *reterr)
{
	struct xtables_list list;
	int r = xtables_look(family, &list, reterr);

	for (size_t i = 0; r == 0 && i < list.n; i++) {
		const struct nfnl_table t = {
			family == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
			arena_strdup(l->a, list.names[i]), 0};
		const struct res_list *all = &l->ns->of[RES_RULES];

		r = push_table(l, &t);
		if (r == 0)
			all->items[all->n - 1].rules.legacy = true;
	}
	return r;
}

/* Whether iptables knows all of a dump: it leaves out what it does not. */
static bool all_told(const struct nfnl_rules *rules, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++)
		n += rules->items[i].type == NFT_MSG_NEWRULE;
	return n == count(text);
}

/* The family's rules as a text; "" where there are none that matter. */
static int read_family(struct look *l, struct nfnl *n, enum rules_family f,
		       const char **ret, struct err *reterr)
{
	const struct nfnl_rules none = {.family = rules_nfproto[f]};
	auto_buf struct buf text = {0};
	struct nfnl_rules rules;
	int r;

	*ret = "";
	r = nfnl_dump(n, l->a, none.family, &rules, reterr);
	if (r == -ENOTSUP) {
		*ret = "# sets or objects that are not iptables' own\n";
		return 0;
	}
	if (r < 0 || nfnl_same(&none, &rules))
		return r;
	r = rules_save(f, &text, reterr);
	if (r < 0)
		return r;
	buf_addc(&text, '\0');
	*ret = all_told(&rules, text.data)
		       ? arena_strdup(l->a, text.data)
		       : arena_printf(l->a,
				      "# rules that are not iptables' "
				      "own\n%s",
				      text.data);
	return 0;
}

static int push_rules(struct look *l, const char *const *text)
{
	struct res *r;

	if (!*text[RULES_IPV4] && !*text[RULES_IPV6])
		return 0;
	r = seen_push(l->a, l->ns, RES_RULES);
	if (!r)
		return -E2BIG;
	r->rules.text4 = text[RULES_IPV4];
	r->rules.text6 = text[RULES_IPV6];
	return 0;
}

static int look(struct look *l, struct err *reterr)
{
	auto_(release_nfnl) struct nfnl *n = NULL;
	const char *text[RULES_FAMILIES] = {"", ""};
	const char *off[RULES_FAMILIES] = {NULL};
	bool has[RULES_FAMILIES] = {false};
	struct nfnl_tables tables;
	struct note note;
	uint32_t now = 0;
	size_t i;
	int r, f;

	if (!*l->ns->name)
		return 0;
	r = look_legacy(l, 4, reterr);
	if (r == 0)
		r = look_legacy(l, 6, reterr);
	if (r == 0)
		r = nfnl_open(&n, -1, reterr);
	if (r == 0)
		r = nfnl_tables(n, l->a, &tables, reterr);
	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < tables.n; i++) {
		const struct nfnl_table *t = &tables.items[i];

		if (!of_iptables(t)) {
			r = push_table(l, t);
			continue;
		}
		f = t->family == NFPROTO_IPV6;
		has[f] = true;
		if (t->flags)
			off[f] = t->flags & NFT_TABLE_F_DORMANT
					 ? "a table that is dormant"
					 : "a table of another program's own";
	}
	if (r < 0 || (!has[RULES_IPV4] && !has[RULES_IPV6]))
		return r;
	r = nfnl_generation(n, &now, reterr);
	if (r < 0)
		return r;
	if (note_read(l->a, l->what->state_dir, l->ns->name, &note) &&
	    note.generation == now && note.inode == inode_of(-1))
		return push_rules(l, note.text);
	for (f = 0; r == 0 && f < RULES_FAMILIES; f++)
		if (has[f])
			r = read_family(l, n, (enum rules_family)f, &text[f],
					reterr);
	for (f = 0; r == 0 && f < RULES_FAMILIES; f++)
		if (off[f])
			text[f] =
				arena_printf(l->a, "# %s\n%s", off[f], text[f]);
	return r < 0 ? r : push_rules(l, text);
}

/* --- comparing -------------------------------------------------------------
 */

static const char *text_or(const char *text)
{
	return text ? text : "";
}

/* What read_family() says of rules that no text tells. */
static bool untold(const char *text, struct buf *out)
{
	if (!text || *text != '#')
		return false;
	buf_add(out, text + 2, strcspn(text + 2, "\n"));
	return true;
}

static size_t differences(const struct res *want, const struct res *have,
			  struct buf *out)
{
	auto_buf struct buf six = {0};

	if (have &&
	    (untold(have->rules.text4, out) || untold(have->rules.text6, out)))
		return 1;
	rules_differ(text_or(want->rules.text4),
		     have ? text_or(have->rules.text4) : "", WORDS_MAX, out);
	if (rules_differ(text_or(want->rules.text6),
			 have ? text_or(have->rules.text6) : "", WORDS_MAX,
			 &six))
		buf_printf(out, "%s%s", out->len ? "; " : "", six.data);
	return out->len;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	auto_buf struct buf words = {0};

	if (!have && (count(want->rules.text4) || count(want->rules.text6)))
		diff_add(d, want);
	else if (have && differences(want, have, &words))
		diff_modify(d, want, "%s", words.data)->seen = have;
}

/* In a namespace of the lab; those that go take theirs along. */
static bool extra(struct diff *d, const struct res *have)
{
	struct res ns = {.kind = RES_NETNS, .netns = have->netns};

	return *have->netns && diff_wanted(d, &ns);
}

/* --- putting in place ------------------------------------------------------
 */

static void note_down(struct tx *tx, const struct change *c,
		      const struct rules_job *j)
{
	auto_(release_nfnl) struct nfnl *n = NULL;
	struct note note = {
		.inode = inode_of(j->nsfd),
		.text = {j->text[RULES_IPV4], j->text[RULES_IPV6]},
	};

	if (nfnl_open(&n, j->nsfd, NULL) == 0 &&
	    nfnl_generation(n, &note.generation, NULL) == 0)
		note_write(tx_plan(tx)->state_dir, c->want->netns, &note);
}

/* The line at s as a rule that gives a destination another address, and the
 * address that it is for. */
static bool is_dnat(const char *s, size_t len, struct ip *ret)
{
	static const char to[] = " -j DNAT --to-destination ";
	const char *d = memmem(s, len, " -d ", 4), *end;
	char text[IP_TEXT_MAX];
	size_t n;

	if (!d || !memmem(s, len, to, strlen(to)))
		return false;
	d += 4;
	end = memchr(d, '/', len - (size_t)(d - s));
	n = end ? (size_t)(end - d) : sizeof(text);
	if (n >= sizeof(text))
		return false;
	memcpy(text, d, n);
	text[n] = '\0';
	return ip_parse(text, ret) == 0;
}

static bool has_line(const char *text, const char *line, size_t len)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strcspn(text, "\n") == len && memcmp(text, line, len) == 0)
			return true;
	return false;
}

/* The kernel translates what it tracks as it once began to, whatever the rules
 * say now: connections by a floating address that went, or that leads to
 * another one, are ended. */
static void forget_gone(struct tx *tx, const struct change *c, int nsfd)
{
	const char *want = text_or(c->want->rules.text4);
	const char *s = c->seen ? text_or(c->seen->rules.text4) : "";
	struct ip *gone = NULL, ip;
	size_t n = 0, len, ended;
	struct err err;

	for (; *s; s += len + (s[len] == '\n')) {
		len = strcspn(s, "\n");
		if (is_dnat(s, len, &ip) && !has_line(want, s, len))
			*(struct ip *)arena_push(tx->a, &gone, &n,
						 sizeof(*gone)) = ip;
	}
	if (n && nfct_forget(nsfd, gone, n, &ended, &err) < 0)
		tx_fail(tx, c, err.msg);
}

/* All namespaces' rules together: most of the time is waiting for iptables and
 * for the kernel. */
struct batch {
	const struct change **of;
	struct rules_job *jobs;
	size_t n;
	struct rules_work *work;
};

static void ahead(struct tx *tx)
{
	const struct changes *all = tx->ch;
	struct batch *b = arena_alloc(tx->a, sizeof(*b));
	size_t i;

	*b = (struct batch){
		.jobs = arena_array(tx->a, all->n + 1, sizeof(*b->jobs)),
		.of = arena_array(tx->a, all->n + 1, sizeof(*b->of)),
	};
	for (i = 0; i < all->n; i++) {
		const struct change *c = &all->items[i];

		if (c->op == CHANGE_REMOVE || c->want->kind != RES_RULES)
			continue;
		b->of[b->n] = c;
		b->jobs[b->n++] = (struct rules_job){
			.text = {text_or(c->want->rules.text4),
				 text_or(c->want->rules.text6)},
			.nsfd = -1,
		};
	}
	if (!b->n)
		return;
	b->work = rules_begin(tx->a, b->jobs, b->n, false);
	*tx_ahead(tx, RES_RULES) = b;
}

static void put_all(struct tx *tx, struct batch *b)
{
	struct place *p;
	size_t i;

	for (i = 0; i < b->n; i++) {
		p = tx_other(tx, b->of[i]->want->netns, b->of[i]);
		b->jobs[i].nsfd = p ? p->fd : -1;
	}
	rules_end(b->work);
	for (i = 0; i < b->n; i++) {
		if (b->jobs[i].r < 0)
			tx_fail(tx, b->of[i], b->jobs[i].err.msg);
		if (b->jobs[i].r < 0 || b->jobs[i].nsfd < 0)
			continue;
		note_down(tx, b->of[i], &b->jobs[i]);
		forget_gone(tx, b->of[i], b->jobs[i].nsfd);
	}
}

/* When the first of them comes by. */
static void set(struct tx *tx, const struct change *c)
{
	struct batch *b = *tx_ahead(tx, RES_RULES);

	if (b && b->of[0] == c)
		put_all(tx, b);
}

static void unmake(struct tx *tx, const struct change *c)
{
	auto_(release_nfnl) struct nfnl *n = NULL;
	struct place *p = tx_other(tx, c->have.netns, c);
	struct nfnl_rules none = {0};
	struct nfnl_table table = {c->have.rules.family, c->have.rules.table,
				   0};
	struct err err;
	int r, f;

	if (!p)
		return;
	if (c->have.rules.legacy) {
		if (xtables_empty(p->fd, table.family == NFPROTO_IPV6 ? 6 : 4,
				  table.name, &err) < 0)
			tx_fail(tx, c, err.msg);
		return;
	}
	r = nfnl_open(&n, p->fd, &err);
	if (r == 0 && table.name)
		r = nfnl_delete(n, &table, &err);
	for (f = 0; r == 0 && !table.name && f < RULES_FAMILIES; f++) {
		none.family = rules_nfproto[f];
		r = nfnl_replace(n, &none, &err);
	}
	if (r < 0)
		tx_fail(tx, c, err.msg);
}

static const struct key rows[] = {
	{"family", KEY_UINT, KEY_FIELD(struct res, rules.family)},
	{"table", KEY_TEXT, KEY_FIELD(struct res, rules.table)},
	{"legacy", KEY_BOOL, KEY_FIELD(struct res, rules.legacy)},
	{"ipv4", KEY_TEXT, KEY_FIELD(struct res, rules.text4)},
	{"ipv6", KEY_TEXT, KEY_FIELD(struct res, rules.text6)},
};

static const struct key_table keys = KEY_TABLE("rules", struct res, rows);

const struct kind kind_rules = {
	.name = "rules",
	.keys = &keys,
	.list = "rulesets",
	.rank = 7,
	.id = id,
	.print = print,
	.detail = detail,
	.shell = shell,
	.look = look,
	.compare = compare,
	.extra = extra,
	.ahead = ahead,
	.set = set,
	.unmake = unmake,
};
