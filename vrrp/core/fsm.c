/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 * ===================
 * One virtual router is one struct vrrp. The shell hands it events with the
 * instant at which they happened; vrrp_step() moves the state and lists what
 * must be done about it, in order. vrrp_deadline() says when the next timer
 * event is due. Nothing else is visible, so a test can run years of a LAN in
 * a millisecond and the same bytes of state always give the same behaviour.
 *
 * The machine is that of RFC 9568 section 6.4; version 2 (RFC 3768) differs
 * in its skew, in that the interval is never learnt, and in that an address
 * owner discards what others advertise. There is one state more: Fault is an
 * Initialize that waits for its path (interface, namespace, whatever is
 * tracked) to come back.
 *
 * Where this departs from the RFC, or fills a hole that it leaves:
 *
 * - Both versions answer a lower advertisement at once (RFC 9568 6.4.3; RFC
 *   3768 would be silent), and then announce their addresses again: hosts may
 *   have learnt the loser's MAC. The burst is repeated one interval after the
 *   last such advert, when the loser has surely fallen silent; bursts are at
 *   least one interval apart, however often the other speaks.
 * - An Active that yields says so once, after it has let go: with its own,
 *   lower priority to one that has precedence; with priority 0 where it
 *   overslept, as its own might still win. The winner might never have heard
 *   it otherwise, and would not announce. The winner takes either, also an
 *   unexpected priority 0, for the end of a rival.
 * - An advert with our own source address is a duplicated address on the
 *   link. A Backup heeds it; an Active of the same priority says nothing, or
 *   two of them would answer each other without end.
 * - Oversleeping. A machine that stood still (SIGSTOP, a stalled hypervisor,
 *   a paging storm) wakes with its timers long due. A Backup that is late by
 *   more than an interval listens for one interval and skew before it
 *   promotes itself. An Active that was silent for three intervals was
 *   declared dead by the others: it sends nothing for one interval, and
 *   yields to any advert that a Backup would heed, so that preempt: false
 *   holds here too. The shell reads its sockets before it delivers a timer.
 * - promote_delay is added to the down timer. Kept below the skew's step it
 *   never reorders priorities, and equal ones do not promote together. Where
 *   none is set it comes from the primary address: its bits in reverse, so
 *   that hosts which are numbered one after the other lie far apart.
 * - A Backup takes priority 0 only from the Active that it heeded last. An
 *   Active that overslept, or died after another had taken over, says it too;
 *   the new one answers, but that answer may overtake it on the way.
 * - An Active answers others at most VRRP_ANSWERS_MAX times in an interval,
 *   whatever is sent to it.
 * - Resigning is make-before-break: the Active says priority 0, keeps its
 *   addresses and falls silent, so that another promotes itself by its skew.
 *   That one advertises again when its addresses are in place. At the second
 *   advert that the old one hears it lets go and says priority 0 again, at
 *   which the new one announces once more: whatever frame of the old was on
 *   its way to a switch, the last word is the new one's. For that time, and
 *   only then, two hold the addresses. Where nobody comes after VRRP_PLEAS_MAX
 *   pleas an interval apart it stays, and says so. An owner cannot resign.
 * - A Backup that waits for the end of its skew is not put off by another
 *   priority 0 of the same Active.
 * - On the way out an Active first says priority 0, then gives the addresses
 *   up: the other side's skew runs meanwhile, and a busy kernel cannot make
 *   the outage longer.
 */
#include "vrrp/core/fsm.h"

#include <string.h>

const char *const vrrp_state_name[VRRP_STATE_N] = {
	[VRRP_INITIALIZE] = "initialize",
	[VRRP_BACKUP] = "backup",
	[VRRP_ACTIVE] = "active",
	[VRRP_FAULT] = "fault",
};

