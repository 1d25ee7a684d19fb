/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_PROCESS_TITLE_H
#define LABCTL_LIB_PROCESS_TITLE_H

/* The command line that ps shows of this process. */

#include <stdbool.h>
#include <stddef.h>

/* Where the kernel reads it: the words' bytes, and behind them those of the
 * environment. False where that cannot be known. */
bool title_room(char **ret_at, size_t *ret_words, size_t *ret_env);

/*
 * Has ps show text behind the words that this process was started with, in
 * the place of what an earlier call put there. As much of it as fits: the
 * room is that of the words and the environment, which moves elsewhere. To be
 * called where no other thread uses the environment.
 */
void title_add(const char *text);

#endif
