/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_PROCESS_PROCESS_H
#define LABCTL_LIB_PROCESS_PROCESS_H

#include <stdbool.h>

/* Whether the process of a pidfd has ended within ms. */
bool process_ended(int pidfd, int ms);

/* Lets this process have as many descriptors as it may: its soft limit is
 * usually 1,024. Best effort. */
void process_raise_files(void);

#endif
