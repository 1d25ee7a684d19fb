/* SPDX-License-Identifier: MIT */
/* What is judged of a drill's pings and connections. */
#include "verify/drill/traffic.h"

#include "lib/mono.h"
#include "verify/drill/weakness.h"

void drill_judge_outage(const struct drill *d, const struct drill_ping *p,
			struct verdict *v)
{
	struct drill_bound b = drill_bound(d->lab, d->fault, p->router);
	bool hit = d->routers[p->index].hit;
	int64_t extra = drill_ping_extra(d->lab, p) + (hit ? b.late : 0);
	int64_t together = hit ? drill_together_ns(d) : 0;
	int64_t most = (hit ? b.high : 0) + b.slack + extra + together;
	struct timeline t;
	struct outage o;

	if (p->pings.error) {
		verdict_blind(v, "%s", p->pings.error);
		return;
	}
	if (hit && extra)
		verdict_want(v,
			     "at most %.3f s (theory: %.3f to %.3f s; "
			     "%.3f s for impaired wires; %.3f s granted)",
			     drill_seconds(most), drill_seconds(b.low),
			     drill_seconds(b.high), drill_seconds(extra),
			     drill_seconds(b.slack));
	else if (hit)
		verdict_want(v,
			     "at most %.3f s (theory: %.3f to %.3f s; "
			     "%.3f s granted)",
			     drill_seconds(most), drill_seconds(b.low),
			     drill_seconds(b.high), drill_seconds(b.slack));
	else
		verdict_want(v, "at most %.3f s: its node was not struck",
			     drill_seconds(most));
	if (together)
		verdict_want(v,
			     "%.3f s of that because %zu routers move at once",
			     drill_seconds(together), drill_struck(d));
	drill_outage(&p->pings, d->down_ns, INT64_MAX, &o);
	if (!o.sent) {
		verdict_blind(v, "no ping was sent after the fault");
		return;
	}
	verdict_saw(v, o.ns <= most && !o.open,
		    "%.3f s, %zu of %zu packets lost%s", drill_seconds(o.ns),
		    o.lost, o.sent, o.open ? ", and no reply any more" : "");
	if (hit) {
		drill_timeline(d, p->index, &t);
		drill_weakness_outage(d, p->router, &t, o.ns - most, v);
	}
	if (p->pings.duplicates)
		verdict_saw(v, true, "%lld replies came twice",
			    (long long)p->pings.duplicates);
}

/* --- connections ----------------------------------------------------- */

enum tcp_fate drill_fate(const struct drill *d,
			 const struct drill_connection *c, bool hit)
{
	(void)d;
	return hit && c->snat && c->outside_first && !topo_synced(c->router)
		       ? TCP_RESET
		       : TCP_GOES_ON;
}

void drill_connection_text(const struct drill_connection *c, struct buf *out)
{
	buf_printf(out, "through %s %s %s, %s speaking first",
		   c->snat ? "SNAT" : "a floating address",
		   c->snat ? "from" : "to", c->instance->name,
		   c->outside_first ? "the host outside" : "the instance");
}

const char *drill_not_tried(const struct drill *d,
			    const struct drill_connection *c)
{
	if (d->routers[c->index].hit && d->fault->traits & FAULT_SPLITS)
		return "two are active while it is tried: it is chance";
	return NULL;
}

void drill_judge_connection(const struct drill *d,
			    const struct drill_connection *c, struct verdict *v)
{
	enum tcp_fate want = drill_fate(d, c, d->routers[c->index].hit);
	struct timeline t;

	if (c->error || !c->seen.open) {
		verdict_blind(v, "it was not open before the fault%s%s",
			      c->error ? ": " : "", c->error ? c->error : "");
		return;
	}
	drill_timeline(d, c->index, &t);
	if (d->routers[c->index].hit && t.now == c->router->nhosts) {
		verdict_blind(v, "no other host took over");
		return;
	}
	verdict_want(v, "%s%s", tcp_fate_names[want],
		     want == TCP_RESET
			     ? ": the new host knows nothing of it, and takes "
			       "it for one of its own"
			     : "");
	verdict_saw(v, c->seen.fate == want, "%s",
		    c->seen.fate == TCP_UNKNOWN ? "it was never tried"
						: tcp_fate_names[c->seen.fate]);
}
