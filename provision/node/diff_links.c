/* SPDX-License-Identifier: MIT */
/*
 * Links: which of them cannot be changed into what is wanted and must be made
 * anew, and in which attributes the others differ.
 */
#include "provision/node/diff.h"

#include <stdarg.h>
#include <string.h>

/* A link with an alias that is not ours has another owner. */
static bool foreign(const struct diff *d, const struct obs_link *l)
{
	return l->alias && *l->alias && !diff_ours(d, l->alias);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool right_shape(const struct res_link *w, const struct obs_link *l)
{
	switch (w->kind) {
	case LINK_BRIDGE:
		return strcmp(l->kind, "bridge") == 0;
	case LINK_VXLAN:
		return strcmp(l->kind, "vxlan") == 0 && l->vni == w->vni &&
		       ip_equal(&l->vxlan_group, &w->group) &&
		       ip_equal(&l->vxlan_local, &w->local) &&
		       same_text(l->vxlan_dev, w->dev) &&
		       l->vxlan_port == w->port &&
		       l->vxlan_learning == w->learning;
	case LINK_VETH:
		return strcmp(l->kind, "veth") == 0;
	case LINK_EXISTING:
		break;
	}
	return true;
}

static void anew(struct diff *d, const char *netns, const char *name,
		 const struct res *r)
{
	strmap_put(&d->anew, diff_key_link(d, netns, name), r);
}

/* Makes way for a link that is made anew; false where it must not. */
static bool make_way(struct diff *d, const char *netns,
		     const struct obs_link *l)
{
	if (!l)
		return true;
	/* Without any mark it may be a crash's leftover, but only a veth's
	 * name is drawn from the lab's identifiers. */
	if (foreign(d, l) ||
	    (!diff_ours(d, l->alias) && strcmp(l->kind, "veth") != 0))
		return false;
	diff_remove_link(d, netns, l);
	return true;
}

static void judge_pair(struct diff *d, const struct res *r)
{
	const struct res_link *w = &r->link;
	const struct obs_link *out = diff_link_seen(d, r->netns, w->name);
	const struct obs_link *in = diff_link_seen(d, w->peer_netns, w->peer);

	if (out && in && right_shape(w, out) && right_shape(w, in) &&
	    out->peer_index == in->index && in->peer_index == out->index)
		return;
	/* Blocked ones stay as they are, and the making fails with a reason. */
	if (make_way(d, r->netns, out))
		(void)make_way(d, w->peer_netns, in);
	anew(d, r->netns, w->name, r);
	anew(d, w->peer_netns, w->peer, r);
}

void diff_judge_links(struct diff *d)
{
	const struct obs_link *l;
	const struct res *r;
	size_t i;

	for (i = 0; i < d->p->n; i++) {
		r = &d->p->res[i];
		if (r->kind != RES_LINK || r->link.kind == LINK_EXISTING)
			continue;
		if (r->link.kind == LINK_VETH) {
			if (r->link.peer)
				judge_pair(d, r);
			continue;
		}
		l = diff_link_seen(d, r->netns, r->link.name);
		if (l && right_shape(&r->link, l))
			continue;
		if (l)
			(void)make_way(d, r->netns, l);
		anew(d, r->netns, r->link.name, r);
	}
}

static void blocked(struct diff *d, const struct res *r, const char *why)
{
	struct change *c = diff_push(d, &d->add, CHANGE_ADD, r);

	c->blocked = true;
	c->why = why;
}

static void because(struct diff *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void because(struct diff *d, const char *fmt, ...)
{
	va_list ap;

	if (d->why.len)
		buf_adds(&d->why, ", ");
	va_start(ap, fmt);
	buf_vprintf(&d->why, fmt, ap);
	va_end(ap);
}

static bool differs_master(struct diff *d, const struct res *r,
			   const struct obs_link *l)
{
	const char *w = r->link.master;

	if (!w)
		return r->link.kind != LINK_EXISTING && l->master;
	return !same_text(l->master, w) || diff_is_anew(d, r->netns, w);
}

/* Which attributes differ; words about them go to d->why. */
static unsigned differing(struct diff *d, const struct res *r,
			  const struct obs_link *l)
{
	const struct res_link *w = &r->link;
	bool made = w->kind != LINK_EXISTING;
	char a[MAC_TEXT_MAX], b[MAC_TEXT_MAX];
	unsigned f = 0;

	if (made && !diff_ours(d, l->alias)) {
		f |= LINK_HAS_MARK;
		because(d, "without the lab's mark");
	}
	if (w->has_mac && !mac_equal(&w->mac, &l->mac)) {
		f |= LINK_HAS_MAC;
		because(d, "address %s, wanted %s", mac_print(&l->mac, a),
			mac_print(&w->mac, b));
	}
	if (w->mtu && w->mtu != l->mtu) {
		f |= LINK_HAS_MTU;
		because(d, "mtu %u, wanted %u", l->mtu, w->mtu);
	}
	if (differs_master(d, r, l)) {
		f |= LINK_HAS_MASTER;
		because(d, "%s%s, wanted %s",
			l->master ? "in " : "in no bridge",
			l->master ? l->master : "",
			w->master ? w->master : "none");
	}
	if (made ? w->addr_gen_none != l->addr_gen_none
		 : w->addr_gen_none && !l->addr_gen_none) {
		f |= LINK_HAS_ADDR_GEN;
		because(d, "addrgenmode %s",
			w->addr_gen_none ? "eui64, wanted none"
					 : "none, wanted eui64");
	}
	if (made ? w->ipv6_off != l->ipv6_off : w->ipv6_off && !l->ipv6_off) {
		f |= LINK_HAS_IPV6_OFF;
		because(d, "IPv6 is %s", l->ipv6_off ? "off" : "on");
	}
	if (w->ipv6_quiet &&
	    (l->ipv6_router ||
	     strmap_get(&d->anew,
			diff_key_sysctl(d, r->netns, DIFF_ALL_FORWARDING)))) {
		f |= LINK_HAS_IPV6_QUIET;
		because(d, "in the all-routers groups");
	}
	if (w->kind == LINK_BRIDGE &&
	    (l->stp || l->forward_delay || l->mcast_snooping)) {
		f |= LINK_HAS_BRIDGE;
		because(d,
			"stp %d forward_delay %u mcast_snooping %d, wanted "
			"0 0 0",
			l->stp, l->forward_delay, l->mcast_snooping);
	}
	if (w->up ? !l->up : made && l->up) {
		f |= LINK_HAS_UP;
		because(d, "%s", w->up ? "down" : "up");
	}
	return f;
}

void diff_link(struct diff *d, const struct res *r)
{
	const struct obs_link *l = diff_link_seen(d, r->netns, r->link.name);
	bool made = r->link.kind != LINK_EXISTING;
	struct change *c;
	unsigned f;

	if (l && made && foreign(d, l)) {
		blocked(d, r,
			arena_printf(d->a,
				     "a link of that name belongs "
				     "to '%s'",
				     l->alias));
		return;
	}
	if (l && !right_shape(&r->link, l) && !diff_ours(d, l->alias)) {
		blocked(d, r,
			"a link of that name is there and is not the "
			"lab's");
		return;
	}
	if (!l && !made && strmap_get(&d->seen, diff_key_netns(d, r->netns))) {
		blocked(d, r, "the node has no such interface");
		return;
	}
	if (!l || (made && diff_is_anew(d, r->netns, r->link.name))) {
		diff_push(d, &d->add, CHANGE_ADD, r)->fields = LINK_HAS_ALL;
		return;
	}
	buf_reset(&d->why);
	f = differing(d, r, l);
	if (!f)
		return;
	c = diff_push(d, &d->add, CHANGE_MODIFY, r);
	c->why = arena_strndup(d->a, d->why.data, d->why.len);
	c->fields = f;
}
