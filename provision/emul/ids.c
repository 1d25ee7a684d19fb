/* SPDX-License-Identifier: MIT */
#include "provision/emul/ids.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/parse.h"

#define SUBID_FIRST 100000u /* as useradd(8) has it */

/* "NAME:FIRST:COUNT" */
static bool subid_fields(const char *line, size_t len, const char *user,
			 uid_t uid, bool anyone, struct emul_range *ret)
{
	char text[256], *first, *count;
	uint32_t id, f, c;

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	first = strchr(text, ':');
	count = first ? strchr(first + 1, ':') : NULL;
	if (!count)
		return false;
	*first++ = '\0';
	*count++ = '\0';
	if (!anyone && !(user && strcmp(text, user) == 0) &&
	    !(parse_u32(text, 0, UINT32_MAX, &id) == 0 && id == uid))
		return false;
	if (parse_u32(first, 1, UINT32_MAX - 1, &f) < 0 ||
	    parse_u32(count, 1, UINT32_MAX - f, &c) < 0)
		return false;
	*ret = (struct emul_range){f, c};
	return true;
}

struct emul_range emul_subid_parse(const char *text, const char *user,
				   uid_t uid)
{
	struct emul_range best = {0}, r;
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (subid_fields(text, len, user, uid, false, &r) &&
		    r.count > best.count)
			best = r;
	}
	return best;
}

unsigned emul_subid_free(const char *text)
{
	unsigned free = SUBID_FIRST;
	struct emul_range r;
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (subid_fields(text, len, NULL, 0, true, &r) &&
		    r.first + r.count > free)
			free = r.first + r.count;
	}
	return free;
}

static bool granted(const char *text, struct emul_range want)
{
	struct emul_range r;
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (subid_fields(text, len, NULL, 0, true, &r) &&
		    r.first < want.first + want.count &&
		    want.first < r.first + r.count)
			return true;
	}
	return false;
}

struct emul_range emul_root_range(const char *lab, const char *subuid,
				  const char *subgid)
{
	struct emul_range r = {.count = EMUL_IDS_MAX};
	uint32_t slot = 2166136261u; /* FNV-1a */
	unsigned i;

	for (; *lab; lab++)
		slot = (slot ^ (unsigned char)*lab) * 16777619u;
	for (i = 0; i < EMUL_ROOT_SLOTS; i++) {
		r.first = EMUL_ROOT_FIRST +
			  (slot + i) % EMUL_ROOT_SLOTS * EMUL_IDS_MAX;
		if (!granted(subuid, r) && !granted(subgid, r))
			return r;
	}
	return (struct emul_range){0};
}

bool emul_root_id(uid_t uid)
{
	return uid >= EMUL_ROOT_FIRST &&
	       uid < EMUL_ROOT_FIRST + EMUL_ROOT_SLOTS * EMUL_IDS_MAX &&
	       (uid - EMUL_ROOT_FIRST) % EMUL_IDS_MAX == 0;
}

bool emul_map_has(const char *map, struct emul_range range)
{
	unsigned long inside, outside, count;
	int used;

	for (; sscanf(map, "%lu %lu %lu%n", &inside, &outside, &count, &used) ==
	       3;
	     map += used)
		if (inside <= range.first &&
		    range.first + (unsigned long)range.count <= inside + count)
			return true;
	return false;
}
