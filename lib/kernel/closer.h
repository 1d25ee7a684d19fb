/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_CLOSER_H
#define LABCTL_LIB_KERNEL_CLOSER_H

/*
 * Closing packet sockets, many at a time and in the background. The kernel
 * lets whoever closes one wait until all processors have passed a quiet state,
 * some 10 to 40 ms; those who wait at the same time wait together.
 */

/* Takes fd over and closes it soon; never waits. Where no thread can be had it
 * is closed here and now. */
void closer_take(int fd);

/* Returns when all that was taken is closed. To be called before fork() and
 * before the process ends, which would close what is left one by one. */
void closer_wait(void);

#endif
