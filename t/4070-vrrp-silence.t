#!/bin/bash
# SPDX-License-Identifier: MIT
# A node that gave the role up falls silent at once on the interfaces whose
# MAC the new one shares: what the kernel remembers of neighbours goes with
# the addresses, or its probes would draw the switches' tables back.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
ip netns add host
ip link add port type veth peer name eth0 netns host
ip link set port master br0 up
ip -n host link set eth0 up
ip -n host addr add 192.168.1.9/24 dev eth0
ip -n host addr add 203.0.113.9/24 dev eth0
ip -n host -6 addr add fe80::9/64 dev eth0 nodad
# As labs have it: what IPv6 has to say about a group it says at once.
ip netns exec a sysctl -qw net.ipv6.conf.qr.mldv2_unsolicited_report_interval=20
ip netns exec a sysctl -qw net.ipv4.neigh.qr.delay_first_probe_time=1 \
	net.ipv6.neigh.qr.delay_first_probe_time=1
conf a "version: 2" "interval: 1s"
start a
wait_state a active 6000
ok $? "one becomes active"

# One has its place reserved, as labs do where the machine's table may fill.
ip -n a neigh add 203.0.113.9 dev qg nud none extern_learn
ip netns exec a ping -c 1 -W 2 203.0.113.9 >/dev/null
like "$(ip -n a neigh show dev qg)" "203.0.113.9 lladdr .* extern_learn" \
	"it learns a neighbour into a reservation"
ip netns exec a ping -c 1 -W 2 192.168.1.9 >/dev/null
ok $? "it reaches a host by IPv4"
ip netns exec a ping -c 1 -W 2 fe80::9%qr >/dev/null
ok $? "and by IPv6"
like "$(ip -n a neigh show dev qr)" "192.168.1.9" "the host is its neighbour"
# The next packet finds a stale neighbour: a probe is due a second later.
ip -n a neigh change 192.168.1.9 dev qr nud stale
ip -n a neigh change fe80::9 dev qr nud stale
ip netns exec a ping -c 1 -W 2 192.168.1.9 >/dev/null
ip netns exec a ping -c 1 -W 2 fe80::9%qr >/dev/null
like "$(ip -n a neigh show dev qr)" "192.168.1.9 .*(DELAY|REACHABLE)" \
	"and about to be probed"
stop a
is "$(has a)" "" "the role is given up"
is "$(ip -n a neigh show dev qr | grep -v PERMANENT)" "" "no neighbour is left"
like "$(ip -n a neigh show nud all dev qg)" "203.0.113.9 *extern_learn" \
	"but the reservation stands, with nothing in it"
sleep 0.2
listen "$TMP/qr" qr-a
sleep 4
hush
mac=$(ip netns exec a cat /sys/class/net/qr/address)
is "$(tcpdump -n -r "$TMP/qr" "ether src $mac" 2>/dev/null)" "" \
	"its qr sends no frame afterwards"

# As it goes, before that: what the kernel says of the groups that its IPv6
# addresses leave. The rule that docs/vrrp.md has keeps that in.
said() {
	conf a "version: 2" "interval: 1s" "forwarding: [qr]"
	start a
	wait_state a active 6000
	sleep 1
	listen "$TMP/going" qr-a
	stop a
	sleep 0.5
	hush
	tcpdump -n -r "$TMP/going" "ether src $mac" 2>/dev/null
}
like "$(said)" "multicast listener report" "without a rule it reports what it leaves"
rule=$(sed -n 's/^ *ip netns exec NETNS \(ip6tables .*\)/\1/p' "$(dirname "$0")/../docs/vrrp.md")
ok "$([ -n "$rule" ]; echo $?)" "the document has a rule"
while read -r line; do
	eval "ip netns exec a ${line//DEV/qr}"
done <<< "$rule"
is "$(said)" "" "with it a router goes without a frame"
tap_done
