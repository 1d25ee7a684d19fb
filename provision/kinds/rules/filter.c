/* SPDX-License-Identifier: MIT */
/*
 * What the lab filters on a node
 * ==============================
 * In the node's own namespace other people may have rules. So a node has one
 * resource of this kind, and it is about the lab's chains, jumps and sets alone
 * (kinds/rules/filter_text.h). It is put in place by families, each in one
 * process and one transaction a table: sets first, which rules name, each by a
 * swap; then rules; then what of connections the rules do not let be is ended,
 * for the kernel lets what it tracks go on; then sets that nobody names go.
 *
 * What was put in place is noted with the kernel's count of transactions, so
 * that looking at it again costs no process while nothing changed. Sets do not
 * count there, and are read each time.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/ipset.h"
#include "lib/kernel/nfct.h"
#include "lib/kernel/nfnl.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/rules/compile.h"
#include "provision/kinds/rules/filter_text.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define WORDS_MAX 3          /* differences told of each text */
#define TEXT_MAX (64u << 20) /* bytes of the note */
#define FREE_TRIES 100       /* of a set that rules used a moment ago */
#define FREE_MS 10

enum { IPV4, IPV6, BRIDGE, FAMILIES };

static const struct {
	uint8_t family;
	const char *save, *restore, *words;
} families[FAMILIES] = {
	[IPV4] = {NFPROTO_IPV4, "iptables-nft-save",
		  "iptables-nft-restore --noflush", ""},
	[IPV6] = {NFPROTO_IPV6, "ip6tables-nft-save",
		  "ip6tables-nft-restore --noflush", "IPv6 "},
	[BRIDGE] = {NFPROTO_BRIDGE, "ebtables-nft-save",
		    "ebtables-nft-restore --noflush", "ebtables "},
};

static const char *or_none(const char *text)
{
	return text ? text : "";
}

static const char *text_of(const struct res *r, int f)
{
	const struct res_filter *x = &r->filter;

	return or_none(f == IPV4 ? x->text4 : f == IPV6 ? x->text6 : x->bridge);
}

static void set_text(struct res *r, int f, const char *text)
{
	*(f == IPV4   ? &r->filter.text4
	  : f == IPV6 ? &r->filter.text6
		      : &r->filter.bridge) = text;
}

/* --- words -----------------------------------------------------------------
 */

static void print(const struct res *r, struct buf *out)
{
	buf_adds(out, "filters");
	kind_print_place(r->netns, out);
}

static size_t count(const char *text, const char *of)
{
	size_t n = 0;

	for (; (text = strstr(text, of)); text += strlen(of))
		n++;
	return n;
}

static void detail(const struct res *r, struct buf *out)
{
	buf_printf(
		out, "%zu rules of IPv4, %zu of IPv6, %zu of frames, %zu sets",
		count(text_of(r, IPV4), "-A "), count(text_of(r, IPV6), "-A "),
		count(text_of(r, BRIDGE), "-A "),
		count(or_none(r->filter.sets), "create "));
}

static void shell_one(const struct res *r, const struct where *w,
		      const char *program, const char *text, struct buf *out)
{
	if (!*text)
		return;
	where_exec(w, r->netns, out);
	buf_printf(out, "%s <<'EOF'\n%sEOF\n", program, text);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	auto_arena struct arena a = {0};

	shell_one(r, w, "ipset restore", or_none(r->filter.sets), out);
	for (int f = 0; f < FAMILIES; f++)
		shell_one(r, w, families[f].restore,
			  filter_script(&a, text_of(r, f), "", f == BRIDGE),
			  out);
}

/* --- notes -----------------------------------------------------------------
 */

static void note_path(const char *state_dir, char *out, size_t size)
{
	snprintf(out, size, "%s/filters", state_dir);
}

static uint64_t inode(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) < 0 ? 0
							 : (uint64_t)st.st_ino;
}

