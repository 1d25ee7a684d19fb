/* SPDX-License-Identifier: MIT */
#include "provision/plan/port.h"

#include "provision/plan/services/radvd.h"

/* fe:16:3e and the port's own half: as libvirt names a tap. */
static struct mac tap_mac(const struct mac *port)
{
	struct mac m = *port;

	m.b[0] = 0xfe;
	m.b[1] = 0x16;
	m.b[2] = 0x3e;
	return m;
}

/* The one that has the port's addresses. */
static void inside(struct plan_ctx *c, const struct topo_port *p,
		   const char *netns, enum link_kind kind)
{
	bool shared = p->kind == TOPO_PORT_QR || p->kind == TOPO_PORT_QG;
	struct res *r = plan_add(c, RES_LINK, netns);

	r->link = (struct res_link){
		.kind = kind,
		.name = p->ifname,
		.mac = p->mac,
		.has_mac = true,
		.mtu = p->network->mtu,
		.up = true,
		.addr_gen_none = shared,
		.ipv6_quiet = p->router != NULL,
		.ipv6_by_role = shared && plan_router_advertises(p->router),
		.engine_addrs = p->router && p->router->is_ha,
	};
}

void plan_internal_link(struct plan_ctx *c, const struct topo_port *p,
			const char *netns)
{
	inside(c, p, netns, LINK_INTERNAL);
}

void plan_port_links(struct plan_ctx *c, const struct topo_port *p,
		     const char *netns, const char *master)
{
	struct res *r = plan_add(c, RES_LINK, "");

	r->link = (struct res_link){
		.kind = LINK_VETH,
		.name = p->tap,
		.mac = tap_mac(&p->mac),
		.has_mac = true,
		.mtu = p->network->mtu,
		.up = true,
		.master = master,
		.addr_gen_none = true,
		.ipv6_off = true,
		.peer = p->ifname,
		.peer_netns = netns,
	};
	inside(c, p, netns, LINK_VETH);
}

void plan_bridge(struct plan_ctx *c, const char *name, unsigned mtu)
{
	struct res *r = plan_add(c, RES_LINK, "");

	r->link = (struct res_link){
		.kind = LINK_BRIDGE,
		.name = name,
		.mtu = mtu,
		.up = true,
		.addr_gen_none = true,
		.ipv6_off = true,
	};
}

void plan_pair(struct plan_ctx *c, unsigned mtu, const char *near,
	       const char *master, const char *far)
{
	struct res *r = plan_add(c, RES_LINK, "");

	r->link = (struct res_link){
		.kind = LINK_VETH,
		.name = near,
		.mtu = mtu,
		.up = true,
		.master = master,
		.addr_gen_none = true,
		.ipv6_off = true,
		.peer = far,
		.peer_netns = "",
	};
	r = plan_add(c, RES_LINK, "");
	r->link = (struct res_link){
		.kind = LINK_VETH,
		.name = far,
		.mtu = mtu,
		.up = true,
		.addr_gen_none = true,
		.ipv6_off = true,
	};
}
