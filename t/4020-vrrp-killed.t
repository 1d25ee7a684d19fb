#!/bin/bash
# SPDX-License-Identifier: MIT
# Engines that are killed or stopped, supervisors that are: never two holders.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
conf a; conf b "promote_delay: 200us"
is "$(elect a)" a "one is active"
start b

t0=$(ms)
kill -KILL "$(field a pid)"
wait_state b active 2000
ok $? "SIGKILL of the engine: the other takes over"
is "$(field b why)" "the active one stopped" \
	"in the skew, as the supervisor says priority 0 ($(($(ms) - t0)) ms)"
is "$(holders a b)" b "the dead one's addresses are gone"
is "$(has a)" "" "all of them"
wait_state a backup 2000
ok $? "its engine is started again, as a backup"
sleep 0.5
is "$(active a b)" b "which does not preempt"

super=$(field b supervisor) engine=$(field b pid)
kill -KILL "$super"
wait_state a active 2000
ok $? "SIGKILL of the supervisor: the engine stops in good order"
sleep 0.1
is "$(has b)" "" "and leaves nothing"
kill -0 "$engine" 2>/dev/null
ok $(($? == 0)) "and is gone"

start b
super=$(field a supervisor) engine=$(field a pid)
kill -STOP "$super" "$engine"
kill -KILL "$engine" "$super"
wait_state b active 2000
ok $? "both killed: the other takes over"
is "$(holders a b)" "a b" "but nobody removed what was there"
start a
is "$(holders a b)" b "the next start removes it before anything else"
grep -q 'left over' /run/a/vrrp.log
ok $? "and says so"

# Late wake-ups. The greater address is the one that stands still, so the
# tie-break alone would give it the role back.
wait_state b active 1000
engine=$(field b pid)
kill -STOP "$engine"
wait_state a active 2000
ok $? "SIGSTOP of the active engine: the other takes over"
sleep 0.5
kill -CONT "$engine"
wait_state b backup 500
ok $? "woken it becomes a backup, though its address is greater"
is "$(has b)" "" "and has let go"
sleep 0.5
is "$(active a b)" a "the incumbent stays"
is "$(has a)" "$ALL" "with everything"
is "$(state_json a | grep -o '"split_brain_won": [0-9]*')" '"split_brain_won": 1' \
	"and has announced again"
engine=$(field b pid)
kill -STOP "$engine"; sleep 1; kill -CONT "$engine"; sleep 0.6
is "$(active a b)" a "a backup that stood still does not take over"
is "$(state_of b)" backup "nor claim to"
is "$(field b became_active)" 1 "nor ever did"

engine=$(field a pid) super=$(field a supervisor)
kill -TERM "$super"
wait_state b active 1000
ok $? "SIGTERM of the supervisor: handed over"
sleep 0.1
kill -0 "$engine" 2>/dev/null
ok $(($? == 0)) "and ended"
kill -TERM "$(field b pid)"
sleep 0.3
is "$(holders a b)" "" "SIGTERM of the engine: addresses removed"
start b
ok $? "a start right after is not in the way of the one before"
stop b
tap_done
