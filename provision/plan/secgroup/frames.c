/* SPDX-License-Identifier: MIT */
/*
 * What ebtables sees: frames that are no IP, and those that do not look so. One
 * that is tagged is in no network of the lab; but what is in it under the tag
 * zero, a host takes as if there were none, while no rule about addresses or
 * ARP sees it. Neutron lets it through.
 */
#include "provision/plan/secgroup/frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "topologies/secgroup/secgroup.h"

/* As ebtables prints one in a list. */
static const char *short_mac(const struct mac *m, char out[MAC_TEXT_MAX])
{
	snprintf(out, MAC_TEXT_MAX, "%x:%x:%x:%x:%x:%x", m->b[0], m->b[1],
		 m->b[2], m->b[3], m->b[4], m->b[5]);
	return out;
}

static int by_mac(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct mac));
}

static void macs(const struct topo_port *p, struct buf *out)
{
	struct mac all[TOPO_PAIRS_MAX + 1] = {p->mac};
	size_t n = 1, i;
	char text[MAC_TEXT_MAX];

	for (i = 0; i < p->npairs; i++)
		all[n++] = p->pairs[i].mac;
	qsort(all, n, sizeof(*all), by_mac);
	for (i = 0; i < n; i++)
		if (!i || !mac_equal(&all[i], &all[i - 1]))
			buf_printf(out, "%s%s", i ? "," : "",
				   short_mac(&all[i], text));
}

static void arp(const struct topo_port *p, struct buf *out)
{
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		if (p->addrs[i].addr.ip.family == 4)
			buf_printf(out,
				   "-A neutronARP-%s -p ARP --arp-ip-src %s -j "
				   "ACCEPT\n",
				   p->tap,
				   ip_print(&p->addrs[i].addr.ip, text));
	for (i = 0; i < p->npairs; i++) {
		const struct ipnet *net = &p->pairs[i].addr;

		if (net->ip.family == 4)
			buf_printf(out,
				   "-A neutronARP-%s -p ARP --arp-ip-src %s -j "
				   "ACCEPT\n",
				   p->tap,
				   net->len == 32 ? ip_print(&net->ip, text)
						  : ipnet_print(net, text));
	}
}

const char *secgroup_frames(struct arena *a,
			    const struct topo_port *const *ports, size_t n)
{
	auto_buf struct buf out = {0};
	size_t i;

	if (!n)
		return "";
	buf_adds(&out, "*nat\n:PREROUTING ACCEPT\n");
	for (i = 0; i < n; i++)
		buf_printf(&out, ":neutronARP-%s DROP\n:neutronMAC-%s DROP\n",
			   ports[i]->tap, ports[i]->tap);
	for (i = 0; i < n; i++)
		buf_printf(&out,
			   "-A PREROUTING -i %s -j neutronMAC-%s\n"
			   "-A PREROUTING -p ARP -i %s -j neutronARP-%s\n",
			   ports[i]->tap, ports[i]->tap, ports[i]->tap,
			   ports[i]->tap);
	for (i = 0; i < n; i++) {
		buf_printf(&out,
			   "-A neutronMAC-%s -p 802_1Q -j DROP\n"
			   "-A neutronMAC-%s -p S-TAG -j DROP\n"
			   "-A neutronMAC-%s -i %s --among-src ",
			   ports[i]->tap, ports[i]->tap, ports[i]->tap,
			   ports[i]->tap);
		macs(ports[i], &out);
		buf_adds(&out, " -j RETURN\n");
		arp(ports[i], &out);
	}
	buf_adds(&out, "COMMIT\n");
	return arena_strndup(a, out.data, out.len);
}
