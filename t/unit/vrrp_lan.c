/* SPDX-License-Identifier: MIT */
/* Several routers on a simulated LAN: who ends up active, and when. */
#include <stdlib.h>
#include <string.h>

#include "t/lib/sim.h"
#include "t/lib/tap.h"
#include "vrrp/core/fsm.h"

#define MS NS_PER_MS
#define S NS_PER_S
#define SEEDS 60
#define WAKE_UPS 100000

static struct vrrp_settings setting(uint8_t version, uint8_t priority,
				    int64_t interval_ns, unsigned host)
{
	return (struct vrrp_settings){
		.version = version,
		.vrid = 1,
		.priority = priority,
		.source = {4, {169, 254, 192, (uint8_t)host}},
		.interval_ns = interval_ns,
		.announce_rounds = 2,
	};
}

/* The documented deployment: equal priorities, 2 s, no preemption. */
static void documented(struct sim *s, uint32_t seed, unsigned n)
{
	struct vrrp_settings set[SIM_NODES];
	unsigned i;

	for (i = 0; i < n; i++) {
		set[i] = setting(2, 50, 2 * S, i + 1);
		set[i].promote_delay_ns = i * 500 * NS_PER_US;
	}
	sim_init(s, seed, n, set);
}

static void settles(void)
{
	uint32_t seed;
	int right = -1;
	struct sim s;

	for (seed = 1; seed <= SEEDS; seed++) {
		struct vrrp_settings set[SIM_NODES];
		bool taken[256 + SIM_NODES] = {false};
		unsigned n, i;

		memset(&s, 0, sizeof(s));
		s.random = seed * 97 | 1;
		n = 2 + sim_random(&s, 5);
		right = 0;
		for (i = 0; i < n; i++) {
			set[i] = setting(seed & 1 ? 2 : 3,
					 (uint8_t)(1 + sim_random(&s, 240)), S,
					 10 + (i * 7) % 11);
			set[i].preempt = true;
			/* The first to promote stays among equals, so that
			 * nobody is the right one: have none. */
			while (taken[set[i].priority])
				set[i].priority++;
			taken[set[i].priority] = true;
			if (set[i].priority > set[right].priority)
				right = (int)i;
		}
		sim_init(&s, seed, n, set);
		sim_start_all(&s);
		sim_run(&s, 30 * S);
		if (sim_holder(&s) != right || s.learnt != right || s.over_full)
			break;
	}
	if (!ok(seed > SEEDS,
		"a LAN without loss settles on exactly one "
		"Active, the right one (%d LANs)",
		SEEDS))
		tap_diag("seed %u: %d, expected %d", seed, sim_holder(&s),
			 right);
}

/* Equal in all but their addresses, and nothing said about delays. */
static void equals(void)
{
	unsigned extra = 0, full = 0, n, i;
	uint32_t seed;
	struct sim s;

	for (seed = 1; seed <= 10 * SEEDS; seed++) {
		n = 3 + seed % 3;
		documented(&s, seed, n);
		for (i = 0; i < n; i++) {
			s.node[i].r.set.promote_delay_ns = VRRP_DELAY_DERIVED;
			s.node[i].r.set.source.b[3] =
				(uint8_t)(i + seed * 7 % 240);
		}
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		for (i = 0; i < n; i++)
			s.node[i].became_active = 0;
		if (seed % 2)
			sim_crash(&s, (unsigned)sim_holder(&s));
		else
			sim_last_words(&s, (unsigned)sim_holder(&s));
		sim_run(&s, 20 * S);
		for (i = 0; i < n; i++)
			extra += s.node[i].became_active;
		extra -= 1;
		full += s.over_full;
	}
	is_int(extra + full, 0,
	       "3 to 5 equal nodes without it: one promotes (%d failures)",
	       10 * SEEDS);
}

