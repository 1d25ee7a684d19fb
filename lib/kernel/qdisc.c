/* SPDX-License-Identifier: MIT */
/*
 * netem holds frames back for their delay, so its queue must have room for all
 * that is on its way: a wire's worth of frames, and as with tbf a tenth of a
 * second of those that wait for their turn.
 */
#include "lib/kernel/qdisc.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/kernel/rtmsg.h"
#include "lib/mono.h"

#define FRAME 1500u     /* bytes */
#define ROOM_MIN 1000u  /* frames */
#define ROOM_MAX 20000u /* likewise */
#define WAIT_PARTS 10u  /* of a second of what waits */
#define BURST_PARTS 50u /* of a second that may come at once */
#define BURST_MIN (4 * FRAME)
#define LOSS_OF UINT32_MAX /* what netem calls all frames */
#define PPM 1000000u

static uint32_t loss_word(uint32_t ppm)
{
	return (uint32_t)((uint64_t)LOSS_OF * ppm / PPM);
}

static uint32_t loss_ppm(uint32_t word)
{
	return (uint32_t)(((uint64_t)word * PPM + LOSS_OF / 2) / LOSS_OF);
}

static uint32_t room(const struct qdisc *q)
{
	uint64_t us = q->delay_us + q->jitter_us + 1000000u / WAIT_PARTS, n;

	if (!q->rate)
		return ROOM_MAX;
	n = q->rate / 8 / FRAME * us / 1000000u;
	return n < ROOM_MIN ? ROOM_MIN : n > ROOM_MAX ? ROOM_MAX : (uint32_t)n;
}

static void put_netem(struct nl_msg *m, const struct qdisc *q)
{
	const struct tc_netem_qopt opt = {.limit = room(q),
					  .loss = loss_word(q->loss_ppm)};
	int64_t delay = q->delay_us * NS_PER_US;
	int64_t jitter = q->jitter_us * NS_PER_US;
	uint64_t bytes = q->rate / 8;
	struct tc_netem_rate rate = {0};
	struct nlattr *in;

	(void)nla_put_string(m, TCA_KIND, "netem");
	in = nla_nest_start(m, TCA_OPTIONS);
	/* Attributes follow the struct inside. */
	(void)nlmsg_append(m, (void *)(uintptr_t)&opt, sizeof(opt),
			   NLMSG_ALIGNTO);
	(void)nla_put(m, TCA_NETEM_LATENCY64, sizeof(delay), &delay);
	(void)nla_put(m, TCA_NETEM_JITTER64, sizeof(jitter), &jitter);
	if (bytes) {
		if (bytes > UINT32_MAX)
			(void)nla_put_u64(m, TCA_NETEM_RATE64, bytes);
		rate.rate = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
		(void)nla_put(m, TCA_NETEM_RATE, sizeof(rate), &rate);
	}
	(void)nla_nest_end(m, in);
}

static void put_tbf(struct nl_msg *m, const struct qdisc *q)
{
	uint64_t bytes = q->rate / 8, burst = bytes / BURST_PARTS;
	uint64_t limit;
	struct tc_tbf_qopt opt = {
		.rate = {.linklayer = TC_LINKLAYER_ETHERNET,
			 .rate = bytes > UINT32_MAX ? UINT32_MAX
						    : (uint32_t)bytes},
	};
	struct nlattr *in;

	if (burst < BURST_MIN)
		burst = BURST_MIN;
	if (burst > UINT32_MAX / 2)
		burst = UINT32_MAX / 2;
	limit = burst + bytes / WAIT_PARTS;
	opt.limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
	(void)nla_put_string(m, TCA_KIND, "tbf");
	in = nla_nest_start(m, TCA_OPTIONS);
	(void)nla_put(m, TCA_TBF_PARMS, sizeof(opt), &opt);
	(void)nla_put_u32(m, TCA_TBF_BURST, (uint32_t)burst);
	if (bytes > UINT32_MAX)
		(void)nla_put_u64(m, TCA_TBF_RATE64, bytes);
	(void)nla_nest_end(m, in);
}

void qdisc_set(struct rtnl *r, unsigned index, const char *dev,
	       const struct qdisc *q)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC,
			   .tcm_ifindex = (int)index,
			   .tcm_parent = TC_H_ROOT};
	struct nl_msg *m;

	if (q->kind == QDISC_NONE) {
		m = rtnl_add(r, RTM_DELQDISC, 0, &tc, sizeof(tc),
			     "make %s a plain wire", dev);
		(void)m;
		return;
	}
	tc.tcm_handle = TC_H_MAKE(1u << 16, 0);
	m = rtnl_add(r, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &tc,
		     sizeof(tc), "make %s a worse wire", dev);
	if (q->kind == QDISC_NETEM)
		put_netem(m, q);
	else
		put_tbf(m, q);
}

