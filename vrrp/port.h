/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_PORT_H
#define LABCTL_VRRP_PORT_H

/* An interface with its sockets. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrrp/config/config.h"
#include "vrrp/core/advert.h"
#include "vrrp/engine.h"
#include "vrrp/journal.h"

struct room;
struct router;

/* An interface on which adverts are exchanged. */
struct port {
	struct room *room;
	char dev[VRRP_DEV_MAX];
	unsigned ifindex; /* of the open socket */
	bool lost;        /* it is called otherwise now: for last words only */
	int fd;           /* adverts come in by it, or -1 */
	bool has_mac;     /* they leave as frames, else by fd */
	uint8_t mac[6];
	struct io io;
	struct vrrp_group *groups; /* one for each router here */
	struct router **routers;
	size_t n;
	uint64_t drops[VRRP_DROP_N]; /* of no router in particular */
	char why[160];               /* where it could not be opened */
	struct vrrp_bucket log;
	bool used;
};

/* ready is called with the port when packets wait. */
struct port *port_new(struct room *room, const char *dev,
		      void (*ready)(struct engine *e, void *port));
void port_free(struct port *p);
void port_close(struct port *p);
/* Opens, opens anew or closes the socket as the link demands. True where it is
 * open anew. */
bool port_review(struct engine *e, struct port *p);
/* Lets through what the groups are for. */
int port_filter(struct port *p, struct err *reterr);
/* Sends an advert to all on this interface. 0 or -errno. */
int port_send(struct port *p, const struct vrrp_advert *a,
	      enum vrrp_checksum csum);

#endif
