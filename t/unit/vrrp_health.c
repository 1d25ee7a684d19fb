/* SPDX-License-Identifier: MIT */
/*
 * Pings of an Active's gateways: rounds and turns on virtual time, by
 * themselves and on a LAN of routers.
 */
#include <stdio.h>
#include <string.h>

#include "t/lib/sim.h"
#include "t/lib/tap.h"
#include "vrrp/core/health.h"

#define MS NS_PER_MS

static struct mono at(int64_t ms)
{
	return (struct mono){.ns = 1000 * NS_PER_S + ms * MS};
}

/* --- rounds ----------------------------------------------------------------
 */

static void rounds(void)
{
	struct vrrp_health h = {.interval_ns = 30 * NS_PER_S};

	ok(mono_is_never(vrrp_health_deadline(&h)), "a Backup asks nobody");
	is_int(vrrp_health_timer(&h, at(0)), VRRP_HEALTH_NOTHING,
	       "whatever the time");
	vrrp_health_begin(&h, at(0));
	is_int(vrrp_health_timer(&h, at(0)), VRRP_HEALTH_ASK,
	       "an Active asks at once");
	ok(!vrrp_health_answered(&h), "an answer is as it should be");
	is_int(vrrp_health_deadline(&h).ns, at(30000).ns,
	       "the next round is an interval later");
	is_int(vrrp_health_timer(&h, at(29999)), VRRP_HEALTH_NOTHING,
	       "not before");
	is_int(vrrp_health_timer(&h, at(30000)), VRRP_HEALTH_ASK, "then");
	is_int(vrrp_health_deadline(&h).ns, at(31000).ns,
	       "an answer has a second");
	is_int(vrrp_health_timer(&h, at(31000)), VRRP_HEALTH_NOTHING,
	       "one lost is none");
	ok(!vrrp_health_answered(&h), "an answer that is late counts no more");
	is_int(vrrp_health_timer(&h, at(60000)), VRRP_HEALTH_ASK,
	       "the rounds keep their distance");
	is_int(vrrp_health_timer(&h, at(61000)), VRRP_HEALTH_LOST,
	       "the second in a row is");
	ok(h.sick && mono_is_never(vrrp_health_deadline(&h)),
	   "it is sick and asks no more");
	vrrp_health_begin(&h, at(100000));
	is_int(vrrp_health_timer(&h, at(100000)), VRRP_HEALTH_ASK,
	       "Active again it asks");
	ok(vrrp_health_answered(&h), "and is answered");
	ok(!h.sick, "then it is well");
}

static void off(void)
{
	struct vrrp_health h = {.interval_ns = 0};

	vrrp_health_begin(&h, at(0));
	ok(mono_is_never(vrrp_health_deadline(&h)) &&
		   vrrp_health_timer(&h, at(0)) == VRRP_HEALTH_NOTHING,
	   "without an interval nobody is asked");
}

/* Slow to be woken: a round is judged and the next one sent. */
static void late(void)
{
	struct vrrp_health h = {.interval_ns = 100 * MS};

	vrrp_health_begin(&h, at(0));
	vrrp_health_timer(&h, at(0));
	vrrp_health_answered(&h);
	vrrp_health_timer(&h, at(100));
	is_int(vrrp_health_timer(&h, at(500)), VRRP_HEALTH_ASK,
	       "late by rounds: one lost, and the next one goes out");
	is_int(h.lost, 1, "one");
	is_int(vrrp_health_timer(&h, at(600)), VRRP_HEALTH_LOST,
	       "and then it is lost");
}

/* One that has just taken over has time to find its gateways. */
static void settling(void)
{
	struct vrrp_health h = {.interval_ns = 100 * MS};
	int64_t ms;

	vrrp_health_begin(&h, at(0));
	for (ms = 0; ms < 3000; ms += 100)
		if (vrrp_health_timer(&h, at(ms)) == VRRP_HEALTH_LOST)
			break;
	is_int(ms, 1500, "a new Active has a second and a half to be answered");
	vrrp_health_begin(&h, at(0));
	vrrp_health_timer(&h, at(0));
	vrrp_health_answered(&h);
	for (ms = 100; ms < 3000; ms += 100)
		if (vrrp_health_timer(&h, at(ms)) == VRRP_HEALTH_LOST)
			break;
	is_int(ms, 300, "one that was, two rounds");
}

