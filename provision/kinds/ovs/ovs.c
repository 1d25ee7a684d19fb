/* SPDX-License-Identifier: MIT */
/*
 * Bridges and ports of Open vSwitch's
 * ===================================
 * All is looked up by one call of ovs-vsctl and changed by another: one
 * transaction, after which ovs-vswitchd has done what it says. A bridge that
 * the lab made carries its name in the external ids, and is the lab's alone:
 * a port there that no plan names goes. Other bridges are other people's.
 *
 * An internal port's link is made by ovs-vswitchd, and fetched from the node's
 * own namespace to where it belongs (kinds/link/internal). One that is nowhere
 * any more, as when its namespace was deleted, is made again with its port:
 * which is removed by a transaction of its own, since ovs-vswitchd sees one
 * state after another and takes a port of the same name for the same.
 *
 * The database and the programs are services of the plan, so they run before
 * this comes; a database that runs and cannot be asked is begun anew.
 */
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "lib/process/run.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/ovs/ovs.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"
#include "provision/services/supervise.h"

#define SET_TIMEOUT "--timeout=30"
#define ID_LAB "labctl"

enum ovs_fields {
	OVS_AGAIN = 1 << 0, /* the port is removed and made again */
};

static bool is_port(const struct res *r)
{
	return r->ovs.bridge != NULL;
}

static unsigned sub(const struct res *r)
{
	return is_port(r);
}

static const char *or_none(const char *s)
{
	return s ? s : "";
}

/* --- words ---------------------------------------------------------------- */

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->ovs.name);
}

static void print(const struct res *r, struct buf *out)
{
	if (is_port(r))
		buf_printf(out, "port %s of %s", r->ovs.name, r->ovs.bridge);
	else
		buf_printf(out, "switch %s", r->ovs.name);
	kind_print_place(r->netns, out);
}

static void detail(const struct res *r, struct buf *out)
{
	const char *blank = "";

	if (*or_none(r->ovs.type)) {
		buf_adds(out, r->ovs.type);
		blank = " ";
	}
	if (r->ovs.tag) {
		buf_printf(out, "%stag %u", blank, r->ovs.tag);
		blank = " ";
	}
	if (*or_none(r->ovs.options)) {
		buf_printf(out, "%s%s", blank, r->ovs.options);
		blank = " ";
	}
	if (*or_none(r->ovs.fail_mode))
		buf_printf(out, "%s%s", blank, r->ovs.fail_mode);
}

/* --- commands --------------------------------------------------------------
 */

/* A growing command line. */
struct words {
	struct arena *a;
	const char **argv;
	size_t n;
};

static void word(struct words *w, const char *s)
{
	*(const char **)arena_push(w->a, &w->argv, &w->n, sizeof(*w->argv)) = s;
}

static void pair(struct words *w, const char *key, const char *value)
{
	word(w, arena_printf(w->a, "%s=%s", key, value));
}

/* "a=1,b=2" as a column's map: every value in quotes. */
static void column(struct words *w, const char *name, const char *pairs)
{
	auto_buf struct buf b = {0};
	const char *s = or_none(pairs);
	size_t key, len;

	buf_printf(&b, "%s={", name);
	for (; *s; s += len + (s[len] == ',')) {
		key = strcspn(s, "=");
		len = key + strcspn(s + key, ",");
		buf_printf(&b, "%.*s=\"%.*s\"%s", (int)key, s,
			   (int)(len - key - 1), s + key + 1,
			   s[len] ? "," : "");
	}
	buf_addc(&b, '}');
	word(w, arena_strndup(w->a, b.data, b.len));
}

static void bridge_words(struct words *w, const struct res_ovs *o)
{
	word(w, "--");
	word(w, "--may-exist");
	word(w, "add-br");
	word(w, o->name);
	word(w, "--");
	word(w, "set");
	word(w, "bridge");
	word(w, o->name);
	pair(w, "datapath_type", or_none(o->type));
	pair(w, "fail_mode", *or_none(o->fail_mode) ? o->fail_mode : "[]");
	column(w, "other_config", o->options);
	column(w, "external_ids", o->ids);
}

