/* SPDX-License-Identifier: MIT */
/*
 * A plan as text: one resource on a line, in the words of ip(8) where it has
 * some, so that two plans can be compared with diff(1).
 */
#include <string.h>

#include "provision/kinds/kind.h"
#include "provision/plan/plan.h"

/* Each line of a text behind a tab. */
static void indented(struct buf *b, const char *text)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		buf_printf(b, "\t%.*s\n", (int)(end - text), text);
	}
}

static void virtual(const struct res *v, struct buf *b)
{
	char t[IP_TEXT_MAX], u[IP_TEXT_MAX];

	buf_adds(b, "engine's: ");
	if (v->kind == RES_ROUTE) {
		buf_printf(b, "route %s via %s on %s",
			   kind_prefix(&v->route.to, t),
			   ip_print(&v->route.via, u), v->route.dev);
		kind_print_place(v->netns, b);
	} else {
		kind_of(v)->print(v, b);
	}
	buf_addc(b, '\n');
}

void plan_print(const struct plan *p, struct buf *out)
{
	size_t i, k;

	for (i = 0; i < p->n; i++) {
		const struct res *r = &p->res[i];

		kind_of(r)->print(r, out);
		if (kind_of(r)->detail) {
			buf_adds(out, r->kind == RES_SYSCTL ? " = " : ": ");
			kind_of(r)->detail(r, out);
		}
		buf_addc(out, '\n');
		if (r->kind == RES_FILE)
			indented(out, r->file.text);
		for (k = 0; r->kind == RES_SERVICE && k < r->service.nfiles;
		     k++)
			indented(out, r->service.files[k].text);
	}
	for (i = 0; i < p->nvirt; i++)
		virtual(&p->virt[i], out);
}
