/* SPDX-License-Identifier: MIT */
#include "lib/uuid.h"

#include <uuid/uuid.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

int main(void)
{
	/* DNS namespace: RFC 9562 6.6; the first pair is its appendix A.4. */
	static const struct {
		const char *ns, *name, *want;
	} rows[] = {
		{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com",
		 "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
		{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "python.org",
		 "886313e1-3b8a-5372-9b90-0c9aee199e5d"},
	};
	char text[UUID_TEXT_LEN + 1];
	struct uuid ns, u;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		is_int(uuid_parse(rows[i].ns, ns.b), 0, "namespace");
		u = uuid_v5(&ns, rows[i].name);
		is(uuid_print(&u, text), rows[i].want, "%s", rows[i].name);
	}
	return tap_done();
}