const char *const vrrp_why_text[VRRP_WHY_N] = {
	[VRRP_WHY_NONE] = "",
	[VRRP_WHY_STARTED] = "started",
	[VRRP_WHY_OWNER] = "owns the addresses",
	[VRRP_WHY_DOWN_TIMER] = "down timer",
	[VRRP_WHY_PEER_STOPPED] = "the active one stopped",
	[VRRP_WHY_PEER_WINS] = "another has precedence",
	[VRRP_WHY_OVERSLEPT] = "overslept, another took over",
	[VRRP_WHY_PEER_YIELDS] = "another claimed the role too",
	[VRRP_WHY_PATH_DOWN] = "path down",
	[VRRP_WHY_PATH_UP] = "path up",
	[VRRP_WHY_STOPPED] = "stopped",
	[VRRP_WHY_RESIGNED] = "resigned, another has taken over",
	[VRRP_WHY_NO_SUCCESSOR] = "resigned, but nobody else took over",
};

const char *const vrrp_count_name[VRRP_N_COUNT] = {
	[VRRP_N_ADVERT_SENT] = "adverts_sent",
	[VRRP_N_ADVERT_RCVD] = "adverts_received",
	[VRRP_N_STOP_SENT] = "priority_zero_sent",
	[VRRP_N_STOP_RCVD] = "priority_zero_received",
	[VRRP_N_STOP_IGNORED] = "priority_zero_ignored",
	[VRRP_N_BECAME_ACTIVE] = "became_active",
	[VRRP_N_LOWER_IGNORED] = "lower_priority_ignored",
	[VRRP_N_OWNER_IGNORED] = "owner_ignored",
	[VRRP_N_SAME_SOURCE] = "own_source_address",
	[VRRP_N_OVERSLEPT] = "overslept",
	[VRRP_N_HEALED] = "split_brain_won",
	[VRRP_N_SUPPRESSED] = "answers_suppressed",
	[VRRP_N_STALE_TIMER] = "stale_timer",
	[VRRP_N_HANDED_OVER] = "handed_over",
};

static const struct vrrp_addr nobody;

int vrrp_addr_cmp(const struct vrrp_addr *a, const struct vrrp_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, a->family == 4 ? 4 : 16);
}

int64_t vrrp_skew_step_ns(uint8_t version, int64_t interval_ns)
{
	return (version == 2 ? NS_PER_S : interval_ns) / 256;
}

/* RFC 3768 6.1: (256 - priority) / 256 s; RFC 9568 6.1: of an interval. */
int64_t vrrp_skew_ns(const struct vrrp *r)
{
	int64_t unit = r->set.version == 2 ? NS_PER_S : r->active_interval_ns;

	return (256 - (int64_t)r->set.priority) * unit / 256;
}

int64_t vrrp_down_ns(const struct vrrp *r)
{
	return 3 * r->active_interval_ns + vrrp_skew_ns(r);
}

static uint32_t reverse8(unsigned v)
{
	uint32_t out = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		out |= (v >> i & 1) << (7 - i);
	return out;
}

/* The last four bytes of an address, the lowest bit first; no two alike. */
static uint32_t spread(const struct vrrp_addr *a)
{
	const uint8_t *b = a->family == 6 ? a->b + 12 : a->b;

	return reverse8(b[3] ^ b[2] ^ b[1] ^ b[0]) << 24 |
	       reverse8(b[2]) << 16 | reverse8(b[1]) << 8 | reverse8(b[0]);
}

int64_t vrrp_delay_ns(const struct vrrp *r)
{
	if (r->set.promote_delay_ns != VRRP_DELAY_DERIVED)
		return r->set.promote_delay_ns;
	return vrrp_skew_step_ns(r->set.version, r->active_interval_ns) *
		       spread(&r->set.source) >>
	       32;
}

void vrrp_init(struct vrrp *r, const struct vrrp_settings *settings)
{
	unsigned i;

	memset(r, 0, sizeof(*r));
	r->set = *settings;
	r->state = VRRP_INITIALIZE;
	r->active_interval_ns = settings->interval_ns;
	r->timer = MONO_NEVER;
	r->round_at = MONO_NEVER;
	r->refresh_at = MONO_NEVER;
	r->burst_at = MONO_NEVER;
	for (i = 0; i < VRRP_ANSWERS_MAX; i++)
		r->answered[i] = (struct mono){-settings->interval_ns};
}

/* --- effects ----------------------------------------------------------- */