static bool note_read(struct arena *a, const char *state_dir,
		      uint32_t generation, const char **ret)
{
	auto_buf struct buf b = {0};
	size_t len[FAMILIES], at;
	uint64_t ino;
	char path[512];
	uint32_t gen;
	int head = 0;

	if (!state_dir)
		return false;
	note_path(state_dir, path, sizeof(path));
	if (file_read(path, TEXT_MAX, &b) < 0 || !b.len)
		return false;
	buf_addc(&b, '\0');
	if (sscanf(b.data, "%" SCNu32 " %" SCNu64 " %zu %zu %zu\n%n", &gen,
		   &ino, &len[0], &len[1], &len[2], &head) != 5 ||
	    !head || gen != generation || ino != inode())
		return false;
	at = (size_t)head;
	for (int f = 0; f < FAMILIES; f++) {
		if (len[f] > b.len - 1 - at)
			return false;
		ret[f] = arena_strndup(a, b.data + at, len[f]);
		at += len[f];
	}
	return at == b.len - 1;
}

static void note_write(const char *state_dir, const struct res *r)
{
	struct nfnl *n = NULL;
	auto_buf struct buf b = {0};
	uint32_t generation = 0;
	char path[512];

	if (!state_dir || nfnl_open(&n, -1, NULL) < 0)
		return;
	if (nfnl_generation(n, &generation, NULL) == 0) {
		buf_printf(&b, "%" PRIu32 " %" PRIu64 " %zu %zu %zu\n%s%s%s",
			   generation, inode(), strlen(text_of(r, IPV4)),
			   strlen(text_of(r, IPV6)), strlen(text_of(r, BRIDGE)),
			   text_of(r, IPV4), text_of(r, IPV6),
			   text_of(r, BRIDGE));
		note_path(state_dir, path, sizeof(path));
		(void)mkdir(PLAN_STATE_DIR, 0755);
		(void)mkdir(state_dir, 0755);
		/* Without it the next look takes longer, and that is all. */
		(void)file_replace(path, 0600, b.data, b.len, NULL);
	}
	nfnl_free(n);
}

/* --- looking ---------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
	const struct ipset *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_net(const void *a, const void *b)
{
	const struct ipnet *x = a, *y = b;
	int r = ip_cmp(&x->ip, &y->ip);

	return r ? r : (x->len > y->len) - (x->len < y->len);
}

/* As the plan writes them: by name, members in order. */
static void put_set(struct ipset *s, struct buf *out)
{
	char text[IP_TEXT_MAX];

	buf_printf(out, "create %s %s family %s\n", s->name, s->type,
		   s->family == 6 ? "inet6" : "inet");
	if (s->n)
		qsort(s->members, s->n, sizeof(*s->members), by_net);
	for (size_t i = 0; i < s->n; i++)
		buf_printf(out, "add %s %s\n", s->name,
			   ipnet_print(&s->members[i], text));
}

/* A kernel without sets has none of ours. */
static const char *read_sets(struct arena *a)
{
	auto_buf struct buf out = {0};
	struct ipset *sets = NULL;
	size_t n = 0;

	buf_adds(&out, "");
	if (ipset_list(-1, a, &sets, &n, NULL) < 0)
		return "";
	if (n)
		qsort(sets, n, sizeof(*sets), by_name);
	for (size_t i = 0; i < n; i++)
		if (filter_set_ours(sets[i].name))
			put_set(&sets[i], &out);
	return arena_strndup(a, out.data, out.len);
}

static int read_rules(struct arena *a, int f, const char **ret,
		      struct err *reterr)
{
	auto_buf struct buf saved = {0};
	int r = rules_run(families[f].save, "", &saved, reterr);

	if (r < 0)
		return r;
	buf_addc(&saved, '\0');
	*ret = filter_ours(a, saved.data, f == BRIDGE);
	return 0;
}

static void release_nfnl(struct nfnl **n)
{
	nfnl_free(*n);
}