static void one_promotes(void)
{
	unsigned twice = 0, crowds = 0;
	uint32_t seed;
	struct sim s;
	int i;

	for (seed = 1; seed <= SEEDS; seed++) {
		documented(&s, seed, 4);
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		sim_crash(&s, (unsigned)sim_holder(&s));
		for (i = 0; i < 4; i++)
			s.node[i].became_active = 0;
		sim_run(&s, 20 * S);
		for (i = 0; i < 4; i++)
			twice += s.node[i].became_active;
		twice -= 1;
	}
	is_int(twice, 0,
	       "equal priorities, three backups: exactly one "
	       "promotes (%d failures)",
	       SEEDS);
	for (seed = 1; seed <= SEEDS; seed++) {
		documented(&s, seed, 4);
		for (i = 0; i < 4; i++)
			s.node[i].r.set.promote_delay_ns = 0;
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		sim_crash(&s, (unsigned)sim_holder(&s));
		for (i = 0; i < 4; i++)
			s.node[i].became_active = 0;
		sim_run(&s, 20 * S);
		for (i = 0; i < 4; i++)
			crowds += s.node[i].became_active;
		crowds -= 1;
	}
	ok(crowds > 0, "without promote_delay some do together (%u times)",
	   crowds);
	equals();
}

static void detection(void)
{
	struct vrrp_settings fast[2] = {setting(3, 200, 100 * MS, 1),
					setting(3, 200, 100 * MS, 2)};
	int64_t least = INT64_MAX, most = 0, took;
	uint32_t seed;
	struct sim s;
	int old;

	for (seed = 1; seed <= SEEDS; seed++) {
		documented(&s, seed, 2);
		sim_start_all(&s);
		sim_run(&s, 20 * S + sim_random(&s, 2000) * MS);
		old = sim_holder(&s);
		sim_crash(&s, (unsigned)old);
		took = s.now.ns;
		sim_run(&s, 10 * S);
		took = s.node[!old].active_at.ns - took;
		least = took < least ? took : least;
		most = took > most ? took : most;
	}
	ok(least >= 4804 * MS && most <= 6806 * MS,
	   "v2, 2 s: a silent failure is seen after 4.8 to 6.8 s "
	   "(%lld to %lld ms)",
	   (long long)(least / MS), (long long)(most / MS));
	least = INT64_MAX;
	most = 0;
	for (seed = 1; seed <= SEEDS; seed++) {
		sim_init(&s, seed, 2, fast);
		sim_start_all(&s);
		sim_run(&s, 2 * S + sim_random(&s, 100) * MS);
		old = sim_holder(&s);
		sim_crash(&s, (unsigned)old);
		took = s.now.ns;
		sim_run(&s, S);
		took = s.node[!old].active_at.ns - took;
		least = took < least ? took : least;
		most = took > most ? took : most;
	}
	ok(least >= 221 * MS && most <= 323 * MS,
	   "v3, 100 ms: after 222 to 322 ms (%lld to %lld ms)",
	   (long long)(least / MS), (long long)(most / MS));

	documented(&s, 1, 2);
	sim_start_all(&s);
	sim_run(&s, 20 * S);
	old = sim_holder(&s);
	took = s.now.ns;
	sim_stop(&s, (unsigned)old);
	sim_run(&s, 5 * S);
	took = s.node[!old].active_at.ns - took;
	ok(took > 804 * MS && took < 807 * MS,
	   "hand-over by priority 0 takes the skew (%lld ms)",
	   (long long)(took / MS));
	is_int(s.shared_ns, 0, "and nobody shares the addresses");
}

static void no_preemption(void)
{
	struct sim s;
	int old, now;

	documented(&s, 5, 3);
	sim_start_all(&s);
	sim_run(&s, 20 * S);
	old = sim_holder(&s);
	sim_crash(&s, (unsigned)old);
	sim_run(&s, 20 * S);
	now = sim_holder(&s);
	ok(now >= 0 && now != old, "another takes over from one that died");
	sim_start(&s, (unsigned)old);
	sim_run(&s, 20 * S);
	is_int(sim_holder(&s), now, "and stays when that one is back");
	documented(&s, 6, 3);
	sim_start(&s, 0);
	sim_run(&s, 20 * S);
	s.node[2].r.set.priority = 200;
	sim_start(&s, 2);
	sim_run(&s, 60 * S);
	is_int(sim_holder(&s), 0,
	       "preempt: false: the incumbent stays, a newcomer listens");
	is_int(s.node[2].became_active, 0, "and never claims the role");
	documented(&s, 6, 3);
	s.node[2].r.set.priority = 200;
	s.node[2].r.set.preempt = true;
	sim_start(&s, 0);
	sim_run(&s, 20 * S);
	sim_start(&s, 2);
	sim_run(&s, 60 * S);
	is_int(sim_holder(&s), 2, "preempt: true: a higher priority takes it");
}

