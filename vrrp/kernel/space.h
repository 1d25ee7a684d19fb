/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_SPACE_H
#define LABCTL_VRRP_KERNEL_SPACE_H

/*
 * A network namespace as the engine holds it: entered once, its sockets kept,
 * its links known and followed by netlink.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "vrrp/config/config.h"
#include "vrrp/notice.h"

struct rtnl;

struct vrrp_link {
	unsigned ifindex;
	char name[VRRP_DEV_MAX];
	bool up;      /* set up by its owner */
	bool running; /* and has a carrier */
	bool port;    /* of a bridge or bond: what comes in is its master's */
	uint8_t mac[6];
	bool has_mac;
};

struct vrrp_space {
	char *name; /* "": the engine's own */
	bool open;
	int nsfd; /* -1 for the engine's own */
	dev_t dev;
	ino_t ino;
	int watch;  /* netlink notifications */
	int packet; /* frames out */
	struct rtnl *rtnl;
	struct vrrp_link *links;
	size_t nlinks, cap;
	char why[160]; /* where it is not open */
};

#define VRRP_LINKS_MAX 65536u

/* Makes s a closed space of this name (copied). */
void vrrp_space_init(struct vrrp_space *s, const char *name);
void vrrp_space_release(struct vrrp_space *s);

/* Opens it and reads its links. On failure it is closed and s->why is set. */
int vrrp_space_open(struct vrrp_space *s, struct err *reterr);
void vrrp_space_close(struct vrrp_space *s);

/*
 * Reads all addresses (RTM_GETADDR), or the routes of our protocol in the
 * main table (RTM_GETROUTE) of one family (AF_*; AF_UNSPEC for addresses of
 * both). ifindex 0: of all interfaces. ret is emptied first.
 */
int vrrp_space_dump(struct vrrp_space *s, int type, int af, unsigned ifindex,
		    struct vrrp_notices *ret, struct err *reterr);

/* Does the kernel remember the protocol of an address (since 5.18)? */
bool vrrp_space_marks(void);

/* Does the name still stand for the namespace that is open? */
bool vrrp_space_stands(const struct vrrp_space *s);

/* Told of each address and route that comes or goes; NULL: any may have. */
typedef void vrrp_space_fn(void *ctx, const struct vrrp_notice *n);

/*
 * Reads all notifications that are waiting. An overrun is answered by
 * reading the links anew. Returns 1 where links changed, 0 where not, or
 * -errno where the space is of no more use.
 */
int vrrp_space_read(struct vrrp_space *s, vrrp_space_fn *fn, void *ctx);

const struct vrrp_link *vrrp_space_link(const struct vrrp_space *s,
					const char *name);
const struct vrrp_link *vrrp_space_link_at(const struct vrrp_space *s,
					   unsigned ifindex);

/*
 * Finds the primary address of r on its interface: the one configured, else
 * the first that is not virtual, else a virtual one that the interface really
 * has (its owner's, mostly). Returns 0, or -EADDRNOTAVAIL, -errno.
 */
int vrrp_space_source(struct vrrp_space *s, unsigned ifindex,
		      const struct vrrp_router_config *r,
		      struct vrrp_addr *ret);

#endif