static struct vrrp_effect *effect(struct vrrp_effects *fx,
				  enum vrrp_effect_kind kind)
{
	struct vrrp_effect *e = &fx->fx[fx->n++];

	*e = (struct vrrp_effect){.kind = kind};
	return e;
}

static void advertise(struct vrrp *r, struct mono now, struct vrrp_effects *fx)
{
	effect(fx, VRRP_FX_ADVERT)->priority = r->set.priority;
	r->count[VRRP_N_ADVERT_SENT]++;
	r->since = now;
	r->timer = mono_add(now, r->set.interval_ns);
	r->listening = false;
}

static void say_stop(struct vrrp *r, struct vrrp_effects *fx)
{
	effect(fx, VRRP_FX_ADVERT)->priority = VRRP_PRIORITY_STOP;
	r->count[VRRP_N_STOP_SENT]++;
}

static void tell_state(struct vrrp *r, enum vrrp_why why,
		       struct vrrp_effects *fx)
{
	struct vrrp_effect *e = effect(fx, VRRP_FX_STATE);

	e->state = r->state;
	e->why = why;
}

static struct mono first_refresh(const struct vrrp *r, struct mono now)
{
	if (!r->set.refresh_ns)
		return MONO_NEVER;
	return mono_add(now, r->set.refresh_ns - r->set.refresh_phase_ns);
}

/* The first round now, the others by timer, so that no advert waits. */
static void announce_burst(struct vrrp *r, struct mono now,
			   struct vrrp_effects *fx)
{
	unsigned rounds = r->set.announce_rounds ? r->set.announce_rounds : 1;

	effect(fx, VRRP_FX_ANNOUNCE);
	r->rounds = rounds - 1;
	r->round_at = r->rounds ? mono_add(now, VRRP_ROUND_GAP_NS) : MONO_NEVER;
	r->refresh_at = first_refresh(r, now);
}

/* --- changes of state -------------------------------------------------- */

static void to_active(struct vrrp *r, struct mono now, enum vrrp_why why,
		      struct vrrp_effects *fx)
{
	r->state = VRRP_ACTIVE;
	r->leaving = false;
	r->contested_at = now;
	r->count[VRRP_N_BECAME_ACTIVE]++;
	advertise(r, now, fx);
	if (why == VRRP_WHY_PEER_STOPPED)
		/* It may only be resigning: tell it when all is in place. */
		r->timer = mono_add(now, VRRP_ROUND_GAP_NS);
	else
		r->leaver = nobody;
	effect(fx, VRRP_FX_ADD);
	announce_burst(r, now, fx);
	if (r->set.second_burst_ns)
		r->burst_at = mono_add(now, r->set.second_burst_ns);
	tell_state(r, why, fx);
}

static void quiet(struct vrrp *r)
{
	r->timer = MONO_NEVER;
	r->listening = false;
	r->leaving = false;
	r->resigning = false;
	r->rounds = 0;
	r->round_at = MONO_NEVER;
	r->refresh_at = MONO_NEVER;
	r->burst_at = MONO_NEVER;
}

/* Something was heard from the Active, or is given time to be. */
static void rearm_down(struct vrrp *r, struct mono now)
{
	r->since = now;
	r->listening = false;
	r->leaving = false;
	r->timer = mono_add(now, vrrp_down_ns(r) + vrrp_delay_ns(r));
}

static void to_backup(struct vrrp *r, struct mono now, enum vrrp_why why,
		      struct vrrp_effects *fx)
{
	if (r->state == VRRP_ACTIVE)
		effect(fx, VRRP_FX_REMOVE);
	if (why == VRRP_WHY_PEER_WINS) {
		effect(fx, VRRP_FX_ADVERT)->priority = r->set.priority;
		r->count[VRRP_N_ADVERT_SENT]++;
	} else if (why == VRRP_WHY_OVERSLEPT || why == VRRP_WHY_RESIGNED) {
		say_stop(r, fx);
	}
	quiet(r);
	r->state = VRRP_BACKUP;
	rearm_down(r, now);
	tell_state(r, why, fx);
}

