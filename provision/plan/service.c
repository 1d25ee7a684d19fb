/* SPDX-License-Identifier: MIT */
#include "provision/plan/service.h"

#include <string.h>

struct res_service *plan_service(struct plan_ctx *c, const char *name,
				 const char *title, const char *const *words,
				 size_t n)
{
	struct res_service *s = &plan_add(c, RES_SERVICE, "")->service;
	const char **argv = arena_array(c->arena, n, sizeof(*argv));

	memcpy(argv, words, n * sizeof(*argv));
	*s = (struct res_service){
		.name = name, .title = title, .argv = argv, .nargs = n};
	return s;
}

void plan_service_file(struct plan_ctx *c, struct res_service *s,
		       const char *path, const char *text)
{
	s->files = arena_alloc(c->arena, sizeof(*s->files));
	s->files[0] = (struct service_file){.path = path, .text = text};
	s->nfiles = 1;
}

const char *plan_state_file(struct plan_ctx *c, const char *name)
{
	return arena_printf(c->arena, "%s/%s", c->plan->state_dir, name);
}
