/* SPDX-License-Identifier: MIT */
#include "topologies/resolve/hosts.h"

#include "lib/ip.h"
#include "lib/map.h"
#include "topologies/check_subnet.h"

/* Host numbers within a node range, and which are given out. */
struct hosts {
	struct ip net;
	uint64_t last; /* the fabric's; below it are the nodes' */
	struct map taken;
};

static bool take_host(struct arena *a, struct hosts *h, uint64_t host)
{
	uint64_t *key;

	if (!host || host >= h->last)
		return false;
	key = arena_alloc(a, sizeof(*key));
	*key = host;
	return !map_put(a, &h->taken, key, sizeof(*key), key);
}

static void hosts_init(struct hosts *h, const struct ipnet *cidr)
{
	struct ip last = raw_last_host(cidr);

	h->net = ipnet_network(cidr);
	h->last = ip_distance(&h->net, &last);
}

static uint64_t any_host(struct arena *a, struct hosts *h)
{
	uint64_t host = 1;

	while (!take_host(a, h, host))
		host++;
	return host;
}

void nodes_management(const struct raw *raw, struct arena *a, uint64_t *ret)
{
	static const unsigned base[] = {[TOPO_CONTROLLER] = 11,
					[TOPO_NETWORK] = 21,
					[TOPO_COMPUTE] = 31};
	size_t n[TOPO_COMPUTE + 1] = {0}, i, k;
	struct hosts h = {0};

	hosts_init(&h, &raw->management->cidr);
	for (i = 0; i < raw->nnodes; i++) {
		enum topo_role role = raw->nodes[i]->role;

		k = n[role]++;
		ret[i] = 0;
		if (k < 10 && take_host(a, &h, base[role] + k))
			ret[i] = base[role] + k;
	}
	for (i = 0; i < raw->nnodes; i++)
		if (!ret[i])
			ret[i] = any_host(a, &h);
}

void nodes_tunnel(const struct raw *raw, struct arena *a,
		  const uint64_t *management, uint64_t *ret)
{
	struct hosts h = {0};
	size_t i;

	hosts_init(&h, &raw->tunnel->cidr);
	for (i = 0; i < raw->nnodes; i++) {
		ret[i] = 0;
		if (raw->nodes[i]->role != TOPO_CONTROLLER &&
		    take_host(a, &h, management[i]))
			ret[i] = management[i];
	}
	for (i = 0; i < raw->nnodes; i++)
		if (!ret[i] && raw->nodes[i]->role != TOPO_CONTROLLER)
			ret[i] = any_host(a, &h);
}
