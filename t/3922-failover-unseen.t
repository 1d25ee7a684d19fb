#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The drill with faults that no link tells of: a node that stands still, an
# overlay that loses everything, a gateway that is out of reach.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle

stopped() { [ "$(on "$1" ps -e -o stat= | grep -c '^T')" -gt 0 ]; }

"$LABCTL" failover --fault partition "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "partition: all points hold" || diag "$(cat "$TMP/tap" "$TMP/err")"
settle
"$LABCTL" failover --fault node-pause "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "node-pause: all points hold" || diag "$(cat "$TMP/tap" "$TMP/err")"
settle

# labctl killed outright: the node goes on by itself.
was=$ACTIVE
"$LABCTL" failover --fault node-pause "$LAB" >"$TMP/tap" 2>"$TMP/err" &
pid=$!
for ((i = 0; i < 100; i++)); do stopped "$was" && break; sleep 0.1; done
stopped "$was"
ok $? "node-pause: the node's programs are stopped"
kill -9 $pid
wait $pid 2>/dev/null
for ((i = 0; i < 100; i++)); do stopped "$was" || break; sleep 0.1; done
stopped "$was"
is "$?" 1 "SIGKILL of labctl: they go on"
settle

"$LABCTL" failover --fault gateway-loss --router router2 "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "gateway-loss: without a watch on the gateway the drill fails"
like "$(cat "$TMP/tap")" "documented weakness: .*gateway" "and the weakness is named" ||
	diag "$(cat "$TMP/tap" "$TMP/err")"
"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
ok $? "nothing differs afterwards" || diag "$(cat "$TMP/out")"
tap_done
