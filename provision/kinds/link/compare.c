/* SPDX-License-Identifier: MIT */
/*
 * Comparing links: which cannot be changed into what is wanted and must be
 * made anew, in which attributes the others differ, and which are too many.
 */
#include <linux/rtnetlink.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/text.h"
#include "provision/kinds/link/link.h"
#include "provision/kinds/link/port.h"
#include "provision/kinds/netns.h"
#include "provision/kinds/ovs/ovs.h"
#include "provision/kinds/sysctl.h"
#include "provision/node/diff.h"

static struct res named(const char *netns, const char *name)
{
	return (struct res){
		.kind = RES_LINK, .netns = netns, .link.name = name};
}

const struct res_link *link_seen(struct diff *d, const char *netns,
				 const char *name)
{
	struct res r = named(netns, name);
	const struct res *seen = diff_seen(d, &r);

	return seen ? &seen->link : NULL;
}

void link_anew(struct diff *d, const char *netns, const char *name)
{
	struct res r = named(netns, name);

	diff_anew(d, &r);
}

const struct res *link_staying(struct diff *d, const char *netns,
			       const char *dev)
{
	struct res r = named(netns, dev);
	const struct res *have = diff_seen(d, &r), *want = diff_wanted(d, &r);

	return have && want && diff_ours(d, have->link.alias) &&
			       !diff_is_anew(d, &r)
		       ? want
		       : NULL;
}

/* In a namespace of the lab's nobody else has anything, whatever it says. */
static bool foreign(struct diff *d, const char *netns, const struct res_link *l)
{
	return l->alias && *l->alias && !diff_ours(d, l->alias) &&
	       !netns_is_labs(d, netns);
}

bool link_shape_right(const struct res_link *want, const struct res_link *have)
{
	if (!link_type(want)->made)
		return true;
	return have->kind == want->kind &&
	       (!link_type(want)->same || link_type(want)->same(want, have));
}

const struct res_link *link_foreign(struct diff *d, const struct res *want,
				    link_clash *clash)
{
	const struct seen_ns *ns = diff_ns(d, want->netns);
	size_t i;

	for (i = 0; ns && i < ns->of[RES_LINK].n; i++) {
		const struct res_link *l = &ns->of[RES_LINK].items[i].link;

		if (clash(&want->link, l) && !diff_ours(d, l->alias))
			return l;
	}
	return NULL;
}

bool link_make_way(struct diff *d, const char *netns,
		   const struct res_link *have)
{
	struct res r = {.kind = RES_LINK, .netns = netns};

	if (!have)
		return true;
	if (foreign(d, netns, have) ||
	    (!diff_ours(d, have->alias) && !link_type(have)->own_name &&
	     !netns_is_labs(d, netns)))
		return false;
	r.link = *have;
	diff_remove(d, &r);
	return true;
}

void link_judge(struct diff *d, const struct res *want)
{
	const struct link_type *t = link_type(&want->link);
	const struct res_link *have;

	if (t->judge) {
		t->judge(d, want);
		return;
	}
	if (!t->made)
		return;
	have = link_seen(d, want->netns, want->link.name);
	if (have && link_shape_right(&want->link, have))
		return;
	/* Blocked ones stay as they are, and the making fails with a reason. */
	(void)link_make_way(d, want->netns, have);
	link_anew(d, want->netns, want->link.name);
}

static bool differs_master(struct diff *d, const struct res *want,
			   const struct res_link *l)
{
	const char *w = want->link.master;
	struct res r = named(want->netns, w);

	if (!w)
		/* Which port of Open vSwitch's it is, its own kind tells. */
		return link_type(&want->link)->made && l->master &&
		       strcmp(l->master, OVS_DATAPATH) != 0;
	return !text_same(l->master, w) || diff_is_anew(d, &r);
}

/* The engine's address of that link that all of a router's links have is
 * here: its router is Active, and the link one of a router's; or it has no
 * engine, and always is. */
static bool is_router(struct diff *d, const struct res *want)
{
	const struct res ll = {
		.kind = RES_ADDR,
		.netns = want->netns,
		.addr.dev = want->link.name,
		.addr.addr = {ip_link_local(&want->link.mac), 64},
	};

	return want->link.ipv6_by_role &&
	       (!want->link.engine_addrs || diff_seen(d, &ll));
}

