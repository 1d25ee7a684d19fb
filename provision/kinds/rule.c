/* SPDX-License-Identifier: MIT */
/*
 * Rules of `ip rule`. No lab has any but those that the kernel makes with a
 * namespace: another one in a namespace that the lab made turns packets away
 * or elsewhere, and goes; one of the kernel's that went is put back.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/netns.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void id(const struct res *r, struct buf *out)
{
	buf_printf(out, "%u/%" PRIu32 "/%s", r->rule.family, r->rule.priority,
		   r->rule.words);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "rule %s%" PRIu32 ": %s",
		   r->rule.family == 6 ? "-6 " : "", r->rule.priority,
		   r->rule.words);
	kind_print_place(r->netns, out);
}

static const char *const actions[] = {
	[FR_ACT_GOTO] = "goto",           [FR_ACT_NOP] = "nop",
	[FR_ACT_BLACKHOLE] = "blackhole", [FR_ACT_UNREACHABLE] = "unreachable",
	[FR_ACT_PROHIBIT] = "prohibit",
};

static void prefix(struct buf *b, const char *word, const struct nlattr *a,
		   uint8_t len)
{
	struct ipnet n = {rtmsg_ip(a), len};
	char t[IP_TEXT_MAX];

	if (a)
		buf_printf(b, "%s %s ", word, ipnet_print(&n, t));
}

static void name(struct buf *b, const char *word, const struct nlattr *a)
{
	if (a)
		buf_printf(b, "%s %.*s ", word,
			   (int)strnlen(nla_data(a), (size_t)nla_len(a)),
			   (const char *)nla_data(a));
}

/*
 * What else one can ask of a packet. Words of an attribute's number at least: a
 * rule of the kernel's own by its words has no other attributes.
 */
static const char *const conditions[] = {
	[FRA_FLOW] = "realms",
	[FRA_TUN_ID] = "tun_id",
	[FRA_SUPPRESS_IFGROUP] = "suppress_ifgroup",
	[FRA_SUPPRESS_PREFIXLEN] = "suppress_prefixlength",
	[FRA_GOTO] = "to",
	[FRA_L3MDEV] = "l3mdev",
	[FRA_UID_RANGE] = "uidrange",
	[FRA_IP_PROTO] = "ipproto",
	[FRA_SPORT_RANGE] = "sport",
	[FRA_DPORT_RANGE] = "dport",
};

static bool is_told(const struct nlattr *a)
{
	switch (nla_type(a)) {
	case FRA_DST:
	case FRA_SRC:
	case FRA_IIFNAME:
	case FRA_OIFNAME:
	case FRA_FWMARK:
	case FRA_FWMASK:
	case FRA_TABLE:
	case FRA_PRIORITY: /* beside the words */
	case FRA_PROTOCOL: /* who made it */
	case FRA_PAD:
		return true;
	case FRA_SUPPRESS_IFGROUP:
	case FRA_SUPPRESS_PREFIXLEN:
		return rtmsg_u32(a) == UINT32_MAX; /* none */
	default:
		return false;
	}
}

static void put_range(struct buf *b, const struct nlattr *a)
{
	uint32_t uid[2];
	uint16_t port[2];

	if (nla_len(a) == sizeof(uid)) {
		memcpy(uid, nla_data(a), sizeof(uid));
		buf_printf(b, "%" PRIu32 "-%" PRIu32 " ", uid[0], uid[1]);
	} else if (nla_len(a) == sizeof(port)) {
		memcpy(port, nla_data(a), sizeof(port));
		buf_printf(b, "%u-%u ", port[0], port[1]);
	}
}

static void more(const struct nlmsghdr *h, struct buf *b)
{
	const size_t hdr = sizeof(struct fib_rule_hdr);
	const struct nlattr *a = nlmsg_attrdata(h, (int)hdr);
	int left = nlmsg_attrlen(h, (int)hdr);

	for (; nla_ok(a, left); a = nla_next(a, &left)) {
		unsigned type = (unsigned)nla_type(a);

		if (is_told(a))
			continue;
		if (type < ARRAY_LEN(conditions) && conditions[type])
			buf_printf(b, "%s ", conditions[type]);
		else
			buf_printf(b, "attribute %u ", type);
		if (type == FRA_UID_RANGE || type == FRA_SPORT_RANGE ||
		    type == FRA_DPORT_RANGE)
			put_range(b, a);
		else if (nla_len(a) == 1)
			buf_printf(b, "%u ", rtmsg_u8(a));
		else if (nla_len(a) == 4)
			buf_printf(b, "%" PRIu32 " ", rtmsg_u32(a));
	}
}