/* What was lost is counted from the last answer, and of one role alone. */
static void counting(void)
{
	struct vrrp_health h = {.interval_ns = NS_PER_S};
	int64_t ms;

	vrrp_health_begin(&h, at(0));
	vrrp_health_timer(&h, at(0));
	vrrp_health_answered(&h);
	vrrp_health_timer(&h, at(1000));
	vrrp_health_timer(&h, at(2000));
	is_int(h.lost, 1, "one is lost");
	ok(!vrrp_health_answered(&h) && h.lost == 0, "the next is not");
	vrrp_health_timer(&h, at(3000));
	is_int(vrrp_health_timer(&h, at(4000)), VRRP_HEALTH_ASK,
	       "two that are not in a row are no loss");
	is_int(h.lost, 1, "but one");
	vrrp_health_begin(&h, at(5000));
	is_int(h.lost, 0, "who becomes Active begins to count anew");
	for (ms = 5000; ms < 9000; ms += 100)
		if (vrrp_health_timer(&h, at(ms)) == VRRP_HEALTH_LOST)
			break;
	is_int(ms, 7000, "and has the time to find its gateways again");
	vrrp_health_begin(&h, at(10000));
	vrrp_health_timer(&h, at(10000));
	vrrp_health_timer(&h, at(11000));
	is_int(h.lost, 1, "a Backup");
	vrrp_health_end(&h);
	is_int(h.lost, 0, "counts nothing");
}

/* Whoever was heard before it became sick has not had its turn. */
static void sick_again(void)
{
	static const struct vrrp_addr b = {4, {10, 0, 0, 2}};
	struct vrrp_health h = {.interval_ns = NS_PER_S};

	for (int i = 0; i < 2; i++) {
		vrrp_health_begin(&h, at(0));
		vrrp_health_timer(&h, at(0));
		vrrp_health_answered(&h);
		vrrp_health_timer(&h, at(1000));
		vrrp_health_timer(&h, at(2000));
		is_int(vrrp_health_timer(&h, at(3000)), VRRP_HEALTH_LOST,
		       "sick %d times", i + 1);
		is_int(h.turns, 0, "nobody has had a turn");
		is_int(h.last.family, 0, "and nobody was heard");
		ok(vrrp_health_heard(&h, &b), "until one is");
	}
}

static void turns(void)
{
	static const struct vrrp_addr b = {4, {10, 0, 0, 2}},
				      c = {4, {10, 0, 0, 3}};
	struct vrrp_health h = {.interval_ns = NS_PER_S};
	int64_t first, second;

	ok(!vrrp_health_heard(&h, &b) && !vrrp_health_delay_ns(&h, NS_PER_S),
	   "who is well waits no longer");
	h.sick = true;
	first = vrrp_health_delay_ns(&h, NS_PER_S);
	is_int(first / MS, 1500, "a sick one does");
	ok(vrrp_health_heard(&h, &b), "another's turn");
	ok(!vrrp_health_heard(&h, &b), "is one, however often it is heard");
	ok(vrrp_health_heard(&h, &c), "a third's turn");
	second = vrrp_health_delay_ns(&h, NS_PER_S);
	is_int(second / MS, 1000, "who has waited longer is earlier");
}

/* --- a LAN -----------------------------------------------------------------
 */

struct lan {
	struct sim s;
	struct vrrp_health h[SIM_NODES];
	bool reaches[SIM_NODES]; /* its gateway */
	bool was_active[SIM_NODES];
	struct vrrp_addr heard[SIM_NODES];
	unsigned handed; /* times that one handed over */
	char order[64];  /* who became Active, in letters */
};

static void settle(struct lan *l, unsigned i)
{
	struct sim_node *n = &l->s.node[i];
	struct vrrp_settings set = n->r.set;
	struct vrrp_event ev = {.kind = VRRP_EV_SETTINGS, .settings = &set};

	set.promote_delay_ns =
		l->h[i].sick ? vrrp_health_delay_ns(&l->h[i], set.interval_ns)
			     : VRRP_DELAY_DERIVED;
	sim_event(&l->s, i, &ev);
}

