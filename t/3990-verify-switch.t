#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Open vSwitch in a running lab: it comes up whole, fails over, forgets nothing
# when its daemons die, and each way to break it is named and mended.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"
lab_make 1s "$tap_top/topologies/l3ha-ovs.yaml"

timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "all holds" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
is "$("$LABCTL" plan "$FILE" 2>&1 | tail -n 1)" "lab $LAB is as the file says: 0 changes" \
	"plan: nothing to do"
show=$(on network1 ovs-vsctl show)
like "$show" 'Port vxlan-0a000116' "a tunnel is named for its far end"
like "$show" "options: \\{peer=\"?patch-int" "br-int and br-tun are joined"
like "$show" 'tag: 1' "ports have their network's VLAN"
like "$show" 'fail_mode: secure' "bridges are secure"
like "$(on network1 ovs-ofctl dump-flows br-tun)" \
	'table=10, .*actions=learn\(table=20,hard_timeout=300,' "br-tun learns"
drill
ok $? "the drill passes" || diag "$(grep -v '^ok' "$TMP/tap"; cat "$TMP/err")"

# flows_back: within a bounded time the switch has its flows again.
flows_back() {
	local i
	for i in $(seq 100); do
		on network1 ovs-ofctl dump-flows br-tun 2>/dev/null |
			grep -q 'table=10' && return
		sleep 0.1
	done
	return 1
}
for d in ovs-vswitchd ovsdb-server; do
	before=$(on network1 pgrep -x $d)
	on network1 pkill -9 -x $d
	sleep 0.3
	flows_back
	ok $? "$d killed: the flows are there"
	for _ in $(seq 50); do
		after=$(on network1 pgrep -x $d) && break
		sleep 0.1
	done
	ok $(( ${after:-0} == before || ${after:-0} == 0 )) "$d killed: another one runs"
done
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "and all holds again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"

on network1 ovs-vsctl add-br br-theirs -- set bridge br-theirs datapath_type=netdev
only=switch,tags,tunnels,flows,cables,mtu,drift

# breaks WHAT POINT BREAK: the point is named, up mends it.
breaks() {
	eval "$3" >"$TMP/out" 2>&1
	ok $? "$1: broken" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only $only "$LAB" >"$TMP/tap" 2>"$TMP/err"
	is "$?" 1 "$1: verify exits 1"
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - $2" "$1: is named" ||
		diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only $only "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1: up mends it" ||
		diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
tap=$(on compute1 ovs-vsctl list-ports br-int | grep '^qvo' | head -n 1)
breaks "a tag wrong" "cables: demo-instance1 " \
	'on compute1 ovs-vsctl set port $tap tag=9'
breaks "trunks on a port" "cables: demo-instance1 " \
	'on compute1 ovs-vsctl set port $tap trunks=1,2'
breaks "a tunnel gone" "tunnels: network1 " \
	'on network1 ovs-vsctl del-port vxlan-0a00011f'
breaks "a tunnel to elsewhere" "tunnels: compute1 " \
	'on compute1 ovs-vsctl set interface vxlan-0a000115 options:remote_ip=10.0.1.99'
breaks "a tunnel with another key and port" "tunnels: compute1 " \
	'on compute1 ovs-vsctl set interface vxlan-0a000115 options:dst_port=4790 options:key=5'
breaks "a flow deleted" "flows: network2 " \
	'on network2 ovs-ofctl --strict del-flows br-tun table=4,priority=1,tun_id=1'
breaks "a flow above all others" "flows: compute1 " \
	'on compute1 ovs-ofctl add-flow br-int priority=100,actions=drop'
breaks "a segment of another network on one node" "flows: compute2 " \
	'on compute2 ovs-ofctl add-flow br-tun "table=4,priority=1,tun_id=1,actions=mod_vlan_vid:9,resubmit(,10)"'
breaks "spoofing let through" "flows: compute1 " \
	'on compute1 ovs-ofctl del-flows br-int table=0,arp'
breaks "a patch port removed" "switch: network1 " \
	'on network1 ovs-vsctl del-port patch-tun'
breaks "a port on another bridge" "cables: demo-instance1 " \
	'on compute1 ovs-vsctl del-port $tap -- add-port br-tun $tap'
breaks "br-int not secure" "switch: compute2 " \
	'on compute2 ovs-vsctl del-fail-mode br-int'
breaks "a port too many" "drift: compute2 " \
	'on compute2 ovs-vsctl add-port br-int stray tag=1 -- set interface stray type=internal'
breaks "the interface out of its bridge" "switch: compute1 " \
	'on compute1 ovs-vsctl del-port eth1'
breaks "a bridge gone" "switch: network2 " \
	'on network2 ovs-vsctl del-br br-ex'
breaks "ovs-vswitchd stopped" "switch: network1 " \
	'on network1 pkill -STOP -x ovs-vswitchd'
breaks "the database gone" "switch: network2 " \
	'on network2 sh -c "rm -f /run/openvswitch/conf.db; pkill -9 -x ovsdb-server"; sleep 1'
breaks "an instance past its filter" "cables: demo-instance1 " \
	'on compute1 ip link set "${tap/qvo/tap}" nomaster'
breaks "MTU" "mtu: demo-net on compute1 " \
	'on compute1 ip link set $tap mtu 1300'
# What a lab never sets, and what was left of a day of trying.
breaks "a controller" "switch: network1 " \
	'on network1 ovs-vsctl set-controller br-int tcp:127.0.0.1:6653'
breaks "a port slowed down, a flow for a while, a bridge for a port" \
	"cables: demo-instance1 .*not ok [0-9]+ - flows: compute1 .*- port br-more of br-int" \
	'on compute1 ovs-vsctl set interface $tap ingress_policing_rate=1 &&
	 on compute1 ovs-vsctl add-br br-more br-int 5 &&
	 on compute1 ovs-ofctl add-flow br-int priority=65535,hard_timeout=300,actions=drop'
breaks "a switch that waits for flows" "switch: compute2 " \
	'on compute2 ovs-vsctl set Open_vSwitch . other_config:flow-restore-wait=true'
breaks "an MTU below that of IPv6" "mtu: demo-net on compute1 " \
	'on compute1 ovs-vsctl set interface $tap mtu_request=1000'
breaks "its sockets gone" "switch: network1 .*not ok [0-9]+ - flows: network2 " \
	'on network1 rm /run/openvswitch/db.sock && on network2 rm /run/openvswitch/br-tun.mgmt'
breaks "a database of something else" "switch: compute2 " \
	'on compute2 sh -c "cd /run/openvswitch && ovsdb-tool create other /usr/share/openvswitch/local-config.ovsschema &&
		mv other conf.db && pkill -9 -x ovsdb-server"; sleep 1'
like "$(on network1 ovs-vsctl list-br)" br-theirs "a bridge of others is left alone"
tap_done
