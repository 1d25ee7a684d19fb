/* SPDX-License-Identifier: MIT */
/*
 * Settings of a namespace, under net/. They are set before there are links,
 * which inherit them, and are never put back: they end with their namespace.
 *
 * What no plan has must be as a fresh namespace has it (kinds/usual): of a
 * namespace that the lab made, and of a node, which the lab made as well.
 */
#include "provision/kinds/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/link/parms.h"
#include "provision/kinds/netns.h"
#include "provision/kinds/usual.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define IP_FORWARD "net/ipv4/ip_forward"
#define DEFAULT_FORWARDING "net/ipv6/conf/default/forwarding"

/* Writing the plan's sets these as well, to what they are for value. */
static const struct {
	const char *key, *of, *value, *then;
} follows[] = {
	{"net/ipv4/conf/all/forwarding", IP_FORWARD, "1", "1"},
	{"net/ipv4/conf/all/accept_redirects", IP_FORWARD, "1", "0"},
};

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->sysctl.key);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "sysctl %s", r->sysctl.key);
	kind_print_place(r->netns, out);
}

static void detail(const struct res *r, struct buf *out)
{
	buf_adds(out, r->sysctl.value);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	const char *key = r->sysctl.key;

	where_exec(w, r->netns, out);
	/* With dots, as people write it; an interface's own dot is a '/'. */
	buf_adds(out, "sysctl -qw ");
	for (; *key; key++)
		buf_addc(out, *key == '/' ? '.' : *key == '.' ? '/' : *key);
	buf_printf(out, "=%s\n", r->sysctl.value);
}

bool sysctl_key_ok(const char *key)
{
	const char *c;

	if (strncmp(key, "net/", 4) != 0 || strlen(key) > 255)
		return false;
	for (c = key; (c = strchr(c, '/')); c++)
		if (c[1] == '/' || c[1] == '.' || !c[1])
			return false;
	return true;
}

static void ask(struct look_ask *ask, const struct res *want)
{
	const char **key;

	if (map_puts(ask->a, &ask->known, want->sysctl.key, want))
		return;
	key = arena_push(ask->a, &ask->sysctls, &ask->nsysctls,
			 sizeof(*ask->sysctls));
	*key = want->sysctl.key;
}

static bool read_one(const char *key, char value[USUAL_VALUE_MAX])
{
	char path[PATH_MAX];

	if (!sysctl_key_ok(key))
		return false;
	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	return usual_read(AT_FDCWD, path, value) >= 0;
}

static struct res *saw(struct look *l, const char *key, const char *value,
		       const struct usual_setting *usual)
{
	struct res *r = seen_push(l->a, l->ns, RES_SYSCTL);

	if (!r)
		return NULL;
	r->sysctl.key = key;
	r->sysctl.value = arena_strdup(l->a, value);
	r->sysctl.usual = usual ? usual->value : NULL;
	return r;
}

static bool is_asked(const struct look *l, const char *key)
{
	size_t i;

	for (i = 0; i < l->what->nsysctls; i++)
		if (strcmp(l->what->sysctls[i], key) == 0)
			return true;
	return false;
}

/* Then what is usual may be wrong. */
static bool is_followed(const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(follows); i++)
		if (strcmp(follows[i].key, key) == 0)
			return true;
	return false;
}

/* Those of the namespace that are otherwise than a fresh one's. */
static int look_unusual(struct look *l, const struct usual *u)
{
	auto_close int dir = -1;
	char value[USUAL_VALUE_MAX], path[PATH_MAX];
	size_t i, in = u->ndirs;

	for (i = 0; i < u->n; i++) {
		const struct usual_setting *s = &u->settings[i];

		if (s->inherited)
			continue;
		if (s->dir != in) {
			in = s->dir;
			if (dir >= 0)
				close(take_fd(&dir));
			snprintf(path, sizeof(path), "/proc/sys/%s",
				 u->dirs[in]);
			dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		}
		if (dir >= 0 && usual_read(dir, s->name, value) >= 0 &&
		    (strcmp(value, s->value) != 0 || is_followed(s->key)) &&
		    !is_asked(l, s->key) && !saw(l, s->key, value, s))
			return -E2BIG;
	}
	return 0;
}

