/* SPDX-License-Identifier: MIT */
/* What instances boot by, after a drill: verify's own points, and the renewal
 * of leases. */
#include <string.h>

#include "lib/auto.h"
#include "t/lib/healthy.h"
#include "t/lib/tap.h"
#include "verify/drill/drill.h"

#define DOWN INT64_C(1)

/* The points that do not hold, by name. */
static const char *findings(const struct drill *d, struct buf *out)
{
	size_t i, n = drill_points(d);

	buf_reset(out);
	buf_adds(out, "");
	for (i = n - d->booted.n; i < n; i++) {
		auto_arena struct arena a = {0};
		struct verdict v = {.arena = &a};
		auto_buf struct buf title = {0};
		const char *skip;

		drill_judge(d, i, &v, &skip);
		if (v.kind == VERDICT_OK)
			continue;
		drill_title(d, i, &title);
		*strstr(title.data, " on ") = '\0';
		buf_printf(out, "%s%s %s", out->len ? "; " : "",
			   verdict_kind_names[v.kind], title.data);
	}
	return out->data;
}

/* As after a drill in which nothing went wrong. */
static void healthy(struct drill *d, struct evidence *e, const struct lab *lab)
{
	size_t i;

	healthy_evidence(e, lab);
	for (i = 0; i < lab->nnodes; i++)
		d->boots->nodes[i] = e->nodes[i];
	for (i = 0; i < lab->ninstances; i++)
		d->boots->boots[i] = e->boots[i];
	d->renew_ns = e->boots[0].guest.lease.at_ns;
	d->down_ns = DOWN;
}

int main(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_(evidence_release) struct evidence e = {0};
	auto_(drill_release) struct drill d = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;
	struct seen_boot *boot;

	if (!ok(topo_load("t/lib/boots.yaml", &lab, &errs) == 0,
		"the shipped lab loads"))
		return tap_done();
	drill_init(&d, lab, NULL, fault_find("tunnel"));
	is_int(d.booted.n, 2 + 1 + 2 + 2 + 2,
	       "leases, advertisements, radvd, SLAAC, metadata");
	d.down_ns = DOWN;
	is(findings(&d, &out),
	   "could not look lease: selfservice-instance1; "
	   "could not look lease: selfservice-instance2; "
	   "could not look ra: router2; could not look radvd: router2; "
	   "could not look radvd: router2; "
	   "could not look slaac: selfservice-instance1; "
	   "could not look slaac: selfservice-instance2; "
	   "could not look metadata: selfservice-instance1; "
	   "could not look metadata: selfservice-instance2",
	   "where the drill did not get so far nothing passes");
	healthy(&d, &e, lab);
	is(findings(&d, &out), "", "a drill after which all is well");
	boot = &d.boots->boots[0];
	boot->guest.lease.at_ns--;
	is(findings(&d, &out), "wrong lease: selfservice-instance1",
	   "a lease that was not renewed");
	boot->guest.lease.at_ns++;
	boot->metadata = d.boots->boots[1].metadata;
	is(findings(&d, &out), "wrong metadata: selfservice-instance1",
	   "metadata of another");
	boot->metadata = e.boots[0].metadata;
	boot->adverts.n = 0;
	is(findings(&d, &out), "wrong ra: router2",
	   "a router that advertises itself no more");
	lab_free(lab);
	return tap_done();
}
