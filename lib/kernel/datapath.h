/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_DATAPATH_H
#define LABCTL_LIB_KERNEL_DATAPATH_H

#include <stdbool.h>

/* Whether the kernel has Open vSwitch's datapath (the module openvswitch), for
 * this thread's namespaces too. A yes is kept: a module may come later. */
bool datapath_in_kernel(void);

#endif
