/* SPDX-License-Identifier: MIT */
#include "verify/looks/look.h"

#include "verify/looks/arp.h"
#include "verify/looks/capture/capture.h"
#include "verify/looks/capture/hear.h"
#include "verify/looks/dhcp.h"
#include "verify/looks/dhcp6.h"
#include "verify/looks/dns.h"
#include "verify/looks/fault/fault.h"
#include "verify/looks/guest.h"
#include "verify/looks/http.h"
#include "verify/looks/ping.h"
#include "verify/looks/probe.h"
#include "verify/looks/programs.h"
#include "verify/looks/ra.h"
#include "verify/looks/sweep.h"
#include "verify/looks/tcp.h"
#include "verify/looks/trace.h"
#include "verify/looks/tracked.h"
#include "verify/looks/watch.h"

const struct agent_op verify_agent_ops[] = {
	{"arp", look_arp, true, NULL},
	{"capture", look_capture, true, capture_before},
	{"ping", look_ping, true, NULL},
	{"probe", look_probe, true, NULL},
	{"trace", look_trace, true, NULL},
	{"watch", look_watch, true, NULL},
	{"fault", look_fault, true, NULL},
	{"cut", look_cut, true, NULL},
	{"pause", look_pause, true, NULL},
	{"kill", look_kill, true, NULL},
	{"dhcp", look_dhcp, true, NULL},
	{"dhcp6", look_dhcp6, true, NULL},
	{"dns", look_dns, true, NULL},
	{"guest", look_guest, true, NULL},
	{"http", look_http, true, NULL},
	{"programs", look_programs, true, NULL},
	{"ra", look_ra, true, NULL},
	{"renew", look_renew, true, NULL},
	{"sweep", look_sweep, true, NULL},
	{"tcp", look_tcp, true, NULL},
	{"tracked", look_tracked, true, NULL},
	{"hear", look_hear, true, NULL},
	{"utter", look_utter, true, NULL},
	{NULL, NULL, false, NULL},
};
