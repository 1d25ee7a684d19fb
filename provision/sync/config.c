/* SPDX-License-Identifier: MIT */
#include "provision/sync/config.h"

#include <errno.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/file.h"

#define CONFIG_MAX (8u << 20)

static bool is_ip4(struct keys *ks, const struct key *k, const struct doc *v,
		   void *obj)
{
	const struct ip *ip =
		(const struct ip *)((const char *)obj + k->offset);
	bool right = ip->family == 4;

	if (!right)
		keys_wrong(ks, v, "an address is IPv4");
	return right;
}

static const struct key peer_rows[] = {
	{"address", KEY_IP, KEY_FIELD(struct sync_peer, address),
	 .flags = KEY_REQUIRED, .check = is_ip4},
	{"mac", KEY_MAC, KEY_FIELD(struct sync_peer, mac),
	 .flags = KEY_REQUIRED},
};

static const struct key_table peer_table =
	KEY_TABLE("peer", struct sync_peer, peer_rows);

static const struct key router_rows[] = {
	{"id", KEY_TEXT, KEY_FIELD(struct sync_router, id),
	 .flags = KEY_REQUIRED, .min = 1},
	{"netns", KEY_TEXT, KEY_FIELD(struct sync_router, netns),
	 .flags = KEY_REQUIRED, .min = 1},
	{"dev", KEY_TEXT, KEY_FIELD(struct sync_router, dev),
	 .flags = KEY_REQUIRED, .min = 1},
	{"address", KEY_IP, KEY_FIELD(struct sync_router, address),
	 .flags = KEY_REQUIRED, .check = is_ip4},
	{"peers", KEY_LIST, KEY_ITEMS(struct sync_router, peers, npeers),
	 .flags = KEY_REQUIRED, .max = SYNC_PEERS_MAX, .table = &peer_table},
};

static const struct key_table router_table =
	KEY_TABLE("router", struct sync_router, router_rows);

static const struct key rows[] = {
	{"roles", KEY_TEXT, KEY_FIELD(struct sync_config, roles),
	 .flags = KEY_REQUIRED},
	{"routers", KEY_LIST, KEY_ITEMS(struct sync_config, routers, n),
	 .flags = KEY_REQUIRED, .max = SYNC_ROUTERS_MAX,
	 .table = &router_table},
};

const struct key_table sync_config_table =
	KEY_TABLE("configuration", struct sync_config, rows);

int sync_config_read(struct arena *a, const char *path, struct sync_config *ret,
		     struct err *reterr)
{
	auto_buf struct buf b = {0};
	struct doc *root;
	int r = file_read(path, CONFIG_MAX, &b);

	if (r < 0)
		return err_sys(reterr, r, "%s", path);
	r = doc_parse_line(a, b.data, b.len, &root, reterr);
	if (r == 0)
		r = keys_read_open(a, root, &sync_config_table, ret, reterr);
	return r < 0 ? err_prefix(reterr, "%s", path) : 0;
}