static int look(struct look *l, struct err *reterr)
{
	auto_(release_nfnl) struct nfnl *n = NULL;
	const char *text[FAMILIES] = {"", "", ""}, *sets;
	struct nfnl_tables tables;
	uint32_t generation = 0;
	struct res *res;
	size_t i;
	int r, f;

	if (*l->ns->name)
		return 0;
	sets = read_sets(l->a);
	r = nfnl_open(&n, -1, reterr);
	if (r == 0)
		r = nfnl_tables(n, l->a, &tables, reterr);
	if (r == 0)
		r = nfnl_generation(n, &generation, reterr);
	if (r < 0)
		return r;
	if (!note_read(l->a, l->what->state_dir, generation, text))
		for (f = 0; r == 0 && f < FAMILIES; f++)
			for (i = 0; i < tables.n; i++)
				if (tables.items[i].family ==
				    families[f].family) {
					r = read_rules(l->a, f, &text[f],
						       reterr);
					break;
				}
	if (r < 0)
		return r;
	if (!*text[IPV4] && !*text[IPV6] && !*text[BRIDGE] && !*sets)
		return 0;
	res = seen_push(l->a, l->ns, RES_FILTER);
	if (!res)
		return -E2BIG;
	for (f = 0; f < FAMILIES; f++)
		set_text(res, f, text[f]);
	res->filter.sets = sets;
	return 0;
}

/* --- comparing -------------------------------------------------------------
 */

static size_t differences(const struct res *want, const struct res *have,
			  struct buf *out)
{
	for (int f = 0; f < FAMILIES; f++) {
		auto_buf struct buf words = {0};

		if (rules_differ(text_of(want, f), text_of(have, f), WORDS_MAX,
				 &words))
			buf_printf(out, "%s%s%s", out->len ? "; " : "",
				   families[f].words, words.data);
	}
	if (strcmp(or_none(want->filter.sets), or_none(have->filter.sets)) !=
	    0) {
		buf_adds(out, out->len ? "; " : "");
		filter_sets_differ(or_none(want->filter.sets),
				   or_none(have->filter.sets), WORDS_MAX, out);
	}
	return out->len;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	auto_buf struct buf words = {0};

	if (!have)
		diff_add(d, want);
	else if (differences(want, have, &words))
		diff_modify(d, want, "%s", words.data)->seen = have;
}

static bool extra(struct diff *d, const struct res *have)
{
	(void)d;
	return !*have->netns;
}

/* --- putting in place ------------------------------------------------------
 */

/* The next set of a text, its members in a; NULL behind the last. */
static const char *next_set(struct arena *a, const char *text,
			    struct ipset *ret, const char **ret_end)
{
	char name[IPSET_NAME_MAX + 1], type[32], family[8];
	const char *begin = text, *end;
	struct ipnet net;
	char word[IP_TEXT_MAX];
	int n = 0;

	if (sscanf(text, "create %31s %31s family %7s\n%n", name, type, family,
		   &n) != 3)
		return NULL;
	*ret = (struct ipset){
		.name = arena_strdup(a, name),
		.type = arena_strdup(a, type),
		.family = strcmp(family, "inet6") == 0 ? 6 : 4,
	};
	for (text += n; strncmp(text, "add ", 4) == 0; text = end) {
		end = text + strcspn(text, "\n");
		end += *end == '\n';
		if (sscanf(text, "add %*31s %63s", word) == 1 &&
		    ipnet_parse(word, &net) == 0)
			*(struct ipnet *)arena_push(a, &ret->members, &ret->n,
						    sizeof(net)) = net;
	}
	*ret_end = text;
	return begin;
}

static bool has_set(struct arena *a, const char *text, const struct ipset *s,
		    bool *ret_same)
{
	struct ipset other, copy = *s;
	const char *end;

	while (next_set(a, text, &other, &end)) {
		if (strcmp(other.name, s->name) == 0) {
			*ret_same = strcmp(other.type, s->type) == 0 &&
				    ipset_same(&copy, &other);
			return true;
		}
		text = end;
	}
	return false;
}

