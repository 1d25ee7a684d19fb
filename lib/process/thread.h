/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_PROCESS_THREAD_H
#define LABCTL_LIB_PROCESS_THREAD_H

#include <stdbool.h>

/* Begins a thread that nobody waits for, with a stack for little work. False
 * where there can be none: fn is not called. */
bool thread_begin(void *(*fn)(void *ctx), void *ctx);

#endif
