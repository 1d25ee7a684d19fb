#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The shipped labs as they are, but for a shorter advert interval: instances
# boot in each; the one of the documents is verified, failed over and verified.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab

# addrs INSTANCE: its addresses.
addrs() { on "$1" ip -o addr show eth0 scope global | sed 's/.* inet6\? \([^ ]*\) .*/\1/' | paste -sd' '; }

lab_make 1s "$tap_top/topologies/l3ha-linuxbridge.yaml"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
like "$(addrs selfservice-instance2)" "^198.51.100.4/24 fd00:198:51:100:f816:3eff:fe" \
	"an instance has the first address behind two DHCP ports"
like "$(addrs selfservice-instance1)" "^192.168.101.4/24 fd00:192:168:101:f816:3eff:fe" "the other too"
like "$(cat "$TMP/out")" "router1 is on network1.*router2 is active on" "one router without HA, one with"
is "$(on network2 sh -c 'ip netns | grep -c ^qrouter-')" 1 "which alone is on the second node"
is "$(on compute1 sh -c 'ip netns | grep -c ^qdhcp-; pgrep -x dnsmasq | wc -l' | paste -sd' ')" "2 2" \
	"DHCP is on the compute nodes"
is "$(on network1 sh -c 'ip netns | grep -c ^qdhcp-')" 0 "and not on the network nodes"
is "$(on selfservice-instance1 busybox wget -q -O - http://169.254.169.254/latest/meta-data/hostname)" \
	selfservice-instance1 "metadata is beside it"
on selfservice-instance1 ping -c 1 -W 5 openstack.org >"$TMP/out" 2>&1
ok $? "ping openstack.org from an instance" || diag "$(cat "$TMP/out")"
"$LABCTL" verify "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "verify" || diag "$(cat "$TMP/out" "$TMP/err")"
"$LABCTL" failover "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "failover" || diag "$(cat "$TMP/out" "$TMP/err")"
"$LABCTL" verify "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "verify again" || diag "$(cat "$TMP/out" "$TMP/err")"
out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
ok $? "nothing differs" || diag "$out"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down" || diag "$(cat "$TMP/out")"

lab_make 1s "$tap_top/topologies/minimal.yaml"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "minimal: up" || diag "$(cat "$TMP/out")"
is "$(addrs vm1)" 192.168.1.4/24 "its instance boots"
"$LABCTL" verify "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "verify" || diag "$(cat "$TMP/out" "$TMP/err")"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down" || diag "$(cat "$TMP/out")"
tap_done