static void to_silence(struct vrrp *r, enum vrrp_state state, bool can_send,
		       enum vrrp_why why, struct vrrp_effects *fx)
{
	bool was_active = r->state == VRRP_ACTIVE;

	if (was_active && can_send)
		say_stop(r, fx);
	if (was_active)
		effect(fx, VRRP_FX_REMOVE);
	quiet(r);
	r->state = state;
	tell_state(r, why, fx);
}

/* RFC 9568 6.4.1: what a Startup event does. */
static void begin(struct vrrp *r, struct mono now, enum vrrp_why why,
		  struct vrrp_effects *fx)
{
	r->active_interval_ns = r->set.interval_ns;
	r->active = (struct vrrp_addr){0};
	if (r->set.priority == VRRP_PRIORITY_OWNER)
		to_active(r, now, VRRP_WHY_OWNER, fx);
	else
		to_backup(r, now, why, fx);
}

/* RFC 9568 6.4.2: only version 3 learns the sender's interval. */
static void heed(struct vrrp *r, const struct vrrp_event *ev)
{
	r->active = ev->advert.source;
	if (r->set.version == 3 && ev->advert.interval_ns > 0)
		r->active_interval_ns = ev->advert.interval_ns;
}

static void count_advert(struct vrrp *r, const struct vrrp_event *ev)
{
	r->count[VRRP_N_ADVERT_RCVD]++;
	if (ev->advert.priority == VRRP_PRIORITY_STOP)
		r->count[VRRP_N_STOP_RCVD]++;
	if (vrrp_addr_cmp(&ev->advert.source, &r->set.source) == 0)
		r->count[VRRP_N_SAME_SOURCE]++;
	r->peer = ev->advert.source;
}

/* --- Initialize (RFC 9568 6.4.1) --------------------------------------- */

static void in_initialize(struct vrrp *r, struct mono now,
			  const struct vrrp_event *ev, struct vrrp_effects *fx)
{
	switch (ev->kind) {
	case VRRP_EV_START:
		if (ev->path_up)
			begin(r, now, VRRP_WHY_STARTED, fx);
		else
			to_silence(r, VRRP_FAULT, false, VRRP_WHY_PATH_DOWN,
				   fx);
		break;
	case VRRP_EV_SETTINGS:
		r->set = *ev->settings;
		break;
	case VRRP_EV_TIMER:
		r->count[VRRP_N_STALE_TIMER]++;
		break;
	case VRRP_EV_STOP:
	case VRRP_EV_ADVERT:
	case VRRP_EV_PATH:
	case VRRP_EV_WIRED:
	case VRRP_EV_RESIGN:
		break;
	}
}

/* --- Fault ------------------------------------------------------------- */

static void in_fault(struct vrrp *r, struct mono now,
		     const struct vrrp_event *ev, struct vrrp_effects *fx)
{
	switch (ev->kind) {
	case VRRP_EV_START:
	case VRRP_EV_PATH:
		if (ev->path_up)
			begin(r, now, VRRP_WHY_PATH_UP, fx);
		break;
	case VRRP_EV_STOP:
		to_silence(r, VRRP_INITIALIZE, false, VRRP_WHY_STOPPED, fx);
		break;
	case VRRP_EV_SETTINGS:
		r->set = *ev->settings;
		break;
	case VRRP_EV_TIMER:
		r->count[VRRP_N_STALE_TIMER]++;
		break;
	case VRRP_EV_ADVERT:
	case VRRP_EV_WIRED:
	case VRRP_EV_RESIGN:
		break;
	}
}

/* --- Backup (RFC 9568 6.4.2) ------------------------------------------- */

static void backup_advert(struct vrrp *r, struct mono now,
			  const struct vrrp_event *ev)
{
	count_advert(r, ev);
	if (ev->advert.priority == VRRP_PRIORITY_STOP) {
		if (r->active.family &&
		    vrrp_addr_cmp(&ev->advert.source, &r->active) != 0) {
			r->count[VRRP_N_STOP_IGNORED]++;
			return;
		}
		if (r->leaving)
			return;
		rearm_down(r, now);
		r->leaving = true;
		r->leaver = ev->advert.source;
		r->timer = mono_add(now, vrrp_skew_ns(r) + vrrp_delay_ns(r));
	} else if (!r->set.preempt || ev->advert.priority >= r->set.priority) {
		heed(r, ev);
		rearm_down(r, now);
	} else {
		r->count[VRRP_N_LOWER_IGNORED]++;
	}
}

