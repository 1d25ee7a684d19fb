/* SPDX-License-Identifier: MIT */
/*
 * What is judged of a drill's record. Pure: the record may come from a lab or
 * from a test. As with checks, the points depend on the lab alone, and what
 * was not seen is neither a pass nor a fault of what was looked for.
 */
#include "lib/ip.h"
#include "verify/command.h"
#include "verify/drill/drill.h"
#include "verify/drill/router.h"
#include "verify/drill/traffic.h"
#include "verify/drill/weakness.h"

#define OUTAGE "outage"         /* the check of each ping */
#define CONNECTION "connection" /* and of each connection */

/* Point i: a check of a router, or of a ping, or of a connection. */
struct place {
	const struct drill_check *check;
	const struct drill_router *router;
	const struct drill_ping *ping;
	const struct drill_connection *connection;
	const struct point *boot; /* where both are NULL: drill->booted's */
	size_t boot_index;
};

static struct place place(const struct drill *d, size_t i)
{
	const size_t each = drill_nchecks;

	if (i < d->nrouters * each)
		return (struct place){.check = &drill_checks[i % each],
				      .router = &d->routers[i / each]};
	i -= d->nrouters * each;
	if (i < d->npings)
		return (struct place){.ping = &d->pings[i]};
	i -= d->npings;
	if (i < d->nconnections)
		return (struct place){.connection = &d->connections[i]};
	i -= d->nconnections;
	return (struct place){.boot = &d->booted.items[i], .boot_index = i};
}

size_t drill_points(const struct drill *d)
{
	return d->nrouters * drill_nchecks + d->npings + d->nconnections +
	       d->booted.n;
}

const char *drill_name(const struct drill *d, size_t i)
{
	struct place p = place(d, i);

	if (p.boot)
		return p.boot->check->name;
	return p.check ? p.check->name : p.ping ? OUTAGE : CONNECTION;
}

void drill_title(const struct drill *d, size_t i, struct buf *out)
{
	struct place p = place(d, i);
	char text[IP_TEXT_MAX];

	if (p.boot) {
		check_title(p.boot, out);
		buf_adds(out, ", after it");
		return;
	}
	buf_printf(out, "%s: ", drill_name(d, i));
	if (p.connection) {
		buf_printf(out, "%s ", p.connection->router->name);
		drill_connection_text(p.connection, out);
		buf_adds(out, drill_fate(d, p.connection, true) == TCP_RESET
				      ? ": reset, as nobody carries it over"
				      : ": goes on");
		return;
	}
	if (p.check)
		buf_printf(out, "%s %s", p.router->router->name, p.check->what);
	else if (p.ping)
		buf_printf(out,
			   "%s at %s from %s is out no longer than theory "
			   "allows",
			   p.ping->router->name, ip_print(&p.ping->dst, text),
			   p.ping->instance ? p.ping->instance->name
					    : "outside");
}

/* keepalived's routers are known not to move after some faults: what would have
 * followed needs no look. */
static const char *never_moved(const struct drill *d,
			       const struct drill_router *dr)
{
	const struct topo_router *r = dr->router;
	struct timeline t;

	if (!dr->hit || !drill_shows_keepalived(r) ||
	    !(d->fault->traits & FAULT_UNSEEN) || !d->fault->weakness ||
	    !d->fault->weakness(r))
		return NULL;
	drill_timeline(d, (size_t)(dr - d->routers), &t);
	return t.now == r->nhosts ? "nobody took over, which is keepalived's "
				    "documented weakness"
				  : NULL;
}

void drill_judge(const struct drill *d, size_t i, struct verdict *v,
		 const char **ret_skip)
{
	struct place p = place(d, i);
	struct timeline t = {0};
	bool before = p.check && p.check->when & DRILL_BEFORE;

	*ret_skip = NULL;
	if (!before && !d->down_ns) {
		verdict_blind(v, "the drill was not carried out: %s",
			      d->err.code ? d->err.msg : "no fault was made");
		return;
	}
	/* What follows a fault that did not last proves nothing. */
	if (!before && d->spoiled) {
		verdict_blind(v, "%s", d->spoiled);
		return;
	}
	if (p.connection) {
		*ret_skip = drill_not_tried(d, p.connection);
		if (!*ret_skip)
			*ret_skip = never_moved(
				d, &d->routers[p.connection->index]);
		if (!*ret_skip)
			drill_judge_connection(d, p.connection, v);
		return;
	}
	if (p.ping) {
		drill_judge_outage(d, p.ping, v);
		return;
	}
	if (!p.check) {
		if (d->renew_ns)
			drill_boots_judge(d, p.boot_index, v);
		else
			verdict_blind(v, "the drill did not get so far");
		return;
	}
	if (p.check->when & DRILL_IF_HIT && !p.router->hit && d->victim) {
		*ret_skip = "its active host was not the one struck";
		return;
	}
	if (!before) {
		if (p.router->old == p.router->router->nhosts) {
			verdict_blind(v,
				      "it was not active on exactly one node");
			return;
		}
		drill_timeline(d, (size_t)(p.router - d->routers), &t);
	}
	p.check->judge(d, p.router, &t, v);
	if (v->kind == VERDICT_BLIND && t.first_new == 0 && !before)
		*ret_skip = never_moved(d, p.router);
}

void drill_command(const struct drill *d, size_t i, struct buf *out)
{
	struct place p = place(d, i);
	char text[IP_TEXT_MAX];

	if (p.boot) {
		p.boot->check->command(d->boots, &p.boot->subject, out);
		return;
	}
	if (p.check) {
		if (p.check->command && p.router->aim.dev && *p.router->aim.dev)
			p.check->command(d, p.router, out);
		else
			buf_printf(out, "labctl status %s", d->lab->name);
		return;
	}
	if (p.connection) {
		command_exec(out, p.connection->router->hosts[0],
			     p.connection->router->netns);
		buf_adds(out, "cat /proc/net/nf_conntrack");
		return;
	}
	if (!p.ping)
		return;
	if (p.ping->instance)
		command_exec(out, p.ping->instance->node,
			     p.ping->instance->netns);
	else
		buf_adds(out, "labctl exec outside -- ");
	buf_printf(out, "ping -D -i 0.01 %s", ip_print(&p.ping->dst, text));
}
