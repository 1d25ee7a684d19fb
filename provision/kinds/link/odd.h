/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_LINK_ODD_H
#define LABCTL_PROVISION_KINDS_LINK_ODD_H

/*
 * Settings of a link that no lab changes: each row has the value that the
 * kernel begins with, and what is otherwise is a bit.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct nl_msg;
struct nlattr;

#define ODD_MAX 32 /* rows of a table */

struct odd_row {
	uint16_t attr;
	uint8_t size; /* of the value: 1, 2 or 4 bytes */
	uint32_t usual;
	const char *words; /* what is said of it where it is otherwise */
};

struct odd_table {
	const struct odd_row *rows;
	size_t n;
};

/* clang-format off */
#define ODD_TABLE(list) {(list), ARRAY_LEN(list)}
/* clang-format on */

/* The bits of those that tb has with another value than the usual one. */
uint32_t odd_look(const struct odd_table *t, struct nlattr *const *tb);

/* In words, by buf_listf(). */
void odd_print(const struct odd_table *t, uint32_t odd, struct buf *why);

/* Adds the usual values of those. */
void odd_put_usual(const struct odd_table *t, uint32_t odd, struct nl_msg *m);

#endif
