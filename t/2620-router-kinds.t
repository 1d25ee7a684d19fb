#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Routers of all kinds in one lab of three network nodes: one without HA, two
# that know each other's networks by routes of their own, two projects with the
# same range, behind two external networks, one with the nodes' own; and HA switched on and off on the
# running lab, with the interruption timed.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
LAB=t$$ FILE=$TMP/lab.yaml
at_exit "\"$LABCTL\" down -q $LAB >/dev/null 2>&1"

# lab HA: the file, with what `ha` of router1 is.
lab() {
	cat >"$FILE" <<END
lab: $LAB
ha: {interval: 1s}
nodes:
  controller: {role: controller}
  network1: {role: network}
  network2: {role: network}
  network3: {role: network}
  compute1: {role: compute}
physical:
  management: {cidr: 10.0.0.0/24}
  tunnel: {cidr: 10.0.1.0/24}
  one: {}
  two: {}
networks:
  out1:
    external: true
    type: flat
    physical: one
    subnets:
      out1-v4: {cidr: 203.0.113.0/24, pool: 203.0.113.11-203.0.113.99}
      out1-v6: {cidr: "fd00:203:0:113::/64"}
  out2:
    external: true
    type: flat
    physical: two
    subnets:
      out2-v4: {cidr: 198.18.113.0/24}
      out2-v6: {cidr: "fd00:198:18:113::/64"}
  a-net:
    project: a
    subnets:
      a-v4: {cidr: 192.168.1.0/24, dhcp: false}
      a-v6: {cidr: "fd00:192:168:1::/64"}
  b-net:
    project: b
    subnets:
      b-v4: {cidr: 192.168.1.0/24, dhcp: false}
      b-v6: {cidr: "fd00:192:168:2::/64"}
  c-net: {project: b, subnets: {c-v4: {cidr: 10.0.0.0/24, dhcp: false}}}
routers:
  router1: {project: a, gateway: out1, interfaces: [a-v4, a-v6], ha: $1}
  router2:
    project: b
    gateway: out2
    external_address: 198.18.113.22
    snat: false
    interfaces: [b-v4, b-v6]
    routes: [{to: 10.0.0.0/24, via: 198.18.113.33}]
  router3:
    project: b
    gateway: out2
    external_address: 198.18.113.33
    snat: false
    interfaces: [c-v4]
    ha: false
    routes: [{to: 192.168.1.0/24, via: 198.18.113.22}]
instances:
  vm-a: {node: compute1, network: a-net, address: 192.168.1.5, floating_ip: 203.0.113.17}
  vm-b: {node: compute1, network: b-net, address: 192.168.1.6}
  vm-c: {node: compute1, network: c-net, address: 10.0.0.31}
END
}
up() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1" || diag "$(cat "$TMP/out")"
}
holds() {
	"$LABCTL" verify "$LAB" >"$TMP/verify" 2>&1
	ok $? "$1" || diag "$(grep -A9 '^not ok' "$TMP/verify")"
}
# points NAME: of which verify speaks.
points() { sed -n "s/^ok [0-9]* - $1: \([^ ]*\) on \([^ ]*\) .*/\1 \2/p" "$TMP/verify"; }
ping3() { on "$1" ping -c 3 -i 0.2 -W 1 "$2" 2>&1; }
# gap FILE: the longest time between two replies in ms.
gap() {
	perl -ne 'if (/^\[([\d.]+)\].*icmp_seq/) {
		$m = $1 - $p if defined $p && $1 - $p > ($m // 0); $p = $1 }
		END { printf "%d\n", 1000 * ($m // 1e6) }' "$1"
}
as_told() {
	is "$(sed -n 's/.*nodes, \([0-9]*\) change.*/\1/p' "$TMP/out")" \
		"$(sed -n 's/^lab .*: \([0-9]*\) change.*/\1/p' "$TMP/plan")" "as many changes as plan had told"
}
# switch HA SECONDS: edits the running lab, while the floating address is pinged;
# prints how long nobody answered.
switch() {
	on outside ping -D -n -i 0.01 -w "$2" 203.0.113.17 >"$TMP/pings" &
	local ping=$!
	sleep 0.5
	lab "$1"
	"$LABCTL" plan "$FILE" >"$TMP/plan" 2>&1
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	wait $ping
	gap "$TMP/pings"
}

lab false
up "a lab with routers of all kinds"
like "$(cat "$TMP/out")" "router1 is on network1" "up tells where it is"
like "$("$LABCTL" status "$LAB")" "router1 +- +network1 .*without HA" "status too"
holds "all points hold"
is "$(points ports | grep router1)" "router1 network1" "verify looks for it on one node"
is "$(points ports | grep -c router2)" 3 "and for one with HA on three"
is "$(points extra-routes | sort | tr '\n' ,)" \
	"router2 network1,router2 network2,router2 network3,router3 network2," \
	"routes of their own too"
like "$(ping3 vm-a 203.0.113.1)" " 3 received" "without HA: to the outside"
like "$(ping3 outside 203.0.113.17)" " 3 received.*" "by its floating address"
like "$(ping3 vm-b 10.0.0.31)" " 3 received" "by the routers' own routes"
like "$(on vm-c ip route get 192.168.1.6)" "via 10.0.0.1" "which instances know nothing of"
like "$(on vm-b ip -br addr) $(on vm-a ip -br addr)" "192.168.1.6/24.*192.168.1.5/24" \
	"two projects have the same range"
unlike "$(ping3 vm-a 10.0.0.31)" " [123] received" "and the one cannot reach the other"

is "$(grep -c "^ok .* isolation: " "$TMP/verify")" 4 "which verify tries, by IPv4 and IPv6"
tap_of() { "$LABCTL" check --resolved "$FILE" | sed -n "/^  $1:/,/# eth0/s/.* \(tap[0-9a-f-]*\) .*/\1/p"; }
on compute1 sh -c "ip link set $(tap_of vm-b) master \$(basename \$(readlink /sys/class/net/$(tap_of vm-a)/master))"
on vm-b ip -6 route add fd00:192:168:1::/64 dev eth0
"$LABCTL" verify "$LAB" --only isolation >"$TMP/verify" 2>&1
like "$(cat "$TMP/verify")" "not ok .* isolation: vm-b of project b, IPv4" \
	"an instance plugged into another project is named" || diag "$(cat "$TMP/verify")"
like "$(cat "$TMP/verify")" "not ok .* isolation: vm-a of project a, IPv6" \
	"and what it sends there by IPv6" || diag "$(cat "$TMP/verify")"
up "and plugged in again where it belongs"

r1=$("$LABCTL" check --resolved "$FILE" | sed -n 's/^  router1: *# //p')
qg=$(on network1 ip -n "qrouter-$r1" -br link | sed -n 's/^\(qg-[^@ ]*\).*/\1/p')
on network1 ip -n "qrouter-$r1" addr del 203.0.113.17/32 dev "$qg"
on network1 ip -n "qrouter-$r1" route del default
"$LABCTL" verify "$LAB" --only floating,addresses,default-route >"$TMP/verify" 2>&1
like "$(grep '^not ok' "$TMP/verify" | tr '\n' ' ')" \
	"addresses: router1.*default-route: router1.*floating: 203.0.113.17" \
	"what is taken from it is named"
up "and put back"
on network1 ip -n "qrouter-$r1" addr del 203.0.113.17/32 dev "$qg"
on network1 ip -n "qrouter-$r1" addr add 203.0.113.17/24 dev "$qg"
"$LABCTL" verify "$LAB" --only floating >"$TMP/verify" 2>&1
like "$(cat "$TMP/verify")" "not ok .* floating: 203.0.113.17" \
	"a floating address with a wrong length is named"
up "and put right"
like "$(ping3 outside 203.0.113.17)" " 3 received" "to be reached again"

ms=$(switch true 12)
ok $((ms > 20000)) "HA switched on: $ms ms without replies, an election of 3.8 s and what it takes"
like "$(cat "$TMP/out")" "router1 is active on" "it is active somewhere"
as_told
holds "all points hold, with HA"
is "$(points state-file | grep -c router1)" 3 "on three nodes"
ms=$(switch false 5)
ok $((ms > 5000)) "HA switched off: $ms ms without replies"
as_told
holds "all points hold, without it"
tap_done
