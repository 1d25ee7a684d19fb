/* SPDX-License-Identifier: MIT */
#include "topologies/resolve/ids.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_LEN 11
#define PREFIX_BYTES 5 /* which those characters show */

/*
 * The namespace of all labs. It must never change: every UUID, MAC and
 * interface name of every lab follows from it.
 */
static const struct uuid root = {{0x3d, 0x0c, 0x5a, 0x11, 0x8e, 0x27, 0x4b,
				  0x6f, 0x9a, 0x54, 0x6c, 0x61, 0x62, 0x63,
				  0x74, 0x6c}};

void ids_init(struct ids *ids, struct arena *a, const char *lab,
	      char ret_text[UUID_TEXT_MAX])
{
	*ids = (struct ids){.a = a, .lab = uuid_v5(&root, lab)};
	uuid_print(&ids->lab, ret_text);
}

struct uuid ids_uuid(struct ids *ids, char ret_text[UUID_TEXT_MAX],
		     const char *fmt, ...)
{
	struct uuid u;
	va_list ap;

	va_start(ap, fmt);
	u = uuid_v5(&ids->lab, arena_vprintf(ids->a, fmt, ap));
	va_end(ap);
	uuid_print(&u, ret_text);
	return u;
}

struct uuid ids_prefix_uuid(struct ids *ids, char ret_text[UUID_TEXT_MAX],
			    const char *fmt, ...)
{
	struct uuid *u = arena_alloc(ids->a, sizeof(*u));
	const char *name;
	va_list ap;

	va_start(ap, fmt);
	name = arena_vprintf(ids->a, fmt, ap);
	va_end(ap);
	*u = uuid_v5(&ids->lab, name);
	for (unsigned i = 2;
	     map_put(ids->a, &ids->prefixes, u->b, PREFIX_BYTES, u); i++)
		*u = uuid_v5(&ids->lab, arena_printf(ids->a, "%s/%u", name, i));
	uuid_print(u, ret_text);
	return *u;
}

struct mac ids_mac(struct ids *ids, const struct uuid *u)
{
	struct mac *m = arena_alloc(ids->a, sizeof(*m));
	struct uuid from = *u;

	/* Not the bytes that interface names show: those are told apart
	 * already, these add what they can. */
	for (unsigned i = 2;; i++) {
		*m = (struct mac){
			{MAC_LABS, from.b[13], from.b[14], from.b[15]}};
		if (!map_put(ids->a, &ids->macs, m->b, sizeof(m->b), m))
			return *m;
		from = uuid_v5(u, arena_printf(ids->a, "mac/%u", i));
	}
}

void ids_ifname(char ret[IFNAME_MAX], const char *prefix, const char *uuid)
{
	snprintf(ret, IFNAME_MAX, "%s%.*s", prefix, PREFIX_LEN, uuid);
}