static void words(const struct nlmsghdr *raw, struct nlattr **tb, struct buf *b)
{
	const struct fib_rule_hdr *h = NLMSG_DATA(raw);
	uint32_t table = tb[FRA_TABLE] ? rtmsg_u32(tb[FRA_TABLE]) : h->table;

	if (h->flags & FIB_RULE_INVERT)
		buf_adds(b, "not ");
	prefix(b, "from", tb[FRA_SRC], h->src_len);
	prefix(b, "to", tb[FRA_DST], h->dst_len);
	if (h->tos)
		buf_printf(b, "tos 0x%02x ", h->tos);
	name(b, "iif", tb[FRA_IIFNAME]);
	name(b, "oif", tb[FRA_OIFNAME]);
	/* Of a mark of 0 the mask alone is told. */
	if (tb[FRA_FWMARK] || tb[FRA_FWMASK])
		buf_printf(b, "fwmark 0x%" PRIx32, rtmsg_u32(tb[FRA_FWMARK]));
	if (tb[FRA_FWMASK] && rtmsg_u32(tb[FRA_FWMASK]) != UINT32_MAX)
		buf_printf(b, "/0x%" PRIx32, rtmsg_u32(tb[FRA_FWMASK]));
	if (tb[FRA_FWMARK] || tb[FRA_FWMASK])
		buf_addc(b, ' ');
	more(raw, b);
	if (h->action == FR_ACT_TO_TBL)
		buf_printf(b, "lookup %" PRIu32, table);
	else if (h->action < ARRAY_LEN(actions) && actions[h->action])
		buf_adds(b, actions[h->action]);
	else
		buf_printf(b, "action %u", h->action);
}

static int on_rule(const struct nlmsghdr *h, void *ctx)
{
	struct look *l = ctx;
	const struct fib_rule_hdr *rule = NLMSG_DATA(h);
	struct nlattr *tb[FRA_MAX + 1];
	auto_buf struct buf text = {0};
	struct nlmsghdr *raw;
	struct res *r;

	if (!rtmsg_parse(h, RTM_NEWRULE, sizeof(*rule), tb, FRA_MAX) ||
	    (rule->family != AF_INET && rule->family != AF_INET6))
		return 0;
	r = seen_push(l->a, l->ns, RES_RULE);
	if (!r)
		return -E2BIG;
	words(h, tb, &text);
	r->rule.family = rule->family == AF_INET6 ? 6 : 4;
	r->rule.priority = rtmsg_u32(tb[FRA_PRIORITY]);
	r->rule.words = arena_strndup(l->a, text.data, text.len);
	raw = arena_alloc(l->a, h->nlmsg_len);
	memcpy(raw, h, h->nlmsg_len);
	r->rule.raw = raw;
	return 0;
}

static void forget(void *ctx)
{
	struct look *l = ctx;

	l->ns->of[RES_RULE].n = 0;
}

static int look(struct look *l, struct err *reterr)
{
	const struct fib_rule_hdr all = {.family = AF_UNSPEC};

	/* The node's own rules are its own business. */
	if (*l->ns->name && rtmsg_dump(l->rtnl, RTM_GETRULE, &all, sizeof(all),
				       on_rule, forget, l, reterr) < 0)
		return err_prefix(reterr, "rules");
	return 0;
}

/* What every namespace begins with. */
static const struct beginning {
	uint8_t family;
	uint32_t priority;
	uint8_t table;
} beginning[] = {
	{4, 0, RT_TABLE_LOCAL},       {4, 32766, RT_TABLE_MAIN},
	{4, 32767, RT_TABLE_DEFAULT}, {6, 0, RT_TABLE_LOCAL},
	{6, 32766, RT_TABLE_MAIN},
};

