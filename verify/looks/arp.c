/* SPDX-License-Identifier: MIT */
/*
 * Asking by ARP
 * =============
 * By a packet socket, so that every answer is heard, and none by the kernel's
 * own table: two who claim one address are told apart by their MAC addresses.
 * A question that nobody answers is repeated each second.
 */
#include "verify/looks/arp.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

/* Where things are, RFC 826 on Ethernet. */
enum { ETH = 14, OP = 20, SHA = 22, SPA = 28, THA = 32, TPA = 38 };
enum { REQUEST = 1, REPLY = 2 };

/* Hardware Ethernet, protocol IPv4, and the lengths of their addresses. */
static const uint8_t head[] = {0, 1, 0x08, 0x00, 6, 4};

#define AGAIN (1000 * NS_PER_MS)
#define FRAME_MAX 256

void arp_question(const struct mac *mac, const struct arp_target *t,
		  uint8_t *out)
{
	memset(out, 0, ARP_SIZE);
	memset(out, 0xff, 6);
	memcpy(out + 6, mac->b, 6);
	out[12] = ETH_P_ARP >> 8;
	out[13] = ETH_P_ARP & 0xff;
	memcpy(out + ETH, head, sizeof(head));
	out[OP + 1] = REQUEST;
	memcpy(out + SHA, mac->b, 6);
	memcpy(out + SPA, t->from.b, 4);
	memcpy(out + TPA, t->ip.b, 4);
}

bool arp_read(const uint8_t *frame, size_t len, struct seen_holder *ret)
{
	if (len < ARP_SIZE || frame[12] != ETH_P_ARP >> 8 ||
	    frame[13] != (ETH_P_ARP & 0xff) ||
	    memcmp(frame + ETH, head, sizeof(head)) != 0 || frame[OP] ||
	    frame[OP + 1] != REPLY)
		return false;
	*ret = (struct seen_holder){.ip.family = 4};
	memcpy(ret->ip.b, frame + SPA, 4);
	memcpy(ret->mac.b, frame + SHA, 6);
	return true;
}

/* --- the agent's side ----------------------------------------------------- */

struct asking {
	int fd;
	struct mac mac;
	struct arp_target targets[ARP_TARGETS_MAX];
	bool answered[ARP_TARGETS_MAX];
	size_t n, open; /* not answered yet */
	struct seen_holder holders[ARP_ANSWERS_MAX];
	size_t nholders;
	struct mono end; /* sooner, once all were answered */
	int64_t settle_ns;
};

static void take(struct asking *k, const struct seen_holder *x)
{
	size_t i, h;

	for (i = 0; i < k->n; i++)
		if (ip_equal(&k->targets[i].ip, &x->ip))
			break;
	if (i == k->n)
		return;
	for (h = 0; h < k->nholders; h++)
		if (ip_equal(&k->holders[h].ip, &x->ip) &&
		    mac_equal(&k->holders[h].mac, &x->mac))
			return;
	if (h < ARP_ANSWERS_MAX)
		k->holders[k->nholders++] = *x;
	if (k->answered[i])
		return;
	k->answered[i] = true;
	if (!--k->open)
		k->end = mono_min(k->end, mono_add(clock_mono(), k->settle_ns));
}

static void receive(struct asking *k)
{
	unsigned n = 0;
	uint8_t frame[FRAME_MAX];
	struct seen_holder x;
	ssize_t r;

	while (n++ < LOOK_BURST_MAX &&
	       (r = recv(k->fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		if (arp_read(frame, (size_t)r, &x))
			take(k, &x);
}

static int ask_all(const struct asking *k, struct err *reterr)
{
	uint8_t frame[ARP_SIZE];

	for (size_t i = 0; i < k->n; i++) {
		if (k->answered[i])
			continue;
		arp_question(&k->mac, &k->targets[i], frame);
		if (send(k->fd, frame, sizeof(frame), 0) < 0)
			return err_sys(reterr, -errno, "ask by ARP");
	}
	return 0;
}

static int ask_and_wait(struct asking *k, struct err *reterr)
{
	struct mono now = clock_mono(), due = now;
	unsigned wake = 0;
	int r;

	while (!(wake & LOOK_STOP) && mono_before(now, k->end)) {
		if (!mono_before(now, due)) {
			r = ask_all(k, reterr);
			if (r < 0)
				return r;
			due = mono_add(now, AGAIN);
		}
		wake = look_wait(k->fd, mono_min(due, k->end));
		receive(k);
		now = clock_mono();
	}
	return 0;
}

/* --- requests and answers, by rows ---------------------------------------- */

static const struct key target_rows[] = {
	{"ip", KEY_IP, KEY_FIELD(struct arp_target, ip), .flags = KEY_REQUIRED},
	{"from", KEY_IP, KEY_FIELD(struct arp_target, from),
	 .flags = KEY_REQUIRED},
};

static const struct key_table target_table =
	KEY_TABLE("target", struct arp_target, target_rows);

static const struct key ask_rows[] = {
	LOOK_LINK_ROWS(struct arp_ask),
	{"targets", KEY_LIST, KEY_ITEMS(struct arp_ask, targets, n),
	 .max = ARP_TARGETS_MAX, .table = &target_table},
	{"duration_ms", KEY_UINT, KEY_FIELD(struct arp_ask, duration_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 3000},
	{"settle_ms", KEY_UINT, KEY_FIELD(struct arp_ask, settle_ms),
	 .max = LOOK_DURATION_MAX_MS, .def = 200},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct arp_ask, ask_rows);

static const struct key holder_rows[] = {
	{"ip", KEY_IP, KEY_FIELD(struct seen_holder, ip)},
	{"mac", KEY_MAC, KEY_FIELD(struct seen_holder, mac)},
};

static const struct key_table holder_table =
	KEY_TABLE("holder", struct seen_holder, holder_rows);

static const struct key answer_rows[] = {
	{"answers", KEY_LIST, KEY_ITEMS(struct seen_holders, items, n),
	 .flags = KEY_REQUIRED, .max = ARP_ANSWERS_MAX, .table = &holder_table},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct seen_holders, answer_rows);

static int take_targets(struct asking *k, const struct arp_ask *q,
			struct err *reterr)
{
	for (size_t i = 0; i < q->n; i++) {
		if (q->targets[i].ip.family != 4 ||
		    q->targets[i].from.family != 4)
			return err_set(reterr, -EINVAL,
				       "ARP asks for IPv4 addresses");
		k->targets[k->n++] = q->targets[i];
	}
	k->open = k->n;
	return 0;
}

int look_arp(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	struct asking k = {0};
	struct arp_ask q = {0};
	unsigned index;
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = take_targets(&k, &q, reterr);
	if (r == 0)
		r = look_link(q.netns, q.dev, &index, reterr);
	if (r < 0)
		return r;
	fd = look_packets(index, ETH_P_ARP, reterr);
	if (fd < 0)
		return fd;
	k.fd = fd;
	k.mac = q.mac;
	k.end = mono_add(clock_mono(), q.duration_ms * NS_PER_MS);
	k.settle_ns = q.settle_ms * NS_PER_MS;
	r = ask_and_wait(&k, reterr);
	if (r == 0)
		keys_write(&answer_table,
			   &(struct seen_holders){.items = k.holders,
						  .n = k.nholders},
			   j);
	return r;
}

/* --- the other side ------------------------------------------------------- */

void arp_ask(const struct arp_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void arp_answer(struct arena *a, const struct doc *d, struct seen_holders *ret)
{
	*ret = (struct seen_holders){0};
	ret->error = look_read_loose(a, d, &answer_table, ret);
}
