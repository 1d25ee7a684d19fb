/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_SIM_H
#define LABCTL_T_LIB_SIM_H

/*
 * A simulated LAN: several VRRP cores on virtual time, with delay, loss, cut
 * cables and nodes that stand still. What one node sends to another arrives
 * in order; what two send does not. The same seed gives the same run.
 */

#include <stdbool.h>
#include <stdint.h>

#include "vrrp/core/fsm.h"

#define SIM_NODES 8
#define SIM_FLIGHT 256 /* packets on the wire or in a sleeper's queue */

struct sim_packet {
	bool used;
	struct mono at;
	unsigned to;
	uint8_t priority;
	int64_t interval_ns;
	struct vrrp_addr source;
};

struct sim_node {
	struct vrrp r;
	bool running, asleep;
	bool holding; /* has the addresses */
	unsigned became_active, announced;
	unsigned alone;         /* resigned in vain */
	struct vrrp_addr heard; /* from whom last, but for last words */
	struct mono active_at;  /* when it last became so */
};

struct sim {
	uint32_t random;
	struct mono now;
	unsigned n;
	struct sim_node node[SIM_NODES];
	bool cut[SIM_NODES][SIM_NODES]; /* from, to */
	unsigned loss;                  /* per cent */
	int64_t delay_min_ns, delay_max_ns, wake_max_ns;
	struct sim_packet flight[SIM_FLIGHT];
	unsigned top; /* one past the last slot in use */
	struct mono last[SIM_NODES][SIM_NODES]; /* arrival; from, to */
	int learnt;         /* who announced last: what a switch knows */
	int64_t shared_ns;  /* how long two or more held the addresses */
	int64_t nobody_ns;  /* how long none did */
	unsigned over_full; /* packets that found no room in flight */
};

void sim_init(struct sim *s, uint32_t seed, unsigned n,
	      const struct vrrp_settings *set);
uint32_t sim_random(struct sim *s, uint32_t below);
void sim_start(struct sim *s, unsigned i);
void sim_start_all(struct sim *s);
void sim_stop(struct sim *s, unsigned i); /* in good order */
void sim_resign(struct sim *s, unsigned i);
void sim_crash(struct sim *s, unsigned i); /* without a word */
/* Says priority 0 in i's name, as its supervisor does once it is dead. */
void sim_last_words(struct sim *s, unsigned i);
void sim_sleep(struct sim *s, unsigned i, bool asleep);
/* Cuts or mends both directions between i and everybody else. */
void sim_isolate(struct sim *s, unsigned i, bool cut);
void sim_event(struct sim *s, unsigned i, const struct vrrp_event *ev);
void sim_run(struct sim *s, int64_t for_ns);

unsigned sim_holders(const struct sim *s);
int sim_holder(const struct sim *s); /* the only one, or -1 */

#endif
