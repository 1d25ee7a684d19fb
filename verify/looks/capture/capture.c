/* SPDX-License-Identifier: MIT */
/*
 * Capturing: libpcap in immediate mode, so that a frame is here when it
 * happened and not when a buffer is full, with the kernel's own stamps in
 * nanoseconds. The interface is not made promiscuous: looking changes
 * nothing, and in a lab every frame of interest is delivered anyhow.
 *
 * Frames are kept as they are and written when the capture ends. An interface
 * that goes down or away ends nothing: what was seen is told, with the error.
 */
#include "verify/looks/capture/capture.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/capture/libpcap.h"
#include "verify/looks/op.h"

#define RING_BYTES (1 << 20)
#define ANY "any"
#define DOWN_PAUSE (10 * NS_PER_MS)

struct kept {
	int64_t t;
	unsigned wire_len, len;
	const uint8_t *data;
};

/* A sender of adverts, and how often it was seen. */
struct flow {
	uint32_t vni, vlan;
	struct ip src;
	uint8_t vrid;
	bool counts;
	int64_t n;
};

struct capture {
	struct arena arena;
	pcap_t *pcap;
	int linktype;
	struct kept *frames;
	size_t n, max, bytes;
	struct flow *flows;
	size_t nflows, full;
	struct ip *srcs; /* whose flows count; none: all */
	size_t nsrcs;
	int64_t enough_frames, enough_flows; /* 0: never enough */
	struct mono least;                   /* not enough of them before */
	struct ip *dsts;                     /* that frames were sent to */
	size_t ndsts;
	int64_t enough_dsts; /* 0: never enough */
};

static void pcap_free(pcap_t **p)
{
	if (*p)
		libpcap.close(*p);
}

static int pcap_fail(pcap_t *p, int code, const char *dev, struct err *reterr)
{
	const char *words = libpcap.geterr(p);

	return err_set(reterr,
		       code == PCAP_ERROR_NO_SUCH_DEVICE ? -ENODEV
		       : code == PCAP_ERROR_PERM_DENIED  ? -EPERM
		       : code == PCAP_ERROR_IFACE_NOT_UP ? -ENETDOWN
							 : -EIO,
		       "capture on %s: %s", dev,
		       words && *words ? words : libpcap.statustostr(code));
}

static int start(pcap_t *p, const char *dev, const char *filter, int snaplen,
		 struct err *reterr)
{
	struct bpf_program prog;
	char words[PCAP_ERRBUF_SIZE];
	int r;

	libpcap.set_snaplen(p, snaplen);
	libpcap.set_promisc(p, 0);
	libpcap.set_immediate_mode(p, 1);
	libpcap.set_buffer_size(p, RING_BYTES);
	libpcap.set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	r = libpcap.activate(p);
	if (r < 0)
		return pcap_fail(p, r, dev, reterr);
	if (strcmp(dev, ANY) == 0) {
		r = libpcap.set_datalink(p, DLT_LINUX_SLL2);
		if (r < 0)
			return pcap_fail(p, r, dev, reterr);
	}
	if (*filter) {
		r = libpcap.compile(p, &prog, filter, 1, PCAP_NETMASK_UNKNOWN);
		if (r < 0)
			return err_set(reterr, -EINVAL, "filter '%.200s': %s",
				       filter, libpcap.geterr(p));
		r = libpcap.setfilter(p, &prog);
		libpcap.freecode(&prog);
		if (r < 0)
			return pcap_fail(p, r, dev, reterr);
	}
	if (libpcap.setnonblock(p, 1, words) < 0)
		return err_set(reterr, -EIO, "capture on %s: %s", dev, words);
	return 0;
}

static bool counts(const struct capture *c, const struct ip *src)
{
	for (size_t i = 0; i < c->nsrcs; i++)
		if (ip_equal(&c->srcs[i], src))
			return true;
	return !c->nsrcs;
}

