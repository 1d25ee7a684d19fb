#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vm: 8021q
# Linux bridges with VLANs, beside Open vSwitch: what the kernel cannot do is
# found before anything is changed; where it can, the lab is whole, fails over,
# and each way to break it is named and mended. The lab is as small as that allows.
# shellcheck disable=SC2119,SC2317 # drill has no options here
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab

lab_make 2s "$tap_top/t/lib/vlan.yaml"
"$LABCTL" doctor "$FILE" >"$TMP/doctor" 2>&1
if grep -q 'lacks 8021q' "$TMP/doctor"; then
	like "$(cat "$TMP/doctor")" "VLAN interfaces.*lacks 8021q; node network1 needs it for network 'ext-net'.*mechanism: openvswitch" \
		"doctor names node, network, what lacks and what helps" || diag "$(cat "$TMP/doctor")"
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	is "$?" 3 "up: exit status 3"
	like "$(cat "$TMP/out")" "node network1: network 'ext-net' is VLAN 205,.* lacks 8021q; .*mechanism: openvswitch" \
		"up says the same" || diag "$(cat "$TMP/out")"
	"$LABCTL" status "$LAB" >"$TMP/out" 2>&1
	ok $(($? == 0)) "and nothing was begun" || diag "$(cat "$TMP/out")"
	skip "the lab itself" "this kernel has no 8021q"
	tap_done
	exit
fi

command -v ovs-vswitchd >/dev/null &&
	sed -i 's/network2: {role: network/&, mechanism: openvswitch/' "$FILE"
# An emulated machine is slow, and what it does not do in time another up does.
timeout 150 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1 ||
	timeout 150 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
for _ in 1 2; do
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err" && break
done
ok $? "verify" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
# slow NAMES: of the drill's points only these fail, which are the clock's or count
# a hundred pings a second: more than an emulated machine may be able to carry.
slow() {
	[ -n "${LABCTL_VM:-}" ] && grep -q '^not ok' "$TMP/tap" &&
		! grep '^not ok' "$TMP/tap" | grep -qvE " - ($1): "
}
drill || slow 'before|takeover|addresses|outage'
ok $? "failover" || diag "$(grep -v '^ok' "$TMP/tap"; cat "$TMP/err")"
out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
ok $? "nothing differs" || diag "$out"
like "$(on network1 ip -d link show eth2.101)" 'vlan protocol 802.1Q id 101 ' "the VLAN's interface"

# named WHAT POINT: it is among what the last verify said.
named() {
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - $2" "$1: is named" ||
		diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
# look: verify's points that these breakages concern; mended: up, and they hold.
look() { "$LABCTL" verify --only bridges,ha-network,mtu,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"; }
mended() {
	timeout 150 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	look
	ok $? "$1: up mends it" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
on compute1 ip link set eth2.101 down &&
	on network1 sh -c "a=\$(ip -o link show eth2.101 | sed 's|.*alias ||') && ip link del eth2.101 &&
		ip link add link eth2 name eth2.101 type vlan id 105 && ip link set eth2.101 alias \$a up
		ip link del eth2.102; ip link del eth3.205" >"$TMP/out" 2>&1
ok $? "four ways: broken" || diag "$(cat "$TMP/out")"
look
named "the interface down" "bridges: demo-net on compute1 "
named "the tag wrong" "bridges: demo-net on network1 "
named "the interface gone" "bridges: HA network tenant demo on network1 "
named "that of the external network gone" "bridges: ext-net on network1 "
mended "four ways"
on compute1 ip link set eth2 down >"$TMP/out" 2>&1
look
named "the wire below down" "bridges: demo-net on compute1 "
mended "the wire below down"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down" || diag "$(cat "$TMP/out")"
tap_done
