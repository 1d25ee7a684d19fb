/* SPDX-License-Identifier: MIT */
/* The decoder of what nodes tell each other of connections. What is taken must
 * be encoded to a datagram that is taken again and means the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provision/sync/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int cond, const char *what)
{
	if (cond)
		return;
	fprintf(stderr, "sync_wire: %s\n", what);
	abort();
}

static int same(const struct ct_state *a, const struct ct_state *b)
{
	return a->proto == b->proto && a->tcp == b->tcp && a->zone == b->zone &&
	       a->status == b->status && a->timeout == b->timeout &&
	       ip_equal(&a->orig.src, &b->orig.src) &&
	       ip_equal(&a->orig.dst, &b->orig.dst) &&
	       ip_equal(&a->reply.src, &b->reply.src) &&
	       ip_equal(&a->reply.dst, &b->reply.dst) &&
	       a->orig.sport == b->orig.sport &&
	       a->reply.dport == b->reply.dport;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire w, again;
	uint8_t out[WIRE_MAX];
	enum wire_drop why = wire_decode(data, size, &w);
	size_t i, len;

	must(why < WIRE_DROP_N && wire_drop_names[why], "no name");
	if (why != WIRE_TAKEN)
		return 0;
	must(w.n <= WIRE_RECORDS_MAX, "too many");
	len = wire_encode(&w, out);
	must(len == size, "another length");
	must(wire_decode(out, len, &again) == WIRE_TAKEN, "not taken again");
	must(again.kind == w.kind && again.n == w.n && again.epoch == w.epoch &&
		     again.number == w.number,
	     "another head");
	for (i = 0; i < w.n; i++)
		must(same(&w.items[i], &again.items[i]), "another record");
	return 0;
}
