/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KEYS_ABOUT_H
#define LABCTL_LIB_KEYS_ABOUT_H

/* What rows say to editors and to people. */

#include "lib/keys/keys.h"

/*
 * A table as a definition of a JSON Schema (draft 2020-12), as one value.
 * Maps inside refer to "#/$defs/NAME", names of things to the definition
 * that their row tells, durations to "duration".
 */
void keys_schema(const struct key_table *t, struct json *j);

/* Appends a section in Markdown: each key with what it takes, its default,
 * an example and its meaning. */
void keys_reference(const struct key_table *t, struct buf *out);

#endif
