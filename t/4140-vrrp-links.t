#!/bin/bash
# SPDX-License-Identifier: MIT
# Interfaces that are renamed, go down and go away under the addresses.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
conf a; conf b
is "$(elect a)" a "a is active"
start b
wait_state b backup 1000

# back TO: a hands over to b and is mended; then the role goes back
back() {
	wait_state a backup 3000 || return
	stop b
	wait_state a active 3000
	start b
	wait_state b backup 1000
	is "$(has a)" "$ALL" "when it is back, $1 has all again"
}
# none_on NETNS DEV: no virtual address is left there
none_on() {
	local left
	left=$(ip -n "$1" -o addr show dev "$2" | awk '{print $4}' |
		grep -E '^(169.254.0|203|192.168|fd00|fe80::f816)')
	is "$left" "" "nothing is left on $2"
}

for d in ha qr qg; do
	t0=$(ms)
	ip -n a link set $d name x$d
	wait_state a fault 1000
	ok $? "$d renamed while active: fault ($(($(ms) - t0)) ms)"
	is "$(field a why)" "$d does not exist" "with the reason"
	none_on a x$d
	is "$(has a)" "" "nor anywhere"
	wait_state b active 1000
	ok $? "the other takes over"
	is "$(field b why)" "the active one stopped" "by priority 0 ($(($(ms) - t0)) ms)"
	is "$(holders a b)" b "and is the only one"
	ip -n a link set x$d name $d
	back $d
done

# Another link under the old name, at once: addresses move, nobody yields.
since=$(field a since_ns)
ip -n a link add spare type veth peer name far
ip -n a link set far up
ip -n a link set spare addrgenmode none up
printf '%s\n' 'link set qr down' 'link set qr name old' 'link set old up' \
	'link set spare down' 'link set spare name qr' 'link set qr up' > "$TMP/batch"
ip -n a -batch "$TMP/batch"
t0=$(ms)
until [ "$(state_of a)" = active ] || [ $(($(ms) - t0)) -gt 3000 ]; do sleep 0.02; done
if [ "$(state_of a)" != active ]; then
	wait_state b active 2000; stop b; wait_state a active 2000; start b
fi
wait_has a "$ALL" 2000
ok $? "another link of the same name has the addresses now"
none_on a old
like "$(ip -n a addr show dev qr)" "192.168.1.1/24" "on the right one"
ip -n a link del qr
wait_state a fault 1000
ok $? "an interface of addresses deleted: fault"
is "$(field a why)" "qr does not exist" "with the reason"
wait_state b active 1000
ok $? "handed over"
ip -n a link set old name qr
back qr

ip -n a link set qg down
wait_state a fault 1000
ok $? "an interface of addresses down: fault"
is "$(field a why)" "qg is down" "with the reason"
wait_state b active 1000
is "$(field b why)" "the active one stopped" "handed over by priority 0"
ip -n a link set qg up
back qg
ip link set qg-a down
wait_state a fault 1000
is "$(field a why)" "qg has no carrier" "one without carrier too"
wait_state b active 1000
ip link set qg-a up
back qg

# Unless the configuration says otherwise.
conf a "track_addresses: false"
reload a
since=$(field a since_ns)
ip -n a link set qr name xqr
sleep 0.3
is "$(state_of a)" active "told not to care, it stays active without it"
none_on a xqr
is "$(list a lacks)" "192.168.1.1/24 on qr,fe80::f816:3eff:fe00:1/64 on qr" "telling what lacks"
ip -n a link set xqr name qr
wait_has a "$ALL" 2000
ok $? "and serves it when it is back"
ip -n a link set qg down
sleep 0.2
is "$(state_of a)" active "down as well"
ip -n a link set qg up
wait_has a "$ALL" 3000
ok $? "and all of it"
is "$(field a since_ns)" "$since" "without a transition"

# Renamed and killed at once: who starts next knows it by number of protocol.
super=$(field a supervisor) engine=$(field a pid)
kill -STOP "$super" "$engine"
ip -n a link set qr name xqr
kill -KILL "$engine" "$super"
sleep 0.3
start a
none_on a xqr
ip -n a link set xqr name qr
stop a; stop b
is "$(holders a b)" "" "nobody holds anything in the end"
tap_done
