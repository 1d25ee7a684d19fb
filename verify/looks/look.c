/* SPDX-License-Identifier: MIT */
#include "verify/looks/look.h"

#include "verify/looks/capture/capture.h"

/* A new look is a line here, and look_NAME() in a module of its own. */
#define LOOKS(X)                                                               \
	X(arp, NULL)                                                           \
	X(capture, capture_before)                                             \
	X(ping, NULL)                                                          \
	X(probe, NULL)                                                         \
	X(trace, NULL)                                                         \
	X(watch, NULL)                                                         \
	X(fault, NULL)                                                         \
	X(cut, NULL)                                                           \
	X(pause, NULL)                                                         \
	X(kill, NULL)                                                          \
	X(dhcp, NULL)                                                          \
	X(dhcp6, NULL)                                                         \
	X(dns, NULL)                                                           \
	X(guest, NULL)                                                         \
	X(http, NULL)                                                          \
	X(programs, NULL)                                                      \
	X(ra, NULL)                                                            \
	X(renew, NULL)                                                         \
	X(sweep, NULL)                                                         \
	X(tcp, NULL)                                                           \
	X(hop, NULL)                                                           \
	X(tracked, NULL)                                                       \
	X(hear, NULL)                                                          \
	X(utter, NULL)

#define DECLARE(name, before) agent_fn look_##name;
LOOKS(DECLARE)

#define ROW(name, before) {#name, look_##name, true, before},
/* clang-format off */
const struct agent_op verify_agent_ops[] = {
	LOOKS(ROW)
	{NULL, NULL, false, NULL},
};
/* clang-format on */
