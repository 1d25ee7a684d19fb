/* SPDX-License-Identifier: MIT */
/*
 * Network namespaces, by name under /run/netns. A namespace is the lab's if
 * its loopback carries the lab's mark: an alias can be set there, and goes
 * with it.
 */
#include "provision/kinds/netns.h"

#include <errno.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <sched.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/connected.h"
#include "provision/kinds/kind.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "netns %s", r->netns);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	buf_adds(out, "ip netns add ");
	where_name(w, r->netns, out);
	buf_addc(out, '\n');
}

static void ask(struct look_ask *ask, const struct res *want)
{
	const char **name = arena_push(ask->a, &ask->names, &ask->nnames,
				       sizeof(*ask->names));

	*name = want->netns;
}

/* Only the lab's namespaces are looked into, and those that are to be. */
static int look(struct look *l, struct err *reterr)
{
	const struct look_what *w = l->what;
	size_t i;

	(void)reterr;
	if (!w->mark || !*l->ns->name || seen_marked(l->ns, w->mark))
		return 0;
	for (i = 0; i < w->nnames; i++)
		if (strcmp(w->names[i], l->ns->name) == 0)
			return 0;
	return LOOK_ENOUGH;
}

static void judge(struct diff *d, const struct res *want)
{
	route_connected(d, want->netns);
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct seen_ns *ns = diff_ns(d, want->netns);

	(void)have;
	if (!ns)
		diff_add(d, want);
	else if (!seen_marked(ns, diff_plan(d)->mark))
		diff_modify(d, want, "without the lab's mark");
}

static bool extra_ns(struct diff *d, const struct seen_ns *ns)
{
	struct res r = {.kind = RES_NETNS, .netns = ns->name};

	if (!*ns->name || diff_wanted(d, &r))
		return false;
	if (seen_marked(ns, diff_plan(d)->mark))
		diff_remove(d, &r);
	return true;
}

bool netns_is_labs(struct diff *d, const char *netns)
{
	const struct res r = {.kind = RES_NETNS, .netns = netns};

	/* Without the mark it is about to get it: so that the first look
	 * tells all that is to be done. */
	return *netns && diff_wanted(d, &r) && diff_ns(d, netns);
}

static bool is_netns(const char *name)
{
	auto_close int fd = netns_open(name, NULL);

	return fd >= 0 && !netns_is_own(fd) && setns(fd, CLONE_NEWNET) == 0;
}

static void make(struct tx *tx, const struct change *c)
{
	const char *name = c->want->netns;
	struct place *p;
	struct err err;
	int r;

	r = netns_add(name, &err);
	if (r == -EEXIST && !is_netns(name)) {
		/* A file without a namespace, of an add that was cut short; or
		 * something mounted over one, which is then seen again. */
		r = netns_del(name, &err);
		if (r < 0 && is_netns(name))
			r = 0;
		else if (r == 0)
			r = netns_add(name, &err);
	}
	if (r < 0 && r != -EEXIST) {
		tx_fail(tx, c, err.msg);
		return;
	}
	tx_place_renew(tx, name);
	p = tx_place(tx, name, c);
	if (!p)
		return;
	(void)nla_put_string(rtmsg_link(p->rtnl, 0, "lo", RTMSG_AS_IS),
			     IFLA_IFALIAS, tx_plan(tx)->mark);
	tx_send(tx, p);
}

static void unmake(struct tx *tx, const struct change *c)
{
	struct err err;
	int r;

	/* Its links' outer ends go first, so that their names are free when
	 * this returns. */
	tx_settle(tx);
	tx_place_gone(tx, c->have.netns);
	r = netns_del(c->have.netns, &err);
	if (r < 0 && r != -ENOENT)
		tx_fail(tx, c, err.msg);
}

const struct kind kind_netns = {
	.name = "netns",
	.rank = 0,
	.print = print,
	.shell = shell,
	.ask = ask,
	.look = look,
	.judge = judge,
	.compare = compare,
	.extra_ns = extra_ns,
	.make = make,
	.unmake = unmake,
};
