/* SPDX-License-Identifier: MIT */
#include "provision/node/tx.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/kind.h"

#define SETTING_PATH_MAX 512
#define NO_CHANGE SIZE_MAX /* a message that belongs to no change */

static size_t number(const struct tx *tx, const struct change *c)
{
	return (size_t)(c - tx->ch->items);
}

void tx_fail(struct tx *tx, const struct change *c, const char *why)
{
	if (!tx_failed(tx, c))
		tx->why[number(tx, c)] = arena_strdup(tx->a, why);
}

bool tx_failed(const struct tx *tx, const struct change *c)
{
	return tx->why[number(tx, c)] != NULL;
}

/* --- places --------------------------------------------------------------- */

static void place_open(struct place *p)
{
	p->broken = false;
	p->fd = netns_open(p->name, &p->err);
	if (p->fd < 0 || rtnl_open(&p->rtnl, p->fd, &p->err) < 0)
		p->broken = true;
}

static void place_close(struct place *p)
{
	rtnl_free(p->rtnl);
	if (p->fd >= 0)
		close(p->fd);
	p->rtnl = NULL;
	p->fd = -1;
}

static struct place *place(struct tx *tx, const char *name)
{
	struct place *p = map_gets(&tx->places, name), **slot;

	if (p)
		return p;
	p = arena_alloc(tx->a, sizeof(*p));
	p->name = name;
	place_open(p);
	map_puts(tx->a, &tx->places, name, p);
	slot = arena_push(tx->a, &tx->list, &tx->nlist, sizeof(*slot));
	*slot = p;
	return p;
}

int tx_open(struct tx *tx, struct arena *a, const struct plan *p,
	    const struct changes *ch, struct err *reterr)
{
	struct place *own;

	*tx = (struct tx){.a = a, .p = p, .ch = ch, .patience_ms = 200};
	tx->why = arena_array(a, ch->n + 1, sizeof(*tx->why));
	own = place(tx, "");
	if (!own->broken)
		return 0;
	if (reterr)
		*reterr = own->err;
	return own->err.code;
}

void tx_close(struct tx *tx)
{
	size_t i;

	for (i = 0; i < tx->nlist; i++)
		place_close(tx->list[i]);
}

struct place *tx_other(struct tx *tx, const char *netns, const struct change *c)
{
	struct place *p = place(tx, netns);

	if (!p->broken)
		return p;
	/* With the namespace all in it is gone, which is as good. */
	if (c->op != CHANGE_REMOVE)
		tx_fail(tx, c, p->err.msg);
	return NULL;
}

struct place *tx_place(struct tx *tx, const char *netns, const struct change *c)
{
	tx->now = tx_other(tx, netns, c);
	return tx->now;
}

void tx_place_renew(struct tx *tx, const char *netns)
{
	struct place *p = place(tx, netns);

	place_close(p);
	p->index = (struct map){0};
	place_open(p);
}

void tx_place_gone(struct tx *tx, const char *netns)
{
	struct place *p = place(tx, netns);

	place_close(p);
	p->broken = true;
}

bool tx_enter(struct tx *tx, const char *netns, const struct change *c)
{
	struct place *p = tx_other(tx, netns, c);
	struct err err;

	if (!p)
		return false;
	if (setns(p->fd, CLONE_NEWNET) == 0)
		return true;
	err_sys(&err, -errno, "enter the namespace");
	tx_fail(tx, c, err.msg);
	return false;
}

void tx_write(struct tx *tx, const struct change *c, const char *key,
	      const char *value)
{
	char path[SETTING_PATH_MAX];
	auto_close int fd = -1;
	size_t len = strlen(value);
	struct err err;

	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, value, len) == (ssize_t)len)
		return;
	err_sys(&err, -errno, "write %s", path);
	tx_fail(tx, c, err.msg);
}

/* --- messages ------------------------------------------------------------- */

static void own(struct tx *tx, struct place *p, size_t change)
{
	while (!p->broken && p->nsent < rtnl_queued(p->rtnl)) {
		size_t *s = arena_push(tx->a, &p->sent, &p->nsent, sizeof(*s));

		*s = change;
	}
}

void tx_own(struct tx *tx, struct place *p, const struct change *c)
{
	own(tx, p, number(tx, c));
}

