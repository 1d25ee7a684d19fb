/* SPDX-License-Identifier: MIT */
#include "verify/looks/guest.h"

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/machine/ask.h"
#include "verify/looks/op.h"

#define POLL_NS (50 * NS_PER_MS)

int look_guest(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct machine_held held;
	char client[2] = "";
	int e;

	e = machine_look(&a, doc_str(req, "netns", ""), &held, reterr);
	if (e < 0)
		return e;
	client[0] = held.client;
	if (held.leased) {
		json_key(j, "lease");
		lease_encode(&held.lease, j);
	}
	json_kstr(j, "resolv", held.resolv);
	if (*client)
		json_kstr(j, "client", client);
	return 0;
}

static bool has_renewed(const char *netns, int64_t since)
{
	auto_arena struct arena a = {0};
	struct machine_held held;

	return machine_look(&a, netns, &held, NULL) == 0 && held.leased &&
	       held.lease.at_ns >= since;
}

/* One that has no client, or no machine, is not waited for beyond the rest. */
int look_renew(const struct doc *req, struct json *j, struct err *reterr)
{
	const struct doc *list = doc_get(req, "machines"), *item;
	int64_t ms, since = clock_real_ns();
	struct mono end;
	bool all = false;
	int r;

	(void)j;
	r = look_number(req, "timeout_ms", 0, LOOK_DURATION_MAX_MS, 0, &ms,
			reterr);
	if (r < 0)
		return r;
	end = mono_add(clock_mono(), ms * NS_PER_MS);
	DOC_FOREACH (item, list)
		(void)machine_renew(item->str ? item->str : "", NULL);
	while (!all && mono_before(clock_mono(), end)) {
		if (look_wait(-1, mono_add(clock_mono(), POLL_NS)) & LOOK_STOP)
			return 0;
		all = true;
		DOC_FOREACH (item, list)
			all = all &&
			      has_renewed(item->str ? item->str : "", since);
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
	const char *resolv = doc_str(d, "resolv", NULL);

	*ret = (struct seen_guest){0};
	if (!resolv) {
		ret->error = "its answer is missing";
		return;
	}
	ret->resolv = arena_strdup(a, resolv);
	ret->client = *doc_str(d, "client", "");
	ret->leased = lease && lease_decode(lease, &ret->lease, NULL) == 0;
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
