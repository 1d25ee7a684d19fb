/* SPDX-License-Identifier: MIT */
#include "verify/looks/look.h"

#include "verify/looks/capture.h"
#include "verify/looks/dhcp.h"
#include "verify/looks/dns.h"
#include "verify/looks/fault.h"
#include "verify/looks/guest.h"
#include "verify/looks/ping.h"
#include "verify/looks/probe.h"
#include "verify/looks/watch.h"

const struct agent_op verify_agent_ops[] = {
	{"capture", look_capture, true},
	{"ping", look_ping, true},
	{"probe", look_probe, true},
	{"watch", look_watch, true},
	{"fault", look_fault, true},
	{"dhcp", look_dhcp, true},
	{"dns", look_dns, true},
	{"guest", look_guest, true},
	{NULL, NULL, false},
};