void tx_do(struct tx *tx, const struct change *c,
	   void (*hook)(struct tx *tx, const struct change *c))
{
	tx->now = NULL;
	hook(tx, c);
	if (tx->now)
		tx_own(tx, tx->now, c);
}

/* Gone already is as good as removed. */
static bool forgiven(const struct change *c, int e)
{
	return c->op == CHANGE_REMOVE && (e == -ENODEV || e == -ENOENT ||
					  e == -ESRCH || e == -EADDRNOTAVAIL);
}

static void judge(struct tx *tx, struct place *p, size_t i)
{
	const char *words = rtnl_words(p->rtnl, i);
	const struct change *c;
	struct err err;
	int e = rtnl_result(p->rtnl, i);

	if (e >= 0 || p->sent[i] == NO_CHANGE)
		return;
	c = &tx->ch->items[p->sent[i]];
	if (forgiven(c, e))
		return;
	if (*words)
		err_set(&err, e, "%s (%s)", strerror(-e), words);
	else
		err_set(&err, e, "%s", strerror(-e));
	tx_fail(tx, c, err.msg);
}

void tx_send(struct tx *tx, struct place *p)
{
	size_t i;

	if (p->broken || !rtnl_queued(p->rtnl))
		return;
	own(tx, p, NO_CHANGE);
	(void)rtnl_commit(p->rtnl, NULL);
	for (i = 0; i < p->nsent; i++)
		judge(tx, p, i);
	p->nsent = 0;
}

void tx_send_all(struct tx *tx)
{
	size_t i;

	for (i = 0; i < tx->nlist; i++)
		tx_send(tx, tx->list[i]);
}

void tx_put_off(struct tx *tx, struct place *p, const struct change *c)
{
	size_t *slot = arena_push(tx->a, &p->off, &p->noff, sizeof(*slot));

	*slot = number(tx, c);
}

void tx_settle(struct tx *tx)
{
	size_t i, k;

	for (i = 0; i < tx->nlist; i++) {
		tx_send(tx, tx->list[i]);
		for (k = 0; k < RES_KINDS; k++)
			if (kinds[k]->settle && !tx->list[i]->broken)
				kinds[k]->settle(tx, tx->list[i]);
		tx->list[i]->noff = 0;
	}
}

/* --- look-ups ------------------------------------------------------------- */

struct naming {
	struct tx *tx;
	struct place *p;
};

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	struct naming *n = ctx;
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct nlattr *tb[IFLA_MAX + 1];

	if (rtmsg_parse(h, RTM_NEWLINK, sizeof(*ifi), tb, IFLA_MAX) &&
	    tb[IFLA_IFNAME])
		map_puts(n->tx->a, &n->p->index,
			 rtmsg_text(n->tx->a, tb[IFLA_IFNAME]),
			 (void *)(uintptr_t)ifi->ifi_index);
	return 0;
}

static void forget(void *ctx)
{
	struct naming *n = ctx;

	n->p->index = (struct map){0};
}

void tx_forget_links(struct tx *tx)
{
	size_t i;

	for (i = 0; i < tx->nlist; i++)
		tx->list[i]->index = (struct map){0};
}

unsigned tx_index(struct tx *tx, struct place *p, const struct change *c,
		  const char *dev)
{
	struct naming n = {tx, p};
	struct err err;
	unsigned index;

	if (!p->index.n)
		(void)rtmsg_dump_links(p->rtnl, on_link, forget, &n, NULL);
	index = (unsigned)(uintptr_t)map_gets(&p->index, dev);
	if (!index && c->op != CHANGE_REMOVE) {
		err_set(&err, -ENODEV, "there is no link %s", dev);
		tx_fail(tx, c, err.msg);
	}
	return index;
}

const struct res *tx_wanted(struct tx *tx, const struct res *r)
{
	auto_buf struct buf key = {0};
	bool known = tx->wanted.n;
	size_t i;

	for (i = 0; !known && i < tx->p->n; i++) {
		if (tx->p->res[i].kind != r->kind)
			continue;
		buf_reset(&key);
		kind_key(&tx->p->res[i], &key);
		map_puts_copy(tx->a, &tx->wanted, key.data, &tx->p->res[i]);
	}
	buf_reset(&key);
	kind_key(r, &key);
	return map_gets(&tx->wanted, key.data);
}
