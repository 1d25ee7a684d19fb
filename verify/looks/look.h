/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_LOOK_H
#define LABCTL_VERIFY_LOOKS_LOOK_H

/*
 * What an agent can look at for verify and the drill, as operations of the
 * agent's protocol (provision/agent.h). All of them are parallel, all take
 * "netns" ("" for the node's own), and all end at once on "stop" and answer
 * with what they have.
 *
 *   capture {"dev", "snaplen", "filter", "max_frames", "duration_ms",
 *            "enough_frames", "enough_flows"}
 *        -> {"linktype", "from", "to", "dropped", "frames":
 *            [{"t", "len", "hex"}], "error"}
 *        dev "any" gives cooked frames of every interface. Ends at
 *        max_frames, after duration_ms, or when enough_flows different
 *        senders of adverts (VNI, source, VRID) have been seen enough_frames
 *        times each. A link that goes down meanwhile ends nothing.
 *   ping {"dst", "count", "interval_us", "timeout_ms"}
 *        -> {"probes": [{"sent", "rtt", "ttl"}], "duplicates", "error"}
 *        count 0: until stop. rtt is -1 where no reply came in timeout_ms,
 *        sent is CLOCK_REALTIME, both in ns. error is the first that sending
 *        met.
 *   watch {"duration_ms"}
 *        -> {"events": [{"t", "what", "dev", "text"}], "overrun"}
 *        what is +addr, -addr, +route, -route or link.
 *   fault {"dev", "max_ms"} -> {"down", "up"}
 *        sets the link down and, on stop, after max_ms, or when this process
 *        or its agent dies in whatever way, up again. -EALREADY where it was
 *        down before.
 */

#include "provision/node/agent.h"

#define LOOK_SNAPLEN_MAX 65535
#define LOOK_FRAMES_MAX 20000         /* of one capture */
#define LOOK_CAPTURE_BYTES (6u << 20) /* of all its frames */
#define LOOK_FLOWS_MAX 4096
#define LOOK_DURATION_MAX_MS 600000
#define LOOK_PROBES_MAX 50000
#define LOOK_PING_INTERVAL_MIN_US 1000
#define LOOK_EVENTS_MAX 50000

extern const struct agent_op verify_agent_ops[];

#endif
