#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The VRRP engines of root's lab have their real-time schedule, where root may
# give one: after up, after an engine was killed, and after up made its parent
# anew. Nobody else has it, whatever words he has.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/emul.sh
. "$(dirname "$0")/lib/emul.sh"
need_root
command -v chrt >/dev/null || skip_all "needs chrt"
LABCTL_STATE=$TMP/state
export LABCTL_STATE
said=$("$LABCTL" doctor 2>&1 | grep 'real-time')
if ! chrt -r 10 true 2>/dev/null; then
	like "$said" 'scheduled as any program' "doctor says that it cannot be had"
	skip "engines have their schedule" "root may give nobody a real-time schedule here"
	tap_done
fi
like "$said" 'can be had' "doctor says that the schedule can be had"

lab_make 1s
"$LABCTL" up -q --no-wait "$FILE" >/dev/null 2>"$TMP/err"
ok $? "a lab" || diag "$(cat "$TMP/err")"

# Parents and engines, as the machine numbers them: PID PPID POLICY words.
engines() {
	ps -eo pid=,ppid=,cls=,args= |
		awk -v of="/run/labctl/$LAB/" '$4 == "labctl" && $6 == "run" && index($7, of) == 1'| grep "[l]abctl vrrp run /run/labctl/$LAB/"
}
classes() { engines | awk '{print $3}' | sort | uniq -c | xargs; }
# The engines alone: those whose parents are among them.
children() { engines | awk '{all[$1]; of[$1] = $2} END {for (p in of) if (of[p] in all) print p}'; }
is "$(classes)" "4 RR" "both nodes' engines, and the parents that start them, have it" ||
	diag "$(engines)"
for pid in $(children); do
	like "$(chrt -p "$pid")" 'RESET_ON_FORK' "engine $pid: what it starts does not get it"
done
is "$(ps -eLo cls=,args= | awk '$1 == "RR" && /labctl/ && !/vrrp run/')" "" \
	"no other process of the lab has"

victim=$(children | head -n 1)
kill -9 "$victim"
# shellcheck disable=SC2317 # called by until_ok
back() { [ "$(children | wc -l)" -eq 2 ] && [ "$(classes)" = "4 RR" ] && ! kill -0 "$victim" 2>/dev/null; }
until_ok 20 back
ok $? "an engine that was killed came back with it" || diag "$(engines)"

# What looks like an engine is not one: not the node's program, or beside it.
"$LABCTL" exec -l "$LAB" network1 -- bash -c "
	exec -a 'labctl vrrp run /run/labctl/$LAB/vrrp.yaml' sleep 60" >/dev/null 2>&1 &
until_ok 10 sh -c "ps -eo args= | grep -q '^labctl vrrp run /run/labctl/$LAB/vrrp.yaml 60'"

parent=$(engines | awk -v of="$(children | head -n 1)" '$1 == of {print $2}')
kill -9 "$parent"
# shellcheck disable=SC2317 # likewise
gone() { ! kill -0 "$parent" 2>/dev/null && [ "$(children | wc -l)" -eq 2 ]; }
until_ok 20 gone
"$LABCTL" up -q --no-wait "$FILE" >/dev/null 2>"$TMP/err"
ok $? "up after a parent was killed" || diag "$(cat "$TMP/err")"
is "$(classes)" "4 RR 1 TS" "up gave it to who came in its place, and not to who only looks so" ||
	diag "$(engines)"
tap_done
