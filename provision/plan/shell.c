/* SPDX-License-Identifier: MIT */
#include "provision/plan/shell.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"

/* Where commands run: on the node (NULL), or locally in namespaces that
 * stand for nodes. */
struct where {
	const char *node; /* the namespace that plays the node, or NULL */
};

/* The name by which a namespace of the node goes. */
static void ns_name(const struct where *w, const char *netns, struct buf *out)
{
	if (w->node)
		buf_adds(out, w->node);
	if (w->node && *netns)
		buf_addc(out, '.');
	buf_adds(out, netns);
}

/* "ip" or "ip -n NAME", and a blank. */
static void ip_in(const struct where *w, const char *netns, struct buf *out)
{
	buf_adds(out, "ip ");
	if (w->node || *netns) {
		buf_adds(out, "-n ");
		ns_name(w, netns, out);
		buf_addc(out, ' ');
	}
}

static void link_add(const struct where *w, const struct res *r,
		     struct buf *out)
{
	const struct res_link *l = &r->link;
	char text[IP_TEXT_MAX];

	if (l->kind == LINK_EXISTING || (l->kind == LINK_VETH && !l->peer))
		return;
	ip_in(w, r->netns, out);
	buf_printf(out, "link add %s", l->name);
	if (l->kind == LINK_BRIDGE) {
		buf_adds(out, " type bridge forward_delay 0 stp_state 0 "
			      "mcast_snooping 0");
	} else if (l->kind == LINK_VETH) {
		buf_printf(out, " type veth peer name %s", l->peer);
		if (w->node || *l->peer_netns) {
			buf_adds(out, " netns ");
			ns_name(w, l->peer_netns, out);
		}
	} else {
		buf_printf(out, " type vxlan id %u dev %s dstport %u", l->vni,
			   l->dev, l->port);
		if (ip_is_set(&l->local))
			buf_printf(out, " local %s", ip_print(&l->local, text));
		if (ip_is_set(&l->group))
			buf_printf(out, " group %s", ip_print(&l->group, text));
		if (!l->learning)
			buf_adds(out, " nolearning");
	}
	buf_addc(out, '\n');
}

/* "ip netns exec NAME", and a blank, where there is one. */
static void exec_in(const struct where *w, const char *netns, struct buf *out)
{
	if (!w->node && !*netns)
		return;
	buf_adds(out, "ip netns exec ");
	ns_name(w, netns, out);
	buf_addc(out, ' ');
}

static void link_sysctl(const struct where *w, const struct res *r,
			const char *setting, struct buf *out)
{
	exec_in(w, r->netns, out);
	buf_printf(out, "sysctl -qw net.ipv6.conf.%s.%s\n", r->link.name,
		   setting);
}

static void link_set(const struct where *w, const struct res *r,
		     struct buf *out)
{
	const struct res_link *l = &r->link;
	char mac[MAC_TEXT_MAX];

	if (strcmp(l->name, "lo") != 0 &&
	    (l->has_mac || l->mtu || l->master || l->addr_gen_none)) {
		ip_in(w, r->netns, out);
		buf_printf(out, "link set %s", l->name);
		if (l->has_mac)
			buf_printf(out, " address %s", mac_print(&l->mac, mac));
		if (l->mtu)
			buf_printf(out, " mtu %u", l->mtu);
		if (l->master)
			buf_printf(out, " master %s", l->master);
		if (l->addr_gen_none)
			buf_adds(out, " addrgenmode none");
		buf_addc(out, '\n');
	}
	if (l->ipv6_off)
		link_sysctl(w, r, "disable_ipv6=1", out);
	if (l->up) {
		ip_in(w, r->netns, out);
		buf_printf(out, "link set %s up\n", l->name);
	}
}

static void sysctl(const struct where *w, const struct res *r, struct buf *out)
{
	const char *key = r->sysctl.key;

	exec_in(w, r->netns, out);
	/* With dots, as people write it; an interface's own dot is a '/'. */
	buf_adds(out, "sysctl -qw ");
	for (; *key; key++)
		buf_addc(out, *key == '/' ? '.' : *key == '.' ? '/' : *key);
	buf_printf(out, "=%s\n", r->sysctl.value);
}

static void address(const struct where *w, const struct res *r, struct buf *out)
{
	char text[IP_TEXT_MAX];

	ip_in(w, r->netns, out);
	buf_printf(out, "addr add %s dev %s%s\n",
		   ipnet_print(&r->addr.addr, text), r->addr.dev,
		   r->addr.addr.ip.family == 6 ? " nodad" : "");
}

static void route(const struct where *w, const struct res *r, struct buf *out)
{
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];

	ip_in(w, r->netns, out);
	buf_printf(out, "route add %s",
		   r->route.to.len ? ipnet_print(&r->route.to, to) : "default");
	if (ip_is_set(&r->route.via))
		buf_printf(out, " via %s", ip_print(&r->route.via, via));
	buf_printf(out, " dev %s\n", r->route.dev);
}

static void fdb(const struct where *w, const struct res *r, struct buf *out)
{
	char mac[MAC_TEXT_MAX], dst[IP_TEXT_MAX];

	buf_adds(out, "bridge ");
	if (w->node || *r->netns) {
		buf_adds(out, "-n ");
		ns_name(w, r->netns, out);
		buf_addc(out, ' ');
	}
	buf_printf(out, "fdb append %s dev %s dst %s\n",
		   mac_print(&r->fdb.mac, mac), r->fdb.dev,
		   ip_print(&r->fdb.dst, dst));
}