static void del_words(struct words *w, const struct res_ovs *o)
{
	/* One that is a bridge too is none that can be deleted as a port. */
	if (o->bridge && strstr(or_none(o->set), "fake_bridge")) {
		word(w, "--");
		word(w, "set");
		word(w, "port");
		word(w, o->name);
		word(w, "fake_bridge=false");
	}
	word(w, "--");
	word(w, "--if-exists");
	word(w, o->bridge ? "del-port" : "del-br");
	word(w, o->name);
}

static void port_words(struct words *w, const struct res_ovs *o)
{
	word(w, "--");
	word(w, "--may-exist");
	word(w, "add-port");
	word(w, o->bridge);
	word(w, o->name);
	word(w, "--");
	word(w, "set");
	word(w, "port");
	word(w, o->name);
	if (o->tag)
		word(w, arena_printf(w->a, "tag=%u", o->tag));
	else
		word(w, "tag=[]");
	word(w, "--");
	word(w, "set");
	word(w, "interface");
	word(w, o->name);
	pair(w, "type", *or_none(o->type) ? o->type : "\"\"");
	word(w, arena_printf(w->a, "ofport_request=%u", o->number));
	column(w, "options", o->options);
	column(w, "external_ids", o->ids);
}

/* What somebody set is as if nobody had. */
static void unset_words(struct words *w, enum ovs_table t, const char *name)
{
	static const char *const tables[] = {[OVS_BRIDGES] = "bridge",
					     [OVS_PORTS] = "port",
					     [OVS_LINKS] = "interface"};

	word(w, "--");
	word(w, "set");
	word(w, tables[t]);
	word(w, name);
	for (const struct ovs_unset *u = ovs_unset[t]; u->column; u++)
		pair(w, u->column, u->value);
}

static void want_words(struct words *w, const struct res *r)
{
	if (is_port(r))
		port_words(w, &r->ovs);
	else
		bridge_words(w, &r->ovs);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	struct arena a = {0};
	struct words words = {.a = &a};

	want_words(&words, r);
	where_exec(w, r->netns, out);
	buf_adds(out, "ovs-vsctl");
	/* Without the "--" that comes first. */
	for (size_t i = 1; i < words.n; i++)
		buf_printf(out, strpbrk(words.argv[i], "{\"") ? " '%s'" : " %s",
			   words.argv[i]);
	buf_addc(out, '\n');
	arena_release(&a);
}

/* --- comparing ------------------------------------------------------------ */

static void because(struct buf *b, const char *what, const char *have,
		    const char *want)
{
	if (strcmp(or_none(have), or_none(want)) == 0)
		return;
	buf_printf(b, "%s%s %s, wanted %s", b->len ? "; " : "", what,
		   *or_none(have) ? have : "none",
		   *or_none(want) ? want : "none");
}

static void because_number(struct buf *b, const char *what, unsigned have,
			   unsigned want)
{
	if (have != want)
		buf_printf(b, "%s%s %u, wanted %u", b->len ? "; " : "", what,
			   have, want);
}

/* Of an internal port: the link that it is to have, where it belongs. */
static struct res link_of(const struct res *want)
{
	return (struct res){.kind = RES_LINK,
			    .netns = want->ovs.netns,
			    .link.name = want->ovs.name};
}

/* A port that is made again has another link. */
static void judge(struct diff *d, const struct res *want)
{
	const struct res *have = want->ovs.netns ? diff_seen(d, want) : NULL;
	struct res link;

	if (!have || !is_port(have) ||
	    (!have->ovs.error &&
	     strcmp(have->ovs.bridge, want->ovs.bridge) == 0 &&
	     strcmp(or_none(have->ovs.type), want->ovs.type) == 0))
		return;
	link = link_of(want);
	diff_anew(d, &link);
}

