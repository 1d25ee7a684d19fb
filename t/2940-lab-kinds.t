#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The other shipped lab, with its own ranges and names, and a lab whose
# forwarding tables are filled instead of learnt: each up, verified, failed
# over and gone.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab

whole_path() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify "$LAB" >"$TMP/out" 2>"$TMP/err"
	ok $? "$1: verify" || diag "$(cat "$TMP/out" "$TMP/err")"
	"$LABCTL" failover "$LAB" >"$TMP/out" 2>"$TMP/err"
	ok $? "$1: failover" || diag "$(cat "$TMP/out" "$TMP/err")"
	out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
	ok $? "$1: nothing differs afterwards" || diag "$out"
}

lab_make 1s "$tap_top/topologies/vrrp-rapid.yaml"
whole_path "vrrp-rapid"
out=$(on provider-router ip -br addr)
like "$out" "qg-[0-9a-f-]+@[a-z0-9]+ +UP +10.5.150.0/16" \
	"a host address that ends in .0, as documented"
like "$out" "192.168.21.1/24" "the documented project range"
out=$(on provider-router ip route)
like "$out" "default via 10.5.0.1 dev qg-" "the documented default route"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "vrrp-rapid: down"

lab_make 1s
sed -i 's/^l2_population: .*/l2_population: true/' "$FILE"
whole_path "l2_population"
out=$(on network1 bridge fdb show)
unlike "$out" "239.1.1.1" "no multicast group"
like "$out" "00:00:00:00:00:00 dev vxlan-[0-9]+ dst 10.0.1.22 self permanent" \
	"frames for all go to each node that carries the network"
like "$out" "fa:16:3e:[0-9a-f:]+ dev vxlan-[0-9]+ dst 10.0.1.31 self permanent" \
	"an instance's MAC is known beforehand"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "l2_population: down"
tap_done
