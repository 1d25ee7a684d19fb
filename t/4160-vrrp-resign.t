#!/bin/bash
# SPDX-License-Identifier: MIT
# An Active that resigns hands over make-before-break: a host that pings each
# millisecond loses one packet at most. Where nobody takes over it stays.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b c
# As in a lab: a router's ports have the same addresses on all its hosts.
for n in b c; do
	for d in qr qg; do
		ip -n $n link set $d address "$(ip netns exec a cat /sys/class/net/$d/address)"
	done
done
ip link add host type veth peer name host0
ip link set host0 master br0 up
ip addr add 203.0.113.1/24 dev host
ip link set host up
# No IPv6 here: the kernel's own reports of groups, which a lab's routers drop by
# a rule, would tell switches of the old one at any time later.
v4='excluded_addresses: [{address: 203.0.113.101/24, dev: qg}, {address: 192.168.1.1/24, dev: qr}]'
for n in a b c; do conf $n "$v4"; done
is "$(elect a)" a "a is active"
start b
wait_state b backup 2000
ok $? "b is its backup"

resign() { "$LABCTL" vrrp resign -c "/run/$1/vrrp.sock" "${@:2}"; }

# swap FROM TO: one hand-over while the host pings; LOST says what it lost.
swap() {
	ping -q -i 0.001 -c 1500 203.0.113.101 > "$TMP/ping" &
	sleep 0.3
	resign "$1" > "$TMP/out" 2> "$TMP/err" || return 1
	wait %% 2>/dev/null
	LOST=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1-\2/p' "$TMP/ping")
	LOST=$((LOST))
	wait_state "$2" active 1000
}

worst=0 from=a to=b
for _ in 1 2 3 4 5 6; do
	swap $from $to || { diag "$(cat "$TMP/out" "$TMP/err")"; worst=999; }
	[ "$LOST" -le "$worst" ] || worst=$LOST
	t=$from from=$to to=$t
done
ok "$((worst > 1))" "six times handed over, at most one packet lost of a host that pings each ms ($worst)"
is "$(holders a b)" "$from" "and one holds the addresses in the end"
like "$(cat "$TMP/out")" "router-$to: another has taken over" "the verb waits, and tells of it"
like "$(state_json "$to")" '"why": "resigned, another has taken over"' "so does the state"

start c
wait_state c backup 2000
resign $from "$from" > "$TMP/out"
ok $? "with a third router, by its id"
is "$(holders a b c | wc -w)" 1 "one of them has it"
now=$(holders a b c)
is "$(for n in a b c; do state_of $n; done | sort | uniq -c | xargs)" "1 active 2 backup" "and one only is active"

resign "$now" nobody > "$TMP/out" 2> "$TMP/err"
is "$?" 3 "an id that is nobody's is refused"
like "$(cat "$TMP/err")" "no router has the id 'nobody'" "with words"
for n in a b c; do [ $n = "$now" ] || stop $n; done
resign "$now" > "$TMP/out"
is "$?" 1 "where all others are gone: exit 1"
like "$(cat "$TMP/out")" "resigned, but nobody else took over" "and it says why"
is "$(state_of "$now") $(holders a b c)" "active $now" "it stays, with its addresses"
for n in a b c; do [ $n = "$now" ] || { start $n; wait_state $n backup 2000; d=$n; }; done
resign "$d" > "$TMP/out"
is "$?" 0 "a backup has nothing to hand over"
like "$(cat "$TMP/out")" "nothing to hand over" "and says so"
tap_done
