/* SPDX-License-Identifier: MIT */
#include "verify/looks/op.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/auto.h"
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

int look_enter(const char *netns, struct err *reterr)
{
	return netns_enter(netns, reterr);
}

int look_dev(const char *netns, const char *dev, unsigned *ret_index,
	     struct err *reterr)
{
	if (!*dev || strlen(dev) >= IFNAMSIZ)
		return err_set(reterr, -EINVAL,
			       "'%.64s' cannot name an interface", dev);
	*ret_index = if_nametoindex(dev);
	if (!*ret_index)
		return err_set(reterr, -ENODEV, "no interface %s%s%s", dev,
			       *netns ? " in " : "", netns);
	return 0;
}

int look_link(const char *netns, const char *dev, unsigned *ret_index,
	      struct err *reterr)
{
	int r = look_enter(netns, reterr);

	return r < 0 ? r : look_dev(netns, dev, ret_index, reterr);
}

int look_packets(unsigned index, unsigned protocol, struct err *reterr)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons((uint16_t)protocol),
				 .sll_ifindex = (int)index};
	auto_close int fd =
		socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_sys(reterr, -errno, "open a packet socket");
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(reterr, -errno, "bind a packet socket");
	return take_fd(&fd);
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

void look_ask(const struct key_table *t, const void *q, struct buf *out)
{
	struct json j;

	/* Members, not an object: a key at depth 0 has no braces around. */
	json_init(&j, out, 0);
	keys_write(t, q, &j);
	buf_adds(out, "");
}

int look_request(struct arena *a, const struct doc *req,
		 const struct key_table *t, void *ret, struct err *reterr)
{
	return keys_read_open(a, req, t, ret, reterr);
}

static const char missing[] = "its answer is missing";

const char *look_read(struct arena *a, const struct doc *d,
		      const struct key_table *t, void *ret)
{
	struct err err;

	if (!d || d->kind != DOC_MAP)
		return missing;
	if (keys_read_open(a, d, t, ret, &err) < 0)
		return arena_printf(a, "its answer cannot be read: %s",
				    err.msg);
	return NULL;
}

const char *look_read_loose(struct arena *a, const struct doc *d,
			    const struct key_table *t, void *ret)
{
	keys_read_loose(a, d, t, ret);
	for (size_t i = 0; i < t->n; i++)
		if ((t->keys[i].flags & KEY_REQUIRED) &&
		    !doc_get(d, t->keys[i].name))
			return missing;
	return NULL;
}
