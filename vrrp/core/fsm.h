/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CORE_FSM_H
#define LABCTL_VRRP_CORE_FSM_H

/*
 * The state machine of one virtual router, versions 2 (RFC 3768) and 3
 * (RFC 9568). Pure: instants and events go in, effects come out as data. The
 * struct is a plain value; nothing is allocated and no clock is read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mono.h"

#define VRRP_PRIORITY_STOP 0    /* "I stop taking part" */
#define VRRP_PRIORITY_OWNER 255 /* owns the addresses: never a backup */

#define VRRP_DELAY_DERIVED (-1)

/* Answers of an Active to others that claim its role, in one interval. */
#define VRRP_ANSWERS_MAX 10

/* Between two rounds of announcements of one burst. */
#define VRRP_ROUND_GAP_NS (10 * NS_PER_MS)

/* How often a resigning Active asks to be relieved, an interval apart. */
#define VRRP_PLEAS_MAX 3

/* An address in network order; IPv4 in the first four bytes. */
struct vrrp_addr {
	uint8_t family; /* 4 or 6 */
	uint8_t b[16];
};

/* Unsigned comparison as RFC 9568 6.4.3 wants: <0, 0, >0. */
int vrrp_addr_cmp(const struct vrrp_addr *a, const struct vrrp_addr *b);

/* "Active" is what RFC 3768 and most other programs call Master. */
enum vrrp_state {
	VRRP_INITIALIZE,
	VRRP_BACKUP,
	VRRP_ACTIVE,
	VRRP_FAULT, /* Initialize, but waiting for the path to come back */
	VRRP_STATE_N
};

extern const char *const vrrp_state_name[VRRP_STATE_N];

struct vrrp_settings {
	uint8_t version;  /* 2 or 3 */
	uint8_t vrid;     /* 1 to 255 */
	uint8_t priority; /* 1 to 255 */
	bool preempt;
	struct vrrp_addr source; /* our primary address */
	int64_t interval_ns;     /* v2: whole seconds; v3: centiseconds */
	/* Added to the down timer and the skew; VRRP_DELAY_DERIVED: from
	 * source, see vrrp_delay_ns(). */
	int64_t promote_delay_ns;
	uint8_t announce_rounds; /* at takeover; 0 is taken as 1 */
	int64_t refresh_ns; /* a round every so often while Active; 0: no */
	int64_t refresh_phase_ns; /* below refresh_ns: the first comes so much
				     earlier, so that many do not come at once
				   */
	int64_t second_burst_ns;  /* once more after takeover; 0: no */
};

enum vrrp_event_kind {
	VRRP_EV_START,    /* begin; path says whether it is usable */
	VRRP_EV_STOP,     /* shutdown */
	VRRP_EV_ADVERT,   /* an advertisement that the decoder let through */
	VRRP_EV_TIMER,    /* the clock passed vrrp_deadline(), or may have */
	VRRP_EV_PATH,     /* the path to the others changed: up, down */
	VRRP_EV_WIRED,    /* addresses must be put in place and told again */
	VRRP_EV_SETTINGS, /* other settings, same virtual router */
	VRRP_EV_RESIGN    /* Active: hand over to another, if there is one */
};

struct vrrp_event {
	enum vrrp_event_kind kind;
	bool path_up;  /* START, PATH */
	bool can_send; /* PATH going down: an advert may still get out */
	struct {
		uint8_t priority;
		int64_t interval_ns; /* v3: of the sender */
		struct vrrp_addr source;
	} advert;
	const struct vrrp_settings *settings; /* SETTINGS */
};

/* Why a state was entered. */
enum vrrp_why {
	VRRP_WHY_NONE,
	VRRP_WHY_STARTED,
	VRRP_WHY_OWNER,
	VRRP_WHY_DOWN_TIMER,
	VRRP_WHY_PEER_STOPPED,
	VRRP_WHY_PEER_WINS,
	VRRP_WHY_OVERSLEPT,
	VRRP_WHY_PEER_YIELDS,
	VRRP_WHY_PATH_DOWN,
	VRRP_WHY_PATH_UP,
	VRRP_WHY_STOPPED,
	VRRP_WHY_RESIGNED,
	VRRP_WHY_NO_SUCCESSOR,
	VRRP_WHY_N
};

extern const char *const vrrp_why_text[VRRP_WHY_N];

