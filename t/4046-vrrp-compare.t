#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same drill with each engine on one lab, side by side; afterwards the lab is
# as it was.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v keepalived >/dev/null || [ -x /usr/sbin/keepalived ] || skip_all "needs keepalived"
lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
"$LABCTL" failover --compare --count 2 "$LAB" >"$TMP/out" 2>&1
is $? 2 "one drill of each is what it is for"
"$LABCTL" failover --compare --fault ha "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "two drills" || diag "$(cat "$TMP/out" "$TMP/err")"
like "$(cat "$TMP/out")" "MS SINCE THE FAULT +LABCTL +KEEPALIVED" "a column for each engine"
for what in "first new advert" "addresses" "routes"; do
	like "$(cat "$TMP/out")" "router2: $what +[0-9.]+ +[0-9.]+" "$what"
done
like "$(cat "$TMP/out")" "203.0.113.17 from outside: no reply for +[0-9.]+ +[0-9.]+" "and for those outside"
like "$(cat "$TMP/out")" "router2: from that to the addresses +[0-9.-]+ +[0-9.-]+" "what does not depend on when the fault came"
for engine in labctl keepalived; do
	like "$(cat "$TMP/out")" "router2: $engine had it on network[12], then on network[12]" "$engine: from where to where"
	like "$(cat "$TMP/out")" "$engine: [0-9]+ of [0-9]+ points hold" "and what held"
done
like "$(cat "$TMP/out")" "keepalived.s documented weakness: .*addresses" "with what it is known for"
"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
ok $? "the lab is as it was" || diag "$(cat "$TMP/out")"
is "$(on network1 sh -c "ps ax | grep -c '[k]eepalived -n'")" 0 "without keepalived"
tap_done
