/* SPDX-License-Identifier: MIT */
/* The state machine, row by row: what happens when, and what comes of it. */
#include "vrrp/core/fsm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/lib/tap.h"

#define MS NS_PER_MS
#define S NS_PER_S
#define NEVER INT64_MAX

/* Version 2, priority 50, 2 s: the documented setting. */
#define SKEW2 (206 * S / 256)
#define DOWN2 (6 * S + SKEW2)
/* Version 3, priority 200, 100 ms. */
#define SKEW3 (56 * 100 * MS / 256)
#define DOWN3 (300 * MS + SKEW3)

static const struct vrrp_settings v2 = {.version = 2,
					.vrid = 1,
					.priority = 50,
					.source = {4, {169, 254, 192, 5}},
					.interval_ns = 2 * S,
					.announce_rounds = 1};
static const struct vrrp_settings v2_preempt = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.preempt = true,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 2 * S,
	.announce_rounds = 1};
static const struct vrrp_settings v2_owner = {.version = 2,
					      .vrid = 1,
					      .priority = 255,
					      .preempt = true,
					      .source = {4, {169, 254, 192, 5}},
					      .interval_ns = 2 * S,
					      .announce_rounds = 1};
static const struct vrrp_settings v3_owner = {.version = 3,
					      .vrid = 1,
					      .priority = 255,
					      .preempt = true,
					      .source = {4, {169, 254, 192, 5}},
					      .interval_ns = S,
					      .announce_rounds = 1};
static const struct vrrp_settings v3 = {.version = 3,
					.vrid = 1,
					.priority = 200,
					.preempt = true,
					.source = {4, {169, 254, 192, 5}},
					.interval_ns = 100 * MS,
					.announce_rounds = 1};
static const struct vrrp_settings v3_fast = {.version = 3,
					     .vrid = 1,
					     .priority = 254,
					     .preempt = true,
					     .source = {4, {169, 254, 192, 5}},
					     .interval_ns = 10 * MS,
					     .announce_rounds = 1};
static const struct vrrp_settings v2_delayed = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 2 * S,
	.promote_delay_ns = 3 * MS,
	.announce_rounds = 1};
static const struct vrrp_settings v2_talking = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 20 * S,
	.announce_rounds = 3,
	.refresh_ns = 10 * S,
	.second_burst_ns = 5 * S};
static const struct vrrp_settings v2_weaker = {
	.version = 2,
	.vrid = 1,
	.priority = 40,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 2 * S,
	.announce_rounds = 1};
static const struct vrrp_settings v2_slower = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 4 * S,
	.announce_rounds = 1};

static const struct vrrp_settings v2_derived = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 2 * S,
	.promote_delay_ns = VRRP_DELAY_DERIVED,
	.announce_rounds = 1};
/* 169.254.192.5: 0x49037f95 of 2^32 parts of a step of 3906250 ns. */
#define DERIVED2 1114100
static const struct vrrp_settings v2_derived_6 = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.source = {4, {169, 254, 192, 6}},
	.interval_ns = 2 * S,
	.promote_delay_ns = VRRP_DELAY_DERIVED,
	.announce_rounds = 1};
#define DERIVED2_6 2090662
static const struct vrrp_settings v2_phased = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 20 * S,
	.announce_rounds = 1,
	.refresh_ns = 10 * S,
	.refresh_phase_ns = 3 * S};

/* v2, but the source; v3, but the interval; no rounds at all. */
static const struct vrrp_settings v2_six = {.version = 2,
					    .vrid = 1,
					    .priority = 50,
					    .source = {4, {169, 254, 192, 6}},
					    .interval_ns = 2 * S,
					    .announce_rounds = 1};
static const struct vrrp_settings v3_slow = {.version = 3,
					     .vrid = 1,
					     .priority = 200,
					     .preempt = true,
					     .source = {4, {169, 254, 192, 5}},
					     .interval_ns = 200 * MS,
					     .announce_rounds = 1};
static const struct vrrp_settings v2_roundless = {
	.version = 2,
	.vrid = 1,
	.priority = 50,
	.source = {4, {169, 254, 192, 5}},
	.interval_ns = 2 * S};

enum what {
	NEW, /* begin again with these settings */
	START,
	START_DOWN,
	STOP,
	ADVERT, /* priority, last byte of the source, interval */
	TIMER,
	PATH_UP,
	PATH_DOWN,
	PATH_CUT, /* down, and nothing can be sent */
	WIRED,
	SET,
	RESIGN
};

struct row {
	const char *name; /* NULL: only leads to the next */
	enum what what;
	int64_t at;
	const struct vrrp_settings *set;
	uint8_t priority, from;
	int64_t interval;
	enum vrrp_state state;
	const char *effects;
	int64_t deadline;
};

/* clang-format off */
static const struct row rows[] = {
/* --- 6.4.1 Initialize -------------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"6.4.1: Startup, not the owner: set the down timer, become Backup",
 START, S, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", S + DOWN2},
{NULL, NEW, 0, &v2_owner, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"6.4.1: Startup, priority 255: advertise, announce, become Active",
 START, S, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(255) add announce state(active)", 3 * S},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"Initialize hears nothing", ADVERT, S, NULL, 100,9,2 * S,
 VRRP_INITIALIZE, "", NEVER},
{"a stale timer in Initialize is ignored", TIMER, S, NULL, 0,0,0,
 VRRP_INITIALIZE, "", NEVER},
{"Startup before the path works claims nothing", START_DOWN, S, NULL, 0,0,0,
 VRRP_FAULT, "state(fault)", NEVER},
{"nor does time", TIMER, 100 * S, NULL, 0,0,0, VRRP_FAULT, "", NEVER},
{"when the path comes up it listens first", PATH_UP, 200 * S, NULL, 0,0,0,
 VRRP_BACKUP, "state(backup)", 200 * S + DOWN2},

/* --- 6.4.2 Backup ------------------------------------------------------ */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"6.4.2: an advert of the same priority resets the down timer",
 ADVERT, 3 * S, NULL, 50,9,2 * S, VRRP_BACKUP, "", 3 * S + DOWN2},
{"6.4.2: without preemption a lower one does too",
 ADVERT, 4 * S, NULL, 10,9,2 * S, VRRP_BACKUP, "", 4 * S + DOWN2},
{"a stale timer is ignored", TIMER, 5 * S, NULL, 0,0,0,
 VRRP_BACKUP, "", 4 * S + DOWN2},
{"6.4.2: priority 0 sets the timer to the skew",
 ADVERT, 6 * S, NULL, 0,9,2 * S, VRRP_BACKUP, "", 6 * S + SKEW2},
{"6.4.2: the timer fires: advertise first, then addresses, then announce",
 TIMER, 6 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 6 * S + SKEW2 + 10 * MS},
{"and once more when they are in place", TIMER, 6 * S + SKEW2 + 10 * MS, NULL,
 0,0,0, VRRP_ACTIVE, "advert(50)", 8 * S + SKEW2 + 10 * MS},

{NULL, NEW, 0, &v2_preempt, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"6.4.2: with preemption a lower advert is discarded",
 ADVERT, 3 * S, NULL, 49,9,2 * S, VRRP_BACKUP, "", DOWN2},
{"6.4.2: an equal one is not", ADVERT, 4 * S, NULL, 50,1,2 * S,
 VRRP_BACKUP, "", 4 * S + DOWN2},
{"a Backup sends nothing when it stops", STOP, 5 * S, NULL, 0,0,0,
 VRRP_INITIALIZE, "state(initialize)", NEVER},

