/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_STATUS_LOOK_H
#define LABCTL_CMD_STATUS_LOOK_H

#include "lib/doc.h"
#include "provision/emul/emul.h"

/*
 * Looks at a lab and writes what it saw as one object of JSON: the lab's
 * state, its nodes, its routers and who is active, its instances. Enters the
 * lab, so it is called in a process of its own. What cannot be seen is said
 * in the object; nothing is waited for longer than STATUS_MS.
 */
void status_look(const struct emul_lab *l, struct json *j);

#define STATUS_MS 3000u /* for a node to be reached, or to answer */

#endif