static int look(struct look *l, struct err *reterr)
{
	const struct usual *u = l->what->usual;
	char value[USUAL_VALUE_MAX];
	size_t i;
	int r;

	for (i = 0; i < l->what->nsysctls; i++) {
		const char *key = l->what->sysctls[i];

		if (read_one(key, value) &&
		    !saw(l, key, value, u ? usual_setting(u, key) : NULL))
			return -E2BIG;
	}
	if (!u)
		return 0;
	r = look_unusual(l, u);
	return r < 0 ? r : neigh_parms_look(l, reterr);
}

/* For a line: values are in columns, some are nothing. */
static const char *shown(struct diff *d, const char *value)
{
	char *copy = arena_strdup(diff_arena(d), *value ? value : "nothing"),
	     *c;

	for (c = copy; *c; c++)
		if (*c == '\t')
			*c = ' ';
	return copy;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct res all = {.kind = RES_SYSCTL,
				.netns = want->netns,
				.sysctl.key = SYSCTL_ALL_FORWARDING};
	const char *k = want->sysctl.key, *w = want->sysctl.value;

	if (!diff_ns(d, want->netns)) {
		diff_add(d, want);
	} else if (!have) {
		/* The bridge's hooks are there only with br_netfilter. */
		if (strncmp(k, "net/bridge/", 11) != 0)
			diff_modify(d, want, "it cannot be read");
	} else if (strcmp(have->sysctl.value, w) != 0) {
		diff_modify(d, want, "%s, wanted %s", have->sysctl.value, w);
		/* Writing this one sets the default and every link's. */
		if (strcmp(k, SYSCTL_ALL_FORWARDING) == 0)
			diff_anew(d, want);
	} else if (strcmp(k, DEFAULT_FORWARDING) == 0 &&
		   diff_is_anew(d, &all)) {
		diff_modify(d, want, "set again after conf/all");
	}
}

/* --- what no plan has ----------------------------------------------------- */

/* A link's: "net/ipv4/conf/eth0/tag". Where the family's folder ends, and the
 * name of the setting, with the link's between. */
struct of_link {
	struct res link;
	const char *name;
	size_t before; /* bytes of key before the link's name */
};

static bool is_links(struct diff *d, const struct res *r, struct of_link *ret)
{
	static const char *const folders[] = {
		"net/ipv4/conf/", "net/ipv6/conf/", "net/ipv4/neigh/",
		"net/ipv6/neigh/"};
	const char *key = r->sysctl.key, *dev, *end;
	size_t i;

	for (i = 0; i < ARRAY_LEN(folders); i++) {
		ret->before = strlen(folders[i]);
		if (strncmp(key, folders[i], ret->before) != 0)
			continue;
		dev = key + ret->before;
		end = strchr(dev, '/');
		if (!end || strncmp(dev, "all/", 4) == 0 ||
		    strncmp(dev, "default/", 8) == 0)
			return false;
		ret->name = end + 1;
		ret->link = (struct res){
			.kind = RES_LINK,
			.netns = r->netns,
			.link.name = arena_strndup(diff_arena(d), dev,
						   (size_t)(end - dev))};
		return true;
	}
	return false;
}

static const struct res *planned(struct diff *d, const struct res *have,
				 const char *key)
{
	const struct res r = {
		.kind = RES_SYSCTL, .netns = have->netns, .sysctl.key = key};

	return diff_wanted(d, &r);
}

/* The plan's own word for all links, by "all" or "default". */
static const struct res *for_links(struct diff *d, const struct res *have,
				   const struct of_link *of, const char *which)
{
	return planned(d, have,
		       arena_printf(diff_arena(d), "%.*s%s/%s", (int)of->before,
				    have->sysctl.key, which, of->name));
}