/* As the engine's router does it. */
static void look(struct lan *l, unsigned i)
{
	struct sim_node *n = &l->s.node[i];
	struct vrrp_event path = {.kind = VRRP_EV_PATH, .can_send = true};
	bool active = n->r.state == VRRP_ACTIVE;

	if (active && !l->was_active[i]) {
		size_t len = strlen(l->order);

		vrrp_health_begin(&l->h[i], l->s.now);
		if (len + 1 < sizeof(l->order))
			l->order[len] = (char)('a' + i);
	} else if (!active) {
		vrrp_health_end(&l->h[i]);
	}
	l->was_active[i] = active;
	if (vrrp_addr_cmp(&n->heard, &l->heard[i]) != 0) {
		l->heard[i] = n->heard;
		if (vrrp_health_heard(&l->h[i], &n->heard))
			settle(l, i);
	}
	switch (vrrp_health_timer(&l->h[i], l->s.now)) {
	case VRRP_HEALTH_NOTHING:
		break;
	case VRRP_HEALTH_ASK:
		if (l->reaches[i] && vrrp_health_answered(&l->h[i]))
			settle(l, i);
		break;
	case VRRP_HEALTH_LOST:
		l->handed++;
		sim_event(&l->s, i, &path);
		settle(l, i);
		path.path_up = true;
		sim_event(&l->s, i, &path);
		break;
	}
}

static void run(struct lan *l, int64_t ms)
{
	for (; ms > 0; ms -= 5) {
		sim_run(&l->s, 5 * MS);
		for (unsigned i = 0; i < l->s.n; i++)
			look(l, i);
	}
}

static void start(struct lan *l, unsigned n, bool preempt)
{
	struct vrrp_settings all[SIM_NODES];
	struct vrrp_settings set = {.version = 2,
				    .vrid = 1,
				    .priority = 50,
				    .preempt = preempt,
				    .interval_ns = NS_PER_S,
				    .promote_delay_ns = VRRP_DELAY_DERIVED,
				    .announce_rounds = 1};

	*l = (struct lan){.handed = 0};
	for (unsigned i = 0; i < n; i++) {
		all[i] = set;
		all[i].source = (struct vrrp_addr){
			4, {169, 254, 192, (uint8_t)(i + 1)}};
	}
	sim_init(&l->s, 7, n, all);
	for (unsigned i = 0; i < n; i++) {
		l->h[i].interval_ns = 500 * MS;
		l->reaches[i] = true;
	}
	sim_start_all(&l->s);
	run(l, 8000);
}

static void lan(bool preempt)
{
	const char *how = preempt ? "preempting" : "staying";
	int64_t before;
	struct lan l;
	int first;

	start(&l, 3, preempt);
	first = sim_holder(&l.s);
	ok(first >= 0 && !l.handed,
	   "%s: three elect one, whose gateway answers", how);
	l.reaches[first] = false;
	before = l.s.nobody_ns;
	run(&l, 3500);
	ok(sim_holder(&l.s) >= 0 && sim_holder(&l.s) != first && l.handed == 1,
	   "%s: it loses it and hands over", how);
	ok(l.s.nobody_ns - before < 1000 * MS,
	   "%s: within the skew (%lld ms without anybody)", how,
	   (long long)((l.s.nobody_ns - before) / MS));
	l.reaches[first] = true;
	run(&l, 20000);
	ok(l.handed == 1 && sim_holder(&l.s) != first,
	   "%s: who took over stays, also when it is there again", how);

	/* All lose theirs. */
	memset(l.reaches, 0, sizeof(l.reaches));
	memset(l.order, 0, sizeof(l.order));
	run(&l, 40000);
	ok(strchr(l.order, 'a') && strchr(l.order, 'b') && strchr(l.order, 'c'),
	   "%s: all have lost theirs: each has its turn (%s)", how, l.order);
	for (size_t i = 3; l.order[i]; i++)
		if (l.order[i] != l.order[i - 3]) {
			ok(false, "%s: in order: %s", how, l.order);
			break;
		}
	is_int(l.s.shared_ns, 0, "%s: never two at once", how);
	l.reaches[1] = true;
	run(&l, 20000);
	is_int(sim_holder(&l.s), 1, "%s: the first to regain it", how);
	memset(l.reaches, 1, sizeof(l.reaches));
	memset(l.order, 0, sizeof(l.order));
	run(&l, 60000);
	is(l.order, "", "%s: keeps it", how);
	ok(!l.h[1].sick, "%s: and is well", how);
}

/* Alone it is its own turn. */
static void alone(void)
{
	struct lan l;

	start(&l, 1, false);
	l.reaches[0] = false;
	memset(l.order, 0, sizeof(l.order));
	run(&l, 30000);
	ok(strlen(l.order) >= 3, "alone: it tries again and again (%s)",
	   l.order);
	l.reaches[0] = true;
	run(&l, 10000);
	ok(sim_holder(&l.s) == 0 && !l.h[0].sick,
	   "alone: until it is answered");
}

int main(void)
{
	rounds();
	off();
	late();
	settling();
	counting();
	sick_again();
	turns();
	lan(false);
	lan(true);
	alone();
	return tap_done();
}
