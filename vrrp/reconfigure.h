/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_RECONFIGURE_H
#define LABCTL_VRRP_RECONFIGURE_H

/* What an engine runs, and that it ends. */

#include "lib/err.h"
#include "vrrp/config/config.h"

#define FLUSH_NS (500 * NS_PER_MS) /* for files, at start and stop */

struct engine;
struct load;

/* Has e run next, which is taken over. */
void engine_configure(struct engine *e, struct vrrp_config *next);
/* Has e run what was read, of which next is taken; on failure nothing has
 * changed. */
int engine_reload(struct engine *e, struct load *l, struct err *reterr);
/* Lets go of all that the router of this id has, sockets and namespace too,
 * and takes it up anew. -ENOENT where there is none. */
int engine_rejoin(struct engine *e, const char *id, struct err *reterr);
/* Has the router of this id, or all (NULL), hand over to others, without a gap,
 * where they are Active; they stay where nobody takes over. -ENOENT where there
 * is none of that id. */
int engine_resign(struct engine *e, const char *id, struct err *reterr);
/* All routers give up what they hold; the loop ends. */
void engine_stop(struct engine *e);

/* Tells the supervisor, if there is one, VRRP_TELL_*. */
void engine_tell_supervisor(struct engine *e, char what);

#endif