/* False where there is enough of its sender. */
static bool count_flow(struct capture *c, const struct kept *k)
{
	struct frame f;
	struct flow *w;
	size_t i;

	decode_frame(c->linktype, k->data, k->len, &f);
	if (f.kind != FRAME_ADVERT)
		return true;
	for (i = 0; i < c->nflows; i++) {
		w = &c->flows[i];
		if (w->vni == f.vni && w->vlan == f.vlan &&
		    w->vrid == f.advert.vrid && ip_equal(&w->src, &f.ip_src)) {
			if (++w->n == c->enough_frames && w->counts)
				c->full++;
			return w->n <= CAPTURE_FLOW_FRAMES;
		}
	}
	if (c->nflows == CAPTURE_FLOWS_MAX)
		return false;
	w = arena_push(&c->arena, &c->flows, &c->nflows, sizeof(*w));
	*w = (struct flow){.vni = f.vni,
			   .vlan = f.vlan,
			   .src = f.ip_src,
			   .vrid = f.advert.vrid,
			   .counts = counts(c, &f.ip_src),
			   .n = 1};
	if (c->enough_frames == 1 && w->counts)
		c->full++;
	return true;
}

static void count_dst(struct capture *c, const struct kept *k)
{
	struct frame f;
	struct ip *d;
	size_t i;

	decode_frame(c->linktype, k->data, k->len, &f);
	if (!ip_is_set(&f.ip_dst))
		return;
	for (i = 0; i < c->ndsts; i++)
		if (ip_equal(&c->dsts[i], &f.ip_dst))
			return;
	d = arena_push(&c->arena, &c->dsts, &c->ndsts, sizeof(*d));
	*d = f.ip_dst;
}

static bool enough_flows(const struct capture *c)
{
	return c->enough_frames && c->enough_flows &&
	       c->full >= (size_t)c->enough_flows;
}

static bool full(const struct capture *c)
{
	if (c->n >= c->max || c->bytes >= CAPTURE_BYTES)
		return true;
	if (c->enough_dsts && c->ndsts >= (size_t)c->enough_dsts)
		return true;
	return enough_flows(c) && !mono_before(clock_mono(), c->least);
}

static void on_frame(unsigned char *user, const struct pcap_pkthdr *h,
		     const unsigned char *data)
{
	struct capture *c = (struct capture *)(void *)user;
	/* With nanosecond precision tv_usec holds nanoseconds. */
	struct kept now = {.t = h->ts.tv_sec * NS_PER_S + h->ts.tv_usec,
			   .wire_len = h->len,
			   .len = h->caplen,
			   .data = data};
	uint8_t *copy;

	if (full(c) || (c->enough_frames && !count_flow(c, &now)))
		return;
	copy = arena_alloc(&c->arena, h->caplen ? h->caplen : 1);
	memcpy(copy, data, h->caplen);
	now.data = copy;
	*(struct kept *)arena_push(&c->arena, &c->frames, &c->n, sizeof(now)) =
		now;
	c->bytes += h->caplen;
	if (c->enough_dsts)
		count_dst(c, &now);
}

/* Until it is full, the time is up or stop comes; *ret_error or NULL. */
static void run(struct capture *c, struct mono until, const char **ret_error)
{
	unsigned wake;
	int r;

	*ret_error = NULL;
	while (!full(c)) {
		if (enough_flows(c))
			until = mono_min(until, c->least);
		wake = look_wait(libpcap.get_selectable_fd(c->pcap), until);
		r = libpcap.dispatch(c->pcap, -1, on_frame,
				     (unsigned char *)(void *)c);
		if (r < 0) {
			*ret_error = libpcap.geterr(c->pcap);
			/* Down, not gone: it may come up again. */
			if (!strstr(*ret_error, "went down") ||
			    (look_wait(-1, mono_add(clock_mono(), DOWN_PAUSE)) &
			     LOOK_STOP))
				return;
		}
		if (wake & (LOOK_STOP | LOOK_TIME))
			return;
	}
}

