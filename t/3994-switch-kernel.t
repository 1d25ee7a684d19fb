#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vm: Open vSwitch's kernel datapath
# Open vSwitch with the kernel's datapath: found by itself, or refused where a
# file asks for it and the kernel has none; the lab is whole, and its ports go on
# when ovs-vswitchd dies.
# shellcheck disable=SC2317 # reached is called by wait_for
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
# An emulated machine is slow, and what it does not do in time another up does.
timeout 200 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1 ||
	timeout 200 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
like "$(on network1 ovs-vsctl get bridge br-int datapath_type)" system \
	"auto is the kernel's"
like "$(on network1 ip -4 -br addr show eth1)" 10.0.1.21 \
	"the tunnel's address is the interface's"
is "$("$LABCTL" plan "$FILE" 2>&1 | tail -n 1)" \
	"lab $LAB is as the file says: 0 changes" "plan: nothing to do"
"$LABCTL" verify --only switch,tags,tunnels,cables,mtu,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "bridges, ports, tags and tunnels are right" ||
	diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"

# reached: some of several pings from outside come back.
reached() {
	on outside ping -q -c 3 -i 0.3 -w 9 203.0.113.102 >/dev/null && echo yes
}
wait_for "an instance is reached from outside" yes reached
on compute1 pkill -9 -x ovs-vswitchd
wait_for "ovs-vswitchd killed: it is reached all the same" yes reached
like "$(on compute1 ovs-dpctl show)" 'lost:0' "and the kernel asked nobody in vain"
tap_done
