#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The class with Open vSwitch: security groups filter on a Linux bridge of each
# port's own, ARP is the flows' business, and connections have a zone a port. The
# same points hold as with Linux bridges, and each way to break it is named.
# shellcheck disable=SC2016,SC2034,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/groups.sh
. "$(dirname "$0")/lib/groups.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"
lab_make 1s "$tap_top/topologies/classroom.yaml"
sed -i 's/^ha: .*/&\nmechanism: openvswitch/' "$FILE"
# One may answer for an address that another has when it fails; one is open.
sed -i 's/^  red2: {/&allowed_address_pairs: [{address: 192.168.1.200}], /' "$FILE"
sed -i 's/^  green2: {/&port_security: false, /' "$FILE"
sed -i 's/\(interfaces: \[[a-z-]*\]\)}/\1, ha: {interval: 1s}}/' "$FILE"
agent=neutron-openvswi
groups_up
only=groups,spoofing,group-rules,group-members,group-zone,cables,switch,flows,drift

red1=$(tap_of red1)
red1=${red1#tap}
show=$(c1 ovs-vsctl show)
like "$show" "Port \"?qvo$red1" "an instance's bridge is on br-int by a pair"
is "$(c1 ip -o link show master "qbr$red1" | sed 's/^[0-9]*: \([^@:]*\).*/\1/' | sort | tr '\n' ' ')" \
	"qvb$red1 tap$red1 " "its bridge has the pair's end and the tap"
is "$(c1 iptables -S "$(chain i red1)" | grep -c RETURN)" 6 "chains have Neutron's names"
green2=$(tap_of green2)
like "$(on compute2 iptables -S "$agent-FORWARD")" "physdev-in $green2 .*port security is disabled" \
	"an open port is let through by a rule, and on a bridge all the same"
on compute2 ip link show "qbr${green2#tap}" >/dev/null
ok $? "that one too"
zones=$(c1 iptables -t raw -S | sed -n 's/.*physdev-in tap.*--zone //p' | sort | uniq -d | wc -l)
is "$zones" 0 "each port has a zone of its own"
timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" ', 0 changes' "up again changes nothing"

breaks "a rule missing" 'c1 iptables -D "$(chain i red1)" -p tcp -m tcp --dport 22 -j RETURN' \
	"groups: from outside by [0-9.]+ to red1, IPv4" "group-rules: compute1"
breaks "all accepted" 'c1 iptables -I FORWARD -j ACCEPT' \
	"groups: from outside by [0-9.]+ to green1, IPv4" "spoofing: red1 on compute1" "group-rules: compute1"
breaks "ARP for others let through" \
	'c1 ovs-ofctl add-flow br-int priority=20,arp,actions=NORMAL' \
	"spoofing: blue-web on compute1" "flows: compute1"
breaks "a foreign MAC address let through" \
	'c1 ovs-ofctl del-flows br-int table=25; c1 ovs-ofctl add-flow br-int table=25,actions=NORMAL; c1 ovs-ofctl add-flow br-int priority=20,arp,actions=NORMAL' \
	"spoofing: red1 on compute1" "flows: compute1"
breaks "a way past by two tags" \
	'c1 ovs-ofctl --strict del-flows br-int "table=0,priority=11,in_port=qvo$red1,vlan_tci=0x1000/0x1000"' \
	"spoofing: red1 on compute1" "flows: compute1"
breaks "an allowed address refused" \
	'on compute2 ovs-ofctl del-flows br-int table=24,arp,arp_spa=192.168.1.200' \
	"spoofing: red2 on compute2"
breaks "another zone" "c1 iptables -t raw -I $agent-PREROUTING -j CT --zone 7" \
	"group-zone: red-net on compute1"
breaks "the bridge between taken out" \
	'c1 ip link set "tap$red1" nomaster; c1 ip link set "qvb$red1" nomaster' \
	"cables: red1 on compute1"
breaks "past the bridge" \
	'c1 ip link set "tap$red1" nomaster; c1 ovs-vsctl del-port "qvo$red1" -- add-port br-int "tap$red1" tag=9' \
	"cables: red1 on compute1"
breaks "a member missing" \
	'c1 ipset list -n 2>/dev/null | grep NIPv4 | head -n 1 | { read -r s && c1 ipset flush "$s"; } || c1 iptables -F "$(chain i blue-web)"' \
	"group-members: compute1|group-rules: compute1"
tap_done
