/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_SOLICIT_H
#define LABCTL_LIB_KERNEL_SOLICIT_H

/*
 * Asks the routers on a link of the thread's own network namespace to
 * advertise themselves (RFC 4861, section 6.3.7). The kernel does when a link
 * comes up, and not when it begins to listen later. One that cannot be sent is
 * as one that was lost.
 */
void solicit_routers(unsigned index);

#endif
