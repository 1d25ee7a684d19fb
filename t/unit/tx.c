/* SPDX-License-Identifier: MIT */
/* What is asked of changes on their way, without a change. */
#include "lib/auto.h"
#include "provision/node/tx.h"
#include "t/lib/tap.h"

static struct res link_of(const char *netns, const char *name)
{
	return (struct res){
		.kind = RES_LINK, .netns = netns, .link.name = name};
}

/* A far end gets its address and MTU from what is wanted of it. */
static void wanted(void)
{
	auto_arena struct arena a = {0};
	struct res res[] = {link_of("", "tap1"), link_of("vm", "eth0"),
			    link_of("other", "eth0"), link_of("vm", "eth1")};
	struct res none = link_of("other", "eth1");
	const struct plan p = {.res = res, .n = 4};
	const struct changes ch = {0};
	struct tx tx = {0};
	struct err err = {0};
	size_t i;

	if (!ok(tx_open(&tx, &a, &p, &ch, &err) == 0, "opened %s", err.msg))
		return;
	for (i = 0; i < p.n; i++)
		ok(tx_wanted(&tx, &res[i]) == &res[i],
		   "link %zu of the plan is found", i + 1);
	ok(!tx_wanted(&tx, &none), "one that is not wanted is not");
	tx_close(&tx);
}

int main(void)
{
	wanted();
	return tap_done();
}
