/* SPDX-License-Identifier: MIT */
#include "provision/host/roles.h"
#include "verify/role.h"

#include <string.h>

enum role role_in(const struct observed *o, const struct topo_router *r)
{
	const struct obs_router *s = role_on(seen_engine(o), r);

	if (!o || !s || !s->state)
		return ROLE_UNKNOWN;
	if (topo_has_engine(r) && seen_engine(o)->error)
		return ROLE_UNKNOWN;
	return strcmp(s->state, "active") == 0 ? ROLE_ACTIVE : ROLE_STANDBY;
}

enum role role_of(const struct evidence *e, const struct topo_router *r,
		  const struct topo_node *n)
{
	enum role role = role_in(evidence_last(e, n), r);
	size_t h;

	for (h = 0; role == ROLE_UNKNOWN && h < r->nhosts; h++)
		if (role_in(evidence_last(e, r->hosts[h]), r) == ROLE_ACTIVE)
			role = ROLE_STANDBY;
	return role;
}

const char *role_word(const struct observed *o, const struct topo_router *r)
{
	const struct obs_router *s = role_on(seen_engine(o), r);

	if (!topo_has_engine(r))
		return s && s->state ? s->state : "without a state file";
	if (seen_engine(o)->error)
		return "engine does not answer";
	if (!seen_engine(o)->running)
		return "no engine";
	return s && s->state ? s->state : "unknown to its engine";
}
