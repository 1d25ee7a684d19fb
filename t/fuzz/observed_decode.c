/* SPDX-License-Identifier: MIT */
/*
 * An observation of any bytes, as a node may send one: it is refused with
 * words, or it encodes to itself; and a plan for that lab can be compared
 * with it, whatever is in it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/node/diff.h"
#include "provision/plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void encode(const struct observed *o, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	observed_encode(o, &j);
	json_obj_end(&j);
}

static const struct doc *parse(struct arena *a, const char *text, size_t len)
{
	struct doc *root = NULL;

	return doc_parse_line(a, text, len, &root, NULL) == 0 ? root : NULL;
}

static void compare(struct arena *a, const struct observed *o)
{
	struct res res[] = {
		{.kind = RES_NETNS, .netns = "qrouter-1"},
		{.kind = RES_LINK,
		 .netns = "",
		 .link = {.kind = LINK_VETH,
			  .name = "tap",
			  .master = "brq-1",
			  .peer = "qr-1",
			  .peer_netns = "qrouter-1"}},
		{.kind = RES_LINK,
		 .netns = "qrouter-1",
		 .link = {.kind = LINK_VETH, .name = "qr-1", .up = true}},
	};
	const struct plan p = {.lab = "x",
			       .mark = "labctl:x",
			       .state_dir = "/run/labctl/x",
			       .res = res,
			       .n = ARRAY_LEN(res)};
	struct changes changes;

	plan_diff(a, &p, o, &changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf one = {0}, two = {0};
	struct err err = {.msg = ""};
	struct observed o;

	if (observed_decode(&a, parse(&a, (const char *)data, len), &o, &err) <
	    0) {
		if (!*err.msg)
			abort();
		return 0;
	}
	encode(&o, &one);
	if (observed_decode(&a, parse(&a, one.data, one.len), &o, NULL) < 0)
		abort();
	encode(&o, &two);
	if (strcmp(one.data, two.data) != 0)
		abort();
	compare(&a, &o);
	return 0;
}
