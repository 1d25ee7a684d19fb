/* SPDX-License-Identifier: MIT */
#include "provision/kinds/kind.h"

#include <errno.h>

#include "lib/auto.h"

#define KIND_ROW(NAME, name) [RES_##NAME] = &kind_##name,
const struct kind *const kinds[RES_KINDS] = {RES_KIND_LIST(KIND_ROW)};
#undef KIND_ROW

const char *const change_op_signs[] = {
	[CHANGE_ADD] = "+",
	[CHANGE_MODIFY] = "~",
	[CHANGE_REMOVE] = "-",
};
_Static_assert(ARRAY_LEN(change_op_signs) == CHANGE_REMOVE + 1, "signs");

unsigned kind_order(const struct res *r)
{
	const struct kind *k = kind_of(r);

	return k->rank * KIND_SUB_MAX + (k->sub ? k->sub(r) : 0);
}

int kind_full(const struct seen_ns *ns, struct err *reterr)
{
	for (size_t i = 0; i < RES_KINDS; i++)
		if (ns->of[i].n >= SEEN_LIST_MAX)
			return err_set(reterr, -E2BIG,
				       "%d or more of the kind '%s': more than "
				       "can be looked at",
				       SEEN_LIST_MAX, kinds[i]->name);
	return 0;
}

void kind_key(const struct res *r, struct buf *out)
{
	const struct kind *k = kind_of(r);

	buf_addc(out, (char)('a' + r->kind));
	buf_adds(out, r->netns);
	buf_addc(out, '/');
	if (k->id)
		k->id(r, out);
}

struct res kind_under(const struct res *r)
{
	return (struct res){.kind = RES_LINK,
			    .netns = r->netns,
			    .link.name = kind_of(r)->dev(r)};
}

void kind_print_place(const char *netns, struct buf *out)
{
	if (*netns)
		buf_printf(out, " in %s", netns);
}

const char *kind_prefix(const struct ipnet *n, char *out)
{
	return n->len == 0 ? "default" : ipnet_print(n, out);
}

const char *res_what(struct arena *a, const struct res *r)
{
	auto_buf struct buf b = {0};

	kind_of(r)->print(r, &b);
	return arena_strndup(a, b.data, b.len);
}

const char *res_detail(struct arena *a, const struct res *r)
{
	auto_buf struct buf b = {0};

	if (!kind_of(r)->detail)
		return NULL;
	kind_of(r)->detail(r, &b);
	return arena_strndup(a, b.data, b.len);
}

void where_name(const struct where *w, const char *netns, struct buf *out)
{
	if (w->node)
		buf_adds(out, w->node);
	if (w->node && *netns)
		buf_addc(out, '.');
	buf_adds(out, netns);
}

void where_program(const struct where *w, const char *netns,
		   const char *program, struct buf *out)
{
	buf_printf(out, "%s ", program);
	if (w->node || *netns) {
		buf_adds(out, "-n ");
		where_name(w, netns, out);
		buf_addc(out, ' ');
	}
}

void where_exec(const struct where *w, const char *netns, struct buf *out)
{
	if (!w->node && !*netns)
		return;
	buf_adds(out, "ip netns exec ");
	where_name(w, netns, out);
	buf_addc(out, ' ');
}

/* FNV-1a, 64 bits. */