static void backup_timer(struct vrrp *r, struct mono now,
			 struct vrrp_effects *fx)
{
	if (mono_before(now, r->timer)) {
		r->count[VRRP_N_STALE_TIMER]++;
		return;
	}
	if (!r->listening && mono_sub(now, r->timer) > r->active_interval_ns) {
		r->listening = true;
		r->count[VRRP_N_OVERSLEPT]++;
		r->timer =
			mono_add(now, r->active_interval_ns + vrrp_skew_ns(r) +
					      vrrp_delay_ns(r));
		return;
	}
	to_active(r, now,
		  r->leaving ? VRRP_WHY_PEER_STOPPED : VRRP_WHY_DOWN_TIMER, fx);
}

static void backup_settings(struct vrrp *r, struct mono now,
			    const struct vrrp_settings *set,
			    struct vrrp_effects *fx)
{
	bool interval = set->interval_ns != r->set.interval_ns;
	bool delays = interval || set->priority != r->set.priority ||
		      set->promote_delay_ns != r->set.promote_delay_ns ||
		      (set->promote_delay_ns == VRRP_DELAY_DERIVED &&
		       vrrp_addr_cmp(&set->source, &r->set.source) != 0);

	r->set = *set;
	if (interval)
		r->active_interval_ns = set->interval_ns;
	if (set->priority == VRRP_PRIORITY_OWNER)
		to_active(r, now, VRRP_WHY_OWNER, fx);
	else if (delays && !r->leaving)
		/* As if the last sign of the Active had come under these. */
		rearm_down(r, r->since);
}

static void in_backup(struct vrrp *r, struct mono now,
		      const struct vrrp_event *ev, struct vrrp_effects *fx)
{
	switch (ev->kind) {
	case VRRP_EV_STOP:
		to_silence(r, VRRP_INITIALIZE, false, VRRP_WHY_STOPPED, fx);
		break;
	case VRRP_EV_ADVERT:
		backup_advert(r, now, ev);
		break;
	case VRRP_EV_TIMER:
		backup_timer(r, now, fx);
		break;
	case VRRP_EV_PATH:
		if (!ev->path_up)
			to_silence(r, VRRP_FAULT, false, VRRP_WHY_PATH_DOWN,
				   fx);
		break;
	case VRRP_EV_SETTINGS:
		backup_settings(r, now, ev->settings, fx);
		break;
	case VRRP_EV_START:
	case VRRP_EV_WIRED:
	case VRRP_EV_RESIGN:
		break;
	}
}

/* --- Active (RFC 9568 6.4.3) ------------------------------------------- */

/* Silent for so long that every Backup may have taken over. */
static bool presumed_dead(const struct vrrp *r, struct mono now)
{
	return r->listening || mono_sub(now, r->since) > 3 * r->set.interval_ns;
}

/* One answer more, if there were not too many in the last interval. */
static bool may_answer(struct vrrp *r, struct mono now)
{
	struct mono *oldest = &r->answered[r->answers];

	if (mono_sub(now, *oldest) < r->set.interval_ns) {
		r->count[VRRP_N_SUPPRESSED]++;
		return false;
	}
	*oldest = now;
	r->answers = (r->answers + 1) % VRRP_ANSWERS_MAX;
	return true;
}

/*
 * Another claims what is ours and will give way, or claimed it and has just
 * let go.
 */
static void contested(struct vrrp *r, struct mono now, struct vrrp_effects *fx)
{
	r->burst_at = mono_add(now, r->set.interval_ns);
	if (!may_answer(r, now))
		return;
	advertise(r, now, fx);
	if (mono_sub(now, r->contested_at) < r->set.interval_ns)
		return;
	r->contested_at = now;
	r->count[VRRP_N_HEALED]++;
	announce_burst(r, now, fx);
	tell_state(r, VRRP_WHY_PEER_YIELDS, fx);
}

