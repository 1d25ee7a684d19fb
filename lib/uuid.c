/* SPDX-License-Identifier: MIT */
#include "lib/uuid.h"

#include <string.h>
#include <uuid/uuid.h>

struct uuid uuid_v5(const struct uuid *ns, const char *name)
{
	struct uuid u;

	uuid_generate_sha1(u.b, ns->b, name, strlen(name));
	return u;
}

const char *uuid_print(const struct uuid *u, char *out)
{
	uuid_unparse_lower(u->b, out);
	return out;
}
