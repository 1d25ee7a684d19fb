#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vm: 8021q
# Linux bridges with VLANs, beside Open vSwitch: what the kernel cannot do is
# found before anything is changed; where it can, the lab is whole and each way
# to break it is named and mended.
# shellcheck disable=SC2317 # breaks is called below
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab

lab_make 1s "$tap_top/topologies/ovs-vlan.yaml"
sed -i 's/^mechanism: openvswitch/mechanism: linuxbridge/' "$FILE"
command -v ovs-vswitchd >/dev/null && sed -i \
	-e 's/^  network2: {role: network}/  network2: {role: network, mechanism: openvswitch}/' \
	-e 's/^  compute1: {role: compute}/  compute1: {role: compute, mechanism: openvswitch}/' "$FILE"
"$LABCTL" doctor "$FILE" >"$TMP/doctor" 2>&1
if grep -q 'lacks 8021q' "$TMP/doctor"; then
	like "$(cat "$TMP/doctor")" "VLAN interfaces.*lacks 8021q; node network1 needs it for network 'demo-net'.*mechanism: openvswitch" \
		"doctor names node, network, what lacks and what helps" || diag "$(cat "$TMP/doctor")"
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	is "$?" 3 "up: exit status 3"
	like "$(cat "$TMP/out")" "node network1: network 'demo-net' is VLAN 101,.* lacks 8021q; .*mechanism: openvswitch" \
		"up says the same" || diag "$(cat "$TMP/out")"
	"$LABCTL" status "$LAB" >"$TMP/out" 2>&1
	ok $(($? == 0)) "and nothing was begun" || diag "$(cat "$TMP/out")"
	skip "the lab itself" "this kernel has no 8021q"
	tap_done
	exit
fi

timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
for again in "" " again"; do
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "verify$again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	[ -n "$again" ] && break
	"$LABCTL" failover "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "failover" || diag "$(grep -v '^ok' "$TMP/tap"; cat "$TMP/err")"
done
out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
ok $? "nothing differs" || diag "$out"
like "$(on network1 ip -d link show eth2.101)" 'vlan protocol 802.1Q id 101 ' "the VLAN's interface"

# breaks WHAT POINT BREAK...: the point is named, up mends it.
breaks() {
	local what=$1 point=$2
	shift 2
	"$@" >"$TMP/out" 2>&1
	ok $? "$what: broken" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only bridges,mtu,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - $point" "$what: is named" ||
		diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$what: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only bridges,mtu,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$what: up mends it" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
breaks "the interface down" "bridges: demo-net on compute2 " \
	on compute2 ip link set eth2.101 down
breaks "the tag wrong" "bridges: demo-net on compute2 " \
	on compute2 sh -c "a=\$(ip -o link show eth2.101 | sed 's|.*alias ||') && ip link del eth2.101 &&
		ip link add link eth2 name eth2.101 type vlan id 105 && ip link set eth2.101 alias \$a up"
breaks "the interface gone" "bridges: HA network tenant demo on network1 " \
	on network1 ip link del eth2.102
breaks "the wire below down" "bridges: demo-net on compute2 " \
	on compute2 ip link set eth2 down
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down" || diag "$(cat "$TMP/out")"
tap_done
