/* SPDX-License-Identifier: MIT */
/*
 * Pings of an Active's gateways: rounds and turns on virtual time, by
 * themselves and on a LAN of routers; and echoes as bytes.
 */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "t/lib/sim.h"
#include "t/lib/tap.h"
#include "vrrp/config/config.h"
#include "vrrp/core/health.h"
#include "vrrp/kernel/echo.h"

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
	ok(first > 500 * MS, "a sick one does");
	ok(vrrp_health_heard(&h, &b), "another's turn");
	ok(!vrrp_health_heard(&h, &b), "is one, however often it is heard");
	ok(vrrp_health_heard(&h, &c), "a third's turn");
	second = vrrp_health_delay_ns(&h, NS_PER_S);
	ok(second < first && second > 500 * MS,
	   "who has waited longer is earlier");
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

/* --- bytes -----------------------------------------------------------------
 */

static void echoes(void)
{
	const struct vrrp_echo e = {.id = 0x1234, .seq = 7, .nonce = 0};
	static const uint8_t header[20] = {0x45};
	uint8_t p[60] = {0}, out[VRRP_ECHO_LEN];
	struct vrrp_echo got;

	vrrp_echo_write(4, &e, out);
	ok(memcmp(out, "\x08\0\xe5\xc4\x12\x34\0\x07", 8) == 0,
	   "a request of IPv4, with its checksum");
	vrrp_echo_write(6, &e, out);
	ok(memcmp(out, "\x80\0\0\0\x12\x34\0\x07", 8) == 0,
	   "of IPv6, whose checksum is the kernel's");
	out[0] = 129;
	ok(vrrp_echo_read(6, out, sizeof(out), &got) && got.seq == 7 &&
		   got.id == 0x1234,
	   "a reply");
	ok(!vrrp_echo_read(6, out, sizeof(out) - 1, &got), "cut short");
	out[1] = 1;
	ok(!vrrp_echo_read(6, out, sizeof(out), &got), "of another code");
	memcpy(p, header, sizeof(header));
	memcpy(p + 20, "\0\0\0\0\x12\x34\0\x07", 8);
	ok(vrrp_echo_read(4, p, 36, &got) && got.seq == 7,
	   "a reply behind an IP header");
	ok(!vrrp_echo_read(4, p, 35, &got), "cut short");
	p[0] = 0x4f;
	ok(!vrrp_echo_read(4, p, 36, &got), "with a header that is longer");
	p[0] = 0x44;
	ok(!vrrp_echo_read(4, p, 36, &got), "or shorter than one is");
	ok(!vrrp_echo_read(4, p, 0, &got), "or nothing");
	p[0] = 0x45;
	p[20] = 8;
	ok(!vrrp_echo_read(4, p, 36, &got), "a request is no reply");
}

/* --- its configuration -----------------------------------------------------
 */

static const struct {
	const char *health, *says; /* NULL: taken */
	const char *more;
} files[] = {
	{"{interval: 30s, gateways: [192.0.2.1, \"fd00::1\"]}", NULL, ""},
	{"{interval: 0, gateways: [192.0.2.1]}", NULL, ""},
	{"{interval: 100ms, gateways: [192.0.2.1]}", NULL, ""},
	{"{interval: 99ms, gateways: [192.0.2.1]}",
	 "'interval' of health is 100ms to 1h, or 0 for none", ""},
	{"{interval: 1s}", "'health' needs 'gateways'", ""},
	{"{interval: 1s, gateways: 192.0.2.1}",
	 "'gateways' must be a list of 16 addresses at most", ""},
	{"{interval: 1s, gateways: [x]}", "this is no address", ""},
	{"{interval: 1s, gateways: [192.0.2.1]}",
	 "the owner of the addresses (priority 255) cannot hand over: it has "
	 "no 'health'",
	 "  priority: 255\n"},
};

static void configurations(void)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_buf struct buf text = {0}, errs = {0}, out = {0};
		struct vrrp_config c = {0};
		int r;

		buf_printf(&text,
			   "control: /run/x\nrouters:\n- name: a\n"
			   "  interface: e\n  vrid: 1\n%s  health: %s\n"
			   "  virtual_addresses: [{address: 10.0.0.1/24, dev: "
			   "e}]\n",
			   files[i].more, files[i].health);
		buf_adds(&errs, "");
		r = vrrp_config_parse("f", text.data, text.len, &c, &errs);
		ok(files[i].says ? r < 0 && strstr(errs.data, files[i].says)
				 : r == 0,
		   "health: %s%s", files[i].health, errs.data);
		if (r == 0 && c.routers[0].health_ns) {
			vrrp_config_print(&c, &out);
			ok(strstr(out.data, "  health: {interval: "),
			   "and is printed");
		}
		vrrp_config_release(&c);
	}
}

int main(void)
{
	rounds();
	off();
	late();
	settling();
	turns();
	lan(false);
	lan(true);
	alone();
	echoes();
	configurations();
	return tap_done();
}
