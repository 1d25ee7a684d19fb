#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# l2_population follows the Active: in a lab of Linux bridges and Open vSwitch
# every node sends what is for the router to where it is Active, and at once
# elsewhere when that changes, in either direction.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"
lab_make 1s "$tap_top/topologies/mixed.yaml"

timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" check --resolved "$FILE" >"$TMP/lab"
mac=$(sed -n 's/.*# qr-[^ ]*: .* \(fa:16:3e:[0-9a-f:]*\).*/\1/p' "$TMP/lab" | head -n 1)
ok $(( ${#mac} != 17 )) "the router has a MAC address towards demo-net" ||
	diag "$(grep -n 'qr-' "$TMP/lab")"
declare -A vtep=([network1]=10.0.1.21 [network2]=10.0.1.22)
declare -A tunnel=([network1]=vxlan-0a000115 [network2]=vxlan-0a000116)

# sends NODE: by what the node sends a frame for the router.
sends() {
	case $1 in
	network1 | compute2)
		on "$1" bridge fdb show | grep "^$mac dev vxlan-.* dst " |
			sed 's/.* dst \([^ ]*\).*/\1/' ;;
	*)
		on "$1" ovs-ofctl --names dump-flows br-tun table=20 | grep "dl_dst=$mac" |
			sed 's/.*output:"*\([a-z0-9-]*\).*/\1/' ;;
	esac
}
# wanted NODE: the same, as it should be now.
wanted() {
	case $1 in
	network1 | compute2) echo "${vtep[$ACTIVE]}" ;;
	*) echo "${tunnel[$ACTIVE]}" ;;
	esac
}
# follows WHAT: each node but the Active's sends there. What was announced a
# moment ago may be on its way.
follows() {
	local n i got
	for n in network1 network2 compute1 compute2; do
		[ "$n" = "$ACTIVE" ] && continue
		for ((i = 0; i < 50; i++)); do
			got=$(sends "$n")
			[ "$got" = "$(wanted "$n")" ] && break
			sleep 0.1
		done
		is "$got" "$(wanted "$n")" "$1: $n sends to $ACTIVE"
	done
}
follows "at first"
is "$(on compute2 bridge fdb show | grep "$mac" | grep -c permanent)" 0 \
	"nothing stands about what moves"
for i in 1 2; do
	was=$ACTIVE
	dev=$(dev_of "$was" ha-)
	on "$was" ip netns exec "$NETNS" ip link set "$dev" down
	for ((k = 0; k < 150; k++)); do
		settle && [ "$ACTIVE" != "$was" ] && break
		sleep 0.1
	done
	[ "$ACTIVE" != "$was" ]
	ok $? "failover $i: $ACTIVE after $was"
	follows "failover $i"
	on "$was" ip netns exec "$NETNS" ip link set "$dev" up
done
drill --fault tunnel
ok $? "nobody is without the router for longer than theory allows" ||
	diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
settle
follows "after the drill"

# A standing entry that says otherwise is named, and mended.
dev=$(on compute2 bridge fdb show | sed -n "s/^$mac dev \(vxlan-[^ ]*\) .*/\1/p" | head -n 1)
on compute2 bridge fdb replace "$mac" dev "$dev" dst "${vtep[$BACKUP]}" permanent
"$LABCTL" verify --only drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
like "$(cat "$TMP/tap")" "not ok [0-9]+ - drift: compute2" "an entry for the standby is named"
timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "and mended" || diag "$(cat "$TMP/out")"
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "all holds" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
