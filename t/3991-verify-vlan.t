#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Open vSwitch with VLANs in a running lab, the external network one too: each
# way to break them is named and mended, a switch that stands still as well; a
# database with bridges of others is left alone.
# shellcheck disable=SC2016,SC2034,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"
lab_make 1s "$tap_top/topologies/ovs-vlan.yaml"
perl -0pi -e 's/type: flat\n    physical: external/type: vlan\n    physical: external\n    segment: 205/' "$FILE"

timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "all holds" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
like "$(cat "$TMP/tap")" 'ok [0-9]+ - advert-vlan: demo-router on network1 ' "adverts are looked for where they are"
on outside ping -c 2 -W 5 -s 1472 -M 'do' 203.0.113.102 >"$TMP/out" 2>&1
ok $? "whole packets pass through three VLANs" || diag "$(cat "$TMP/out")"
router_facts
like "$(on "$BACKUP" timeout 10 tcpdump -lnei eth2 -c 1 'vlan 102 and ip proto 112' 2>&1)" \
	'vlan 102,.*169\.254\.192\.[0-9]+ > 224\.0\.0\.18: .*VRRPv2, Advertisement' \
	"tcpdump shows adverts on the wire, with their tag"

# What others have in the same database.
on network1 ovs-vsctl add-br br-theirs -- set bridge br-theirs datapath_type=netdev \
	-- add-br br-more -- set bridge br-more datapath_type=netdev \
	-- add-port br-theirs one -- set interface one type=patch options:peer=two \
	-- add-port br-more two tag=7 -- set interface two type=patch options:peer=one
on network1 ovs-ofctl add-flow br-theirs priority=7,actions=drop
theirs() { on network1 sh -c 'ovs-vsctl list-ports br-theirs; ovs-vsctl get port two tag; ovs-ofctl dump-flows br-theirs | grep -c priority=7'; }
before=$(theirs)

# breaks WHAT POINT BREAK: the point is named, up mends it.
breaks() {
	eval "$3" >"$TMP/out" 2>&1
	ok $? "$1: broken" || diag "$(cat "$TMP/out")"
	timeout 60 "$LABCTL" verify --only switch,tags,flows,cables,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
	is "$?" 1 "$1: verify exits 1"
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - $2" "$1: is named" ||
		diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only switch,tags,flows,cables,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1: up mends it" ||
		diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
tap=$(on compute1 ovs-vsctl list-ports br-int | grep '^tap' | head -n 1)
breaks "a tag wrong" "cables: demo-instance1 " \
	'on compute1 ovs-vsctl set port $tap tag=9'
breaks "another segment on one node" "flows: compute1 " \
	'on compute1 ovs-ofctl --strict mod-flows br-vlan priority=4,in_port=1,dl_vlan=1,actions=mod_vlan_vid:105,normal'
breaks "the way in of a VLAN deleted" "flows: network1 " \
	'on network1 ovs-ofctl --strict del-flows br-int priority=3,in_port=3,dl_vlan=102'
breaks "the way to a wire removed" "switch: network2 " \
	'on network2 ovs-vsctl del-port int-br-vlan'
breaks "the wire out of its bridge" "switch: compute2 " \
	'on compute2 ovs-vsctl del-port eth2'
breaks "ovs-vswitchd stopped" "switch: network2 " \
	'on network2 pkill -STOP -x ovs-vswitchd'
breaks "ovsdb-server stopped" "switch: compute1 " \
	'on compute1 pkill -STOP -x ovsdb-server'
on outside pkill -STOP -f 'vlan eth0 205'
timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
on outside ping -c 2 -W 5 203.0.113.102 >"$TMP/out" 2>&1
ok $? "who tags for the host outside, stopped: up mends it" || diag "$(cat "$TMP/out")"
is "$(theirs)" "$before" "bridges of others are as they were"
tap_done
