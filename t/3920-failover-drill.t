#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The failover drill on a real lab: what it measures, that it puts everything
# back however it ends, and that the documented weakness is named.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
was=$ACTIVE

overlay_up() { [[ $(on "$1" ip -br link show eth1) == *UP* ]]; }

"$LABCTL" failover "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "the drill passes" || diag "$(cat "$TMP/tap" "$TMP/err")"
like "$(cat "$TMP/tap")" "# .*first advert" "a timeline is printed"
overlay_up "$was"
ok $? "the overlay interface is up again"
settle
is "$BACKUP" "$was" "the master has moved and stays there"
"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
ok $? "nothing differs afterwards" || diag "$(cat "$TMP/out")"

# Others at work meanwhile: none may begin, and a hand that cannot be kept away
# is told of.
was=$ACTIVE
"$LABCTL" failover "$LAB" >"$TMP/tap" 2>"$TMP/err" &
pid=$!
for ((i = 0; i < 100; i++)); do overlay_up "$was" || break; sleep 0.1; done
for c in "up $FILE" "failover $LAB"; do
	# shellcheck disable=SC2086
	"$LABCTL" $c >"$TMP/out" 2>"$TMP/err2"
	is "$?" 3 "${c%% *} during a drill: exit 3"
	like "$(cat "$TMP/err2")" "labctl failover.* is at work" "${c%% *}: and who is at work"
done
overlay_up "$was"
is "$?" 1 "the fault is as it was"
on "$was" ip link set eth1 up
wait $pid
is "$?" 1 "a drill whose fault another hand mended fails"
like "$(cat "$TMP/tap")" "not ok [0-9]+ - takeover: .*" "no takeover is passed"
like "$(cat "$TMP/tap")" "another hand mended the fault" "and it says why" ||
	diag "$(cat "$TMP/tap" "$TMP/err")"
settle

# Ctrl-C in the middle of the fault.
was=$ACTIVE
"$LABCTL" failover "$LAB" >"$TMP/tap" 2>"$TMP/err" &
pid=$!
for ((i = 0; i < 100; i++)); do overlay_up "$was" || break; sleep 0.1; done
overlay_up "$was"
is "$?" 1 "the fault is there"
kill -INT $pid
wait $pid
is "$?" 130 "Ctrl-C: exit 130"
sleep 0.3
overlay_up "$was"
ok $? "Ctrl-C: the overlay interface is up again"
settle

# labctl killed outright: the node itself puts the interface back.
was=$ACTIVE
"$LABCTL" failover "$LAB" >"$TMP/tap" 2>"$TMP/err" &
pid=$!
for ((i = 0; i < 100; i++)); do overlay_up "$was" || break; sleep 0.1; done
kill -9 $pid
wait $pid 2>/dev/null
for ((i = 0; i < 50; i++)); do overlay_up "$was" && break; sleep 0.1; done
overlay_up "$was"
ok $? "SIGKILL of labctl: the overlay interface is up again"
settle
"$LABCTL" failover --fault ha "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "the drill with the ha interface down passes" || diag "$(cat "$TMP/tap" "$TMP/err")"
"$LABCTL" down "$LAB" >/dev/null 2>&1

# Only the ha interface tracked: the documents' promise does not hold.
lab_make 1s
sed -i 's/interval: 1s/interval: 1s, track: [ha]/' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up with track: [ha]" || diag "$(cat "$TMP/out")"
"$LABCTL" failover "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "track: [ha]: the drill fails"
like "$(cat "$TMP/tap")" "track" "track: [ha]: and names the weakness" ||
	diag "$(cat "$TMP/tap" "$TMP/err")"
tap_done
