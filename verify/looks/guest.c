/* SPDX-License-Identifier: MIT */
#include "verify/looks/guest.h"

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/machine/ask.h"
#include "verify/looks/op.h"

#define POLL_NS (50 * NS_PER_MS)

int look_guest(const struct doc *req, struct json *j, struct err *reterr)
{
	const char *netns = doc_str(req, "netns", ""), *lost;
	auto_arena struct arena a = {0};
	struct machine_held held;
	char client[2] = "", client6[2] = "";
	int e;

	e = machine_look(&a, netns, &held, reterr);
	if (e < 0)
		return e;
	client[0] = held.client;
	client6[0] = held.client6;
	if (held.leased) {
		json_key(j, "lease");
		lease_encode(&held.lease, j);
		lost = machine_lost(&a, netns, &held.lease);
		if (lost)
			json_kstr(j, "lost", lost);
	}
	if (held.leased6) {
		json_key(j, "lease6");
		lease6_encode(&held.lease6, j);
	}
	json_kstr(j, "resolv", held.resolv);
	if (*client)
		json_kstr(j, "client", client);
	if (*client6)
		json_kstr(j, "client6", client6);
	return 0;
}

/* One that is told to renew, and what it held before. */
struct renewing {
	const char *netns;
	bool four, six;
};

static struct renewing begin_renewal(const char *netns)
{
	auto_arena struct arena a = {0};
	struct renewing r = {.netns = netns};
	struct machine_held held;

	if (machine_look(&a, netns, &held, NULL) == 0) {
		r.four = held.leased;
		r.six = held.leased6 && held.lease6.naddrs;
		(void)machine_renew(netns, NULL);
	}
	return r;
}

static bool has_renewed(const struct renewing *r, int64_t since)
{
	auto_arena struct arena a = {0};
	struct machine_held held;

	return machine_look(&a, r->netns, &held, NULL) == 0 &&
	       (!r->four || (held.leased && held.lease.at_ns >= since)) &&
	       (!r->six || (held.leased6 && held.lease6.at_ns >= since));
}

/* One that has no client, or no machine, is not waited for beyond the rest. */
int look_renew(const struct doc *req, struct json *j, struct err *reterr)
{
	const struct doc *list = doc_get(req, "machines"), *item;
	auto_arena struct arena a = {0};
	struct renewing *all = NULL;
	int64_t ms, since = clock_real_ns();
	size_t i, n = 0;
	struct mono end;
	bool done = false;
	int r;

	(void)j;
	r = look_number(req, "timeout_ms", 0, LOOK_DURATION_MAX_MS, 0, &ms,
			reterr);
	if (r < 0)
		return r;
	end = mono_add(clock_mono(), ms * NS_PER_MS);
	DOC_FOREACH (item, list)
		*(struct renewing *)arena_push(&a, &all, &n, sizeof(*all)) =
			begin_renewal(item->str ? item->str : "");
	while (!done && mono_before(clock_mono(), end)) {
		if (look_wait(-1, mono_add(clock_mono(), POLL_NS)) & LOOK_STOP)
			return 0;
		done = true;
		for (i = 0; i < n; i++)
			done = done && has_renewed(&all[i], since);
	}
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void guest_ask(const char *netns, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", netns);
}

void guest_answer(struct arena *a, const struct doc *d, struct seen_guest *ret)
{
	const struct doc *lease = doc_get(d, "lease");
	const struct doc *lease6 = doc_get(d, "lease6");
	const char *resolv = doc_str(d, "resolv", NULL);

	*ret = (struct seen_guest){0};
	if (!resolv) {
		ret->error = "its answer is missing";
		return;
	}
	ret->resolv = arena_strdup(a, resolv);
	ret->lost = doc_str(d, "lost", NULL);
	if (ret->lost)
		ret->lost = arena_strdup(a, ret->lost);
	ret->client = *doc_str(d, "client", "");
	ret->client6 = *doc_str(d, "client6", "");
	ret->leased = lease && lease_decode(lease, &ret->lease, NULL) == 0;
	ret->leased6 = lease6 && lease6_decode(lease6, &ret->lease6, NULL) == 0;
}

void renew_ask(const char *const *machines, size_t n, unsigned timeout_ms,
	       struct buf *out)
{
	struct json j;
	size_t i;

	json_init(&j, out, 0);
	json_kint(&j, "timeout_ms", timeout_ms);
	json_key(&j, "machines");
	json_arr(&j);
	for (i = 0; i < n; i++)
		json_str(&j, machines[i]);
	json_arr_end(&j);
}
