/* SPDX-License-Identifier: MIT */
/* Work that can wait gets an eighth of the time, however long it takes. */
#include "vrrp/pace.h"

#include "lib/clock.h"
#include "t/lib/tap.h"

/* How often work of so many ns is done in a second by one who always may. */
static unsigned done_in_a_second(int64_t work_ns)
{
	struct mono now = {.ns = 1000}, end = mono_add(now, NS_PER_S);
	struct pace p = {0};
	unsigned n = 0;

	while (mono_before(now, end)) {
		if (pace_may(&p, now)) {
			struct mono begun = now;

			now = mono_add(now, work_ns);
			pace_took(&p, begun, now);
			n++;
		} else {
			now = mono_add(now, 1000);
		}
	}
	return n;
}

int main(void)
{
	struct pace p = {0};
	struct mono now = {.ns = 5};

	ok(pace_may(&p, now), "the first is done at once");
	pace_took(&p, now, now);
	ok(pace_may(&p, now), "what takes no time needs no pause");
	pace_took(&p, now, mono_add(now, 100));
	ok(!pace_may(&p, mono_add(now, 799)), "else there is one");
	ok(pace_may(&p, mono_add(now, 800)), "of seven times as long");
	is_int(done_in_a_second(NS_PER_MS), 125, "of 1 ms each: 125 a second");
	is_int(done_in_a_second(10 * NS_PER_MS), 13, "of 10 ms each: 13");
	return tap_done();
}