/* --- resigning --------------------------------------------------------- */

static void resign(struct vrrp *r, struct mono now, struct vrrp_effects *fx)
{
	if (r->resigning || r->set.priority == VRRP_PRIORITY_OWNER)
		return;
	r->resigning = true;
	r->relieved = false;
	r->pleas = VRRP_PLEAS_MAX - 1;
	say_stop(r, fx);
	r->timer = mono_add(now, r->set.interval_ns);
}

/* The first advert says that another has the role, the second that it has the
 * addresses: between them it may have had to wait for the kernel. */
static void resigning_advert(struct vrrp *r, struct mono now,
			     const struct vrrp_event *ev,
			     struct vrrp_effects *fx)
{
	if (ev->advert.priority == VRRP_PRIORITY_STOP ||
	    vrrp_addr_cmp(&ev->advert.source, &r->set.source) == 0)
		return;
	if (!r->relieved) {
		r->relieved = true;
		r->timer = mono_add(now, 2 * r->set.interval_ns);
		return;
	}
	r->count[VRRP_N_HANDED_OVER]++;
	heed(r, ev);
	to_backup(r, now, VRRP_WHY_RESIGNED, fx);
}

static void resigning_timer(struct vrrp *r, struct mono now,
			    struct vrrp_effects *fx)
{
	if (mono_before(now, r->timer)) {
		r->count[VRRP_N_STALE_TIMER]++;
		return;
	}
	if (!r->relieved && r->pleas) {
		r->pleas--;
		say_stop(r, fx);
		r->timer = mono_add(now, r->set.interval_ns);
		return;
	}
	r->resigning = false;
	advertise(r, now, fx);
	/* What came due meanwhile. */
	r->burst_at = MONO_NEVER;
	announce_burst(r, now, fx);
	tell_state(r, VRRP_WHY_NO_SUCCESSOR, fx);
}

/* The one that we relieved has let go. */
static bool let_go(struct vrrp *r, struct mono now, const struct vrrp_event *ev,
		   struct vrrp_effects *fx)
{
	if (ev->advert.priority != VRRP_PRIORITY_STOP || !r->leaver.family ||
	    vrrp_addr_cmp(&ev->advert.source, &r->leaver) != 0)
		return false;
	r->leaver = nobody;
	r->burst_at = mono_add(now, r->set.interval_ns);
	announce_burst(r, now, fx);
	return true;
}

static void active_advert(struct vrrp *r, struct mono now,
			  const struct vrrp_event *ev, struct vrrp_effects *fx)
{
	uint8_t theirs = ev->advert.priority, ours = r->set.priority;
	int cmp = vrrp_addr_cmp(&ev->advert.source, &r->set.source);

	count_advert(r, ev);
	/* RFC 3768 7.1: an owner discards; RFC 9568 does not. */
	if (r->set.version == 2 && ours == VRRP_PRIORITY_OWNER) {
		r->count[VRRP_N_OWNER_IGNORED]++;
		return;
	}
	if (r->resigning) {
		resigning_advert(r, now, ev, fx);
		return;
	}
	if (let_go(r, now, ev, fx))
		return;
	if (theirs == VRRP_PRIORITY_STOP) {
		contested(r, now, fx);
	} else if (theirs > ours || (theirs == ours && cmp > 0)) {
		heed(r, ev);
		to_backup(r, now, VRRP_WHY_PEER_WINS, fx);
	} else if (presumed_dead(r, now) && ours != VRRP_PRIORITY_OWNER &&
		   (!r->set.preempt || theirs == ours)) {
		heed(r, ev);
		to_backup(r, now, VRRP_WHY_OVERSLEPT, fx);
	} else if (theirs < ours || cmp < 0) {
		r->count[VRRP_N_LOWER_IGNORED]++;
		contested(r, now, fx);
	}
}

static bool due(struct mono now, struct mono at)
{
	return !mono_before(now, at);
}

static void active_timer(struct vrrp *r, struct mono now,
			 struct vrrp_effects *fx)
{
	struct mono was = r->timer;
	bool any = due(now, was);

