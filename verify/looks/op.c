/* SPDX-License-Identifier: MIT */
#include "verify/looks/op.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "provision/node/agent.h"

int look_number(const struct doc *req, const char *key, int64_t min,
		int64_t max, int64_t def, int64_t *ret, struct err *reterr)
{
	const struct doc *d = doc_get(req, key);
	int64_t v = def;

	if (d && !doc_is_null(d)) {
		/* Two defaults that differ tell a number from none. */
		v = doc_int(req, key, min - 1);
		if (v < min || v > max || doc_int(req, key, min - 2) != v)
			return err_set(reterr, -EINVAL,
				       "%s must be %" PRId64 " to %" PRId64,
				       key, min, max);
	}
	*ret = v;
	return 0;
}

int look_enter(const struct doc *req, struct err *reterr)
{
	return netns_enter(doc_str(req, "netns", ""), reterr);
}

int look_dev(const struct doc *req, const char **ret, unsigned *ret_index,
	     struct err *reterr)
{
	const char *dev = doc_str(req, "dev", ""), *ns;

	if (!*dev || strlen(dev) >= IFNAMSIZ)
		return err_set(reterr, -EINVAL,
			       "'%.64s' cannot name an interface", dev);
	*ret_index = if_nametoindex(dev);
	if (!*ret_index) {
		ns = doc_str(req, "netns", "");
		return err_set(reterr, -ENODEV, "no interface %s%s%s", dev,
			       *ns ? " in " : "", ns);
	}
	*ret = dev;
	return 0;
}

unsigned look_wait(int fd, struct mono until)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN},
			     {.fd = agent_stop_fd(), .events = POLLIN}};
	struct timespec ts, *timeout = NULL;
	unsigned wake = 0;
	int64_t left;
	int r;

	do {
		if (!mono_is_never(until)) {
			left = mono_sub(until, clock_mono());
			if (left < 0)
				left = 0;
			ts.tv_sec = (time_t)(left / NS_PER_S);
			ts.tv_nsec = (long)(left % NS_PER_S);
			timeout = &ts;
		}
		r = ppoll(p, 2, timeout, NULL);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return LOOK_STOP;
	if (p[0].revents)
		wake |= LOOK_READY;
	if (p[1].revents)
		wake |= LOOK_STOP;
	if (!mono_is_never(until) && !mono_before(clock_mono(), until))
		wake |= LOOK_TIME;
	return wake;
}

const char *look_read(struct arena *a, const struct doc *d,
		      const struct key_table *t, void *ret)
{
	struct err err;

	if (!d || d->kind != DOC_MAP)
		return "its answer is missing";
	if (keys_read_open(a, d, t, ret, &err) < 0)
		return arena_printf(a, "its answer cannot be read: %s",
				    err.msg);
	return NULL;
}