/* An engine that lets go of a router makes its links a host's. */
static bool leaves_engine(struct diff *d, const struct res *want)
{
	const struct res ll = {
		.kind = RES_ADDR,
		.netns = want->netns,
		.addr.dev = want->link.name,
		.addr.addr = {ip_link_local(&want->link.mac), 64},
	};
	const struct res *have = diff_seen(d, &ll);

	return !want->link.engine_addrs && have &&
	       have->addr.proto == RTPROT_KEEPALIVED;
}

static bool differs_quiet(struct diff *d, const struct res *want,
			  const struct res_link *l)
{
	const struct res all = {.kind = RES_SYSCTL,
				.netns = want->netns,
				.sysctl.key = SYSCTL_ALL_FORWARDING};

	return want->link.ipv6_quiet && !is_router(d, want) &&
	       (l->ipv6_router || diff_is_anew(d, &all));
}

/* Under a bridge that is down, no port forwards. */
static bool differs_port(struct diff *d, const struct res *want,
			 const struct res_link *l)
{
	const struct res_link *bridge =
		l->port_odd ? link_seen(d, want->netns, l->master) : NULL;

	return bridge && bridge->up && text_same(l->master, want->link.master);
}

/* The value of a setting that links inherit, where the plan has it and it is
 * so: else setting it comes first, which sets links' as well. */
static const char *inherited(struct diff *d, const char *netns, const char *key)
{
	const struct res r = {
		.kind = RES_SYSCTL, .netns = netns, .sysctl.key = key};
	const struct res *want = diff_wanted(d, &r), *have = diff_seen(d, &r);

	return want && have &&
			       strcmp(want->sysctl.value, have->sysctl.value) ==
				       0
		       ? want->sysctl.value
		       : NULL;
}

static unsigned differing_ipv4(struct diff *d, const struct res *want,
			       const struct res_link *l, struct buf *why)
{
	const char *forward, *filter;
	unsigned f = 0;

	if (!link_type(&want->link)->made)
		return 0;
	forward = inherited(d, want->netns, "net/ipv4/ip_forward");
	filter = inherited(d, want->netns, "net/ipv4/conf/default/rp_filter");
	if (forward && strcmp(forward, "1") == 0 && l->no_forward) {
		f |= LINK_HAS_FORWARD;
		buf_listf(why, "IPv4 forwarding is off");
	}
	if (filter && strcmp(filter, "0") == 0 && l->rp_filter) {
		f |= LINK_HAS_RP_FILTER;
		buf_listf(why, "rp_filter %u, wanted 0", l->rp_filter);
	}
	/* What it answers is said by the plan's conf/all, but the greater of
	 * both counts, and these answer nobody. */
	if (l->arp_ignore > 2) {
		f |= LINK_HAS_ARP_IGNORE;
		buf_listf(why, "arp_ignore %u, wanted 0", l->arp_ignore);
	}
	return f;
}

/* In a namespace of the lab's: taps have no addresses. */
static unsigned differing_conf(struct diff *d, const struct res *want,
			       const struct res_link *l, struct buf *why)
{
	const struct res_link *w = &want->link;
	const char *ra;
	unsigned f = 0;

	if (!*want->netns)
		return 0;
	if (w->ipv6_off || l->ipv6_off || !l->ipv6_mtu)
		return f;
	ra = inherited(d, want->netns, LINK_DEFAULT_ACCEPT_RA);
	if (ra && l->accept_ra != (unsigned)(ra[0] - '0')) {
		f |= LINK_HAS_ACCEPT_RA;
		buf_listf(why, "accept_ra %u, wanted %s", l->accept_ra, ra);
	}
	/* The link's own comes along with it. */
	if (w->mtu && w->mtu == l->mtu && l->ipv6_mtu != w->mtu) {
		f |= LINK_HAS_IPV6_MTU;
		buf_listf(why, "IPv6 mtu %u, wanted %u", l->ipv6_mtu, w->mtu);
	}
	return f;
}

/* A bridge has the least address of its ports until somebody gives it one, and
 * it takes what is sent to its own. NULL: it has one of theirs, or no port. */
