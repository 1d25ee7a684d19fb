/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_PARSE_H
#define LABCTL_LIB_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decimal digits only, whole text, min <= value <= max.
 * Returns 0, -EINVAL (not a number) or -ERANGE.
 */
int parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret);
int parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

/*
 * The decimal number that *text begins with, behind blanks and perhaps a minus;
 * *text is then what comes after it. False where there is none, or one beyond
 * an int64_t: nothing is changed.
 */
bool parse_begins(const char **text, int64_t *ret);

/*
 * A duration: digits with an optional fraction and a unit of us, ms, s, m or
 * h ("100ms", "1.5s"); a bare number is seconds. To nanoseconds.
 * Returns 0, -EINVAL or -ERANGE (over a year).
 */
int parse_duration(const char *text, int64_t *ret_ns);

/* The same written, in the largest unit of s, ms and us that is exact:
 * "2s", "1500ms"; below a microsecond is cut. Returns out. */
#define DURATION_TEXT_MAX 32
const char *duration_print(int64_t ns, char *out);

/* YAML 1.2 core: true or false, and the yes/no/on/off that people write. */
int parse_bool(const char *text, bool *ret);

/*
 * The candidate nearest to word by edit distance (case ignored, transposition
 * counts one), or NULL where none is near enough to be meant. names has n
 * entries; NULL entries are passed over.
 */
const char *parse_nearest(const char *word, const char *const *names, size_t n);

#endif