static struct res first_rule(struct arena *a, const char *netns,
			     const struct beginning *b)
{
	struct res r = {.kind = RES_RULE, .netns = netns};

	r.rule.family = b->family;
	r.rule.priority = b->priority;
	r.rule.words = arena_printf(a, "lookup %u", b->table);
	return r;
}

static bool of_the_kernel(const struct res_rule *r)
{
	char words[32];
	size_t i;

	for (i = 0; i < ARRAY_LEN(beginning); i++) {
		snprintf(words, sizeof(words), "lookup %u", beginning[i].table);
		if (r->family == beginning[i].family &&
		    r->priority == beginning[i].priority &&
		    strcmp(r->words, words) == 0)
			return true;
	}
	return false;
}

static bool extra(struct diff *d, const struct res *have)
{
	return !of_the_kernel(&have->rule) && netns_is_labs(d, have->netns);
}

static void missing(struct diff *d, const char *netns)
{
	struct arena *a = diff_arena(d);
	struct res r, *want;
	size_t i;

	for (i = 0; i < ARRAY_LEN(beginning); i++) {
		r = first_rule(a, netns, &beginning[i]);
		if (diff_seen(d, &r))
			continue;
		want = arena_alloc(a, sizeof(*want));
		*want = r;
		diff_add(d, want);
	}
}

/* They are in no plan, as the kernel makes them. */
static void extra_node(struct diff *d)
{
	const struct observed *o = diff_have(d);
	size_t i;

	for (i = 0; i < o->nns; i++)
		if (netns_is_labs(d, o->ns[i].name))
			missing(d, o->ns[i].name);
}

static void set(struct tx *tx, const struct change *c)
{
	const struct res_rule *want = &c->want->rule;
	struct place *p = tx_place(tx, c->want->netns, c);
	struct fib_rule_hdr h = {.action = FR_ACT_TO_TBL};
	struct nl_msg *m;
	size_t i;

	for (i = 0; i < ARRAY_LEN(beginning); i++)
		if (beginning[i].family == want->family &&
		    beginning[i].priority == want->priority)
			h.table = beginning[i].table;
	if (!p)
		return;
	h.family = want->family == 6 ? AF_INET6 : AF_INET;
	m = rtnl_add(p->rtnl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &h,
		     sizeof(h), "rule %s", want->words);
	(void)nla_put_u32(m, FRA_PRIORITY, want->priority);
	(void)nla_put_u32(m, FRA_TABLE, h.table);
	(void)nla_put_u8(m, FRA_PROTOCOL, RTPROT_KERNEL);
}

/* The kernel's own message, sent back with another type, removes the rule
 * that it told of, whatever is in it. */
static void unmake(struct tx *tx, const struct change *c)
{
	const struct nlmsghdr *h = c->have.rule.raw;
	size_t hdr = sizeof(struct fib_rule_hdr);
	struct place *p = tx_place(tx, c->have.netns, c);
	struct nl_msg *m;

	if (!p || !h)
		return;
	m = rtnl_add(p->rtnl, RTM_DELRULE, 0, NLMSG_DATA(h), hdr, "rule %s",
		     c->have.rule.words);
	(void)nlmsg_append(m, (char *)NLMSG_DATA(h) + NLMSG_ALIGN(hdr),
			   h->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(hdr)), 0);
}

static const char *const families[] = {"", "", "", "", "ip", "", "ip6"};

static const struct key rows[] = {
	{"family", KEY_ENUM, KEY_FIELD(struct res, rule.family),
	 KEY_WORDS(families), .flags = KEY_REQUIRED},
	{"priority", KEY_UINT, KEY_FIELD(struct res, rule.priority)},
	{"words", KEY_TEXT, KEY_FIELD(struct res, rule.words),
	 .flags = KEY_REQUIRED},
};

static const struct key_table keys = KEY_TABLE("rule", struct res, rows);

const struct kind kind_rule = {
	.name = "rule",
	.keys = &keys,
	.list = "rules",
	.rank = 5,
	.id = id,
	.print = print,
	.look = look,
	.extra = extra,
	.extra_node = extra_node,
	.set = set,
	.unmake = unmake,
};