static void split_brain(void)
{
	unsigned bad = 0, before;
	uint32_t seed;
	struct sim s;

	for (seed = 1; seed <= SEEDS; seed++) {
		documented(&s, seed, 2);
		sim_start_all(&s);
		sim_run(&s, 20 * S + sim_random(&s, 2000) * MS);
		sim_isolate(&s, 0, true);
		sim_run(&s, 30 * S);
		if (sim_holders(&s) != 2)
			break;
		before = s.node[1].announced;
		sim_isolate(&s, 0, false);
		sim_run(&s, 10 * S);
		if (sim_holder(&s) != 1 || s.learnt != 1 ||
		    s.node[1].announced <= before)
			bad++;
	}
	ok(seed > SEEDS, "a cut LAN has two holders");
	is_int(bad, 0,
	       "healed, the greater address wins and announces again "
	       "(%d heals)",
	       SEEDS);
}

static void stalls(void)
{
	unsigned bad = 0;
	uint32_t seed;
	struct sim s;

	for (seed = 1; seed <= SEEDS; seed++) {
		int old;

		documented(&s, seed, 3);
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		old = sim_holder(&s);
		sim_sleep(&s, (unsigned)old, true);
		sim_run(&s, 8 * S + sim_random(&s, 20000) * MS);
		sim_sleep(&s, (unsigned)old, false);
		sim_run(&s, 1 * MS);
		/* It has read its queue and let go at once, whatever its
		 * address: the others relied on its silence. */
		if (s.node[old].holding || sim_holders(&s) != 1)
			bad++;
		sim_run(&s, 20 * S);
		if (sim_holders(&s) != 1 || s.node[old].holding)
			bad++;
	}
	is_int(bad, 0,
	       "an Active that stood still yields to its successor "
	       "(%d stalls)",
	       SEEDS);
	for (seed = 1, bad = 0; seed <= SEEDS; seed++) {
		int old;
		unsigned i, sum = 0;

		documented(&s, seed, 3);
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		old = sim_holder(&s);
		for (i = 0; i < 3; i++)
			sim_sleep(&s, i, true);
		sim_run(&s, 10 * S + sim_random(&s, 20000) * MS);
		for (i = 0; i < 3; i++)
			sim_sleep(&s, i, false);
		sim_run(&s, 20 * S);
		for (i = 0; i < 3; i++)
			sum += s.node[i].became_active;
		if (sim_holder(&s) != old || sum != 1)
			bad++;
	}
	is_int(bad, 0,
	       "when all stand still nobody takes over afterwards "
	       "(%d stalls)",
	       SEEDS);
	documented(&s, 3, 3);
	sim_start_all(&s);
	sim_run(&s, 20 * S);
	sim_sleep(&s, (unsigned)(sim_holder(&s) + 1) % 3, true);
	sim_run(&s, 60 * S);
	for (unsigned i = 0; i < 3; i++)
		sim_sleep(&s, i, false);
	sim_run(&s, 60 * S);
	is_int(s.shared_ns, 0, "a Backup that stood still does not promote");
}

/*
 * An Active that stood still, or is said to have stopped by its supervisor,
 * after another took over: its priority 0 concerns nobody any more, in
 * whatever order it and the new Active's answer arrive.
 */