enum vrrp_effect_kind {
	VRRP_FX_ADVERT,   /* send an advertisement with this priority */
	VRRP_FX_ADD,      /* put addresses and routes in place */
	VRRP_FX_REMOVE,   /* take them away */
	VRRP_FX_ANNOUNCE, /* one gratuitous ARP or unsolicited NA per address */
	VRRP_FX_STATE     /* tell the world of state, entered because of why */
};

struct vrrp_effect {
	enum vrrp_effect_kind kind;
	uint8_t priority;
	enum vrrp_state state;
	enum vrrp_why why;
};

/*
 * To be carried out in order. The longest sequence is the takeover: advert,
 * addresses, announcement, state.
 */
#define VRRP_EFFECTS_MAX 4

struct vrrp_effects {
	unsigned n;
	struct vrrp_effect fx[VRRP_EFFECTS_MAX];
};

enum vrrp_count {
	VRRP_N_ADVERT_SENT,
	VRRP_N_ADVERT_RCVD,
	VRRP_N_STOP_SENT, /* priority 0 */
	VRRP_N_STOP_RCVD,
	VRRP_N_STOP_IGNORED, /* Backup: not from the Active it knows */
	VRRP_N_BECAME_ACTIVE,
	VRRP_N_LOWER_IGNORED, /* Backup that will preempt; Active */
	VRRP_N_OWNER_IGNORED, /* version 2 owner that heard another */
	VRRP_N_SAME_SOURCE,   /* an advert with our own address in it */
	VRRP_N_OVERSLEPT,     /* listened first because of a late wake-up */
	VRRP_N_HEALED,        /* another Active gave way to us */
	VRRP_N_SUPPRESSED,    /* answers beyond VRRP_ANSWERS_MAX an interval */
	VRRP_N_STALE_TIMER,   /* woken with nothing due */
	VRRP_N_HANDED_OVER,   /* resigned, and another has taken over */
	VRRP_N_COUNT
};

extern const char *const vrrp_count_name[VRRP_N_COUNT];

struct vrrp {
	struct vrrp_settings set;
	enum vrrp_state state;
	struct mono timer; /* Backup: down timer; Active: advert timer */
	struct mono since; /* Backup: last sign of the Active; Active: sent */
	int64_t active_interval_ns; /* v3 Backup: the Active's own interval */
	struct vrrp_addr peer;      /* who spoke last; family 0: nobody yet */
	struct vrrp_addr active;    /* Backup: the Active that it heeded last */
	bool listening; /* overslept: the timer runs once more in silence */
	bool leaving;   /* Backup: the Active said that it stops */
	struct vrrp_addr leaver; /* who it was; family 0: nobody did */
	bool resigning;          /* Active: until another has taken over */
	bool relieved;           /* and one has said that it does */
	unsigned pleas;          /* left to say, where nobody does */
	unsigned rounds;         /* announcement rounds left of this burst */
	struct mono round_at, refresh_at, burst_at;
	struct mono contested_at; /* last burst because of a lower advert */
	struct mono answered[VRRP_ANSWERS_MAX]; /* the last answers, a ring */
	unsigned answers;                       /* the oldest of them */
	uint64_t count[VRRP_N_COUNT];
};

/* Makes r a virtual router in Initialize. settings are copied. */
void vrrp_init(struct vrrp *r, const struct vrrp_settings *settings);

/*
 * Lets ev happen at now. Instants must not go backwards. ret_fx is filled
 * (also with nothing) and must be carried out before the next step.
 */
void vrrp_step(struct vrrp *r, struct mono now, const struct vrrp_event *ev,
	       struct vrrp_effects *ret_fx);

/* When r next wants a VRRP_EV_TIMER; MONO_NEVER where it waits for others. */
struct mono vrrp_deadline(const struct vrrp *r);

/* Skew_Time and Active_Down_Interval as they stand (6.1), in ns. */
int64_t vrrp_skew_ns(const struct vrrp *r);
int64_t vrrp_down_ns(const struct vrrp *r);

/*
 * What is added to the down timer and the skew: the setting, or where that is
 * VRRP_DELAY_DERIVED a part of the skew's step that depends on the source
 * address alone. Neighbouring addresses lie far apart: of 2^k consecutive
 * ones no two are nearer than step / 2^k.
 */
int64_t vrrp_delay_ns(const struct vrrp *r);

/* What one priority more takes off the skew, in ns. */
int64_t vrrp_skew_step_ns(uint8_t version, int64_t interval_ns);

#endif
