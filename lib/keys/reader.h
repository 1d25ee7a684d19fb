/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KEYS_READER_H
#define LABCTL_LIB_KEYS_READER_H

/* Inside lib/keys/ only: fields of a struct by their row, and reports. */

#include <string.h>

#include "lib/keys/keys.h"

static inline int64_t key_get(const struct key *k, const void *obj)
{
	const unsigned char *p = (const unsigned char *)obj + k->offset;
	bool sign = k->type == KEY_INT;
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (k->size) {
	case 1:
		return sign ? (int8_t)*p : *p;
	case 2:
		memcpy(&v16, p, sizeof(v16));
		return sign ? (int16_t)v16 : v16;
	case 4:
		memcpy(&v32, p, sizeof(v32));
		return sign ? (int32_t)v32 : (int64_t)v32;
	default:
		memcpy(&v64, p, sizeof(v64));
		return (int64_t)v64;
	}
}

static inline void key_set(const struct key *k, void *obj, int64_t v)
{
	unsigned char *p = (unsigned char *)obj + k->offset;
	uint64_t v64 = (uint64_t)v;
	uint32_t v32 = (uint32_t)v64;
	uint16_t v16 = (uint16_t)v64;

	switch (k->size) {
	case 1:
		*p = (unsigned char)v64;
		break;
	case 2:
		memcpy(p, &v16, sizeof(v16));
		break;
	case 4:
		memcpy(p, &v32, sizeof(v32));
		break;
	default:
		memcpy(p, &v64, sizeof(v64));
	}
}

/* A pointer or any other value that is copied whole. */
static inline void key_load(const void *obj, size_t offset, void *ret,
			    size_t size)
{
	memcpy(ret, (const unsigned char *)obj + offset, size);
}

static inline void key_store(void *obj, size_t offset, const void *v,
			     size_t size)
{
	memcpy((unsigned char *)obj + offset, v, size);
}

/* Entry i of a list. */
static inline void *key_item(const struct key *k, const unsigned char *list,
			     size_t i)
{
	const unsigned char *item = list + i * k->size;
	void *to;

	if (!(k->flags & KEY_POINTERS))
		return (void *)item;
	memcpy(&to, item, sizeof(to));
	return to;
}

/* Nothing more is to be read: the first fault was all that is wanted. */
bool key_done(const struct keys *ks);
void key_tell(struct keys *ks, const struct key_fault *f);
void key_wrong(struct keys *ks, enum key_wrong why, const struct doc *at,
	       const struct key *k);

/* parse_nearest(), but not for each of a million faults. */
const char *key_nearest(const struct keys *ks, const char *word,
			const char *const *names, size_t n);

/* Reads what is no list, map or custom value. */
bool key_scalar(struct keys *ks, const struct key *k, const struct doc *v,
		void *obj);

/* The index of a word, or -1 with a report. */
int key_word(struct keys *ks, const struct key *k, const struct doc *v);

#endif
