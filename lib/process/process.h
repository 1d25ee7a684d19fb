/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_PROCESS_PROCESS_H
#define LABCTL_LIB_PROCESS_PROCESS_H

#include <stdbool.h>

/* Whether the process of a pidfd has ended within ms. */
bool process_ended(int pidfd, int ms);

#endif