static const struct mac *bridge_mac(struct diff *d, const struct res *want,
				    const struct res_link *l)
{
	const struct seen_ns *ns = diff_ns(d, want->netns);
	const struct mac *least = NULL;
	size_t i;

	for (i = 0; ns && i < ns->of[RES_LINK].n; i++) {
		const struct res_link *p = &ns->of[RES_LINK].items[i].link;

		if (!p->has_mac || !text_same(p->master, l->name))
			continue;
		if (mac_equal(&p->mac, &l->mac))
			return NULL;
		if (!least || memcmp(&p->mac, least, sizeof(*least)) < 0)
			least = &p->mac;
	}
	return least;
}

/* As the kernel makes each kind of link that the lab has. */
static unsigned differing_flags(const struct res_link *l, struct buf *why)
{
	unsigned f = 0;

	if (l->proto_down) {
		f |= LINK_HAS_PROTO_DOWN;
		buf_listf(why, "protodown on");
	}
	if (l->dormant) {
		f |= LINK_HAS_MODE;
		buf_listf(why, "mode dormant");
	}
	if (l->xdp) {
		f |= LINK_HAS_XDP;
		buf_listf(why, "an XDP program on it");
	}
	if (l->no_arp) {
		f |= LINK_HAS_ARP;
		buf_listf(why, "ARP is off");
	}
	if (l->no_multicast) {
		f |= LINK_HAS_MULTICAST;
		buf_listf(why, "multicast is off");
	}
	return f;
}

/* Which attributes differ; words about them go to why. */
static unsigned differing(struct diff *d, const struct res *want,
			  const struct res_link *l, struct buf *why)
{
	const struct res_link *w = &want->link;
	const struct link_type *t = link_type(w);
	char a[MAC_TEXT_MAX], b[MAC_TEXT_MAX];
	unsigned f = 0;

	if (t->made && !diff_ours(d, l->alias)) {
		f |= LINK_HAS_MARK;
		buf_listf(why, "without the lab's mark");
	}
	if (w->has_mac && !mac_equal(&w->mac, &l->mac)) {
		f |= LINK_HAS_MAC;
		buf_listf(why, "address %s, wanted %s", mac_print(&l->mac, a),
			  mac_print(&w->mac, b));
	}
	if (w->kind == LINK_BRIDGE && bridge_mac(d, want, l)) {
		f |= LINK_HAS_MAC;
		buf_listf(why, "address %s, which no port of it has",
			  mac_print(&l->mac, a));
	}
	if (w->mtu && w->mtu != l->mtu) {
		f |= LINK_HAS_MTU;
		buf_listf(why, "mtu %u, wanted %u", l->mtu, w->mtu);
	}
	if (differs_master(d, want, l)) {
		f |= LINK_HAS_MASTER;
		buf_listf(why, "%s%s, wanted %s",
			  l->master ? "in " : "in no bridge",
			  l->master ? l->master : "",
			  w->master ? w->master : "none");
	}
	if (t->made ? w->addr_gen_none != l->addr_gen_none
		    : w->addr_gen_none && !l->addr_gen_none) {
		f |= LINK_HAS_ADDR_GEN;
		buf_listf(why, "addrgenmode %s",
			  w->addr_gen_none ? "eui64, wanted none"
					   : "none, wanted eui64");
	}
	/* Below its smallest MTU there is no IPv6: what is wrong is the MTU, be
	 * it the plan's or one that a lease tells. */
	if (t->made ? w->ipv6_off != l->ipv6_off &&
			      (w->mtu || l->mtu >= IPV6_MIN_MTU)
		    : w->ipv6_off && !l->ipv6_off) {
		f |= LINK_HAS_IPV6_OFF;
		buf_listf(why, "IPv6 is %s", l->ipv6_off ? "off" : "on");
	}
	if (differs_quiet(d, want, l)) {
		f |= LINK_HAS_IPV6_QUIET;
		buf_listf(why, "in the all-routers groups");
	}
	if (is_router(d, want) && (!l->ipv6_router || leaves_engine(d, want))) {
		f |= LINK_HAS_IPV6_ROUTER;
		buf_listf(why, "IPv6 forwarding %s",
			  l->ipv6_router ? "goes with the VRRP engine"
					 : "is off");
	}
	if (w->master && differs_port(d, want, l)) {
		f |= LINK_HAS_PORT;
		port_print(l->port_odd, why);
	}
	f |= differing_ipv4(d, want, l, why);
	if (t->made)
		f |= differing_conf(d, want, l, why) | differing_flags(l, why);
	if (t->differs && t->differs(w, l, why))
		f |= LINK_HAS_OWN;
	if (w->up ? !l->up : t->made && l->up) {
		f |= LINK_HAS_UP;
		buf_listf(why, "%s", w->up ? "down" : "up");
	}
	return f;
}

