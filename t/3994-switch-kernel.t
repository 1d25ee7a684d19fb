#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vm: Open vSwitch's kernel datapath
# Open vSwitch with the kernel's datapath: found by itself, or refused where a
# file asks for it and the kernel has none. Ports are internal ones, as documents
# print them: they go on when ovs-vswitchd dies, and what is done to them is mended.
# shellcheck disable=SC2317 # functions are called by wait_for
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"
lab_make 1s "$tap_top/topologies/l3ha-ovs.yaml"
sed 's/^nodes:/datapath: kernel\nnodes:/' "$FILE" >"$TMP/kernel"
if "$LABCTL" doctor "$TMP/kernel" 2>&1 | grep -q 'MISSING *Open vSwitch.s module'; then
	"$LABCTL" up "$TMP/kernel" >"$TMP/out" 2>&1
	is "$?" 3 "no module: up is refused"
	like "$(cat "$TMP/out")" 'node network1: this kernel has no datapath.*datapath: userspace' \
		"with the node, what lacks and what helps"
	"$LABCTL" status "$LAB" >"$TMP/out" 2>&1
	ok $(($? == 0)) "nothing was begun"
	skip "the lab itself" "this kernel has no module openvswitch"
	tap_done
fi
# An emulated machine is slow: one instance is enough, and what it does not do in
# time another up does.
sed -i '/compute2/d' "$FILE"
up() { timeout 200 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1; }
changes() { "$LABCTL" plan "$FILE" 2>&1 | tail -n 1; }
same="lab $LAB is as the file says: 0 changes"
up || up
ok $? "up" || diag "$(cat "$TMP/out")"
settle
like "$(on network1 ovs-vsctl get bridge br-int datapath_type)" system \
	"auto is the kernel's"
like "$(on network1 ip -4 -br addr show eth1)" 10.0.1.21 \
	"the tunnel's address is the interface's"
is "$(changes)" "$same" "plan: nothing to do"
"$LABCTL" verify --only switch,tags,tunnels,ports,dhcp-port,cables,mtu,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "bridges, ports, tags and tunnels are right" ||
	diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"

# --- as the documents print them ----------------------------------------------

# picture NODE: ports of br-int as ovs-vsctl lists them, sorted, without their
# numbers, the ends of UUIDs as X.
picture() {
	on "$1" ovs-vsctl show | tr -d '"' | awk '
	function out() { if (port && bridge == "br-int") print port, rest; port = ""; rest = "" }
	/^ *Bridge / { out(); bridge = $2; next }
	/^ *Port / { out(); port = $2; next }
	/^ *tag: / { rest = rest " tag"; next }
	/^ *type: / { rest = rest " " $2; next }
	END { out() }' | sed 's/-*[0-9a-f]\{8\}-[0-9a-f]\{2\}/-X/; s/  */ /g' | sort
}
is "$(picture network1)" "br-int internal
ha-X tag internal
int-br-ex patch
int-br-vlan patch
patch-tun patch
qg-X tag internal
qr-X tag internal
tap-X tag internal" "ports are internal"
like "$(picture compute1)" '(^|
)qvo-X tag *(
|$)' "an instance's is its pair, as for a machine's tap"
NETNS=$(on network1 ip netns list | sed -n 's/^\(qrouter-[^ ]*\).*/\1/p')
QDHCP=$(on network1 ip netns list | sed -n 's/^\(qdhcp-[^ ]*\).*/\1/p')
is "$(on network1 sh -c "ip -n $NETNS -o link; ip -n $QDHCP -o link" | grep -c @)" 0 \
	"and no ends of pairs"
is "$(on network1 sh -c "ip -n $NETNS -br link; ip -n $QDHCP -br link" |
	sed -n 's/^\([a-z]*\)-*[0-9a-f]\{8\}-.*/\1/p' | sort | xargs)" \
	"ha qg qr tap" "their links are in the namespaces"

# reached: some of several pings from outside come back.
reached() {
	on outside ping -q -c 3 -i 0.3 -w 9 203.0.113.102 >/dev/null && echo yes
}
wait_for "an instance is reached from outside" yes reached

# The other takes over: in the time of theory, which a drill asks for, an
# emulated machine cannot.
role() { on "$1" cat "/var/lib/neutron/ha_confs/${NETNS#qrouter-}/state"; }
router_facts
on "$ACTIVE" ip -n "$NETNS" link set "$(dev_of "$ACTIVE" ha-)" down
wait_for "the active one's HA interface down: the other is active" master role "$BACKUP"
wait_for "and leads to the instance" yes reached
up
ok $? "up mends it" || diag "$(cat "$TMP/out")"

on compute1 pkill -9 -x ovs-vswitchd
on network1 pkill -9 -x ovs-vswitchd
on network2 pkill -9 -x ovs-vswitchd
wait_for "ovs-vswitchd killed: it is reached all the same" yes reached
like "$(on compute1 ovs-dpctl show)" 'lost:0' "and the kernel asked nobody in vain"
wait_for "and nothing is to be mended" "$same" changes

# --- what is done to them -----------------------------------------------------

HA=$(dev_of network1 ha-) QR=$(dev_of network1 qr-) QG=$(dev_of network1 qg-)
on network1 sh -c "ip -n $NETNS link set $QR netns 1
	ip -n $NETNS link set $QG down
	ip -n $NETNS link set $QG name other
	ovs-vsctl clear port $HA tag -- del-port \$(ip -n $QDHCP -br link | sed -n 's/^\(tap[^ ]*\).*/\1/p')"
"$LABCTL" plan "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" "[+] link $QR in $NETNS" "moved to the node: seen"
like "$(cat "$TMP/out")" "[+] link $QG in $NETNS" "renamed: seen"
like "$(cat "$TMP/out")" "~ port $HA of br-int.*tag 0, wanted" "without its tag: seen"
like "$(cat "$TMP/out")" "[+] port tap[^ ]* of br-int" "deleted: seen"
up
ok $? "up mends it" || diag "$(cat "$TMP/out")"
is "$(changes)" "$same" "all of it"
on network1 sh -c "ip netns del $NETNS; ip netns del $QDHCP"
up
ok $? "namespaces deleted: up makes them again, and what was in them" ||
	diag "$(cat "$TMP/out")"
is "$(changes)" "$same" "all of it"
wait_for "an instance is reached again" yes reached
tap_done
