#!/bin/bash
# SPDX-License-Identifier: MIT
# What others do to the addresses and routes of a router while it runs.
# shellcheck disable=SC2153 # TOOK is set by wait_has
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
conf a "interval: 1s"; conf b "interval: 1s"
is "$(elect a)" a "a is active"
start b
wait_state b backup 3000
since=$(field a since_ns)

# undone WHAT COMMAND...: what the command does to a is undone
undone() {
	local what=$1; shift
	"$@" || diag "$* failed"
	wait_has a "$ALL" 2000
	ok $? "$what: put right ($TOOK ms)"
}
undone "an address removed" ip -n a addr del 192.168.1.1/24 dev qr
undone "an IPv6 address removed" ip -n a addr del fd00:203:0:113::21/64 dev qg
undone "a link-local address removed" ip -n a addr del fe80::f816:3eff:fe00:1/64 dev qr
like "$(ip -n a -6 addr show dev qr)" "fe80::f816:3eff:fe00:1/64 scope link nodad" "and as it was"
undone "all of an interface" ip -n a addr flush dev qg
undone "the default route removed" ip -n a route del default
undone "the default route replaced" ip -n a route replace default via 203.0.113.77 dev qg
undone "the default route made a hole" ip -n a route replace blackhole default
like "$(ip -n a route show default)" "via 203.0.113.1 dev qg" "all routes are as they were"
# The engine would be quicker than the second half.
wrong() {
	local pid
	pid=$(field a pid)
	printf 'addr del %s dev %s\naddr add %s dev %s\n' "$1/$2" "$4" "$1/$3" "$4" > "$TMP/batch"
	kill -STOP "$pid"
	ip -n a -batch "$TMP/batch"
	kill -CONT "$pid"
}
undone "a wrong length" wrong 192.168.1.1 24 32 qr
undone "a wrong length of IPv6" wrong fd00:203:0:113::21 64 128 qg
undone "another length beside it" ip -n a addr add 192.168.1.1/25 dev qr
undone "a lifetime" ip -n a addr change 192.168.1.1/24 dev qr valid_lft 1 preferred_lft 1
sleep 1.5
is "$(has a)" "$ALL" "does not end it"
is "$(field a since_ns)" "$since" "none of it was a transition"
is "$(list a lacks)" "" "nothing lacks"
log=$(cat /run/a/vrrp.log)
like "$log" "192.168.1.1/24 on qr was changed by others: put right" "the log says what"
like "$log" "0.0.0.0/0 via 203.0.113.1 on qg was changed by others: put right" "and of routes"

# On one that is not active.
gone() {
	local what=$1; shift
	"$@" || diag "$* failed"
	wait_has b "" 2000
	ok $? "$what on a backup: removed ($TOOK ms)"
}
# With its only address the kernel drops the places reserved on a link.
ip -n b neigh add 192.168.1.9 dev qr nud none extern_learn
gone "an address" ip -n b addr add 192.168.1.1/24 dev qr
sleep 0.1
like "$(ip -n b neigh show nud all dev qr)" "192.168.1.9 *extern_learn" \
	"a neighbour's reserved place is kept"
gone "an IPv6 address" ip -n b addr add fd00:203:0:113::21/64 dev qg nodad
gone "one of another length" ip -n b addr add 192.168.1.1/32 dev qr
like "$(cat /run/b/vrrp.log)" "192.168.1.1/24 on qr is not to be here now: removed" "the log says so"
ip -n b addr add 192.168.1.77/24 dev qr
sleep 0.2
like "$(ip -n b addr show dev qr)" "192.168.1.77/24" "what is no virtual address stays"
ip -n b addr del 192.168.1.77/24 dev qr
is "$(state_of a) $(state_of b)" "active backup" "and nobody changed roles"

# Routers among many others in one room, many at once.
for _ in $(seq 20); do
	ip -n a addr del 192.168.1.1/24 dev qr 2>/dev/null
	ip -n a addr del 203.0.113.101/24 dev qg 2>/dev/null
	sleep 0.01
done
wait_has a "$ALL" 10000
ok $? "again and again ($TOOK ms)"

# Somebody who never gives up.
before=$(field a mended)
(
	while [ ! -e "$TMP/enough" ]; do
		ip -n a addr del 192.168.1.1/24 dev qr 2>/dev/null
	done
) &
fighter=$!
listen "$TMP/adverts" ha-a
sleep 6
hush
: > "$TMP/enough"; wait "$fighter"
n=$(($(field a mended) - before))
ok $((n > 80)) "a fight is limited ($n times in 6 s)"
ok $((n < 10)) "and fought"
is "$(grep -c 'again and again by others' /run/a/vrrp.log)" 1 "which is said once"
n=$(tcpdump -n -r "$TMP/adverts" 'proto 112' 2>/dev/null | wc -l)
ok $((n < 4)) "adverts go on meanwhile ($n in 6 s of one a second)"
wait_has a "$ALL" 10000
ok $? "when it is over all is right ($TOOK ms)"
is "$(field a since_ns)" "$since" "without a transition" ||
	diag "$(cat /run/a/vrrp.log)"

# What cannot be mended is told, and mended when it can be.
ip netns exec a sysctl -qw net.ipv6.conf.qg.disable_ipv6=1
sleep 0.3
is "$(list a lacks)" "fd00:203:0:113::21/64 on qg" "what lacks is told"
is "$(state_of a)" active "and the rest goes on"
ip netns exec a sysctl -qw net.ipv6.conf.qg.disable_ipv6=0
wait_has a "$ALL" 5000
ok $? "and put right when it can be ($TOOK ms)"
sleep 1.2
is "$(list a lacks)" "" "then nothing lacks"

# A handover in the midst of it.
ip -n a addr del 192.168.1.1/24 dev qr; stop a
is "$(has a)" "" "a stop right after leaves nothing"
wait_state b active 2000
wait_has b "$ALL" 2000
ok $? "and the other has it all"
stop b
is "$(has b)" "" "until it stops"
tap_done
