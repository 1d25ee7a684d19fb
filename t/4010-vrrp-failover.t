#!/bin/bash
# SPDX-License-Identifier: MIT
# Failures and their end: links, tracked interfaces, namespaces.
# shellcheck disable=SC2153 # TOOK is set by wait_state
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
ip link add eth1 type veth peer name eth1-far
ip link set eth1 up; ip link set eth1-far up
tracks='track: [{interface: ha, netns: a}, {interface: eth1, netns: ""}]'
conf a "$tracks"
conf b "track_addresses: false"
is "$(elect a)" a "the first to start is active"
start b
is "$(state_of b)" backup "the second a backup"

t0=$(ms)
ip -n a link set ha down
wait_state b active 2000
ok $? "its ha link down: the other takes over"
took=$(($(ms) - t0))
# 2 to 3 intervals and the skew of priority 100 at 100 ms (61 ms), and a
# slow machine.
ok $((took < 250 || took > 1000)) "after 2 to 3 intervals and skew ($took ms)"
is "$(state_of a)" fault "the one without a link is in fault"
is "$(field a why)" "ha is down" "and says why"
is "$(cat /run/a/ha/state)" backup "its state file says backup: it knows two words"
is "$(has a)" "" "it holds nothing"
is "$(has b)" "$ALL" "the other everything"

ip -n a link set ha up
wait_state a backup 1000
ok $? "link up again: a backup"
sleep 0.6
is "$(active a b)" b "which does not preempt"
is "$(holders a b)" b "exactly one holds the address"

stop b
wait_state a active 1000
ok $? "the first takes over when the second stops"
start b
t0=$(ms)
ip link set eth1-far down
wait_state a fault 500
ok $? "a tracked interface of another namespace without carrier: fault"
is "$(field a why)" "eth1 has no carrier" "with the reason"
wait_state b active 1000
ok $? "the other takes over"
is "$(field b why)" "the active one stopped" \
	"priority 0 hands over in the skew ($(($(ms) - t0)) ms)"
ip link set eth1-far up
wait_state a backup 1000
ok $? "and back again: a backup"

ip netns del b
sleep 0.3
is "$(state_of b)" fault "its namespace deleted: fault, and the engine lives"
like "$(field b why)" "network namespace b" "with the reason"
wait_state a active 1000
ok $? "the other takes over"
sleep 0.2
is "$(ip -o link | grep -c 'ha-b')" 0 "the engine does not keep it alive"
ip netns add b; wire b 2
wait_state b backup 3000
ok $? "made again: a backup within three seconds ($TOOK ms)"
ip -n b link del qg
ip -n b link set ha name other
wait_state b fault 1000
is "$(field b why)" "ha does not exist" "its interface gone: fault"
ip -n b link set other name ha
wait_state b backup 1000
ok $? "and back again"

ip -n a addr del 169.254.192.1/18 dev ha
wait_state a fault 1000
like "$(field a why)" "ha has no IPv4 address" "without an address: fault"
wait_state b active 1000
is "$(has b | grep -c 203.0.113.101)" 0 "an interface that is missing is passed over"
ip link add qg-b type veth peer name qg netns b
ip link set qg-b master br0 up; ip -n b link set qg addrgenmode none up
sleep 0.3
is "$(has b)" "$ALL" "and served when it appears"
listen "$TMP/wired" br0
ip link set qg-b down; sleep 0.05; ip link set qg-b up
sleep 0.4
hush
n=$(tcpdump -n -r "$TMP/wired" arp 2>/dev/null | grep -c "tell 203.0.113.101")
ok $((n < 2)) "a port that is wired anew is announced on again ($n)"
is "$(has b)" "$ALL" "with its routes back in place"
ip -n a addr add 169.254.192.1/18 dev ha
wait_state a backup 1000
stop a; stop b
is "$(holders a b)" "" "nobody holds anything in the end"
tap_done
