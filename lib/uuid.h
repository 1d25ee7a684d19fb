/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_UUID_H
#define LABCTL_LIB_UUID_H

/*
 * UUIDs of version 5 (RFC 9562 5.5): a name inside a namespace, hashed with
 * SHA-1, so that the same names give the same UUIDs everywhere. Pure.
 */

#include <stdint.h>

#define UUID_TEXT_LEN 36 /* characters, without the NUL */

struct uuid {
	uint8_t b[16];
};

/* The UUID of name (NUL-terminated) in the namespace ns. */
struct uuid uuid_v5(const struct uuid *ns, const char *name);

/* Lower-case text; out holds UUID_TEXT_LEN + 1 bytes and is returned. */
const char *uuid_print(const struct uuid *u, char *out);

#endif