/* --- reading -------------------------------------------------------------- */

static uint64_t get_u64(const struct nlattr *a)
{
	uint64_t v = 0;

	if (a && nla_len(a) >= (int)sizeof(v))
		memcpy(&v, nla_data(a), sizeof(v));
	return v;
}

static void read_netem(const struct nlattr *options, struct qdisc *ret)
{
	struct nlattr *tb[TCA_NETEM_MAX + 1] = {NULL};
	int len = nla_len(options), head;
	struct tc_netem_rate rate;
	struct tc_netem_qopt opt;
	const struct nlattr *a;

	if (len < (int)sizeof(opt))
		return;
	memcpy(&opt, nla_data(options), sizeof(opt));
	head = NLA_ALIGN((int)sizeof(opt));
	len -= head;
	for (a = (const struct nlattr *)((const char *)nla_data(options) +
					 head);
	     nla_ok(a, len); a = nla_next(a, &len))
		if (nla_type(a) <= TCA_NETEM_MAX)
			tb[nla_type(a)] = (struct nlattr *)(uintptr_t)a;
	ret->loss_ppm = loss_ppm(opt.loss);
	ret->delay_us = (uint32_t)(get_u64(tb[TCA_NETEM_LATENCY64]) / 1000);
	ret->jitter_us = (uint32_t)(get_u64(tb[TCA_NETEM_JITTER64]) / 1000);
	if (tb[TCA_NETEM_RATE] &&
	    nla_len(tb[TCA_NETEM_RATE]) >= (int)sizeof(rate)) {
		memcpy(&rate, nla_data(tb[TCA_NETEM_RATE]), sizeof(rate));
		ret->rate = (uint64_t)rate.rate * 8;
	}
	if (tb[TCA_NETEM_RATE64])
		ret->rate = get_u64(tb[TCA_NETEM_RATE64]) * 8;
}

static void read_tbf(const struct nlattr *options, struct qdisc *ret)
{
	struct nlattr *tb[TCA_TBF_MAX + 1];
	struct tc_tbf_qopt opt;

	rtmsg_nested(tb, TCA_TBF_MAX, options);
	if (!tb[TCA_TBF_PARMS] || nla_len(tb[TCA_TBF_PARMS]) < (int)sizeof(opt))
		return;
	memcpy(&opt, nla_data(tb[TCA_TBF_PARMS]), sizeof(opt));
	ret->rate = (uint64_t)opt.rate.rate * 8;
	if (tb[TCA_TBF_RATE64])
		ret->rate = get_u64(tb[TCA_TBF_RATE64]) * 8;
}

bool qdisc_read(const struct nlmsghdr *h, unsigned *ret_index,
		struct qdisc *ret)
{
	const struct tcmsg *tc = NLMSG_DATA(h);
	struct nlattr *tb[TCA_MAX + 1];
	const char *kind;

	if (!rtmsg_parse(h, RTM_NEWQDISC, sizeof(*tc), tb, TCA_MAX) ||
	    !tb[TCA_KIND] || tc->tcm_parent != TC_H_ROOT)
		return false;
	kind = nla_data(tb[TCA_KIND]);
	*ret = (struct qdisc){.kind = QDISC_OTHER};
	/* Without a handle it is the kernel's own. */
	if (strcmp(kind, "noqueue") == 0 || !tc->tcm_handle)
		ret->kind = QDISC_NONE;
	else if (strcmp(kind, "netem") == 0)
		ret->kind = QDISC_NETEM;
	else if (strcmp(kind, "tbf") == 0)
		ret->kind = QDISC_TBF;
	if (tb[TCA_OPTIONS] && ret->kind == QDISC_NETEM)
		read_netem(tb[TCA_OPTIONS], ret);
	if (tb[TCA_OPTIONS] && ret->kind == QDISC_TBF)
		read_tbf(tb[TCA_OPTIONS], ret);
	*ret_index = (unsigned)tc->tcm_ifindex;
	return true;
}

bool qdisc_equal(const struct qdisc *a, const struct qdisc *b)
{
	return a->kind == b->kind && a->delay_us == b->delay_us &&
	       a->jitter_us == b->jitter_us && a->loss_ppm == b->loss_ppm &&
	       a->rate / 8 == b->rate / 8;
}
