#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Three projects with the same addresses and their security groups: what is let
# through and what is not, in a running lab; each way to break it is named by its
# own point, and up mends it. Editing the groups ends what they forbid, and
# nothing else.
# shellcheck disable=SC2016,SC2034,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/groups.sh
. "$(dirname "$0")/lib/groups.sh"
need_lab
lab_make 1s "$tap_top/topologies/classroom.yaml"
# One may answer for an address that another has when it fails.
sed -i 's/^  red2: {/&allowed_address_pairs: [{address: 192.168.1.200}], /' "$FILE"
sed -i 's/\(interfaces: \[[a-z-]*\]\)}/\1, ha: {interval: 1s}}/' "$FILE"

agent=neutron-linuxbri
groups_up
only=groups,spoofing,group-rules,group-members,group-zone,drift

is "$(on compute1 iptables -S "$(chain i red1)" | grep -c RETURN)" 6 "chains have Neutron's names"
like "$(on network1 sysctl -n net.bridge.bridge-nf-call-iptables)" '^0' "network nodes filter no bridge"
like "$(on compute1 sysctl -n net.bridge.bridge-nf-call-iptables)" '^1' "compute nodes do"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" ', 0 changes' "up again changes nothing"
on compute1 rm -f "/run/labctl/$LAB/filters"
"$LABCTL" plan "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" ' 0 changes' "rules are as the programs print them"

breaks "a rule missing" 'c1 iptables -D "$(chain i red1)" -p tcp -m tcp --dport 22 -j RETURN' \
	"groups: from outside by [0-9.]+ to red1, IPv4" "group-rules: compute1"
breaks "one too many" 'c1 iptables -I "$(chain i blue-web)" -p tcp -m tcp --dport 23 -j RETURN' \
	"groups: from outside by [0-9.]+ to blue-web, IPv4" "group-rules: compute1" "drift: compute1"
breaks "all accepted" 'c1 iptables -I FORWARD -j ACCEPT' \
	"groups: from outside by [0-9.]+ to green1, IPv4" "spoofing: red1 on compute1" "group-rules: compute1"
breaks "a foreign IPv4 address let through" 'c1 iptables -I "$(chain s green1)" -j RETURN' \
	"spoofing: green1 on compute1"
breaks "a foreign MAC address let through" \
	'c1 ebtables -t nat -I "neutronMAC-$(tap_of red1)" -j RETURN; c1 iptables -I "$(chain s red1)" -j RETURN; c1 ebtables -t nat -I "neutronARP-$(tap_of red1)" -j ACCEPT' \
	"spoofing: red1 on compute1"
breaks "ARP for others let through" 'c1 ebtables -t nat -I "neutronARP-$(tap_of blue-web)" -j ACCEPT' \
	"spoofing: blue-web on compute1"
breaks "a way past by a tag" \
	'c1 ebtables -t nat -D "neutronMAC-$(tap_of red1)" -p 802_1Q -j DROP; c1 sysctl -w net.bridge.bridge-nf-filter-vlan-tagged=0' \
	"spoofing: red1 on compute1" "drift: compute1"
breaks "an allowed address refused" 'c1 true; on compute2 ebtables -t nat -D "neutronARP-$(tap_of red2)" -p ARP --arp-ip-src 192.168.1.200 -j ACCEPT' \
	"spoofing: red2 on compute2"
breaks "another zone" 'c1 iptables -t raw -I neutron-linuxbri-PREROUTING -j CT --zone 7' \
	"group-zone: red-net on compute1"
breaks "the IPv6 filter gone" 'c1 ip6tables -F; c1 ip6tables -t raw -F' "group-rules: compute1" "group-zone: blue-net on compute1"
breaks "a project's port in another's bridge" \
	'c1 ip link set "$(tap_of green1)" master "$(c1 ip -o link show "$(tap_of red1)" | sed "s/.*master \([^ ]*\).*/\1/")"; c1 iptables -I FORWARD -j ACCEPT' \
	"groups: from red2 to green1|groups: from green1 to red"

# A member's address changed where the set should follow: a group's is stale.
if command -v ipset >/dev/null; then
	set=$(c1 ipset list -n | grep NIPv4 | head -n 1)
	breaks "a set without its members" 'c1 ipset flush $set' "group-members: compute1"
else
	skip "there is no ipset" "a set without its members"
fi

# Connections: one that the groups allow goes on, one that they forbid ends.
fip=$("$LABCTL" check --resolved "$FILE" | sed -n '/^  red1:/,/floating/s/.*floating_ip: "\(.*\)"/\1/p')
conns() { c1 grep -c "ESTABLISHED .*dport=$1 .*zone=4" /proc/net/nf_conntrack; }
on red1 sh -c 'sleep 40 | timeout 45 busybox nc -l -p 22' >/dev/null 2>&1 &
listener=$!
for ((i = 0; i < 50; i++)); do
	on red1 busybox netstat -ltn 2>/dev/null | grep -q ':22 ' && break
	sleep 0.1
done
on outside sh -c "sleep 40 | timeout 45 busybox nc $fip 22" >/dev/null 2>&1 &
client=$!
seen=0
for ((i = 0; i < 50; i++)); do
	seen=$(conns 22)
	[ "$seen" -gt 0 ] && break
	sleep 0.1
done
ok $((seen == 0)) "a connection by tcp 22 is tracked in a zone"
sed -i 's/{protocol: icmp}/{protocol: icmp}\n      - {protocol: tcp, ports: 443}/' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "a rule more" || diag "$(cat "$TMP/out")"
is "$(conns 22)" "$seen" "what is allowed goes on"
sed -i '/name: default/,/ports: 22/{/protocol: tcp, ports: 22}/d}' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "a rule less" || diag "$(cat "$TMP/out")"
is "$(conns 22)" 0 "what is forbidden ends"
"$LABCTL" verify --only $only "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "and is refused from then on" ||
	diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
kill "$listener" "$client" 2>/dev/null
wait "$listener" "$client" 2>/dev/null
tap_done
