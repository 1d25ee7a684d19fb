/* SPDX-License-Identifier: MIT */
/*
 * A plan as text: one resource on a line, in the words of ip(8) where it has
 * some, so that two plans can be compared with diff(1).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/plan.h"

static const char *const link_kinds[] = {
	[LINK_BRIDGE] = "bridge",
	[LINK_VXLAN] = "vxlan",
	[LINK_VETH] = "veth",
	[LINK_EXISTING] = "existing",
};

const char *const change_op_signs[] = {
	[CHANGE_ADD] = "+",
	[CHANGE_MODIFY] = "~",
	[CHANGE_REMOVE] = "-",
};
_Static_assert(ARRAY_LEN(change_op_signs) == CHANGE_REMOVE + 1, "signs");

static void place(struct buf *b, const char *netns)
{
	if (*netns)
		buf_printf(b, " in %s", netns);
}

static const char *prefix(const struct ipnet *n, char *out)
{
	if (n->len == 0)
		return "default";
	return ipnet_print(n, out);
}

static void name(const struct res *r, struct buf *b)
{
	char t[IP_TEXT_MAX], u[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	switch (r->kind) {
	case RES_NETNS:
		buf_printf(b, "netns %s", r->netns);
		return;
	case RES_LINK:
		buf_printf(b, "link %s", r->link.name);
		break;
	case RES_SYSCTL:
		buf_printf(b, "sysctl %s", r->sysctl.key);
		break;
	case RES_ADDR:
		buf_printf(b, "address %s on %s", ipnet_print(&r->addr.addr, t),
			   r->addr.dev);
		break;
	case RES_ROUTE:
		buf_printf(b, "route %s%s",
			   r->route.to.ip.family == 6 && r->route.to.len == 0
				   ? "-6 "
				   : "",
			   prefix(&r->route.to, t));
		if (ip_is_set(&r->route.via))
			buf_printf(b, " via %s", ip_print(&r->route.via, u));
		buf_printf(b, " dev %s", r->route.dev);
		break;
	case RES_FDB:
		buf_printf(b, "fdb %s dst %s on %s", mac_print(&r->fdb.mac, m),
			   ip_print(&r->fdb.dst, t), r->fdb.dev);
		break;
	case RES_ENGINE:
		buf_adds(b, "vrrp engine");
		return;
	}
	place(b, r->netns);
}

const char *res_what(struct arena *a, const struct res *r)
{
	auto_buf struct buf b = {0};

	name(r, &b);
	return arena_strndup(a, b.data, b.len);
}

static void link_line(const struct res_link *l, struct buf *b)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	buf_adds(b, link_kinds[l->kind]);
	if (l->has_mac)
		buf_printf(b, " address %s", mac_print(&l->mac, m));
	if (l->mtu)
		buf_printf(b, " mtu %u", l->mtu);
	if (l->kind == LINK_VXLAN) {
		buf_printf(b, " id %" PRIu32, l->vni);
		if (ip_is_set(&l->group))
			buf_printf(b, " group %s", ip_print(&l->group, t));
		buf_printf(b, " local %s dev %s dstport %u %slearning",
			   ip_print(&l->local, t), l->dev, l->port,
			   l->learning ? "" : "no");
	}
	if (l->peer) {
		buf_printf(b, " peer %s", l->peer);
		place(b, l->peer_netns);
	}
	if (l->master)
		buf_printf(b, " master %s", l->master);
	if (l->addr_gen_none)
		buf_adds(b, " addrgenmode none");
	if (l->ipv6_off)
		buf_adds(b, " ipv6 off");
	if (l->ipv6_quiet)
		buf_adds(b, " ipv6 quiet");
	buf_adds(b, l->up ? " up" : " down");
}

const char *res_detail(struct arena *a, const struct res *r)
{
	auto_buf struct buf b = {0};

	if (r->kind == RES_SYSCTL)
		return arena_strdup(a, r->sysctl.value);
	if (r->kind != RES_LINK)
		return NULL;
	link_line(&r->link, &b);
	return arena_strndup(a, b.data, b.len);
}

/* Each line of a text behind a tab. */
static void indented(struct buf *b, const char *text)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		buf_printf(b, "\t%.*s\n", (int)(end - text), text);
	}
}

static void virtual(const struct plan_virtual *v, struct buf *b)
{
	char t[IP_TEXT_MAX], u[IP_TEXT_MAX];

	if (ip_is_set(&v->via))
		buf_printf(b, "engine's: route %s via %s", prefix(&v->addr, t),
			   ip_print(&v->via, u));
	else
		buf_printf(b, "engine's: address %s", ipnet_print(&v->addr, t));
	buf_printf(b, " on %s", v->dev);
	place(b, v->netns);
	buf_addc(b, '\n');
}

void plan_print(const struct plan *p, struct buf *out)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct res *r = &p->res[i];

		name(r, out);
		if (r->kind == RES_LINK) {
			buf_adds(out, ": ");
			link_line(&r->link, out);
		}
		if (r->kind == RES_SYSCTL)
			buf_printf(out, " = %s", r->sysctl.value);
		buf_addc(out, '\n');
		if (r->kind == RES_ENGINE)
			indented(out, r->engine.config);
	}
	for (i = 0; i < p->nvirt; i++)
		virtual(&p->virt[i], out);
}

/* FNV-1a, 64 bits. */
const char *plan_digest(const char *text, size_t len, char *out)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++) {
		h ^= (unsigned char)text[i];
		h *= UINT64_C(0x100000001b3);
	}
	snprintf(out, DIGEST_TEXT_MAX, "%016" PRIx64, h);
	return out;
}
