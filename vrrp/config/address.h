/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CONFIG_ADDRESS_H
#define LABCTL_VRRP_CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "vrrp/config/config.h"
#include "vrrp/config/reader.h"

/* An address with the place of its text, which later checks blame. */
struct config_address {
	struct vrrp_vaddr v;
	const struct doc *at;
};

/* Lists of struct config_address, struct vrrp_vroute and struct vrrp_track. */
extern const struct key_table config_address_table;
extern const struct key_table config_route_table;
extern const struct key_table config_track_table;

/* For rows: whether a text can name an interface, a namespace, or each of a
 * list an interface. */
bool config_check_dev(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj);
bool config_check_devs(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj);
bool config_check_netns(struct keys *ks, const struct key *k,
			const struct doc *v, void *obj);

/* Adds them to a router that has room for them; those that it cannot have are
 * told. advertised: they stand in adverts. */
void config_addresses(struct keys *ks, struct vrrp_router_config *r,
		      const struct config_address *list, size_t n,
		      bool advertised);

#endif