{NULL, NEW, 0, &v3, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"v3 skew is a part of the interval", START, 0, NULL, 0,0,0,
 VRRP_BACKUP, "state(backup)", DOWN3},
{"6.4.2: version 3 adopts the sender's interval",
 ADVERT, 50 * MS, NULL, 200,9,200 * MS, VRRP_BACKUP, "",
 50 * MS + 600 * MS + 2 * SKEW3},
{"6.4.2: and so does the skew after priority 0",
 ADVERT, 60 * MS, NULL, 0,9,200 * MS, VRRP_BACKUP, "",
 60 * MS + 2 * SKEW3},
{"but advertises at its own", TIMER, 60 * MS + 2 * SKEW3, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(200) add announce state(active)",
 70 * MS + 2 * SKEW3},
{NULL, TIMER, 70 * MS + 2 * SKEW3, NULL, 0,0,0, VRRP_ACTIVE, "advert(200)",
 170 * MS + 2 * SKEW3},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"version 2 does not adopt one", ADVERT, S, NULL, 50,9,9 * S,
 VRRP_BACKUP, "", S + DOWN2},
{NULL, NEW, 0, &v3_fast, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"at 10 ms the skew does not become 0", START, 0, NULL, 0,0,0,
 VRRP_BACKUP, "state(backup)", 30 * MS + 78125},
{NULL, NEW, 0, &v2_delayed, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"promote_delay is added to the down timer", START, 0, NULL, 0,0,0,
 VRRP_BACKUP, "state(backup)", DOWN2 + 3 * MS},
{"and to the skew after priority 0", ADVERT, S, NULL, 0,9,2 * S,
 VRRP_BACKUP, "", S + SKEW2 + 3 * MS},

{NULL, NEW, 0, &v2_derived, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"without one it comes from the source address", START, 0, NULL, 0,0,0,
 VRRP_BACKUP, "state(backup)", DOWN2 + DERIVED2},
{"after priority 0 too", ADVERT, S, NULL, 0,9,2 * S,
 VRRP_BACKUP, "", S + SKEW2 + DERIVED2},
{"another address has another", ADVERT, 2 * S, NULL, 50,9,2 * S,
 VRRP_BACKUP, "", 2 * S + DOWN2 + DERIVED2},
{NULL, SET, 3 * S, &v2_derived_6, 0,0,0,
 VRRP_BACKUP, "", 2 * S + DOWN2 + DERIVED2_6},
{"overslept, it is added as well", TIMER, 100 * S, NULL, 0,0,0,
 VRRP_BACKUP, "", 102 * S + SKEW2 + DERIVED2_6},

