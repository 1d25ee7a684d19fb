#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The drill with the engine killed and with the whole node killed; several in a
# row, and what is left when labctl is killed in the middle.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle

"$LABCTL" failover --count 0 "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 2 "--count 0 is refused"
like "$(cat "$TMP/err")" "--count is 1 to" "and it says what is not"

"$LABCTL" failover --fault engine-kill --count 2 "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "engine-kill, twice: all points hold" || diag "$(cat "$TMP/tap" "$TMP/err")"
like "$(cat "$TMP/tap")" "# router2: fault to first advert of the new +[0-9.]+ +[0-9.]+ +[0-9.]+ +2 of 2" \
	"least, median and most of both" || diag "$(cat "$TMP/tap")"
like "$(cat "$TMP/tap")" "ok 25 - outage: .*, run 2" "each point says of which run it is"
settle
was=$ACTIVE

"$LABCTL" failover --fault node-kill -o json "$LAB" >"$TMP/json" 2>"$TMP/err"
ok $? "node-kill: all points hold" || diag "$(cat "$TMP/json" "$TMP/err")"
like "$(cat "$TMP/json")" '"node": "'"$was"'"' "the active node was killed"
settle
is "$BACKUP" "$was" "node-kill: the node is back, as a standby"
"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
ok $? "node-kill: nothing differs afterwards" || diag "$(cat "$TMP/out")"

# labctl killed while the node is dead: its guard makes the node anew, and
# keeps others away until it has.
was=$ACTIVE
"$LABCTL" failover --fault node-kill "$LAB" >"$TMP/tap" 2>"$TMP/err" &
pid=$!
for ((i = 0; i < 100; i++)); do on "$was" true 2>/dev/null || break; sleep 0.1; done
kill -9 $pid
wait $pid 2>/dev/null
for ((i = 0; i < 150; i++)); do "$LABCTL" up "$FILE" >"$TMP/out" 2>&1 && break; sleep 0.1; done
like "$(cat "$TMP/out")" "5 nodes, 0 changes" "SIGKILL of labctl: the node is made anew" ||
	diag "$(cat "$TMP/out")"
settle
ok $? "and the router has its roles"
tap_done
