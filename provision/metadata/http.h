/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_METADATA_HTTP_H
#define LABCTL_PROVISION_METADATA_HTTP_H

/* Connections of the metadata server, read and answered by a thread. */

#include <sys/socket.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/metadata/record.h"

#define HTTP_FDS_MAX 16384        /* descriptors that are told apart */
#define HTTP_CONNECTIONS_MAX 1024 /* at a time */
#define HTTP_PER_IP_MAX 64        /* of one address, at a time */
#define HTTP_IDLE_S 10            /* until a silent one is closed */
#define HTTP_HEADERS_MAX 32768    /* bytes of a request */

struct http;

/* Begins to answer, nobody as yet. */
int http_start(struct http **ret, struct err *reterr);
void http_free(struct http *s); /* or NULL */

/* Answers by these records from now on; takes over the arena they are in. */
void http_records(struct http *s, struct arena *a,
		  const struct metadata_records *m);

/* Takes over a connection that was accepted from addr: at a listener, or, l
 * NULL, from a proxy, whose headers say where it came from. */
void http_take(struct http *s, int fd, const struct sockaddr *addr,
	       socklen_t len, const struct metadata_listener *l);

#endif