/* --- priority 0 of others ---------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, ADVERT, S, NULL, 50,9,2 * S, VRRP_BACKUP, "", S + DOWN2},
{"priority 0 of one that is not the Active is ignored",
 ADVERT, 2 * S, NULL, 0,8,2 * S, VRRP_BACKUP, "", S + DOWN2},
{"that of the Active is not", ADVERT, 2 * S, NULL, 0,9,2 * S,
 VRRP_BACKUP, "", 2 * S + SKEW2},
{NULL, ADVERT, 2 * S + MS, NULL, 50,7,2 * S, VRRP_BACKUP, "",
 2 * S + MS + DOWN2},
{"the Active is who was heeded last", ADVERT, 2 * S + 2 * MS, NULL, 0,9,2 * S,
 VRRP_BACKUP, "", 2 * S + MS + DOWN2},
{NULL, PATH_DOWN, 3 * S, NULL, 0,0,0, VRRP_FAULT, "state(fault)", NEVER},
{NULL, PATH_UP, 4 * S, NULL, 0,0,0, VRRP_BACKUP, "state(backup)",
 4 * S + DOWN2},
{"after Fault it knows of none, and takes any",
 ADVERT, 5 * S, NULL, 0,9,2 * S, VRRP_BACKUP, "", 5 * S + SKEW2},
{NULL, NEW, 0, &v2_preempt, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, ADVERT, S, NULL, 60,9,2 * S, VRRP_BACKUP, "", S + DOWN2},
{"a lower one that is not heeded is not the Active",
 ADVERT, S, NULL, 40,8,2 * S, VRRP_BACKUP, "", S + DOWN2},
{NULL, ADVERT, S, NULL, 0,8,2 * S, VRRP_BACKUP, "", S + DOWN2},
{NULL, TIMER, S + DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 3 * S + DOWN2},
{NULL, ADVERT, 2 * S + DOWN2, NULL, 51,7,2 * S, VRRP_BACKUP,
 "remove advert(50) state(backup)", 2 * S + 2 * DOWN2},
{"whom it gave way to is the Active",
 ADVERT, 2 * S + DOWN2 + MS, NULL, 0,9,2 * S, VRRP_BACKUP, "",
 2 * S + 2 * DOWN2},
{NULL, ADVERT, 2 * S + DOWN2 + MS, NULL, 0,7,2 * S, VRRP_BACKUP, "",
 2 * S + DOWN2 + MS + SKEW2},

/* --- 6.4.3 Active ------------------------------------------------------ */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, TIMER, DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 2 * S},
{"6.4.3: the advert timer fires: advertise, reset",
 TIMER, DOWN2 + 2 * S, NULL, 0,0,0, VRRP_ACTIVE, "advert(50)",
 DOWN2 + 4 * S},
{"small lateness does not add up", TIMER, DOWN2 + 4 * S + MS, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(50)", DOWN2 + 6 * S},
{"a stale timer is ignored in Active", TIMER, DOWN2 + 5 * S, NULL, 0,0,0,
 VRRP_ACTIVE, "", DOWN2 + 6 * S},
{"6.4.3: priority 0: advertise, reset; a rival is gone, so announce",
 ADVERT, DOWN2 + 5 * S, NULL, 0,9,2 * S, VRRP_ACTIVE,
 "advert(50) announce state(active)", DOWN2 + 7 * S},
{NULL, TIMER, DOWN2 + 7 * S, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) announce", DOWN2 + 9 * S},
{"6.4.3: equal priority and a lesser address: advertise at once, and again "
 "announce", ADVERT, DOWN2 + 8 * S, NULL, 50,4,2 * S, VRRP_ACTIVE,
 "advert(50) announce state(active)", DOWN2 + 10 * S},
{"but not for every such advert", ADVERT, DOWN2 + 8 * S + MS, NULL,
 50,4,2 * S, VRRP_ACTIVE, "advert(50)", DOWN2 + 10 * S + MS},
{"one interval after the last the winner announces once more",
 TIMER, DOWN2 + 10 * S + MS, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) announce", DOWN2 + 12 * S + MS},
{"an advert with our own address is not answered",
 ADVERT, DOWN2 + 11 * S, NULL, 50,5,2 * S, VRRP_ACTIVE, "",
 DOWN2 + 12 * S + MS},
{"6.4.3: equal priority and a greater address: become Backup",
 ADVERT, DOWN2 + 12 * S, NULL, 50,200,2 * S, VRRP_BACKUP,
 "remove advert(50) state(backup)", DOWN2 + 12 * S + DOWN2},

{NULL, NEW, 0, &v3, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN3},
{NULL, TIMER, DOWN3, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(200) add announce state(active)", DOWN3 + 100 * MS},
{"6.4.3: a higher priority: become Backup with the peer's interval",
 ADVERT, DOWN3 + MS, NULL, 201,1,300 * MS, VRRP_BACKUP,
 "remove advert(200) state(backup)", DOWN3 + MS + 900 * MS + 3 * SKEW3},

{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, TIMER, DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 2 * S},
{"6.4.3: Shutdown: send priority 0, give the addresses up",
 STOP, DOWN2 + S, NULL, 0,0,0, VRRP_INITIALIZE,
 "advert(0) remove state(initialize)", NEVER},

{NULL, NEW, 0, &v2_owner, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(255) add announce state(active)", 2 * S},
{"RFC 3768 7.1: an owner discards what others advertise",
 ADVERT, S, NULL, 255,200,2 * S, VRRP_ACTIVE, "", 2 * S},
{NULL, NEW, 0, &v3_owner, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(255) add announce state(active)", S},
{"erratum 8298: a version 3 owner processes it",
 ADVERT, S / 2, NULL, 255,200,S, VRRP_BACKUP,
 "remove advert(255) state(backup)", S / 2 + 3 * S + S / 256},

/* --- what is tracked --------------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"a Backup whose path fails sends nothing", PATH_DOWN, S, NULL, 0,0,0,
 VRRP_FAULT, "state(fault)", NEVER},
{NULL, PATH_UP, 2 * S, NULL, 0,0,0, VRRP_BACKUP, "state(backup)",
 2 * S + DOWN2},
{NULL, TIMER, 2 * S + DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 4 * S + DOWN2},
{"an Active whose track fails says priority 0 and lets go",
 PATH_DOWN, 20 * S, NULL, 0,0,0, VRRP_FAULT,
 "advert(0) remove state(fault)", NEVER},
{"Fault hears nothing", ADVERT, 21 * S, NULL, 10,9,2 * S,
 VRRP_FAULT, "", NEVER},
{"and comes back as a Backup", PATH_UP, 30 * S, NULL, 0,0,0,
 VRRP_BACKUP, "state(backup)", 30 * S + DOWN2},
{NULL, TIMER, 30 * S + DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 32 * S + DOWN2},
{"an Active whose own interface fails cannot say it",
 PATH_CUT, 50 * S, NULL, 0,0,0, VRRP_FAULT, "remove state(fault)", NEVER},
{"stopping in Fault sends nothing", STOP, 51 * S, NULL, 0,0,0,
 VRRP_INITIALIZE, "state(initialize)", NEVER},

/* --- announcements ----------------------------------------------------- */
{NULL, NEW, 0, &v2_talking, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", 60 * S + SKEW2},
{"a burst's first round comes with the takeover",
 TIMER, 60 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 60 * S + SKEW2 + 10 * MS},
{"its second 10 ms later", TIMER, 60 * S + SKEW2 + 10 * MS, NULL, 0,0,0,
 VRRP_ACTIVE, "announce", 60 * S + SKEW2 + 20 * MS},
{"its third again 10 ms later; then the delayed burst is next",
 TIMER, 60 * S + SKEW2 + 20 * MS, NULL, 0,0,0,
 VRRP_ACTIVE, "announce", 65 * S + SKEW2},
{"the delayed burst", TIMER, 65 * S + SKEW2, NULL, 0,0,0,
 VRRP_ACTIVE, "announce", 65 * S + SKEW2 + 10 * MS},
{NULL, TIMER, 65 * S + SKEW2 + 10 * MS, NULL, 0,0,0,
 VRRP_ACTIVE, "announce", 65 * S + SKEW2 + 20 * MS},
{NULL, TIMER, 65 * S + SKEW2 + 20 * MS, NULL, 0,0,0,
 VRRP_ACTIVE, "announce", 75 * S + SKEW2},
{"the refresh is one round", TIMER, 75 * S + SKEW2, NULL, 0,0,0,
 VRRP_ACTIVE, "announce", 80 * S + SKEW2},
{"a port that is wired anew gets addresses and a burst",
 WIRED, 76 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE, "add announce",
 76 * S + SKEW2 + 10 * MS},
{NULL, NEW, 0, &v2_phased, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", 60 * S + SKEW2},
{"with a phase the first refresh comes by so much earlier",
 TIMER, 60 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 67 * S + SKEW2},
{"the next in full", TIMER, 67 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "announce", 77 * S + SKEW2},
{NULL, NEW, 0, &v2, 0,0,0,
 VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"a Backup that is wired anew stays silent", WIRED, S, NULL, 0,0,0,
 VRRP_BACKUP, "", DOWN2},

/* --- late wake-ups ----------------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"a Backup that overslept listens first", TIMER, 100 * S, NULL, 0,0,0,
 VRRP_BACKUP, "", 102 * S + SKEW2},
{"what it hears counts", ADVERT, 101 * S, NULL, 50,9,2 * S,
 VRRP_BACKUP, "", 101 * S + DOWN2},
{NULL, TIMER, 200 * S, NULL, 0,0,0, VRRP_BACKUP, "", 202 * S + SKEW2},
{"hearing nothing it takes over", TIMER, 202 * S + SKEW2, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(50) add announce state(active)", 204 * S + SKEW2},
{"an Active that overslept is silent at first", TIMER, 300 * S, NULL, 0,0,0,
 VRRP_ACTIVE, "", 302 * S},
{"hearing nothing it goes on, and announces", TIMER, 302 * S, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(50) announce", 304 * S},
{"hearing another it yields, though its address is greater",
 ADVERT, 400 * S, NULL, 50,4,2 * S, VRRP_BACKUP,
 "remove advert(0) state(backup)", 400 * S + DOWN2},
{NULL, NEW, 0, &v2_preempt, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, TIMER, DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 2 * S},
{"with preemption a lower one is answered even then",
 ADVERT, 400 * S, NULL, 49,200,2 * S, VRRP_ACTIVE,
 "advert(50) announce state(active)", 402 * S},

/* --- other settings ---------------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"a Backup with another priority waits as if it had always had it",
 SET, S, &v2_weaker, 0,0,0, VRRP_BACKUP, "", 6 * S + 216 * S / 256},
{"the same settings change nothing", SET, 2 * S, &v2_weaker, 0,0,0,
 VRRP_BACKUP, "", 6 * S + 216 * S / 256},
{"a Backup that becomes the owner is Active", SET, 3 * S, &v2_owner, 0,0,0,
 VRRP_ACTIVE, "advert(255) add announce state(active)", 5 * S},
{"an Active with another interval says so at once", SET, 4 * S, &v2_slower,
 0,0,0, VRRP_ACTIVE, "advert(50)", 8 * S},
{"with the same one nothing", SET, 5 * S, &v2_slower,
 0,0,0, VRRP_ACTIVE, "", 8 * S},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, TIMER, DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 2 * S},
{"another source address is told at once", SET, DOWN2 + S, &v2_six, 0,0,0,
 VRRP_ACTIVE, "advert(50)", DOWN2 + 3 * S},
{NULL, SET, DOWN2 + S, &v2, 0,0,0,
 VRRP_ACTIVE, "advert(50)", DOWN2 + 3 * S},
{"another priority", SET, DOWN2 + S, &v2_weaker, 0,0,0,
 VRRP_ACTIVE, "advert(40)", DOWN2 + 3 * S},
{NULL, SET, DOWN2 + S, &v2, 0,0,0,
 VRRP_ACTIVE, "advert(50)", DOWN2 + 3 * S},
{"another interval", SET, DOWN2 + S, &v2_slower, 0,0,0,
 VRRP_ACTIVE, "advert(50)", DOWN2 + 5 * S},
{"by which it waits once it gives way", ADVERT, DOWN2 + S + MS, NULL,
 51,9,4 * S, VRRP_BACKUP, "remove advert(50) state(backup)",
 DOWN2 + S + MS + 12 * S + SKEW2},
{NULL, NEW, 0, &v3, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN3},
{"a Backup with another interval waits by that", SET, MS, &v3_slow, 0,0,0,
 VRRP_BACKUP, "", 600 * MS + 2 * SKEW3},
{NULL, ADVERT, 50 * MS, NULL, 200,9,300 * MS, VRRP_BACKUP, "",
 50 * MS + 900 * MS + 3 * SKEW3},
{"with the same one by the Active's", SET, 60 * MS, &v3_slow, 0,0,0,
 VRRP_BACKUP, "", 50 * MS + 900 * MS + 3 * SKEW3},
{"an interval of 0 is not adopted", ADVERT, 70 * MS, NULL, 200,9,0,
 VRRP_BACKUP, "", 70 * MS + 900 * MS + 3 * SKEW3},
{NULL, PATH_DOWN, 80 * MS, NULL, 0,0,0, VRRP_FAULT, "state(fault)", NEVER},
{"after Fault the Active's interval is forgotten", PATH_UP, 90 * MS, NULL,
 0,0,0, VRRP_BACKUP, "state(backup)", 90 * MS + 600 * MS + 2 * SKEW3},
{"the shortest interval is adopted", ADVERT, 100 * MS, NULL, 200,9,1,
 VRRP_BACKUP, "", 100 * MS + 3},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, SET, 0, &v2_weaker, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"settings of before the start hold", START, 0, NULL, 0,0,0, VRRP_BACKUP,
 "state(backup)", 6 * S + 216 * S / 256},
{NULL, PATH_DOWN, S, NULL, 0,0,0, VRRP_FAULT, "state(fault)", NEVER},
{NULL, SET, S, &v2, 0,0,0, VRRP_FAULT, "", NEVER},
{"those that came in Fault, too", PATH_UP, 2 * S, NULL, 0,0,0, VRRP_BACKUP,
 "state(backup)", 2 * S + DOWN2},
{NULL, ADVERT, 3 * S, NULL, 0,9,2 * S, VRRP_BACKUP, "", 3 * S + SKEW2},
{"while the Active leaves no setting changes the wait",
 SET, 3 * S + MS, &v2_weaker, 0,0,0, VRRP_BACKUP, "", 3 * S + SKEW2},

/* --- resigning --------------------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{"who has not begun has nothing to hand over", RESIGN, 0, NULL, 0,0,0,
 VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"nor has a Backup", RESIGN, S, NULL, 0,0,0, VRRP_BACKUP, "", DOWN2},
{NULL, TIMER, DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 2 * S},
{"an Active that resigns says priority 0 and keeps its addresses",
 RESIGN, DOWN2 + S, NULL, 0,0,0, VRRP_ACTIVE, "advert(0)", DOWN2 + 3 * S},
{"once", RESIGN, DOWN2 + S + MS, NULL, 0,0,0, VRRP_ACTIVE, "",
 DOWN2 + 3 * S},
{"another's priority 0 is no relief", ADVERT, DOWN2 + S + 2 * MS, NULL,
 0,9,2 * S, VRRP_ACTIVE, "", DOWN2 + 3 * S},
{"nor is an advert with our own address", ADVERT, DOWN2 + S + 3 * MS, NULL,
 50,5,2 * S, VRRP_ACTIVE, "", DOWN2 + 3 * S},
{"other settings are not advertised meanwhile", SET, DOWN2 + S + 4 * MS,
 &v2_weaker, 0,0,0, VRRP_ACTIVE, "", DOWN2 + 3 * S},
{NULL, SET, DOWN2 + S + 4 * MS, &v2, 0,0,0, VRRP_ACTIVE, "", DOWN2 + 3 * S},
{"a stale timer is ignored", TIMER, DOWN2 + 3 * S - 1, NULL, 0,0,0,
 VRRP_ACTIVE, "", DOWN2 + 3 * S},
{"the plea is repeated an interval later", TIMER, DOWN2 + 3 * S, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(0)", DOWN2 + 5 * S},
{"one advert, however weak, says that there is a successor",
 ADVERT, DOWN2 + 4 * S, NULL, 1,4,2 * S, VRRP_ACTIVE, "", DOWN2 + 8 * S},
{"the second that it has the addresses: let go, and say so",
 ADVERT, DOWN2 + 4 * S + 10 * MS, NULL, 1,4,2 * S, VRRP_BACKUP,
 "remove advert(0) state(backup)", DOWN2 + 4 * S + 10 * MS + DOWN2},
{"another's priority 0 does not count", ADVERT, DOWN2 + 4 * S + 15 * MS,
 NULL, 0,9,2 * S, VRRP_BACKUP, "", DOWN2 + 4 * S + 10 * MS + DOWN2},
{"whose priority 0 counts from then on", ADVERT, DOWN2 + 4 * S + 20 * MS,
 NULL, 0,4,2 * S, VRRP_BACKUP, "", DOWN2 + 4 * S + 20 * MS + SKEW2},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, TIMER, DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 2 * S},
{NULL, RESIGN, DOWN2 + S, NULL, 0,0,0, VRRP_ACTIVE, "advert(0)",
 DOWN2 + 3 * S},
{NULL, TIMER, DOWN2 + 3 * S, NULL, 0,0,0, VRRP_ACTIVE, "advert(0)",
 DOWN2 + 5 * S},
{NULL, TIMER, DOWN2 + 5 * S, NULL, 0,0,0, VRRP_ACTIVE, "advert(0)",
 DOWN2 + 7 * S},
{"after three pleas it stays, and says so", TIMER, DOWN2 + 7 * S, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(50) announce state(active)", DOWN2 + 9 * S},
{"and goes on as before", TIMER, DOWN2 + 9 * S, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50)", DOWN2 + 11 * S},
{"a second time it can resign again", RESIGN, DOWN2 + 10 * S, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(0)", DOWN2 + 12 * S},
{"a successor that falls silent after one advert is none",
 ADVERT, DOWN2 + 11 * S, NULL, 50,9,2 * S, VRRP_ACTIVE, "", DOWN2 + 15 * S},
{NULL, TIMER, DOWN2 + 15 * S, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) announce state(active)", DOWN2 + 17 * S},
{NULL, RESIGN, DOWN2 + 16 * S, NULL, 0,0,0, VRRP_ACTIVE, "advert(0)",
 DOWN2 + 18 * S},
{"nor does it count the next time", ADVERT, DOWN2 + 16 * S + MS, NULL,
 50,9,2 * S, VRRP_ACTIVE, "", DOWN2 + 20 * S + MS},
{"a path that fails ends it as it ends any", PATH_DOWN, DOWN2 + 17 * S, NULL,
 0,0,0, VRRP_FAULT, "advert(0) remove state(fault)", NEVER},
{"in Fault there is nothing to hand over", RESIGN, DOWN2 + 17 * S, NULL,
 0,0,0, VRRP_FAULT, "", NEVER},
{NULL, PATH_UP, DOWN2 + 18 * S, NULL, 0,0,0, VRRP_BACKUP, "state(backup)",
 2 * DOWN2 + 18 * S},
{NULL, TIMER, 2 * DOWN2 + 18 * S, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 2 * DOWN2 + 20 * S},
{"and nothing of it is left afterwards", ADVERT, 2 * DOWN2 + 19 * S, NULL,
 40,4,2 * S, VRRP_ACTIVE, "advert(50)", 2 * DOWN2 + 21 * S},
{"one that overslept may resign, and listens no more",
 TIMER, 2 * DOWN2 + 100 * S, NULL, 0,0,0, VRRP_ACTIVE, "",
 2 * DOWN2 + 102 * S},
{NULL, RESIGN, 2 * DOWN2 + 101 * S, NULL, 0,0,0, VRRP_ACTIVE, "advert(0)",
 2 * DOWN2 + 103 * S},
{NULL, STOP, 2 * DOWN2 + 102 * S, NULL, 0,0,0, VRRP_INITIALIZE,
 "advert(0) remove state(initialize)", NEVER},
{NULL, NEW, 0, &v3_owner, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(255) add announce state(active)", S},
{"an owner cannot resign", RESIGN, MS, NULL, 0,0,0, VRRP_ACTIVE, "", S},
{NULL, NEW, 0, &v2_talking, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", 60 * S + SKEW2},
{NULL, TIMER, 60 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 60 * S + SKEW2 + 10 * MS},
{"who resigns announces nothing that is due", RESIGN, 61 * S, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(0)", 81 * S},
{NULL, TIMER, 70 * S, NULL, 0,0,0, VRRP_ACTIVE, "", 81 * S},

/* --- the one that relieves --------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, ADVERT, S, NULL, 50,9,2 * S, VRRP_BACKUP, "", S + DOWN2},
{NULL, ADVERT, 2 * S, NULL, 0,9,2 * S, VRRP_BACKUP, "", 2 * S + SKEW2},
{"the same plea again puts nothing off", ADVERT, 2 * S + MS, NULL, 0,9,2 * S,
 VRRP_BACKUP, "", 2 * S + SKEW2},
{NULL, TIMER, 2 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 2 * S + SKEW2 + 10 * MS},
{"another's priority 0 is that of any rival", ADVERT, 2 * S + SKEW2 + 5 * MS,
 NULL, 0,8,2 * S, VRRP_ACTIVE, "advert(50)", 4 * S + SKEW2 + 5 * MS},
{"the one relieved has let go: announce at once, whatever came before",
 ADVERT, 2 * S + SKEW2 + 12 * MS, NULL, 0,9,2 * S, VRRP_ACTIVE, "announce",
 4 * S + SKEW2 + 5 * MS},
{NULL, TIMER, 4 * S + SKEW2 + 5 * MS, NULL, 0,0,0, VRRP_ACTIVE, "advert(50)",
 4 * S + SKEW2 + 12 * MS},
{"and an interval later", TIMER, 4 * S + SKEW2 + 12 * MS, NULL, 0,0,0,
 VRRP_ACTIVE, "announce", 6 * S + SKEW2 + 5 * MS},
{"the second time it is a rival's", ADVERT, 5 * S + SKEW2, NULL, 0,9,2 * S,
 VRRP_ACTIVE, "advert(50) announce state(active)", 7 * S + SKEW2},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, ADVERT, S, NULL, 0,9,2 * S, VRRP_BACKUP, "", S + SKEW2},
{NULL, TIMER, S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", S + SKEW2 + 10 * MS},
{"an advert of the one relieved is that of any rival",
 ADVERT, S + SKEW2 + 5 * MS, NULL, 40,9,2 * S, VRRP_ACTIVE, "advert(50)",
 3 * S + SKEW2 + 5 * MS},
{NULL, ADVERT, S + SKEW2 + 6 * MS, NULL, 60,9,2 * S, VRRP_BACKUP,
 "remove advert(50) state(backup)", S + SKEW2 + 6 * MS + DOWN2},
{NULL, TIMER, S + SKEW2 + 6 * MS + DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 3 * S + SKEW2 + 6 * MS + DOWN2},
{"who took over because of silence relieves nobody",
 ADVERT, S + SKEW2 + 7 * MS + DOWN2, NULL, 0,9,2 * S, VRRP_ACTIVE,
 "advert(50)", 3 * S + SKEW2 + 7 * MS + DOWN2},

/* --- to the nanosecond ------------------------------------------------- */
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"a Backup that is late by just an interval promotes itself",
 TIMER, DOWN2 + 2 * S, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 4 * S},
{"who claims the role right after the takeover is answered, no more",
 ADVERT, DOWN2 + 2 * S + MS, NULL, 40,4,2 * S, VRRP_ACTIVE,
 "advert(50)", DOWN2 + 4 * S + MS},
{"an interval after it there is a burst", ADVERT, DOWN2 + 4 * S, NULL,
 40,4,2 * S, VRRP_ACTIVE, "advert(50) announce state(active)",
 DOWN2 + 6 * S},
{"an Active that was silent for just three intervals goes on",
 TIMER, DOWN2 + 10 * S, NULL, 0,0,0, VRRP_ACTIVE, "advert(50) announce",
 DOWN2 + 12 * S},
{"one nanosecond more and it listens", TIMER, DOWN2 + 16 * S + 1, NULL, 0,0,0,
 VRRP_ACTIVE, "", DOWN2 + 18 * S + 1},
{NULL, TIMER, DOWN2 + 18 * S + 1, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) announce", DOWN2 + 20 * S + 1},
{"late by less than an eighth of an interval is not added up",
 TIMER, DOWN2 + 20 * S + 250 * MS, NULL, 0,0,0, VRRP_ACTIVE, "advert(50)",
 DOWN2 + 22 * S + 1},
{"late by an eighth is", TIMER, DOWN2 + 22 * S + 250 * MS + 1, NULL, 0,0,0,
 VRRP_ACTIVE, "advert(50)", DOWN2 + 24 * S + 250 * MS + 1},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, TIMER, 100 * S, NULL, 0,0,0, VRRP_BACKUP, "", 102 * S + SKEW2},
{"the same settings do not end the listening", SET, 101 * S, &v2, 0,0,0,
 VRRP_BACKUP, "", 102 * S + SKEW2},
{"nor does another source", SET, 101 * S, &v2_six, 0,0,0,
 VRRP_BACKUP, "", 102 * S + SKEW2},
{"having listened once it promotes itself, however late",
 TIMER, 200 * S, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 202 * S},
{NULL, NEW, 0, &v2_derived, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2 + DERIVED2},
{NULL, TIMER, 100 * S, NULL, 0,0,0, VRRP_BACKUP, "",
 102 * S + SKEW2 + DERIVED2},
{"nor do the same with a derived delay", SET, 101 * S, &v2_derived, 0,0,0,
 VRRP_BACKUP, "", 102 * S + SKEW2 + DERIVED2},
{NULL, NEW, 0, &v2, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{NULL, TIMER, 100 * S, NULL, 0,0,0, VRRP_BACKUP, "", 102 * S + SKEW2},
{NULL, ADVERT, 101 * S, NULL, 0,9,2 * S, VRRP_BACKUP, "", 101 * S + SKEW2},
{"late again after priority 0, it listens again",
 TIMER, 200 * S, NULL, 0,0,0, VRRP_BACKUP, "", 202 * S + SKEW2},

/* --- who yields after a late wake-up ----------------------------------- */
{NULL, TIMER, 202 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 202 * S + SKEW2 + 10 * MS},
{"without preemption an Active yields to a lower one, too",
 ADVERT, 300 * S, NULL, 49,4,2 * S, VRRP_BACKUP,
 "remove advert(0) state(backup)", 300 * S + DOWN2},
{"which is the Active for it then", ADVERT, 301 * S, NULL, 0,9,2 * S,
 VRRP_BACKUP, "", 300 * S + DOWN2},
{NULL, ADVERT, 301 * S, NULL, 0,4,2 * S,
 VRRP_BACKUP, "", 301 * S + SKEW2},
{NULL, NEW, 0, &v3, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN3},
{NULL, TIMER, DOWN3, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(200) add announce state(active)", DOWN3 + 100 * MS},
{"with preemption it yields to an equal one, and adopts its interval",
 ADVERT, 400 * S, NULL, 200,4,300 * MS, VRRP_BACKUP,
 "remove advert(0) state(backup)", 400 * S + 900 * MS + 3 * SKEW3},
{NULL, NEW, 0, &v2_talking, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", 60 * S + SKEW2},
{NULL, TIMER, 60 * S + SKEW2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", 60 * S + SKEW2 + 10 * MS},
{NULL, TIMER, 200 * S, NULL, 0,0,0, VRRP_ACTIVE, "", 220 * S},
{"while it listens it announces nothing that is due",
 TIMER, 210 * S, NULL, 0,0,0, VRRP_ACTIVE, "", 220 * S},
{NULL, NEW, 0, &v2_roundless, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_BACKUP, "state(backup)", DOWN2},
{"no rounds are one", TIMER, DOWN2, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(50) add announce state(active)", DOWN2 + 2 * S},

/* --- answers ----------------------------------------------------------- */
{NULL, NEW, 0, &v3_owner, 0,0,0, VRRP_INITIALIZE, "", NEVER},
{NULL, START, 0, NULL, 0,0,0, VRRP_ACTIVE,
 "advert(255) add announce state(active)", S},
{"the first ten are answered at once", ADVERT, MS, NULL, 1,4,S,
 VRRP_ACTIVE, "advert(255)", S + MS},
{NULL, ADVERT, 2 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 2 * MS},
{NULL, ADVERT, 3 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 3 * MS},
{NULL, ADVERT, 4 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 4 * MS},
{NULL, ADVERT, 5 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 5 * MS},
{NULL, ADVERT, 6 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 6 * MS},
{NULL, ADVERT, 7 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 7 * MS},
{NULL, ADVERT, 8 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 8 * MS},
{NULL, ADVERT, 9 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 9 * MS},
{NULL, ADVERT, 9 * MS, NULL, 1,4,S, VRRP_ACTIVE, "advert(255)", S + 9 * MS},
{"the eleventh is not", ADVERT, S, NULL, 1,4,S, VRRP_ACTIVE, "", S + 9 * MS},
{"an interval after the first it is", ADVERT, S + MS, NULL, 1,4,S,
 VRRP_ACTIVE, "advert(255) announce state(active)", 2 * S + MS},
{"once", ADVERT, S + MS, NULL, 1,4,S, VRRP_ACTIVE, "", 2 * S + MS},
};
/* clang-format on */

static const char *print_effects(const struct vrrp_effects *fx)
{
	static char out[256];
	size_t n = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < fx->n; i++) {
		const char *sep = i ? " " : "";

		switch (fx->fx[i].kind) {
		case VRRP_FX_ADVERT:
			n += (size_t)snprintf(out + n, sizeof(out) - n,
					      "%sadvert(%u)", sep,
					      fx->fx[i].priority);
			break;
		case VRRP_FX_ADD:
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%sadd",
					      sep);
			break;
		case VRRP_FX_REMOVE:
			n += (size_t)snprintf(out + n, sizeof(out) - n,
					      "%sremove", sep);
			break;
		case VRRP_FX_ANNOUNCE:
			n += (size_t)snprintf(out + n, sizeof(out) - n,
					      "%sannounce", sep);
			break;
		case VRRP_FX_STATE:
			n += (size_t)snprintf(out + n, sizeof(out) - n,
					      "%sstate(%s)", sep,
					      vrrp_state_name[fx->fx[i].state]);
			break;
		}
	}
	return out;
}

static struct vrrp_event event_of(const struct row *w)
{
	struct vrrp_event ev = {.path_up =
					w->what == START || w->what == PATH_UP,
				.can_send = w->what == PATH_DOWN,
				.settings = w->set};

	ev.advert.priority = w->priority;
	ev.advert.interval_ns = w->interval;
	ev.advert.source = (struct vrrp_addr){4, {169, 254, 192, w->from}};
	switch (w->what) {
	case START:
	case START_DOWN:
		ev.kind = VRRP_EV_START;
		break;
	case STOP:
		ev.kind = VRRP_EV_STOP;
		break;
	case ADVERT:
		ev.kind = VRRP_EV_ADVERT;
		break;
	case PATH_UP:
	case PATH_DOWN:
	case PATH_CUT:
		ev.kind = VRRP_EV_PATH;
		break;
	case WIRED:
		ev.kind = VRRP_EV_WIRED;
		break;
	case SET:
		ev.kind = VRRP_EV_SETTINGS;
		break;
	case RESIGN:
		ev.kind = VRRP_EV_RESIGN;
		break;
	case NEW:
	case TIMER:
		ev.kind = VRRP_EV_TIMER;
		break;
	}
	return ev;
}

static void table(void)
{
	struct vrrp_effects fx = {0};
	struct vrrp r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *w = &rows[i];
		struct vrrp_event ev = event_of(w);
		const char *name = w->name ? w->name : "(the way there)";
		int64_t at;
		bool good;

		fx.n = 0;
		if (w->what == NEW)
			vrrp_init(&r, w->set);
		else
			vrrp_step(&r, (struct mono){w->at}, &ev, &fx);
		at = vrrp_deadline(&r).ns;
		good = r.state == w->state && at == w->deadline &&
		       strcmp(print_effects(&fx), w->effects) == 0;
		if (good && !w->name)
			continue;
		if (!ok(good, "%s", name))
			tap_diag("row %zu: %s, '%s', deadline %lld; expected "
				 "%s, '%s', %lld",
				 i, vrrp_state_name[r.state],
				 print_effects(&fx), (long long)at,
				 vrrp_state_name[w->state], w->effects,
				 (long long)w->deadline);
	}
}

static void limits(void)
{
	struct vrrp r;

	vrrp_init(&r, &v2);
	is_int(vrrp_skew_ns(&r) / NS_PER_US, 804687,
	       "v2, priority 50: hand-over by priority 0 takes 805 ms");
	is_int(vrrp_down_ns(&r) / NS_PER_US, 6804687,
	       "v2, 2 s, priority 50: a silent failure is seen by 6.8 s");
	is_int((vrrp_down_ns(&r) - r.set.interval_ns) / NS_PER_US, 4804687,
	       "and not before 4.8 s");
	vrrp_init(&r, &v3);
	is_int(vrrp_down_ns(&r) / NS_PER_US, 321875,
	       "v3, 100 ms, priority 200: 322 ms");
	vrrp_init(&r, &v3_fast);
	is_int(vrrp_down_ns(&r) / NS_PER_US, 30078,
	       "v3, 10 ms, priority 254: 30.1 ms");
	is_int(vrrp_skew_ns(&r) / NS_PER_US, 78, "and 0.08 ms of skew");
}

/* Delays that come from addresses are below a step, and far apart. */
static void derived(void)
{
	struct vrrp_settings set = v2_derived;
	const int64_t step = vrrp_skew_step_ns(2, 2 * S);
	int64_t delay[256], near = step;
	unsigned i, k, wrong = 0;
	struct vrrp r;

	is_int(step, 3906250, "a step of version 2 is 1/256 s");
	is_int(vrrp_skew_step_ns(3, S), 3906250, "of version 3 of an interval");
	is_int(vrrp_skew_step_ns(3, 256), 1, "which counts");
	for (i = 0; i < 256; i++) {
		set.source.b[3] = (uint8_t)i;
		vrrp_init(&r, &set);
		delay[i] = vrrp_delay_ns(&r);
		wrong += delay[i] < 0 || delay[i] >= step;
		for (k = 0; k < i; k++) {
			int64_t gap = llabs(delay[i] - delay[k]);

			wrong += gap < step / 256 - 1;
			if (i / 8 == k / 8 && gap < near)
				near = gap;
		}
	}
	is_int(wrong, 0, "256 hosts have delays below a step, a 256th apart");
	ok(near >= step / 8 - 1, "eight in a row are an eighth apart");
	set.source.b[2] = 193;
	vrrp_init(&r, &set);
	ok(llabs(vrrp_delay_ns(&r) - delay[255]) >= step / 4,
	   "so are hosts of two networks with one number");
	set.version = 3;
	set.interval_ns = S;
	set.source = (struct vrrp_addr){4, {255, 255, 255, 254}};
	vrrp_init(&r, &set);
	is_int(vrrp_delay_ns(&r), 1968383, "255.255.255.254");
	set.interval_ns = 4095 * NS_PER_CS;
	set.source = (struct vrrp_addr){4, {1, 2, 4, 8}};
	vrrp_init(&r, &set);
	is_int(vrrp_delay_ns(&r), 150042099, "1.2.4.8, as finely as can be");
	set.interval_ns = S;
	set.source = (struct vrrp_addr){6, {[12] = 1, 2, 4, 8}};
	vrrp_init(&r, &set);
	is_int(vrrp_delay_ns(&r), 3664031, "IPv6: the last four bytes count");
	r.active_interval_ns = 2 * S;
	is_int(vrrp_delay_ns(&r), 7328063,
	       "version 3 goes by the Active's interval");
	set.promote_delay_ns = 0;
	vrrp_init(&r, &set);
	is_int(vrrp_delay_ns(&r), 0, "a delay that is set rules, 0 too");
}

/* However many lower adverts come, and when. */
static void answers(void)
{
	const struct row lower = {.what = ADVERT, .priority = 9, .from = 4};
	const struct row late = {.what = TIMER};
	struct vrrp_event ev = event_of(&lower), timer = event_of(&late);
	const struct vrrp_event start = {.kind = VRRP_EV_START,
					 .path_up = true};
	int64_t at[64] = {0}, silent = 0, most = 0;
	unsigned n = 0, i, k, wrong = 0, heard = 0;
	struct vrrp_effects fx;
	struct mono now = {0};
	struct vrrp r;

	vrrp_init(&r, &v2_preempt);
	vrrp_step(&r, now, &start, &fx);
	now = vrrp_deadline(&r);
	vrrp_step(&r, now, &timer, &fx);
	for (i = 0; i < 40000; i++) {
		bool by_timer = !mono_before(now, vrrp_deadline(&r));

		ev.advert.priority = i % 2 ? 9 : 0;
		vrrp_step(&r, now, by_timer ? &timer : &ev, &fx);
		heard += !by_timer;
		for (k = 0; k < fx.n; k++) {
			if (fx.fx[k].kind != VRRP_FX_ADVERT)
				continue;
			most = now.ns - silent > most && n ? now.ns - silent
							   : most;
			silent = now.ns;
			if (by_timer)
				continue;
			/* Ten answers lie no nearer than an interval. */
			if (n >= 10 && now.ns - at[(n - 10) % 64] < 2 * S)
				wrong++;
			at[n++ % 64] = now.ns;
		}
		now = mono_add(now, NS_PER_MS);
	}
	is_int(wrong, 0, "an Active answers at most 10 adverts an interval");
	is_int(n, 200, "and that many, in 20 intervals of a flood");
	is_int(r.count[VRRP_N_SUPPRESSED], heard - n, "the rest is counted");
	ok(most <= 2 * S, "its own adverts come no later for it");
	is(vrrp_state_name[r.state], "active", "and it stays");
}

/*
 * Everything at random: the effects never exceed their array, addresses are
 * added and removed in turn and announced only when held, a deadline is never
 * in the past after a timer event.
 */
static void properties(void)
{
	static const struct vrrp_settings *const sets[] = {
		&v2,      &v2_preempt, &v2_owner,   &v3_owner,  &v3,
		&v3_fast, &v2_delayed, &v2_talking, &v2_weaker, &v2_slower};
	unsigned long steps = 0;
	unsigned most = 0, seed = 1, wrong = 0;

	for (seed = 1; seed <= 300 && !wrong; seed++) {
		struct mono now = {0};
		struct vrrp r;
		bool holding = false;
		int i;

		srand(seed);
		vrrp_init(&r, sets[(unsigned)rand() % 10]);
		for (i = 0; i < 300 && !wrong; i++) {
			struct row w = {
				.what = (enum what)(START + rand() % 11),
				.set = sets[(unsigned)rand() % 10],
				.priority = (uint8_t)(rand() % 3 ? rand() : 0),
				.from = (uint8_t)(1 + rand() % 9),
				.interval = (1 + rand() % 200) * NS_PER_CS};
			struct mono due = vrrp_deadline(&r);
			struct vrrp_settings same;
			struct vrrp_effects fx;
			struct vrrp_event ev;
			unsigned k;

			/* Time mostly goes to the deadline, or less far. */
			if (!mono_is_never(due) && due.ns > now.ns &&
			    rand() % 4)
				now = rand() % 2 ? due
						 : (struct mono){
							   now.ns +
							   rand() % (due.ns -
								     now.ns)};
			else
				now = mono_add(now, rand() % (8 * S));
			if (rand() % 2)
				w.what = TIMER;
			ev = event_of(&w);
			same = *w.set;
			same.version = r.set.version;
			if (same.version == 2)
				same.interval_ns = 2 * S;
			ev.settings = &same;
			vrrp_step(&r, now, &ev, &fx);
			steps++;
			if (fx.n > most)
				most = fx.n;
			for (k = 0; k < fx.n && k < VRRP_EFFECTS_MAX; k++) {
				enum vrrp_effect_kind kind = fx.fx[k].kind;

				if (kind == VRRP_FX_ADD)
					holding = true;
				if (kind == VRRP_FX_REMOVE && !holding)
					wrong = 1;
				if (kind == VRRP_FX_REMOVE)
					holding = false;
				if (kind == VRRP_FX_ANNOUNCE && !holding)
					wrong = 2;
			}
			if (fx.n > VRRP_EFFECTS_MAX)
				wrong = 3;
			if (holding != (r.state == VRRP_ACTIVE))
				wrong = 4;
			if (w.what == TIMER &&
			    !mono_before(now, vrrp_deadline(&r)))
				wrong = 5;
		}
	}
	is_int(wrong, 0, "%lu random steps (seeds 1 to 300) keep every rule",
	       steps);
	if (wrong)
		tap_diag("seed %u", seed - 1);
	is_int(most, VRRP_EFFECTS_MAX,
	       "the most effects seen is the array's size");
}

/* Addresses are compared by as many bytes as their family has. */
static void v4_and_v6(void)
{
	const struct vrrp_addr a4 = {4, {10, 0, 0, 1, 7, 7}};
	const struct vrrp_addr b4 = {4, {10, 0, 0, 1, 8, 8}};
	const struct vrrp_addr c4 = {4, {10, 0, 0, 2}};
	const struct vrrp_addr a6 = {6, {10, 0, 0, 1, [15] = 1}};
	const struct vrrp_addr b6 = {6, {10, 0, 0, 1, [15] = 2}};

	is_int(vrrp_addr_cmp(&a4, &b4), 0, "IPv4: four bytes");
	ok(vrrp_addr_cmp(&a4, &c4) < 0 && vrrp_addr_cmp(&c4, &a4) > 0,
	   "the last of them too");
	ok(vrrp_addr_cmp(&a6, &b6) < 0 && vrrp_addr_cmp(&b6, &a6) > 0,
	   "IPv6: sixteen");
	ok(vrrp_addr_cmp(&c4, &a6) < 0 && vrrp_addr_cmp(&a6, &c4) > 0,
	   "IPv4 comes before IPv6");
}

/* A life in which everything happens that is counted. */
static void counters(void)
{
	static const struct {
		struct row row;
		unsigned times;
	} life[] = {
		{{.what = SET, .set = &v2_preempt}, 1},
		{{.what = TIMER}, 1},
		{{.what = WIRED}, 1},
		{{.what = START_DOWN}, 1},
		{{.what = SET, .set = &v2_preempt}, 1},
		{{.what = TIMER}, 1},
		{{.what = ADVERT, .priority = 60, .from = 9}, 1},
		{{.what = PATH_UP}, 1},
		{{.what = ADVERT, .priority = 60, .from = 9}, 1},
		{{.what = ADVERT, .priority = 0, .from = 8}, 1},
		{{.what = ADVERT, .priority = 40, .from = 8}, 1},
		{{.what = ADVERT, .priority = 60, .from = 5}, 1},
		{{.what = ADVERT, .priority = 0, .from = 5}, 1},
		{{.what = TIMER}, 1},
		{{.what = ADVERT, .priority = 60, .from = 4}, 1},
		{{.what = TIMER, .at = 100 * S}, 1},
		{{.what = TIMER, .at = 110 * S}, 1},
		{{.what = ADVERT, .at = 113 * S, .priority = 40, .from = 4},
		 20},
		{{.what = TIMER, .at = 114 * S}, 1},
		{{.what = TIMER, .at = 115 * S}, 1},
		{{.what = TIMER, .at = 200 * S}, 1},
		{{.what = TIMER, .at = 202 * S}, 1},
		{{.what = ADVERT, .at = 203 * S, .priority = 60, .from = 9}, 1},
		{{.what = TIMER, .at = 210 * S}, 1},
		{{.what = PATH_DOWN, .at = 211 * S}, 1},
		{{.what = PATH_UP, .at = 212 * S}, 1},
		{{.what = TIMER, .at = 220 * S}, 1},
		{{.what = RESIGN, .at = 221 * S}, 1},
		{{.what = TIMER, .at = 222 * S}, 1},
		{{.what = ADVERT, .at = 222 * S, .priority = 9, .from = 9}, 2},
	};
	static const uint64_t want[VRRP_N_COUNT] = {
		[VRRP_N_ADVERT_SENT] = 16,   [VRRP_N_ADVERT_RCVD] = 29,
		[VRRP_N_STOP_SENT] = 3,      [VRRP_N_STOP_RCVD] = 2,
		[VRRP_N_STOP_IGNORED] = 1,   [VRRP_N_BECAME_ACTIVE] = 3,
		[VRRP_N_LOWER_IGNORED] = 21, [VRRP_N_SAME_SOURCE] = 2,
		[VRRP_N_OVERSLEPT] = 2,      [VRRP_N_HEALED] = 1,
		[VRRP_N_SUPPRESSED] = 10,    [VRRP_N_STALE_TIMER] = 5,
		[VRRP_N_HANDED_OVER] = 1,
	};
	const struct vrrp_addr peer = {4, {169, 254, 192, 9}};
	const struct row another = {.what = ADVERT, .priority = 9, .from = 4};
	struct vrrp_event ev = {.kind = VRRP_EV_START, .path_up = true};
	struct vrrp_effects fx;
	struct vrrp r;
	unsigned i, k, wrong = 0;

	vrrp_init(&r, &v2);
	for (i = 0; i < sizeof(life) / sizeof(life[0]); i++)
		for (k = 0; k < life[i].times; k++) {
			ev = event_of(&life[i].row);
			vrrp_step(&r, (struct mono){life[i].row.at}, &ev, &fx);
		}
	for (i = 0; i < VRRP_N_COUNT; i++)
		if (r.count[i] != want[i]) {
			tap_diag("%s: %llu", vrrp_count_name[i],
				 (unsigned long long)r.count[i]);
			wrong++;
		}
	is_int(wrong, 0, "every counter counts what it says");
	is_int(vrrp_addr_cmp(&r.peer, &peer), 0, "who spoke last is known");

	vrrp_init(&r, &v2_owner);
	ev = (struct vrrp_event){.kind = VRRP_EV_START, .path_up = true};
	vrrp_step(&r, (struct mono){0}, &ev, &fx);
	ev = event_of(&another);
	vrrp_step(&r, (struct mono){0}, &ev, &fx);
	ok(r.count[VRRP_N_OWNER_IGNORED] == 1 &&
		   r.count[VRRP_N_LOWER_IGNORED] == 0,
	   "what an owner ignores too");

	vrrp_init(&r, &v2_talking);
	ev = (struct vrrp_event){.kind = VRRP_EV_START, .path_up = true};
	vrrp_step(&r, (struct mono){0}, &ev, &fx);
	ev.kind = VRRP_EV_TIMER;
	for (i = 0; i < 200; i++)
		vrrp_step(&r, vrrp_deadline(&r), &ev, &fx);
	is_int(r.count[VRRP_N_STALE_TIMER], 0,
	       "no timer that was due is stale");
	ok(r.count[VRRP_N_ADVERT_SENT] > 10 &&
		   r.count[VRRP_N_ADVERT_SENT] < 190,
	   "adverts and announcements among them");
}

static void names(void)
{
	unsigned i;

	for (i = 0; i < VRRP_STATE_N && vrrp_state_name[i]; i++)
		;
	is_int(i, VRRP_STATE_N, "every state has a name");
	for (i = 0; i < VRRP_WHY_N && vrrp_why_text[i]; i++)
		;
	is_int(i, VRRP_WHY_N, "every reason has words");
	for (i = 0; i < VRRP_N_COUNT && vrrp_count_name[i]; i++)
		;
	is_int(i, VRRP_N_COUNT, "every counter has a name");
}

int main(void)
{
	const struct vrrp_addr low = {4, {10, 0, 0, 127}},
			       high = {4, {10, 0, 0, 128}};

	table();
	limits();
	answers();
	derived();
	ok(vrrp_addr_cmp(&high, &low) > 0,
	   "6.4.3: source addresses compare as unsigned");
	v4_and_v6();
	counters();
	properties();
	names();
	return tap_done();
}
