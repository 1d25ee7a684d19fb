/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "topologies/keys/keys.h"
#include "topologies/links.h"

static void read_loss(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	struct raw_link *l = obj;
	const char *text = v->kind == DOC_SCALAR ? v->str : "";
	int r = topo_loss_parse(text, &l->impair.loss_ppm);

	(void)k;
	if (r == -ERANGE)
		keys_wrong(ks, v, "'%s' of the frames are more than all", text);
	else if (r < 0 && v->kind == DOC_SCALAR)
		keys_wrong(ks, v, "'%s' is no share of the frames, such as 1%%",
			   text);
	else if (r < 0)
		keys_wrong(ks, v,
			   "expected a share of the frames such as 1%%, found "
			   "%s",
			   keys_found(v));
}

static void read_rate(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	struct raw_link *l = obj;
	const char *text = v->kind == DOC_SCALAR ? v->str : "";
	int r = topo_rate_parse(text, &l->impair.rate);

	(void)k;
	if (r == -ERANGE)
		keys_wrong(ks, v, "'%s' is not from 8kbit to 1000gbit", text);
	else if (r < 0 && v->kind == DOC_SCALAR)
		keys_wrong(ks, v,
			   "'%s' is no rate: a number and bit, kbit, mbit or "
			   "gbit, such as 100mbit",
			   text);
	else if (r < 0)
		keys_wrong(ks, v, "expected a rate such as 100mbit, found %s",
			   keys_found(v));
}

static void end(struct keys *ks, const struct doc *d, void *obj)
{
	struct raw_link *l = obj;
	const struct topo_impair *i = &l->impair;

	if (l->jitter_at && i->jitter_us && !l->delay_at)
		keys_wrong(ks, l->jitter_at,
			   "jitter is how far a delay varies, and there is no "
			   "'delay'");
	else if (l->delay_known && i->jitter_us > i->delay_us)
		keys_wrong(ks, l->jitter_at,
			   "the jitter is more than the delay (line %u), and "
			   "no frame comes before it was sent",
			   l->delay_at->line);
	else if (!doc_len(d))
		keys_wrong(ks, l->at,
			   "'%s' says nothing: a wire has a delay, jitter, "
			   "loss or rate",
			   l->name);
}

/* clang-format off */
static const struct key keys[] = {
	{"delay", KEY_DURATION, KEY_FIELD(struct raw_link, impair.delay_us),
	 .at = offsetof(struct raw_link, delay_at),
	 .known = offsetof(struct raw_link, delay_known), .unit = NS_PER_US,
	 .max = TOPO_DELAY_MAX_S * NS_PER_S, .step = NS_PER_US,
	 .example = "20ms",
	 .about = "How much later frames come out than they went in."},
	{"jitter", KEY_DURATION, KEY_FIELD(struct raw_link, impair.jitter_us),
	 .at = offsetof(struct raw_link, jitter_at), .unit = NS_PER_US,
	 .max = TOPO_DELAY_MAX_S * NS_PER_S, .step = NS_PER_US,
	 .example = "2ms",
	 .about = "By how much that varies, up and down: frames can overtake "
		  "one another."},
	{"loss", KEY_CUSTOM, KEY_FIELD(struct raw_link, impair.loss_ppm),
	 .at = offsetof(struct raw_link, loss_at), .read = read_loss,
	 .schema = "\"type\": \"string\", \"pattern\": "
		   "\"^[0-9]+([.][0-9]{1,4})?%$\"",
	 .what = "share in percent", .shown = "none", .example = "1%",
	 .about = "How many frames are lost, each by chance."},
	{"rate", KEY_CUSTOM, KEY_FIELD(struct raw_link, impair.rate),
	 .at = offsetof(struct raw_link, rate_at), .read = read_rate,
	 .schema = "\"type\": \"string\", \"pattern\": "
		   "\"^[0-9]+([.][0-9]{1,3})?(bit|kbit|mbit|gbit)$\"",
	 .what = "number and bit, kbit, mbit or gbit", .shown = "no limit",
	 .example = "100mbit",
	 .about = "Bits a second that get through; what is more waits for a "
		  "tenth of a second, or is lost."},
};
/* clang-format on */

const struct key_table link_keys_table = {
	.name = "link",
	.what = "wire",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_link),
	.id = offsetof(struct raw_link, name),
	.place = offsetof(struct raw_link, at),
	.end = end,
	.about = "What a wire between a node and a physical network does to "
		 "frames, in each direction. Its name is NODE.NETWORK, such "
		 "as `network1.tunnel`, or `outside.external`. Delay and "
		 "jitter need netem in the kernel; loss and rate do without.",
};
