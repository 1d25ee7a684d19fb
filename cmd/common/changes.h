/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_COMMON_CHANGES_H
#define LABCTL_CMD_COMMON_CHANGES_H

#include <stdbool.h>
#include <stdio.h>

struct converge;

/* The changes of each node under its name, with +, ~ or - before each. */
void changes_print(const struct converge *c, bool color, FILE *f);

/* What could not be done, with reasons. */
void changes_print_failed(const struct converge *c, FILE *f);

#endif
