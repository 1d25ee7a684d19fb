/* SPDX-License-Identifier: MIT */
/* What to look at: of a plan, and on the wire. */
#include <errno.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/sysctl.h"
#include "provision/node/look.h"

void look_what_of(struct arena *a, const struct plan *p, struct look_what *ret)
{
	struct look_ask ask = {.a = a};
	size_t i;

	for (i = 0; i < p->n; i++)
		if (kind_of(&p->res[i])->ask)
			kind_of(&p->res[i])->ask(&ask, &p->res[i]);
	*ret = (struct look_what){
		.sysctls = ask.sysctls,
		.nsysctls = ask.nsysctls,
		.names = ask.names,
		.nnames = ask.nnames,
		.mark = p->mark,
		.state_dir = p->state_dir,
		.plan = p,
		.unusual = p->n > 0,
	};
}

static const struct key rows[] = {
	{"sysctls", KEY_TEXTS, KEY_ITEMS(struct look_what, sysctls, nsysctls),
	 .max = SEEN_LIST_MAX},
	{"mark", KEY_TEXT, KEY_FIELD(struct look_what, mark)},
	{"names", KEY_TEXTS, KEY_ITEMS(struct look_what, names, nnames),
	 .max = SEEN_NS_MAX},
	{"state_dir", KEY_TEXT, KEY_FIELD(struct look_what, state_dir)},
};

static const struct key_table table = KEY_TABLE("what", struct look_what, rows);

void look_what_encode(const struct look_what *w, struct json *j)
{
	keys_write(&table, w, j);
}

int look_what_decode(struct arena *a, const struct doc *d,
		     struct look_what *ret, struct err *reterr)
{
	struct look_what w = {0};
	size_t i;
	int r;

	r = d ? keys_read_first(a, d, &table, &w, reterr) : 0;
	if (r < 0)
		return r;
	for (i = 0; i < w.nsysctls; i++)
		if (!sysctl_key_ok(w.sysctls[i]))
			return err_set(reterr, -EINVAL,
				       "'%.64s' is no network setting",
				       w.sysctls[i]);
	*ret = w;
	return 0;
}