static void wake_ups(void)
{
	const char *want = getenv("SIM_WAKE_UPS");
	unsigned n = want ? (unsigned)strtoul(want, NULL, 10) : WAKE_UPS;
	unsigned done = 0, third = 0, none = 0, full = 0, asked = 0;
	uint32_t seed = 0, bad_seed = 0;
	struct vrrp_settings set[SIM_NODES];
	struct sim s;

	while (done < n && seed < 2 * n) {
		unsigned nodes = 3 + ++seed % 3, i, k;

		for (i = 0; i < nodes; i++) {
			set[i] = seed & 1 ? setting(2, 50, 2 * S, i + 1)
					  : setting(3, 100, 100 * MS, i + 1);
			set[i].promote_delay_ns = VRRP_DELAY_DERIVED;
		}
		sim_init(&s, seed, nodes, set);
		s.delay_max_ns = 5 * MS;
		sim_start_all(&s);
		sim_run(&s, 10 * S);
		for (k = 0; k < 50 && done < n; k++) {
			int old = sim_holder(&s), now;

			if (old < 0)
				break;
			sim_sleep(&s, (unsigned)old, true);
			sim_run(&s, 8 * S + sim_random(&s, 2000) * MS);
			s.node[old].holding = false;
			now = sim_holder(&s);
			if (now < 0)
				break;
			s.node[old].holding = true;
			for (i = 0; i < nodes; i++)
				s.node[i].became_active = 0;
			if (k % 3)
				sim_sleep(&s, (unsigned)old, false);
			else
				sim_last_words(&s, (unsigned)old);
			sim_run(&s, 3 * S);
			for (i = 0; i < nodes; i++)
				asked += s.node[i].became_active;
			if (asked > third)
				bad_seed = seed;
			third = asked;
			none += sim_holder(&s) != now;
			if (!s.node[old].running)
				sim_start(&s, (unsigned)old);
			done++;
		}
		full += s.over_full;
	}
	is_int(done, n, "%u wake-ups of 3 to 5 nodes (seeds 1 to %u)", n, seed);
	if (!is_int(third, 0, "promote no third router"))
		tap_diag("one of them with seed %u", bad_seed);
	is_int(none + full, 0, "and leave the one that took over");
}

static void loss(void)
{
	struct vrrp_settings set[3];
	unsigned bad = 0, i;
	uint32_t seed;
	struct sim s;

	for (seed = 1; seed <= SEEDS; seed++) {
		for (i = 0; i < 3; i++) {
			set[i] =
				setting(3, (uint8_t)(100 + i), 100 * MS, i + 1);
			set[i].preempt = true;
			/* What the loser says may be lost too. */
			set[i].refresh_ns = S;
		}
		sim_init(&s, seed, 3, set);
		s.loss = 30;
		s.delay_max_ns = 20 * MS;
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		s.loss = 0;
		s.delay_max_ns = 80 * NS_PER_US;
		sim_run(&s, 2 * S);
		if (sim_holder(&s) != 2 || s.learnt != 2) {
			tap_diag("seed %u: %u holders, %d, learnt %d", seed,
				 sim_holders(&s), sim_holder(&s), s.learnt);
			bad++;
		}
	}
	is_int(bad, 0,
	       "after 30 per cent loss the right one is active "
	       "(%d LANs)",
	       SEEDS);
}

/* Make-before-break: somebody holds the addresses all the time, and whoever
 * has them in the end spoke last. */
static void resigns(void)
{
	unsigned bad = 0, shared = 0, n;
	int64_t longest = 0;
	uint32_t seed;
	struct sim s;

	for (seed = 1; seed <= SEEDS; seed++) {
		unsigned i, promoted = 0;
		int old, now;

		n = 2 + seed % 5;
		documented(&s, seed, n);
		s.delay_max_ns = seed % 3 ? 80 * NS_PER_US : 20 * MS;
		sim_start_all(&s);
		sim_run(&s, 20 * S + sim_random(&s, 2000) * MS);
		old = sim_holder(&s);
		s.shared_ns = s.nobody_ns = 0;
		for (i = 0; i < n; i++)
			s.node[i].became_active = 0;
		sim_resign(&s, (unsigned)old);
		sim_run(&s, 20 * S);
		now = sim_holder(&s);
		for (i = 0; i < n; i++)
			promoted += s.node[i].became_active;
		/* On a slow LAN equals may promote together, and settle it. */
		if (now < 0 || now == old || s.nobody_ns || s.learnt != now ||
		    (seed % 3 && promoted != 1)) {
			tap_diag("seed %u: %d to %d, nobody %lld ns", seed, old,
				 now, (long long)s.nobody_ns);
			bad++;
		}
		shared += s.shared_ns > 0;
		if (s.shared_ns > longest)
			longest = s.shared_ns;
	}
	is_int(bad, 0,
	       "one that resigns is relieved by one other, without a gap "
	       "(%d LANs)",
	       SEEDS);
	is_int(shared, SEEDS, "two hold the addresses meanwhile");
	ok(longest < 100 * MS, "and no longer than it takes (%lld us)",
	   (long long)(longest / NS_PER_US));
}