static const struct res *with_mac(struct diff *d, const struct res *want,
				  const struct res_link *l, unsigned fields)
{
	struct res *r;

	if (want->link.has_mac || !(fields & LINK_HAS_MAC))
		return want;
	r = arena_alloc(diff_arena(d), sizeof(*r));
	*r = *want;
	r->link.mac = *bridge_mac(d, want, l);
	r->link.has_mac = true;
	return r;
}

static void blocked(struct diff *d, const struct res *want, const char *why)
{
	struct change *c = diff_add(d, want);

	c->blocked = true;
	c->why = why;
}

void link_compare(struct diff *d, const struct res *want,
		  const struct res *seen)
{
	const struct res_link *l = seen ? &seen->link : NULL;
	const struct link_type *t = link_type(&want->link);
	const char *obstacle = NULL;
	bool made = t->made;
	auto_buf struct buf why = {0};
	unsigned fields;

	if (l && made && foreign(d, want->netns, l)) {
		blocked(d, want,
			arena_printf(diff_arena(d),
				     "a link of that name belongs to '%s'; if "
				     "that is no more: "
				     "ip link set %s alias ''",
				     l->alias, l->name));
		return;
	}
	if (l && !link_shape_right(&want->link, l) && !diff_ours(d, l->alias) &&
	    !netns_is_labs(d, want->netns)) {
		blocked(d, want,
			arena_printf(diff_arena(d),
				     "a %s link of that name is there and is "
				     "not the lab's; if nobody needs it: "
				     "ip link del %s",
				     *l->type ? l->type : "hardware", l->name));
		return;
	}
	if (!l && !made && diff_ns(d, want->netns)) {
		blocked(d, want, "the node has no such interface");
		return;
	}
	if (!l || (made && diff_is_anew(d, want))) {
		if (t->obstacle)
			obstacle = t->obstacle(d, want);
		if (obstacle)
			blocked(d, want, obstacle);
		else
			diff_add(d, want);
		return;
	}
	fields = differing(d, want, l, &why);
	if (fields) {
		struct change *c = diff_modify(d, with_mac(d, want, l, fields),
					       "%s", why.data);

		c->fields = fields;
		c->seen = seen;
	}
}

/* Tunnels' modules make these in every namespace, and they cannot go. */
static bool comes_by_itself(const struct res_link *l)
{
	static const char *const names[] = {
		"tunl0",   "sit0",    "gre0",    "gretap0",  "erspan0",
		"ip6gre0", "ip6tnl0", "ip_vti0", "ip6_vti0",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(l->name, names[i]) == 0)
			return true;
	return strcmp(l->type, "loopback") == 0;
}

/* A namespace that the lab made is the lab's alone, whoever's mark a link in
 * it carries. */
bool link_extra(struct diff *d, const struct res *have)
{
	if (link_type(&have->link)->elsewhere && !*have->netns)
		return false;
	return !comes_by_itself(&have->link) &&
	       (diff_ours(d, have->link.alias) ||
		netns_is_labs(d, have->netns));
}

/* A stranger's port in a bridge of the lab's with an address of the lab's: what
 * is sent to that the bridge takes for the node. The link is its owner's, and
 * stays; with another address it is a machine that somebody brought along. */
static void unplug(struct diff *d, const struct res *have)
{
	struct res *want;
	struct change *c;

	if (!have->link.master || diff_ours(d, have->link.alias) ||
	    diff_wanted(d, have) ||
	    !link_staying(d, have->netns, have->link.master) ||
	    !mac_is_labs(&have->link.mac))
		return;
	want = arena_alloc(diff_arena(d), sizeof(*want));
	*want = *have;
	want->link.master = NULL;
	c = diff_modify(d, want,
			"in %s with a MAC address as labs give, and no port "
			"of this one",
			have->link.master);
	c->fields = LINK_HAS_MASTER;
	c->seen = have;
}

void link_extra_node(struct diff *d)
{
	const struct seen_ns *own = diff_ns(d, "");
	size_t i;

	for (i = 0; own && i < own->of[RES_LINK].n; i++)
		unplug(d, &own->of[RES_LINK].items[i]);
}
