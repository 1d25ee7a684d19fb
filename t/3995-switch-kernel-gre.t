#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vm: GRE by Open vSwitch's kernel datapath
# Tunnels of GRE by the kernel's datapath, for the project and for the routers'
# adverts: all holds, it fails over, and nothing is to be done again.
# shellcheck disable=SC2317 # functions are called by wait_for
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v ovs-vswitchd >/dev/null || skip_all "Open vSwitch is not here"
lab_make 1s "$tap_top/topologies/ovs-gre.yaml"
sed -i 's/^nodes:/datapath: kernel\nnodes:/; /compute2/d' "$FILE"
"$LABCTL" doctor "$FILE" 2>&1 | grep -q 'MISSING *Open vSwitch.s module' &&
	skip_all "this kernel has no module openvswitch"
# An emulated machine is slow: what it does not do in time another up does.
up() { timeout 200 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1; }
up || up
ok $? "up" || diag "$(cat "$TMP/out")"
settle
is "$("$LABCTL" plan "$FILE" 2>&1 | tail -n 1)" \
	"lab $LAB is as the file says: 0 changes" "plan: nothing to do"
like "$(on network1 ip -d link show gre_sys)" gretap "the kernel has GRE's one device"
like "$(on network1 ovs-dpctl show)" 'port [0-9]*: gre_sys \(gre' "and it is the datapath's"

# reached: some of several pings from outside come back.
reached() {
	on outside ping -q -c 3 -i 0.3 -w 9 203.0.113.102 >/dev/null && echo yes
}
wait_for "an instance is reached from outside" yes reached
# Those that have no bound in time.
all=switch,tags,tunnels,flows,active,addresses,advert-fields,outside-ping,cables,mtu,drift
look() { "$LABCTL" verify --only "$all" "$LAB" >"$TMP/tap" 2>"$TMP/err"; }
look || { settle; look; }
ok $? "all holds" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"

# The other takes over: in the time of theory, which a drill asks for, an
# emulated machine cannot.
role() { on "$1" cat "/var/lib/neutron/ha_confs/${NETNS#qrouter-}/state"; }
router_facts
on "$ACTIVE" ip -n "$NETNS" link set "$(dev_of "$ACTIVE" ha-)" down
wait_for "the active one's HA interface down: the other is active" master role "$BACKUP"
wait_for "and leads to the instance" yes reached
up
ok $? "up mends it" || diag "$(cat "$TMP/out")"
tap_done
