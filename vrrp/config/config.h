/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CONFIG_CONFIG_H
#define LABCTL_VRRP_CONFIG_CONFIG_H

/* The engine's configuration: a YAML (or JSON) file as plain structs. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "vrrp/core/advert.h"
#include "vrrp/core/fsm.h"

#define VRRP_ROUTERS_MAX 4096u
#define VRRP_EXCLUDED_MAX 1024u
#define VRRP_ROUTES_MAX 256u
#define VRRP_TRACKS_MAX 64u
#define VRRP_FORWARDING_MAX 256u
#define VRRP_GATEWAYS_MAX 16u
#define VRRP_HEALTH_MIN_NS (100 * NS_PER_MS)
#define VRRP_CONFIG_ERRORS_MAX 50u /* told in one run */
#define VRRP_DEV_MAX 16            /* bytes of an interface name, with NUL */

struct vrrp_vaddr {
	struct ipnet net;
	const char *dev;
};

struct vrrp_vroute {
	struct ipnet to;
	struct ip via; /* unset: on the link itself */
	const char *dev;
};

struct vrrp_track {
	const char *netns; /* "": the engine's own */
	const char *dev;
};

struct vrrp_router_config {
	const char *name, *id;
	const char *netns; /* "": the engine's own */
	const char *dev;
	const char *state_file;   /* or NULL */
	struct vrrp_settings set; /* source.family 0: the interface's first */
	enum vrrp_checksum csum;
	struct vrrp_vaddr *addrs; /* the first nadvert are in the advert */
	size_t nadvert, naddrs;
	struct vrrp_vroute *routes;
	size_t nroutes;
	struct vrrp_track *tracks;
	size_t ntracks;
	bool track_addresses;          /* the interfaces of addrs as well */
	const char *const *forwarding; /* those of an IPv6 router's while
					  Active, and not otherwise */
	size_t nforwarding;
	int64_t health_ns; /* between pings of the gateways; 0: none */
	struct ip *gateways;
	size_t ngateways;
};

struct vrrp_config {
	struct arena arena; /* all that is pointed to */
	const char *path;
	const char *node; /* or NULL */
	const char *control;
	struct vrrp_router_config *routers;
	size_t n;
};

void vrrp_config_release(struct vrrp_config *c);

/*
 * Parses text. On failure (-EINVAL, -E2BIG) errs holds a line for each
 * mistake, "path:line:column: what". On success ret is the caller's to
 * release; what it held before is overwritten, not released.
 */
int vrrp_config_parse(const char *path, const char *text, size_t len,
		      struct vrrp_config *ret, struct buf *errs);

/* The text of a file, for vrrp_config_parse(); what cannot be read is one line
 * in errs. */
int vrrp_config_read(const char *path, struct buf *ret, struct buf *errs);

/* Both. */
int vrrp_config_load(const char *path, struct vrrp_config *ret,
		     struct buf *errs);

/* As text that reads back as the same, appended. */
void vrrp_config_print(const struct vrrp_config *c, struct buf *out);

/* An address in the form of the core. */
struct vrrp_addr vrrp_addr_of(const struct ip *ip);

#endif
