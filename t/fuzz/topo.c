/* SPDX-License-Identifier: MIT */
/*
 * A lab file of any bytes: it is refused with words, or it is a lab that
 * prints and loads to itself, and whose plans an agent may carry out: it is
 * sent such texts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "provision/node/diff.h"
#include "lib/buf.h"
#include "t/lib/plan_ok.h"
#include "topologies/print.h"
#include "topologies/topo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct lab *load(const char *text, size_t len)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf words = {0};
	struct lab *lab = NULL;
	int r = topo_load_text("lab", text, len, &lab, &errs);

	if ((r == 0) != (errs.n == 0) || (r == 0) != (lab != NULL))
		abort();
	topo_errors_print(&errs, "lab", 0, len & 1, &words);
	return lab;
}

static void plan_all(const struct lab *lab)
{
	const struct observed nothing = {0};
	size_t i;

	for (i = 0; i < lab->nnodes; i++) {
		auto_arena struct arena a = {0};
		auto_buf struct buf text = {0};
		struct changes changes;
		struct plan p;

		plan_build(&a, lab, &lab->nodes[i], &p);
		if (plan_wrong(&a, lab, &p))
			abort();
		plan_print(&p, &text);
		plan_diff(&a, &p, &nothing, &changes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	auto_buf struct buf first = {0}, second = {0};
	struct lab *lab = load((const char *)data, len);

	if (!lab)
		return 0;
	topo_print(lab, &first);
	plan_all(lab);
	lab_free(lab);
	lab = load(first.data, first.len);
	if (!lab)
		abort();
	topo_print(lab, &second);
	lab_free(lab);
	if (strcmp(first.data, second.data) != 0)
		abort();
	return 0;
}