static void resigns_in_noise(void)
{
	unsigned bad = 0, moved = 0;
	uint32_t seed;
	struct sim s;

	for (seed = 1; seed <= SEEDS; seed++) {
		int old;

		documented(&s, seed, 2 + seed % 3);
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		old = sim_holder(&s);
		s.nobody_ns = 0;
		s.loss = 30;
		s.delay_max_ns = 20 * MS;
		sim_resign(&s, (unsigned)old);
		sim_run(&s, 15 * S);
		s.loss = 0;
		sim_run(&s, 20 * S);
		moved += sim_holder(&s) != old;
		if (sim_holder(&s) < 0 || s.nobody_ns ||
		    s.learnt != sim_holder(&s)) {
			tap_diag("seed %u: %d to %d, nobody %lld ns, learnt %d",
				 seed, old, sim_holder(&s),
				 (long long)s.nobody_ns, s.learnt);
			bad++;
		}
	}
	is_int(bad, 0,
	       "with 30 per cent loss, too, somebody holds them all the time "
	       "(%d LANs)",
	       SEEDS);
	ok(moved > SEEDS / 2, "and it mostly works (%u)", moved);
}

static void resigns_alone(void)
{
	struct sim s;
	int old;

	documented(&s, 3, 3);
	sim_start_all(&s);
	sim_run(&s, 20 * S);
	old = sim_holder(&s);
	sim_crash(&s, (unsigned)(old + 1) % 3);
	sim_crash(&s, (unsigned)(old + 2) % 3);
	s.nobody_ns = 0;
	sim_resign(&s, (unsigned)old);
	sim_run(&s, 60 * S);
	is_int(sim_holder(&s), old, "where all others are dead it stays");
	is_int(s.node[old].alone, 1, "and says so, once");
	is_int(s.nobody_ns, 0, "and held the addresses all the time");
	sim_start(&s, (unsigned)(old + 1) % 3);
	sim_run(&s, 20 * S);
	is_int(sim_holder(&s), old, "one that comes back later listens");

	/* Its successor dies in the middle: at any moment of it. */
	documented(&s, 4, 2);
	for (int ms = 0; ms < 1200; ms += 7) {
		documented(&s, 4, 2);
		sim_start_all(&s);
		sim_run(&s, 20 * S);
		old = sim_holder(&s);
		sim_resign(&s, (unsigned)old);
		sim_run(&s, ms * MS);
		sim_crash(&s, !old);
		sim_run(&s, 30 * S);
		if (sim_holder(&s) != old)
			break;
	}
	is_int(sim_holder(&s), old, "where its successor dies it has it again");

	/* A lower priority afterwards, as of a node that is to be left alone:
	 * not by preemption either does it come back, but before nobody. */
	documented(&s, 5, 2);
	s.node[0].r.set.preempt = s.node[1].r.set.preempt = true;
	sim_start_all(&s);
	sim_run(&s, 20 * S);
	old = sim_holder(&s);
	s.node[old].r.set.priority = 1;
	s.node[old].r.set.preempt = false;
	sim_resign(&s, (unsigned)old);
	sim_run(&s, 100 * S);
	is_int(sim_holder(&s), !old, "with a lower priority it stays away");
	sim_crash(&s, !old);
	sim_run(&s, 20 * S);
	is_int(sim_holder(&s), old, "unless nobody else is left");
}

static void long_run(void)
{
	struct vrrp_settings set[2] = {setting(3, 100, S, 1),
				       setting(3, 100, 10 * S, 2)};
	struct sim s;

	documented(&s, 9, 2);
	sim_start_all(&s);
	sim_run(&s, 86400 * S);
	is_int(s.node[0].became_active + s.node[1].became_active, 1,
	       "a day of a quiet LAN: one election and no more");
	is_int(s.shared_ns, 0, "never two holders");
	sim_init(&s, 9, 2, set);
	sim_start(&s, 1);
	sim_run(&s, 60 * S);
	sim_start(&s, 0);
	sim_run(&s, 3600 * S);
	/* Once it may claim the role: until it has heard the other, it knows
	 * of no interval but its own. */
	is_int(s.node[0].became_active, 1,
	       "v3: a Backup with a shorter interval waits by the Active's");
	is_int(sim_holder(&s), 1, "which stays");
	is_int(s.learnt, 1, "and is the one that hosts know");
}

int main(void)
{
	settles();
	one_promotes();
	detection();
	no_preemption();
	split_brain();
	stalls();
	wake_ups();
	loss();
	resigns();
	resigns_in_noise();
	resigns_alone();
	long_run();
	return tap_done();
}
