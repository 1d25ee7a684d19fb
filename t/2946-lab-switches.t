#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Open vSwitch beside Linux bridges, and with GRE: each up, verified, failed
# over, verified again and gone.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"

for which in mixed ovs-gre ovs-vlan; do
	lab_make 1s "$tap_top/topologies/$which.yaml"
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$which: up" || diag "$(cat "$TMP/out")"
	settle
	for again in "" " again"; do
		"$LABCTL" verify "$LAB" >"$TMP/out" 2>"$TMP/err"
		ok $? "$which: verify$again" ||
			diag "$(grep -A12 '^not ok' "$TMP/out"; cat "$TMP/err")"
		[ -n "$again" ] && break
		"$LABCTL" failover "$LAB" >"$TMP/out" 2>"$TMP/err"
		ok $? "$which: failover" || diag "$(cat "$TMP/out" "$TMP/err")"
	done
	out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
	ok $? "$which: nothing differs" || diag "$out"
	# What TCP needs and ping does not: whole checksums.
	is "$(on demo-instance2 busybox wget -q -O - http://169.254.169.254/latest/meta-data/hostname)" \
		demo-instance2 "$which: metadata by TCP"
	"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
	ok $? "$which: down" || diag "$(cat "$TMP/out")"
done
tap_done