/* What a link's is to be; NULL where that is not for here to say. */
static const char *links_value(struct diff *d, const struct res *have,
			       const struct of_link *of)
{
	const struct res *wanted;

	if (!diff_wanted(d, &of->link) || diff_is_anew(d, &of->link))
		return NULL;
	wanted = for_links(d, have, of, "default");
	/* It was there before the plan's: some are copied to it, some not. */
	if (strcmp(of->link.link.name, "lo") == 0 &&
	    (wanted || for_links(d, have, of, "all")))
		return NULL;
	return wanted ? wanted->sysctl.value : have->sysctl.usual;
}

/* What it is to be since the plan has the one that it follows; NULL where it
 * does not, or that one is set now and sets it along. */
static const char *following(struct diff *d, const struct res *have)
{
	const struct res *of, *seen;
	const char *value = have->sysctl.usual;
	size_t i;

	for (i = 0; i < ARRAY_LEN(follows); i++) {
		if (strcmp(have->sysctl.key, follows[i].key) != 0)
			continue;
		of = planned(d, have, follows[i].of);
		if (!of)
			continue;
		seen = diff_seen(d, of);
		value = NULL;
		if (seen && strcmp(of->sysctl.value, follows[i].value) == 0 &&
		    strcmp(seen->sysctl.value, follows[i].value) == 0)
			value = follows[i].then;
	}
	return value;
}

static void compare_usual(struct diff *d, const struct res *have)
{
	const char *value;
	struct of_link of;
	struct res *want;

	if (!have->sysctl.usual || diff_wanted(d, have))
		return;
	value = is_links(d, have, &of) ? links_value(d, have, &of)
				       : following(d, have);
	if (!value || strcmp(have->sysctl.value, value) == 0)
		return;
	want = arena_alloc(diff_arena(d), sizeof(*want));
	*want = *have;
	want->sysctl.value = value;
	diff_modify(d, want, "%s, wanted %s", shown(d, have->sysctl.value),
		    shown(d, value))
		->unusual = true;
}

static void extra_node(struct diff *d)
{
	const struct observed *o = diff_have(d);
	size_t i, k;

	for (i = 0; i < o->nns; i++)
		if (!*o->ns[i].name || netns_is_labs(d, o->ns[i].name))
			for (k = 0; k < o->ns[i].of[RES_SYSCTL].n; k++)
				compare_usual(
					d, &o->ns[i].of[RES_SYSCTL].items[k]);
}

static void make_parms(struct tx *tx, const struct change *c)
{
	const struct res *r = c->want;
	struct place *p = tx_place(tx, r->netns, c);
	char dev[IF_NAMESIZE];
	unsigned index;

	if (!p)
		return;
	snprintf(dev, sizeof(dev), "%.*s",
		 (int)strcspn(r->sysctl.key + NEIGH_PARMS_DEV, "/"),
		 r->sysctl.key + NEIGH_PARMS_DEV);
	index = tx_index(tx, p, c, dev);
	if (index)
		neigh_parms_set(p->rtnl, r->sysctl.key, index, r->sysctl.value);
}

static void make(struct tx *tx, const struct change *c)
{
	const struct res *r = c->want;

	if (neigh_parms_is(r->sysctl.key))
		make_parms(tx, c);
	else if (tx_enter(tx, r->netns, c))
		/* Nothing cannot be written: a line without anything can. */
		tx_write(tx, c, r->sysctl.key,
			 *r->sysctl.value ? r->sysctl.value : "\n");
}

static const struct key rows[] = {
	{"key", KEY_TEXT, KEY_FIELD(struct res, sysctl.key),
	 .flags = KEY_REQUIRED},
	{"value", KEY_TEXT, KEY_FIELD(struct res, sysctl.value),
	 .flags = KEY_REQUIRED},
};

static const struct key_table keys = KEY_TABLE("setting", struct res, rows);

const struct kind kind_sysctl = {
	.name = "sysctl",
	.keys = &keys,
	.list = "sysctls",
	.rank = 1,
	.id = id,
	.print = print,
	.detail = detail,
	.shell = shell,
	.ask = ask,
	.look = look,
	.compare = compare,
	.extra_node = extra_node,
	.make = make,
};