/* Neither where it belongs nor where it is made. */
static bool link_is_gone(struct diff *d, const struct res *want)
{
	struct res link = link_of(want);
	const struct res *have;

	if (!want->ovs.netns || !diff_is_anew(d, &link))
		return false;
	link.netns = "";
	have = diff_seen(d, &link);
	return !have || have->link.kind != LINK_INTERNAL;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct res_ovs *w = &want->ovs, *h = have ? &have->ovs : NULL;
	auto_buf struct buf why = {0};
	struct change *c;

	if (!h || !w->bridge != !h->bridge) {
		diff_add(d, want);
		return;
	}
	if (h->error && !w->bridge) { /* that it cannot be asked is all */
		diff_modify(d, want, "%s", h->error)->seen = have;
		return;
	}
	because(&why, "on", h->bridge, w->bridge);
	because(&why, w->bridge ? "type" : "datapath", h->type, w->type);
	because_number(&why, "tag", h->tag, w->tag);
	because_number(&why, "number", h->number, w->number);
	because(&why, "options", h->options, w->options);
	because(&why, "ids", h->ids, w->ids);
	because(&why, "fail mode", h->fail_mode, w->fail_mode);
	if (h->set)
		buf_printf(&why, "%ssomebody set %s", why.len ? "; " : "",
			   h->set);
	if (h->error)
		buf_printf(&why, "%s%s", why.len ? "; " : "", h->error);
	if (!why.len && link_is_gone(d, want))
		buf_adds(&why, "its link is gone");
	if (!why.len)
		return;
	c = diff_modify(d, want, "%s", why.data);
	c->seen = have;
	if (link_is_gone(d, want))
		c->fields = OVS_AGAIN;
}

static bool has_id(const struct res_ovs *o, const char *lab)
{
	size_t n = strlen(ID_LAB), len = strlen(lab);
	const char *s;

	for (s = or_none(o->ids); *s; s += strcspn(s, ","), s += *s == ',')
		if (strncmp(s, ID_LAB "=", n + 1) == 0 &&
		    strcspn(s + n + 1, ",") == len &&
		    strncmp(s + n + 1, lab, len) == 0)
			return true;
	return false;
}

static bool extra(struct diff *d, const struct res *have)
{
	const struct res bridge = {
		.kind = RES_OVS, .netns = "", .ovs.name = have->ovs.bridge};

	return is_port(have) ? diff_wanted(d, &bridge) != NULL
			     : has_id(&have->ovs, diff_plan(d)->lab);
}

/* --- applying ------------------------------------------------------------- */

/* All changes of this kind at once, when the first of them comes by. */
static bool is_first(const struct tx *tx, const struct change *c, bool removing)
{
	for (size_t i = 0; i < tx->ch->n; i++) {
		const struct change *o = &tx->ch->items[i];

		if (change_res(o)->kind == RES_OVS &&
		    (o->op == CHANGE_REMOVE) == removing)
			return o == c;
	}
	return false;
}

static void run_all(struct tx *tx, struct words *w, bool removing)
{
	struct err err;

	word(w, NULL);
	if (run_program(w->argv, NULL, 0, NULL, &err) == 0)
		return;
	for (size_t i = 0; i < tx->ch->n; i++) {
		const struct change *o = &tx->ch->items[i];

		if (change_res(o)->kind == RES_OVS &&
		    (o->op == CHANGE_REMOVE) == removing)
			tx_fail(tx, o, err.msg);
	}
}

/* The database may just have been started. */
static void begin(struct words *w)
{
	word(w, "ovs-vsctl");
	word(w, SET_TIMEOUT);
	word(w, "--retry");
}

/* Ports to be made again, away with them first. */
static void make_way(struct tx *tx)
{
	struct words w = {.a = tx->a};
	bool any = false;

	begin(&w);
	for (size_t i = 0; i < tx->ch->n; i++) {
		const struct change *o = &tx->ch->items[i];

		if (o->op != CHANGE_MODIFY || o->want->kind != RES_OVS ||
		    !(o->fields & OVS_AGAIN))
			continue;
		del_words(&w, &o->want->ovs);
		any = true;
	}
	if (any)
		run_all(tx, &w, false);
}

