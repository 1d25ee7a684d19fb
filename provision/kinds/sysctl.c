/* SPDX-License-Identifier: MIT */
/*
 * Settings of a namespace, under net/. They are set before there are links,
 * which inherit them, and are never put back: they end with their namespace.
 *
 * In a namespace that the lab made some settings that no plan has must be as
 * the kernel began with them: each of them stops what a student would try.
 */
#include "provision/kinds/sysctl.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/netns.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define DEFAULT_FORWARDING "net/ipv6/conf/default/forwarding"
#define VALUE_MAX 256

/* A namespace begins with these, whatever the machine's own are. */
static const struct {
	const char *key, *value;
} beginning[] = {
	{"net/ipv4/conf/all/arp_filter", "0"},
	{"net/ipv4/conf/all/arp_ignore", "0"},
	{"net/ipv4/conf/all/drop_gratuitous_arp", "0"},
	{"net/ipv4/conf/all/drop_unicast_in_l2_multicast", "0"},
	{"net/ipv4/conf/all/proxy_arp", "0"},
	{"net/ipv4/icmp_echo_ignore_all", "0"},
	{"net/ipv4/igmp_max_memberships", "20"},
	{"net/ipv4/ip_default_ttl", "64"},
	{"net/ipv4/ip_no_pmtu_disc", "0"},
	{"net/ipv6/icmp/echo_ignore_all", "0"},
	{"net/netfilter/nf_conntrack_icmp_timeout", "30"},
	{"net/netfilter/nf_conntrack_udp_timeout", "30"},
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

static void read_one(struct look *l, const char *key)
{
	char path[PATH_MAX], value[VALUE_MAX];
	auto_close int fd = -1;
	struct res *r;
	ssize_t n;

	if (!sysctl_key_ok(key))
		return;
	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, value, sizeof(value) - 1);
	if (n < 0)
		return;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	r = seen_push(l->a, l->ns, RES_SYSCTL);
	if (!r)
		return;
	r->sysctl.key = key;
	r->sysctl.value = arena_strdup(l->a, value);
}

static int look(struct look *l, struct err *reterr)
{
	size_t i;

	(void)reterr;
	for (i = 0; i < l->what->nsysctls; i++)
		read_one(l, l->what->sysctls[i]);
	for (i = 0; *l->ns->name && i < ARRAY_LEN(beginning); i++)
		read_one(l, beginning[i].key);
	return 0;
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

static void compare_beginning(struct diff *d, const char *netns)
{
	struct res *want, r = {.kind = RES_SYSCTL, .netns = netns};
	const struct res *have;
	size_t i;

	for (i = 0; i < ARRAY_LEN(beginning); i++) {
		r.sysctl.key = beginning[i].key;
		r.sysctl.value = beginning[i].value;
		have = diff_seen(d, &r);
		if (!have || diff_wanted(d, &r) ||
		    strcmp(have->sysctl.value, r.sysctl.value) == 0)
			continue;
		want = arena_alloc(diff_arena(d), sizeof(*want));
		*want = r;
		diff_modify(d, want, "%s, wanted %s", have->sysctl.value,
			    r.sysctl.value);
	}
}

static void extra_node(struct diff *d)
{
	const struct observed *o = diff_have(d);
	size_t i;

	for (i = 0; i < o->nns; i++)
		if (netns_is_labs(d, o->ns[i].name))
			compare_beginning(d, o->ns[i].name);
}

static void make(struct tx *tx, const struct change *c)
{
	const struct res *r = c->want;

	if (tx_enter(tx, r->netns, c))
		tx_write(tx, c, r->sysctl.key, r->sysctl.value);
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
