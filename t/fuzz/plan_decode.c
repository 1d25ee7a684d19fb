/* SPDX-License-Identifier: MIT */
/*
 * A plan of any bytes, as an agent may be sent one: it is refused with words,
 * or it prints, encodes to itself and can be compared with a bare node.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void encode(const struct plan *p, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	plan_encode(p, &j);
	json_obj_end(&j);
}

static void decode(struct arena *a, const char *text, size_t len,
		   struct plan *ret)
{
	struct doc *root = NULL;

	if (doc_parse_line(a, text, len, &root, NULL) < 0 ||
	    plan_decode(a, root, ret, NULL) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf one = {0}, two = {0}, text = {0};
	const struct observed nothing = {0};
	struct err err = {.msg = ""};
	struct doc *root = NULL;
	struct changes changes;
	struct plan p;

	if (doc_parse_line(&a, (const char *)data, len, &root, NULL) < 0)
		return 0;
	if (plan_decode(&a, root, &p, &err) < 0) {
		if (!*err.msg)
			abort();
		return 0;
	}
	encode(&p, &one);
	decode(&a, one.data, one.len, &p);
	encode(&p, &two);
	if (strcmp(one.data, two.data) != 0)
		abort();
	plan_print(&p, &text);
	plan_diff(&a, &p, &nothing, &changes);
	return 0;
}