int ovs_again(struct tx *tx, const char *service, struct err *reterr)
{
	const struct plan *p = tx_plan(tx);

	for (size_t i = 0; i < tx->ch->n; i++) {
		const struct res *r = change_res(&tx->ch->items[i]);

		if (r->kind == RES_SERVICE &&
		    strcmp(r->service.name, service) == 0)
			return 0; /* it was just now */
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->res[i].kind == RES_SERVICE &&
		    strcmp(p->res[i].service.name, service) == 0)
			return supervise_set(p->state_dir, &p->res[i].service,
					     true, reterr);
	return 0;
}

/* A database that runs and nobody can ask is begun anew. */
static void revive(struct tx *tx)
{
	struct err err;

	for (size_t i = 0; i < tx->ch->n; i++) {
		const struct change *o = &tx->ch->items[i];

		if (!o->seen || o->want->kind != RES_OVS || is_port(o->want) ||
		    !o->seen->ovs.error)
			continue;
		if (ovs_again(tx, OVS_DATABASE, &err) < 0)
			tx_fail(tx, o, err.msg);
		return;
	}
}

static void plug(struct tx *tx, const struct change *c)
{
	struct words w = {.a = tx->a};

	if (!is_first(tx, c, false))
		return;
	revive(tx);
	make_way(tx);
	begin(&w);
	for (size_t i = 0; i < tx->ch->n; i++) {
		const struct change *o = &tx->ch->items[i];

		if (o->op == CHANGE_REMOVE || o->want->kind != RES_OVS)
			continue;
		/* A port that is elsewhere, or does not work, is made anew. */
		if (o->seen && is_port(o->want) &&
		    (o->seen->ovs.error ||
		     strcmp(o->seen->ovs.bridge, o->want->ovs.bridge) != 0))
			del_words(&w, &o->want->ovs);
		want_words(&w, o->want);
		if (!o->seen || !o->seen->ovs.set)
			continue;
		if (!is_port(o->want)) {
			unset_words(&w, OVS_BRIDGES, o->want->ovs.name);
			word(&w, "--");
			word(&w, "remove");
			word(&w, "Open_vSwitch");
			word(&w, ".");
			word(&w, "other_config");
			word(&w, OVS_WAITS);
		} else {
			unset_words(&w, OVS_PORTS, o->want->ovs.name);
			unset_words(&w, OVS_LINKS, o->want->ovs.name);
		}
	}
	run_all(tx, &w, false);
	tx_forget_links(tx);
}

static void unmake(struct tx *tx, const struct change *c)
{
	struct words w = {.a = tx->a};

	if (!is_first(tx, c, true) || access(OVS_SOCKET, F_OK) < 0)
		return;
	begin(&w);
	for (size_t i = 0; i < tx->ch->n; i++) {
		const struct change *o = &tx->ch->items[i];

		if (o->op == CHANGE_REMOVE && o->have.kind == RES_OVS)
			del_words(&w, &o->have.ovs);
	}
	run_all(tx, &w, true);
}

static const struct key rows[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct res, ovs.name),
	 .flags = KEY_REQUIRED},
	{"bridge", KEY_TEXT, KEY_FIELD(struct res, ovs.bridge)},
	{"type", KEY_TEXT, KEY_FIELD(struct res, ovs.type)},
	{"options", KEY_TEXT, KEY_FIELD(struct res, ovs.options)},
	{"ids", KEY_TEXT, KEY_FIELD(struct res, ovs.ids)},
	{"tag", KEY_UINT, KEY_FIELD(struct res, ovs.tag)},
	{"number", KEY_UINT, KEY_FIELD(struct res, ovs.number)},
	{"fail_mode", KEY_TEXT, KEY_FIELD(struct res, ovs.fail_mode)},
	{"set", KEY_TEXT, KEY_FIELD(struct res, ovs.set)},
	{"error", KEY_TEXT, KEY_FIELD(struct res, ovs.error)},
};

static const struct key_table keys = KEY_TABLE("switch", struct res, rows);

const struct kind kind_ovs = {
	.name = "ovs",
	.keys = &keys,
	.list = "switches",
	.rank = 9,
	.sub = sub,
	.id = id,
	.print = print,
	.detail = detail,
	.shell = shell,
	.look_node = ovs_look,
	.judge = judge,
	.compare = compare,
	.extra = extra,
	.plug = plug,
	.unmake = unmake,
};
