#!/bin/bash
# SPDX-License-Identifier: MIT
# An engine that was Active under another VRID comes back into the group: the
# Active there announces its addresses again, as switches may have learnt them
# at the other's port.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
conf b
is "$(elect b)" b "b is active"
conf a "vrid: 7"
start a
wait_state a active 3000
ok $? "so is a, with another VRID"
is "$(holders a b)" "a b" "both hold the addresses"
listen "$TMP/frames" br0
conf a
reload a
ok $? "a is given b's VRID"
wait_state a backup 200
ok $? "it is a backup at once"
sleep 0.4
hush
is "$(holders a b)" "b" "and holds nothing"
is "$(state_of b)" active "b stays active"
n=$(tcpdump -n -r "$TMP/frames" "arp and ether src $(ip netns exec b cat /sys/class/net/qg/address)" 2>/dev/null |
	grep -c 'who-has 203.0.113.101')
ok "$((n < 1))" "and has announced its addresses again ($n times)"
tap_done
