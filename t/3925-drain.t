#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A node drained: its router moves without a gap, the node stays drained over
# up and restarts, and leads again only where nobody else does.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 2s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
first=$ACTIVE second=$BACKUP

# lost FILE: how many packets ping lost.
lost() {
	sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$1" | { read -r a b; echo $((a - b)); }
}

"$LABCTL" drain nobody "$LAB" >"$TMP/out" 2>"$TMP/err"
is "$?" 2 "a node that is none is refused"
"$LABCTL" drain compute1 "$LAB" >"$TMP/out" 2>"$TMP/err"
is "$?" 2 "and one that has no routers"

on selfservice-instance1 ping -q -i 0.001 -c 3000 203.0.113.1 >"$TMP/in" 2>&1 &
p1=$!
on outside ping -q -i 0.001 -c 3000 203.0.113.17 >"$TMP/floating" 2>&1 &
p2=$!
# What leaves the drained node by the MAC addresses that the other one has, too.
qr=$(dev_of "$first" qr-)
qg=$(dev_of "$first" qg-)
for dev in "$qr" "$qg"; do
	on "$first" ip netns exec "$NETNS" tcpdump --immediate-mode -l -Q out -n \
		-i "$dev" "ip6 host ::" >"$TMP/said.$dev" 2>/dev/null &
done
sleep 0.7
"$LABCTL" drain "$first" "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "drain" || diag "$(cat "$TMP/out" "$TMP/err")"
like "$(cat "$TMP/out")" "router router2: $first -> $second" "it says where the router went"
wait $p1 $p2
ok "$(($(lost "$TMP/in") > 1))" "at most one packet lost of 1 ms pings out ($(lost "$TMP/in"))"
ok "$(($(lost "$TMP/floating") > 1))" "nor to the floating address ($(lost "$TMP/floating"))"
settle
is "$ACTIVE" "$second" "the other one is active"
sleep 0.2
on "$first" pkill tcpdump
is "$(cat "$TMP/said.$qr" "$TMP/said.$qg")" "" \
	"no MLD report of the drained node draws their MAC addresses back"
like "$("$LABCTL" status "$LAB")" "$first .*running, drained" "status says so"
like "$("$LABCTL" plan "$FILE")" "node $first is drained.*0 changes" "plan says so, and wants no change"

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" "0 changes.*$first is still drained" "it stays so over up" ||
	diag "$(cat "$TMP/out")"
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "verify passes" || diag "$(grep -A12 '^not ok' "$TMP/tap")"
like "$(cat "$TMP/tap")" "# $first is drained" "and says so"

# Its engine is started anew: it is as drained as before.
# shellcheck disable=SC2016 # it is the node's shell that expands
on "$first" sh -c 'for p in /proc/[0-9]*; do case $(tr "\0" " " <$p/cmdline) in *"vrrp run"*) kill -9 ${p#/proc/};; esac; done' 2>/dev/null
for ((i = 0; i < 60; i++)); do
	on "$first" labctl vrrp state -c "/run/labctl/$LAB/vrrp.sock" >"$TMP/state" 2>&1 && break
	sleep 0.1
done
like "$(cat "$TMP/state")" "router2 +backup +1 " "its engine started anew has the least priority" ||
	diag "$(cat "$TMP/state")"

# Nobody else is there: it leads again, and cannot be drained of that.
on "$second" ip link set eth1 down
for ((i = 0; i < 150; i++)); do router_facts; [ "$ACTIVE" = "$first" ] && break; sleep 0.1; done
is "$ACTIVE" "$first" "where nobody else does, it leads"
"$LABCTL" drain "$first" "$LAB" >"$TMP/out" 2>"$TMP/err"
is "$?" 1 "and cannot hand over"
like "$(cat "$TMP/out")" "router router2 stays on $first" "which it says"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
settle
"$LABCTL" undrain "$first" "$LAB" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" "$first takes part again" "undrained"
# One that cannot be told is not drained: nobody would hand over.
on "$first" sh -c 'pkill -STOP -o -x sshd'
"$LABCTL" drain "$first" "$LAB" >"$TMP/out" 2>&1
is "$?" 3 "a node that does not answer cannot be drained" || diag "$(cat "$TMP/out")"
unlike "$("$LABCTL" up "$FILE" 2>&1)" "is still drained" "and is not"
"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
ok $? "nothing differs" || diag "$(cat "$TMP/out")"
tap_done
