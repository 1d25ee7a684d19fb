/* SPDX-License-Identifier: MIT */
/*
 * Flows of a bridge of Open vSwitch's, all of them together: one call tells
 * what differs from the plan's, another one puts them in place in one bundle,
 * so that no frame meets half of them. What br-tun itself learned (in table 20,
 * by table 10) is its own. A switch whose bridge has no socket to be asked by
 * is begun anew.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/keys/keys.h"
#include "lib/parse.h"
#include "lib/process/run.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/ovs/ovs.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define DIFFER_MAX (4u << 20) /* bytes of differences that are read */
#define TABLES 255            /* of a switch */
#define AGAIN_MS 5000         /* until one that was begun anew can be asked */
#define LEARNED 20            /* what br-tun learns is there */

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->flows.bridge);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "flows of %s", r->flows.bridge);
	kind_print_place(r->netns, out);
}

static size_t lines(const char *s)
{
	size_t n = 0;

	for (; s && *s; s += strcspn(s, "\n"), s += *s == '\n')
		n++;
	return n;
}

static void detail(const struct res *r, struct buf *out)
{
	buf_printf(out, "%zu", lines(r->flows.text));
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	where_exec(w, r->netns, out);
	buf_printf(out,
		   "ovs-ofctl --bundle replace-flows %s "
		   "/dev/stdin <<'EOF'\n%sEOF\n",
		   r->flows.bridge, r->flows.text);
}

/* --- looking -------------------------------------------------------------- */

/* A line's table; the first is not named. */
static unsigned table_of(const char *line)
{
	static const char word[] = "table=";
	size_t len = strcspn(line, "\n");
	const char *at = memmem(line, len, word, sizeof(word) - 1);
	int64_t v;

	/* What a flow does comes behind what it is about. */
	if (!at || memmem(line, (size_t)(at - line), "actions=", 8))
		return 0;
	at += sizeof(word) - 1;
	return parse_begins(&at, &v) ? (unsigned)v : 0;
}

/* Did br-tun's table 10 put it into table 20? Others may set a time too. */
static bool is_learned(const char *line, size_t len)
{
	static const char time[] = "hard_timeout=300 ";
	static const char action[] = "actions=load:0->NXM_OF_VLAN_TCI[],";

	return table_of(line) == LEARNED &&
	       memmem(line, len, time, sizeof(time) - 1) &&
	       memmem(line, len, action, sizeof(action) - 1);
}

/* ovs-ofctl names both sides. */
static const char *own_lines(struct arena *a, const char *text)
{
	auto_buf struct buf b = {0};
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if ((*text == '-' || *text == '+') && !is_learned(text, len))
			buf_printf(&b, "%.*s\n", (int)len, text);
	}
	return b.len ? arena_strndup(a, b.data, b.len) : NULL;
}

static bool has_socket(const char *bridge)
{
	char path[128];

	snprintf(path, sizeof(path), OVS_RUN_DIR "/%s" OVS_FLOWS_SUFFIX,
		 bridge);
	return access(path, F_OK) == 0;
}

/* False where the switch did not answer, and so will not for other bridges:
 * each would take its five seconds. */
static bool look_one(struct look *l, struct seen_ns *ns, const struct res *want)
{
	const char *const argv[] = {"ovs-ofctl",  "--timeout=5",
				    "diff-flows", want->flows.bridge,
				    "/dev/stdin", NULL};
	auto_buf struct buf text = {0};
	struct res *r;
	int status;

	if (!has_socket(want->flows.bridge))
		return true;
	/* 0: none differ; 2: some do. */
	status = run_program(argv, want->flows.text, DIFFER_MAX, &text, NULL);
	if (status != 0 && status != 2)
		return status != 128 + SIGALRM;
	r = seen_push(l->a, ns, RES_FLOWS);
	if (!r)
		return true;
	buf_addc(&text, '\0');
	r->flows.bridge = want->flows.bridge;
	r->flows.differ = own_lines(l->a, text.data);
	return true;
}

static void look_all(struct look *l, struct observed *o)
{
	const struct plan *p = l->what->plan;
	size_t i, k;

	for (i = 0; i < o->nns && *o->ns[i].name; i++)
		;
	for (k = 0; i < o->nns && p && k < p->n; k++)
		if (p->res[k].kind == RES_FLOWS &&
		    !look_one(l, &o->ns[i], &p->res[k]))
			break;
}

/* --- comparing, applying -------------------------------------------------- */

/* By table: how many differ, and the first of them. */
static void by_table(const char *differ, struct buf *out)
{
	for (unsigned t = 0; t < TABLES; t++) {
		const char *first = NULL;
		size_t more = 0, fewer = 0;

		for (const char *s = differ; *s;
		     s += strcspn(s, "\n"), s += *s == '\n') {
			if (table_of(s) != t)
				continue;
			more += *s == '-';
			fewer += *s == '+';
			first = first ? first : s;
		}
		if (first)
			buf_printf(out,
				   "%stable %u: %zu too many, %zu missing: "
				   "%.*s",
				   out->len ? "; " : "", t, more, fewer,
				   (int)strcspn(first, "\n"), first);
	}
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const char *s = have ? have->flows.differ : NULL;
	auto_buf struct buf why = {0};

	if (!have) {
		diff_add(d, want);
	} else if (s) {
		by_table(s, &why);
		diff_modify(d, want, "%s", why.data);
	}
}

/* A switch without the socket that its bridge is asked by is begun anew. */
static void revive(struct tx *tx, const struct change *c)
{
	unsigned waited = 0;
	struct err err;

	if (has_socket(c->want->flows.bridge))
		return;
	if (ovs_again(tx, OVS_SWITCH, &err) < 0) {
		tx_fail(tx, c, err.msg);
		return;
	}
	for (; !has_socket(c->want->flows.bridge) && waited < AGAIN_MS;
	     waited += 20)
		clock_sleep_ms(20);
}

static void start(struct tx *tx, const struct change *c)
{
	const char *const argv[] = {"ovs-ofctl",
				    "--timeout=10",
				    "--bundle",
				    "replace-flows",
				    c->want->flows.bridge,
				    "/dev/stdin",
				    NULL};
	struct err err;

	revive(tx, c);
	if (tx_failed(tx, c))
		return;
	if (run_program(argv, c->want->flows.text, 0, NULL, &err) != 0)
		tx_fail(tx, c, err.msg);
}

static const struct key rows[] = {
	{"bridge", KEY_TEXT, KEY_FIELD(struct res, flows.bridge),
	 .flags = KEY_REQUIRED},
	{"differ", KEY_TEXT, KEY_FIELD(struct res, flows.differ)},
};

static const struct key_table keys = KEY_TABLE("flows", struct res, rows);

const struct kind kind_flows = {
	.name = "flows",
	.keys = &keys,
	.list = "flows",
	.rank = 10,
	.id = id,
	.print = print,
	.detail = detail,
	.shell = shell,
	.look_node = look_all,
	.compare = compare,
	.start = start,
};