static void commands(const struct where *w, const struct plan *p,
		     struct buf *out)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct res *r = &p->res[i];

		switch (r->kind) {
		case RES_NETNS:
			buf_adds(out, "ip netns add ");
			ns_name(w, r->netns, out);
			buf_addc(out, '\n');
			break;
		case RES_LINK:
			link_add(w, r, out);
			link_set(w, r, out);
			break;
		case RES_SYSCTL:
			sysctl(w, r, out);
			break;
		case RES_ADDR:
			address(w, r, out);
			break;
		case RES_ROUTE:
			route(w, r, out);
			break;
		case RES_FDB:
			fdb(w, r, out);
			break;
		case RES_ENGINE:
			break;
		}
	}
}

void plan_shell(const struct plan *p, struct buf *out)
{
	const struct where here = {NULL};

	commands(&here, p, out);
}

static void wire(const struct lab *lab, const struct topo_node *n,
		 struct buf *out)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	size_t i;

	buf_printf(out, "ip netns add %s-%s\n", lab->name, n->name);
	buf_printf(out, "ip -n %s-%s link set lo up\n", lab->name, n->name);
	for (i = 0; i < n->nnics; i++) {
		const struct topo_nic *nic = &n->nics[i];

		buf_printf(out,
			   "ip -n %s-fabric link add w%zu.%zu type veth peer "
			   "name %s netns %s-%s\n",
			   lab->name, n->index, i, nic->ifname, lab->name,
			   n->name);
		buf_printf(out,
			   "ip -n %s-fabric link set w%zu.%zu master p%zu\n",
			   lab->name, n->index, i, nic->phys->index);
		buf_printf(out, "ip -n %s-fabric link set w%zu.%zu up\n",
			   lab->name, n->index, i);
		buf_printf(out, "ip -n %s-%s link set %s address %s mtu %u\n",
			   lab->name, n->name, nic->ifname,
			   mac_print(&nic->mac, mac), nic->phys->mtu);
		buf_printf(out, "ip -n %s-%s link set %s up\n", lab->name,
			   n->name, nic->ifname);
		if (ip_is_set(&nic->addr.ip))
			buf_printf(out, "ip -n %s-%s addr add %s dev %s\n",
				   lab->name, n->name,
				   ipnet_print(&nic->addr, text), nic->ifname);
	}
}

/* The host outside: one interface on each provider network. */
static void outside(const struct lab *lab, struct buf *out)
{
	char text[IP_TEXT_MAX];
	size_t i, k;

	buf_printf(out, "ip netns add %s-outside\n", lab->name);
	for (i = 0; i < lab->nphys; i++) {
		if (lab->phys[i].use != TOPO_PROVIDER)
			continue;
		buf_printf(out,
			   "ip -n %s-fabric link add o%zu type veth peer name "
			   "eth%zu netns %s-outside\n"
			   "ip -n %s-fabric link set o%zu master p%zu\n"
			   "ip -n %s-fabric link set o%zu up\n"
			   "ip -n %s-outside link set eth%zu up\n",
			   lab->name, i, i, lab->name, lab->name, i, i,
			   lab->name, i, lab->name, i);
		for (k = 0; k < lab->nsubnets; k++) {
			const struct topo_subnet *s = &lab->subnets[k];
			struct ipnet gw = {s->gateway, s->cidr.len};

			if (!s->network->external ||
			    s->network->phys != &lab->phys[i] ||
			    !ip_is_set(&s->gateway))
				continue;
			buf_printf(
				out,
				"ip -n %s-outside addr add %s dev eth%zu%s\n",
				lab->name, ipnet_print(&gw, text), i,
				gw.ip.family == 6 ? " nodad" : "");
		}
	}
}

void plan_shell_local(const struct lab *lab, struct buf *out)
{
	size_t i;

	buf_printf(out, "set -e\nip netns add %s-fabric\n", lab->name);
	for (i = 0; i < lab->nphys; i++)
		buf_printf(out,
			   "ip -n %s-fabric link add p%zu type bridge "
			   "forward_delay 0 mcast_snooping 0\n"
			   "ip -n %s-fabric link set p%zu up\n",
			   lab->name, i, lab->name, i);
	for (i = 0; i < lab->nnodes; i++)
		wire(lab, &lab->nodes[i], out);
	outside(lab, out);
	for (i = 0; i < lab->nnodes; i++) {
		auto_arena struct arena a = {0};
		auto_buf struct buf name = {0};
		struct where w;
		struct plan p;

		plan_build(&a, lab, &lab->nodes[i], &p);
		buf_printf(&name, "%s-%s", lab->name, lab->nodes[i].name);
		w.node = name.data;
		commands(&w, &p, out);
	}
}

void plan_shell_local_down(const struct lab *lab, struct buf *out)
{
	buf_printf(out,
		   "for n in $(ip netns list | sed -n 's/^\\(%s-[^ "
		   "]*\\).*/\\1/p'); "
		   "do ip netns del \"$n\"; done\n",
		   lab->name);
}
