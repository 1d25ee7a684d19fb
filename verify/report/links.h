/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_REPORT_LINKS_H
#define LABCTL_VERIFY_REPORT_LINKS_H

#include "topologies/topo.h"
#include "verify/report/tap.h"

/* Notes of the wires that are impaired, and of what theory makes of them:
 * nothing where none is. */
void report_links(const struct lab *lab, struct tap *tap);

#endif