static void write_frames(struct json *j, const struct capture *c)
{
	static const char digits[] = "0123456789abcdef";
	auto_buf struct buf hex = {0};
	size_t i, k;

	json_key(j, "frames");
	json_arr(j);
	for (i = 0; i < c->n; i++) {
		const struct kept *f = &c->frames[i];

		buf_reset(&hex);
		for (k = 0; k < f->len; k++) {
			buf_addc(&hex, digits[f->data[k] >> 4]);
			buf_addc(&hex, digits[f->data[k] & 0x0f]);
		}
		json_obj(j);
		json_kint(j, "t", f->t);
		json_kint(j, "len", f->wire_len);
		json_kstr(j, "hex", hex.data ? hex.data : "");
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void capture_release(struct capture *c)
{
	arena_release(&c->arena);
}

static int read_srcs(struct capture *c, const struct doc *req,
		     struct err *reterr)
{
	const struct doc *list = doc_get(req, "enough_srcs"), *item;

	DOC_FOREACH (item, list) {
		struct ip ip;

		if (c->nsrcs == CAPTURE_FLOWS_MAX || item->kind != DOC_SCALAR ||
		    ip_parse(item->str, &ip) < 0)
			return err_set(reterr, -EINVAL,
				       "enough_srcs: not a list of addresses");
		*(struct ip *)arena_push(&c->arena, &c->srcs, &c->nsrcs,
					 sizeof(ip)) = ip;
	}
	return 0;
}

/* Each capture is a child; the library is loaded once, by the agent. */
void capture_before(void)
{
	(void)libpcap_load(NULL);
}

int look_capture(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_(capture_release) struct capture c = {0};
	auto_(pcap_free) pcap_t *pcap = NULL;
	char words[PCAP_ERRBUF_SIZE] = "";
	int64_t snaplen, max, duration, least, from;
	struct pcap_stat st = {0};
	const char *netns = doc_str(req, "netns", "");
	const char *dev = doc_str(req, "dev", ""), *error;
	unsigned index;
	int r;

	r = look_number(req, "snaplen", 1, CAPTURE_SNAPLEN_MAX, 256, &snaplen,
			reterr);
	if (r == 0)
		r = look_number(req, "max_frames", 1, CAPTURE_FRAMES_MAX,
				CAPTURE_FRAMES_MAX, &max, reterr);
	if (r == 0)
		r = look_number(req, "duration_ms", 0, LOOK_DURATION_MAX_MS,
				LOOK_DURATION_MAX_MS, &duration, reterr);
	if (r == 0)
		r = look_number(req, "enough_frames", 0, CAPTURE_FRAMES_MAX, 0,
				&c.enough_frames, reterr);
	if (r == 0)
		r = look_number(req, "enough_flows", 0, CAPTURE_FLOWS_MAX, 1,
				&c.enough_flows, reterr);
	if (r == 0)
		r = look_number(req, "enough_dsts", 0, CAPTURE_FLOWS_MAX, 0,
				&c.enough_dsts, reterr);
	if (r == 0)
		r = look_number(req, "at_least_ms", 0, LOOK_DURATION_MAX_MS, 0,
				&least, reterr);
	if (r == 0)
		r = read_srcs(&c, req, reterr);
	if (r == 0)
		r = libpcap_load(reterr);
	if (r == 0)
		r = look_enter(netns, reterr);
	if (r < 0)
		return r;
	if (strcmp(dev, ANY) != 0) {
		r = look_dev(netns, dev, &index, reterr);
		if (r < 0)
			return r;
	}
	pcap = libpcap.create(dev, words);
	if (!pcap)
		return err_set(reterr, -EIO, "capture on %s: %s", dev, words);
	r = start(pcap, dev, doc_str(req, "filter", ""), (int)snaplen, reterr);
	if (r < 0)
		return r;
	c.pcap = pcap;
	c.linktype = libpcap.datalink(pcap) == DLT_EN10MB ? DECODE_ETHERNET
							  : DECODE_LINUX_SLL2;
	if (c.linktype == DECODE_LINUX_SLL2 &&
	    libpcap.datalink(pcap) != DLT_LINUX_SLL2)
		return err_set(reterr, -EPROTONOSUPPORT,
			       "capture on %s: not an Ethernet interface", dev);
	c.max = (size_t)max;
	from = clock_real_ns();
	c.least = mono_add(clock_mono(), least * NS_PER_MS);
	run(&c, mono_add(clock_mono(), duration * NS_PER_MS), &error);
	json_kint(j, "linktype", c.linktype);
	json_kint(j, "from", from);
	json_kint(j, "to", clock_real_ns());
	if (libpcap.stats(pcap, &st) == 0)
		json_kint(j, "dropped", st.ps_drop);
	if (error)
		json_kstr(j, "error", error);
	write_frames(j, &c);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void capture_ask(const struct capture_ask *q, struct buf *out)
{
	char text[IP_TEXT_MAX];
	struct json j;

	/* Members, not an object: a key at depth 0 has no braces around. */
	json_init(&j, out, 0);
	json_kstr(&j, "netns", q->netns);
	json_kstr(&j, "dev", q->dev);
	json_kstr(&j, "filter", q->filter);
	if (q->snaplen)
		json_kint(&j, "snaplen", q->snaplen);
	if (q->duration_ms)
		json_kint(&j, "duration_ms", q->duration_ms);
	if (q->enough_frames) {
		json_kint(&j, "enough_frames", (int64_t)q->enough_frames);
		json_kint(&j, "enough_flows", (int64_t)q->enough_flows);
		json_kint(&j, "at_least_ms", q->at_least_ms);
	}
	if (q->nsrcs && q->nsrcs <= CAPTURE_FLOWS_MAX) {
		json_key(&j, "enough_srcs");
		json_arr(&j);
		for (size_t i = 0; i < q->nsrcs; i++)
			json_str(&j, ip_print(&q->srcs[i], text));
		json_arr_end(&j);
	}
	/* More than can be counted are never enough. */
	if (q->enough_dsts <= CAPTURE_FLOWS_MAX)
		json_kint(&j, "enough_dsts", (int64_t)q->enough_dsts);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of a hexadecimal text; what is none ends them. */
static size_t unhex(const char *hex, uint8_t *out, size_t max)
{
	size_t n;

	for (n = 0; n < max; n++) {
		int hi = nibble(hex[2 * n]);
		int lo = hi < 0 ? -1 : nibble(hex[2 * n + 1]);

		if (lo < 0)
			break;
		out[n] = (uint8_t)(hi << 4 | lo);
	}
	return n;
}

/* A frame as it is told. */
struct told {
	int64_t t;
	unsigned len;
	const char *hex;
};

struct told_frames {
	int64_t linktype, from, to, dropped;
	const char *error;
	struct told *frames;
	size_t n;
};

static const struct key told_rows[] = {
	{"t", KEY_INT, KEY_FIELD(struct told, t)},
	{"len", KEY_UINT, KEY_FIELD(struct told, len)},
	{"hex", KEY_TEXT, KEY_FIELD(struct told, hex), .def_text = ""},
};

static const struct key_table told_table =
	KEY_TABLE("frame", struct told, told_rows);

static const struct key rows[] = {
	{"linktype", KEY_INT, KEY_FIELD(struct told_frames, linktype),
	 .def = -1},
	{"from", KEY_INT, KEY_FIELD(struct told_frames, from)},
	{"to", KEY_INT, KEY_FIELD(struct told_frames, to)},
	{"dropped", KEY_INT, KEY_FIELD(struct told_frames, dropped)},
	{"error", KEY_TEXT, KEY_FIELD(struct told_frames, error)},
	{"frames", KEY_LIST, KEY_ITEMS(struct told_frames, frames, n),
	 .max = CAPTURE_FRAMES_MAX, .table = &told_table},
};

static const struct key_table table =
	KEY_TABLE("answer", struct told_frames, rows);

void capture_answer(struct arena *a, const struct doc *d,
		    struct seen_frames *ret)
{
	auto_arena struct arena scratch = {0};
	uint8_t bytes[CAPTURE_SNAPLEN_MAX];
	struct told_frames told = {0};

	keys_read_loose(&scratch, d, &table, &told);
	*ret = (struct seen_frames){.from = told.from,
				    .to = told.to,
				    .dropped = told.dropped,
				    .n = told.n};
	if (told.error)
		ret->cut = arena_strdup(a, told.error);
	ret->frames = arena_array(a, told.n, sizeof(*ret->frames));
	for (size_t i = 0; i < told.n; i++) {
		struct frame *f = &ret->frames[i];
		size_t len = unhex(told.frames[i].hex, bytes, sizeof(bytes));

		/* What cannot be decoded stays as far as it was. */
		(void)decode_frame((int)told.linktype, bytes, len, f);
		f->t = told.frames[i].t;
		f->wire_len = told.frames[i].len;
	}
}