	if (r->resigning) {
		resigning_timer(r, now, fx);
		return;
	}
	if (any && !r->listening && presumed_dead(r, now)) {
		r->listening = true;
		r->count[VRRP_N_OVERSLEPT]++;
		r->timer = mono_add(now, r->set.interval_ns);
		/* Nothing may be announced that may be another's by now. */
		return;
	}
	if (any) {
		/* After a silence hosts and bridges may have forgotten us. */
		if (r->listening)
			r->burst_at = now;
		advertise(r, now, fx);
		/* The small lateness of each wake-up must not add up. */
		if (mono_sub(now, was) < r->set.interval_ns / 8)
			r->timer = mono_add(was, r->set.interval_ns);
	}
	if (r->listening)
		return;
	if (due(now, r->burst_at)) {
		r->burst_at = MONO_NEVER;
		announce_burst(r, now, fx);
		any = true;
	} else if (due(now, r->round_at)) {
		effect(fx, VRRP_FX_ANNOUNCE);
		r->round_at = --r->rounds ? mono_add(now, VRRP_ROUND_GAP_NS)
					  : MONO_NEVER;
		any = true;
	} else if (due(now, r->refresh_at)) {
		effect(fx, VRRP_FX_ANNOUNCE);
		r->refresh_at = mono_add(now, r->set.refresh_ns);
		any = true;
	}
	if (!any)
		r->count[VRRP_N_STALE_TIMER]++;
}

static void active_settings(struct vrrp *r, struct mono now,
			    const struct vrrp_settings *set,
			    struct vrrp_effects *fx)
{
	bool told = set->interval_ns != r->set.interval_ns ||
		    set->priority != r->set.priority ||
		    vrrp_addr_cmp(&set->source, &r->set.source) != 0;
	bool refresh = set->refresh_ns != r->set.refresh_ns;

	r->set = *set;
	r->active_interval_ns = set->interval_ns;
	if (told && !r->resigning)
		advertise(r, now, fx);
	if (refresh)
		r->refresh_at = first_refresh(r, now);
}

static void in_active(struct vrrp *r, struct mono now,
		      const struct vrrp_event *ev, struct vrrp_effects *fx)
{
	switch (ev->kind) {
	case VRRP_EV_STOP:
		to_silence(r, VRRP_INITIALIZE, true, VRRP_WHY_STOPPED, fx);
		break;
	case VRRP_EV_ADVERT:
		active_advert(r, now, ev, fx);
		break;
	case VRRP_EV_TIMER:
		active_timer(r, now, fx);
		break;
	case VRRP_EV_PATH:
		if (!ev->path_up)
			to_silence(r, VRRP_FAULT, ev->can_send,
				   VRRP_WHY_PATH_DOWN, fx);
		break;
	case VRRP_EV_WIRED:
		effect(fx, VRRP_FX_ADD);
		announce_burst(r, now, fx);
		break;
	case VRRP_EV_SETTINGS:
		active_settings(r, now, ev->settings, fx);
		break;
	case VRRP_EV_RESIGN:
		resign(r, now, fx);
		break;
	case VRRP_EV_START:
		break;
	}
}

void vrrp_step(struct vrrp *r, struct mono now, const struct vrrp_event *ev,
	       struct vrrp_effects *ret_fx)
{
	ret_fx->n = 0;
	switch (r->state) {
	case VRRP_INITIALIZE:
		in_initialize(r, now, ev, ret_fx);
		break;
	case VRRP_BACKUP:
		in_backup(r, now, ev, ret_fx);
		break;
	case VRRP_ACTIVE:
		in_active(r, now, ev, ret_fx);
		break;
	case VRRP_FAULT:
		in_fault(r, now, ev, ret_fx);
		break;
	case VRRP_STATE_N:
		break;
	}
}

struct mono vrrp_deadline(const struct vrrp *r)
{
	struct mono at = r->timer;

	if (r->state != VRRP_ACTIVE || r->listening || r->resigning)
		return at;
	at = mono_min(at, r->round_at);
	at = mono_min(at, r->refresh_at);
	return mono_min(at, r->burst_at);
}
