/* SPDX-License-Identifier: MIT */
#include "verify/looks/answer.h"

#include "verify/looks/look.h"

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

void answer_frames(struct arena *a, const struct doc *d,
		   struct seen_frames *ret)
{
	int type = (int)doc_int(d, "linktype", -1);
	const struct doc *list = doc_get(d, "frames"), *item;
	uint8_t bytes[LOOK_SNAPLEN_MAX];

	*ret = (struct seen_frames){.from = doc_int(d, "from", 0),
				    .to = doc_int(d, "to", 0),
				    .dropped = doc_int(d, "dropped", 0)};
	DOC_FOREACH (item, list) {
		struct frame *f;
		size_t len;

		if (ret->n == LOOK_FRAMES_MAX)
			break;
		f = arena_push(a, &ret->frames, &ret->n, sizeof(*f));
		len = unhex(doc_str(item, "hex", ""), bytes, sizeof(bytes));
		/* What cannot be decoded stays as far as it was. */
		(void)decode_frame(type, bytes, len, f);
		f->t = doc_int(item, "t", 0);
		f->wire_len = (unsigned)doc_int(item, "len", 0);
	}
}

void answer_probes(struct arena *a, const struct doc *d, struct seen_pings *ret)
{
	const struct doc *list = doc_get(d, "probes"), *item;
	const char *error = doc_str(d, "error", NULL);

	*ret = (struct seen_pings){.duplicates = doc_int(d, "duplicates", 0)};
	if (error)
		ret->send_error = arena_strdup(a, error);
	DOC_FOREACH (item, list) {
		struct seen_probe *p;

		if (ret->n == LOOK_PROBES_MAX)
			break;
		p = arena_push(a, &ret->probes, &ret->n, sizeof(*p));
		p->sent = doc_int(item, "sent", 0);
		p->rtt = doc_int(item, "rtt", -1);
		p->ttl = (uint8_t)doc_int(item, "ttl", 0);
	}
}