static int put_sets(struct arena *a, const char *want, const char *have,
		    struct err *reterr)
{
	const char *end;
	struct ipset s;
	bool same;
	int r = 0;

	for (; r == 0 && next_set(a, want, &s, &end); want = end)
		if (!has_set(a, have, &s, &same) || !same)
			r = ipset_put(-1, &s, reterr);
	return r;
}

/* The kernel frees rules when it has time, and till then their sets are in
 * use. */
static int drop_sets(struct arena *a, const char *want, const char *have,
		     struct err *reterr)
{
	const char *end;
	struct ipset s;
	bool same;
	int r = 0;

	for (; r == 0 && next_set(a, have, &s, &end); have = end) {
		if (has_set(a, want, &s, &same))
			continue;
		for (int i = 0; i < FREE_TRIES; i++) {
			r = ipset_destroy(-1, s.name, reterr);
			if (r != -EBUSY)
				break;
			clock_sleep_ms(FREE_MS);
		}
	}
	return r;
}

static int put_rules(struct arena *a, const struct res *want,
		     const struct res *have, struct err *reterr)
{
	auto_buf struct buf said = {0};
	struct err err;
	int r = 0;

	for (int f = 0; r == 0 && f < FAMILIES; f++) {
		const char *script = filter_script(
			a, text_of(want, f), text_of(have, f), f == BRIDGE);

		if (!*script)
			continue;
		r = rules_run(families[f].restore, script, &said, &err);
		if (r < 0)
			return err_set(reterr, r, "%s: %s", families[f].restore,
				       err.msg);
	}
	return r;
}

static int put_all(struct arena *a, const struct res *want,
		   const struct res *have, struct err *reterr)
{
	size_t gone;
	int r;

	r = put_sets(a, or_none(want->filter.sets), or_none(have->filter.sets),
		     reterr);
	if (r == 0)
		r = put_rules(a, want, have, reterr);
	if (r == 0 && want->filter.forbids)
		r = nfct_end(-1, want->filter.forbids, want->filter.ctx, &gone,
			     reterr);
	if (r == 0)
		r = drop_sets(a, or_none(want->filter.sets),
			      or_none(have->filter.sets), reterr);
	return r;
}

static void make(struct tx *tx, const struct change *c)
{
	static const struct res none = {.kind = RES_FILTER, .netns = ""};
	struct err err;

	if (!tx_enter(tx, c->want->netns, c))
		return;
	if (put_all(tx->a, c->want, c->seen ? c->seen : &none, &err) < 0)
		tx_fail(tx, c, err.msg);
	else
		note_write(tx_plan(tx)->state_dir, c->want);
}

static void unmake(struct tx *tx, const struct change *c)
{
	static const struct res none = {.kind = RES_FILTER, .netns = ""};
	struct err err;

	if (tx_enter(tx, c->have.netns, c) &&
	    put_all(tx->a, &none, &c->have, &err) < 0)
		tx_fail(tx, c, err.msg);
}

static const struct key rows[] = {
	{"ipv4", KEY_TEXT, KEY_FIELD(struct res, filter.text4)},
	{"ipv6", KEY_TEXT, KEY_FIELD(struct res, filter.text6)},
	{"bridge", KEY_TEXT, KEY_FIELD(struct res, filter.bridge)},
	{"sets", KEY_TEXT, KEY_FIELD(struct res, filter.sets)},
};

static const struct key_table keys = KEY_TABLE("filter", struct res, rows);

const struct kind kind_filter = {
	.name = "filter",
	.keys = &keys,
	.list = "filters",
	.rank = 1,
	.print = print,
	.detail = detail,
	.shell = shell,
	.look = look,
	.compare = compare,
	.extra = extra,
	.make = make,
	.unmake = unmake,
};
