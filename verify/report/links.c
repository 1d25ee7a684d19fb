/* SPDX-License-Identifier: MIT */
#include "verify/report/links.h"

#include "lib/auto.h"
#include "lib/mono.h"
#include "verify/ways.h"

#define ROUTERS_TOLD 10

static void note_router(const struct lab *lab, const struct topo_router *r,
			struct tap *tap)
{
	struct topo_way w = ways_adverts(lab, r);
	double once = ways_false_alarm(lab, r);
	double s = once * r->ha.adver_cs / 100.0;

	if (w.delay_ns)
		tap_note(tap,
			 "theory: adverts of %s come up to %.1f ms late, and "
			 "%.1f ms apart from their interval",
			 r->name, (double)w.delay_ns / NS_PER_MS,
			 2.0 * (double)w.jitter_ns / NS_PER_MS);
	if (once > 0)
		tap_note(tap,
			 "theory: %.4g%% of the adverts of %s are lost; three "
			 "in a row, so that a standby takes over without need, "
			 "once in %.3g s",
			 w.lost * 100, r->name, s);
}

void report_links(const struct lab *lab, struct tap *tap)
{
	size_t i, told = 0;

	for (i = 0; i < lab->nlinks; i++) {
		auto_buf struct buf b = {0};

		topo_impair_print(&lab->links[i].impair, false, &b);
		tap_note(tap, "wire %s: %s, each way%s", lab->links[i].name,
			 b.data,
			 lab->links[i].by_hand ? " (labctl impair)" : "");
	}
	for (i = 0; lab->nlinks && i < lab->nrouters; i++) {
		if (lab->routers[i].is_ha && told++ < ROUTERS_TOLD)
			note_router(lab, &lab->routers[i], tap);
	}
}
