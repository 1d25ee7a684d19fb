#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `ovs-vsctl show` lists, as two documents have it: gateways on br-int and
# patch ports to br-ex (external_network_bridge empty), or gateways in br-ex
# itself. A running lab goes from one to the other, and all holds in both. Then
# ARP is answered on the spot.
# shellcheck disable=SC2016 # awk's words
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"
lab_make 1s "$tap_top/topologies/l3ha-ovs.yaml"

# picture NODE: bridges and ports as ovs-vsctl lists them, sorted, without
# numbers and quotes, the ends of UUIDs as X.
picture() {
	on "$1" ovs-vsctl show | tr -d '"' | awk '
	function out() { if (port) print bridge, port, rest; port = ""; rest = "" }
	/^ *Bridge / { out(); bridge = $2; next }
	/^ *fail_mode: / { out(); print bridge, "is", $2; next }
	/^ *Port / { out(); port = $2; next }
	/^ *tag: / { rest = rest " tag"; next }
	/^ *type: / { rest = rest " " $2; next }
	/peer=/ { sub(/.*peer=/, ""); sub(/[,}].*/, ""); rest = rest " to " $0 }
	END { out() }' | sed 's/\(tap\|qvo\)[0-9a-f]*-[0-9a-f]*/\1X/; s/ *$//; s/  */ /g' | sort
}
holds() {
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	settle
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1: all holds" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	drill --fault tunnel
	ok $? "$1: the drill passes" || diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}

holds "patch ports"
is "$(picture network1)" "br-eth1 br-eth1 internal
br-eth1 eth1
br-ex br-ex internal
br-ex eth3
br-ex is secure
br-ex phy-br-ex patch to int-br-ex
br-int br-int internal
br-int int-br-ex patch to phy-br-ex
br-int int-br-vlan patch to phy-br-vlan
br-int is secure
br-int patch-tun patch to patch-int
br-int tapX tag
br-int tapX tag
br-int tapX tag
br-int tapX tag
br-tun br-tun internal
br-tun is secure
br-tun patch-int patch to patch-tun
br-tun vxlan-0a000116 vxlan
br-tun vxlan-0a00011f vxlan
br-tun vxlan-0a000120 vxlan
br-vlan br-vlan internal
br-vlan eth2
br-vlan is secure
br-vlan phy-br-vlan patch to int-br-vlan" "patch ports: as ovs-vsctl show has it"
is "$(picture compute1)" "br-eth1 br-eth1 internal
br-eth1 eth1
br-int br-int internal
br-int is secure
br-int patch-tun patch to patch-int
br-int qvoX tag
br-tun br-tun internal
br-tun is secure
br-tun patch-int patch to patch-tun
br-tun vxlan-0a000115 vxlan
br-tun vxlan-0a000116 vxlan
br-tun vxlan-0a000120 vxlan" "a compute node: an instance by its pair"

sed -i 's/^ha: .*/&\nexternal_network_bridge: br-ex/' "$FILE"
"$LABCTL" plan "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" 'port tap[^ ]* of br-ex' "the plan moves gateways into br-ex"
holds "gateways in br-ex"
is "$(picture network1)" "br-eth1 br-eth1 internal
br-eth1 eth1
br-ex br-ex internal
br-ex eth3
br-ex tapX
br-int br-int internal
br-int int-br-vlan patch to phy-br-vlan
br-int is secure
br-int patch-tun patch to patch-int
br-int tapX tag
br-int tapX tag
br-int tapX tag
br-tun br-tun internal
br-tun is secure
br-tun patch-int patch to patch-tun
br-tun vxlan-0a000116 vxlan
br-tun vxlan-0a00011f vxlan
br-tun vxlan-0a000120 vxlan
br-vlan br-vlan internal
br-vlan eth2
br-vlan is secure
br-vlan phy-br-vlan patch to int-br-vlan" "gateways in br-ex: as ovs-vsctl show has it"

# With arp_responder a question for what is known goes no farther: it is
# answered though who is asked for does not hear it.
sed -i 's/^\(  compute[12]: \){role: compute}/\1{role: compute, l2_population: true, arp_responder: true}/' "$FILE"
timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "arp_responder: up" || diag "$(cat "$TMP/out")"
to=$(on demo-instance2 ip -o -4 addr show eth0 | sed 's/.*inet \([^/]*\).*/\1/')
mac=$(on demo-instance2 cat /sys/class/net/eth0/address)
tap=$(on compute2 ip -o link show type veth | sed -n 's/^[0-9]*: \(tap[^@:]*\).*/\1/p' | head -n 1)
on compute2 ip link set "$tap" down
on demo-instance1 busybox arping -f -w 3 -I eth0 "$to" >"$TMP/out" 2>&1
like "$(tr '[:upper:]' '[:lower:]' <"$TMP/out")" "reply from $to \\[$mac\\]" \
	"one that hears nothing is answered for"
on compute2 ip link set "$tap" up
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "arp_responder: all holds" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
