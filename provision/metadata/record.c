/* SPDX-License-Identifier: MIT */
#include "provision/metadata/record.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"

/* clang-format off */
static const struct key addr_keys[] = {
	{"addr", KEY_NET, KEY_FIELD(struct metadata_addr, addr),
	 .flags = KEY_REQUIRED},
	{"subnet", KEY_TEXT, KEY_FIELD(struct metadata_addr, subnet)},
	{"how", KEY_TEXT, KEY_FIELD(struct metadata_addr, how)},
	{"gateway", KEY_IP, KEY_FIELD(struct metadata_addr, gateway)},
};
static const struct key_table addr_table =
	KEY_TABLE("address", struct metadata_addr, addr_keys);

static const struct key instance_keys[] = {
	{"uuid", KEY_TEXT, KEY_FIELD(struct metadata_instance, uuid),
	 .flags = KEY_REQUIRED},
	{"name", KEY_TEXT, KEY_FIELD(struct metadata_instance, name),
	 .flags = KEY_REQUIRED},
	{"hostname", KEY_TEXT, KEY_FIELD(struct metadata_instance, hostname),
	 .flags = KEY_REQUIRED},
	{"project", KEY_TEXT, KEY_FIELD(struct metadata_instance, project)},
	{"number", KEY_UINT, KEY_FIELD(struct metadata_instance, number)},
	{"network", KEY_TEXT, KEY_FIELD(struct metadata_instance, network),
	 .flags = KEY_REQUIRED},
	{"port", KEY_TEXT, KEY_FIELD(struct metadata_instance, port)},
	{"mac", KEY_MAC, KEY_FIELD(struct metadata_instance, mac)},
	{"mtu", KEY_UINT, KEY_FIELD(struct metadata_instance, mtu)},
	{"addresses", KEY_LIST,
	 KEY_ITEMS(struct metadata_instance, addrs, naddrs),
	 .table = &addr_table},
	{"floating", KEY_IP, KEY_FIELD(struct metadata_instance, floating)},
	{"public_key", KEY_TEXT,
	 KEY_FIELD(struct metadata_instance, public_key),
	 .max = METADATA_KEY_MAX},
	{"user_data", KEY_TEXT, KEY_FIELD(struct metadata_instance, user_data),
	 .max = METADATA_USER_DATA_MAX},
	{"groups", KEY_TEXTS,
	 KEY_ITEMS(struct metadata_instance, groups, ngroups)},
};
static const struct key_table instance_table =
	KEY_TABLE("instance", struct metadata_instance, instance_keys);

static const struct key router_keys[] = {
	{"uuid", KEY_TEXT, KEY_FIELD(struct metadata_router, uuid),
	 .flags = KEY_REQUIRED},
	{"networks", KEY_TEXTS,
	 KEY_ITEMS(struct metadata_router, networks, nnetworks)},
};
static const struct key_table router_table =
	KEY_TABLE("router", struct metadata_router, router_keys);

static const struct key listener_keys[] = {
	{"netns", KEY_TEXT, KEY_FIELD(struct metadata_listener, netns),
	 .flags = KEY_REQUIRED},
	{"address", KEY_IP, KEY_FIELD(struct metadata_listener, address)},
	{"port", KEY_UINT, KEY_FIELD(struct metadata_listener, port),
	 .flags = KEY_REQUIRED, .min = 1, .max = 65535},
	{"router", KEY_TEXT, KEY_FIELD(struct metadata_listener, router)},
	{"network", KEY_TEXT, KEY_FIELD(struct metadata_listener, network)},
};
static const struct key_table listener_table =
	KEY_TABLE("listener", struct metadata_listener, listener_keys);

static const struct key records_keys[] = {
	{"instances", KEY_LIST,
	 KEY_ITEMS(struct metadata_records, instances, ninstances),
	 .table = &instance_table, .max = METADATA_INSTANCES_MAX},
	{"routers", KEY_LIST,
	 KEY_ITEMS(struct metadata_records, routers, nrouters),
	 .table = &router_table, .max = METADATA_NETWORKS_MAX},
	{"listeners", KEY_LIST,
	 KEY_ITEMS(struct metadata_records, listeners, nlisteners),
	 .table = &listener_table, .max = METADATA_NETWORKS_MAX},
};
static const struct key_table records_table =
	KEY_TABLE("metadata", struct metadata_records, records_keys);
/* clang-format on */

int metadata_decode(struct arena *a, const struct doc *d,
		    struct metadata_records *ret, struct err *reterr)
{
	struct metadata_records m = {0};
	int r = keys_read_first(a, d, &records_table, &m, reterr);

	if (r == 0)
		*ret = m;
	return r;
}

void metadata_encode(const struct metadata_records *m, struct json *j)
{
	keys_write(&records_table, m, j);
}

static bool has_addr(const struct metadata_instance *i, const struct ip *from)
{
	for (size_t k = 0; k < i->naddrs; k++)
		if (ip_equal(&i->addrs[k].addr.ip, from))
			return true;
	return false;
}

static bool reaches(const struct metadata_router *r, const char *network)
{
	for (size_t k = 0; k < r->nnetworks; k++)
		if (strcmp(r->networks[k], network) == 0)
			return true;
	return false;
}

static const struct metadata_router *router_of(const struct metadata_records *m,
					       const char *uuid)
{
	for (size_t i = 0; i < m->nrouters; i++)
		if (strcmp(m->routers[i].uuid, uuid) == 0)
			return &m->routers[i];
	return NULL;
}

const struct metadata_instance *metadata_find(const struct metadata_records *m,
					      const char *router,
					      const char *network,
					      const struct ip *from)
{
	const struct metadata_instance *found = NULL, *i;
	const struct metadata_router *r = NULL;

	if (router) {
		r = router_of(m, router);
		if (!r)
			return NULL;
	}
	for (i = m->instances; i < m->instances + m->ninstances; i++) {
		if (!has_addr(i, from) ||
		    (r ? !reaches(r, i->network)
		       : strcmp(i->network, network) != 0))
			continue;
		if (found)
			return NULL;
		found = i;
	}
	return found;
}
