#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What instances boot by, broken in a real lab: each is named by its point, and
# up mends what is the lab's.
# shellcheck disable=SC2016,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
PATH=$PATH:/usr/sbin:/sbin
command -v dnsmasq >/dev/null || skip_all "needs dnsmasq"
command -v busybox >/dev/null || skip_all "needs busybox"
command -v iptables-nft-restore >/dev/null || skip_all "needs iptables"

LAB=t$$-1
FILE=$TMP/$LAB.yaml
cat > "$FILE" <<YAML
lab: $LAB
dhcp_agents_per_network: 2
nodes:
  network1: {role: network}
  network2: {role: network}
  compute1: {role: compute}
networks:
  inner:
    type: vxlan
    subnets:
      inner4: {cidr: 192.168.1.0/24, gateway: 192.168.1.1, dhcp: true}
routers:
  r: {interfaces: [inner4], ha: {interval: 1s}}
instances:
  a: {node: compute1, network: inner}
  b: {node: compute1, network: inner}
YAML
at_exit "\"$LABCTL\" down -q $LAB >/dev/null 2>&1"
points=dhcp-port,dhcp-answer,lease,resolver

up() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1" || diag "$(cat "$TMP/out")"
}

# broken WHAT POINT... : verify names these points and no other of ours
broken() {
	local what=$1
	shift
	"$LABCTL" verify --only $points "$LAB" >"$TMP/tap" 2>"$TMP/err"
	is "$?" 1 "$what: verify exits 1"
	is "$(sed -n 's/^not ok [0-9]* - \([a-z-]*: [a-z0-9]*\).*/\1/p' "$TMP/tap" | paste -sd' ')" \
		"$*" "$what: named by its points" || diag "$(grep -A14 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}

whole() {
	"$LABCTL" verify --only $points "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1" || diag "$(grep -A14 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}

# tell NODE SIGNAL: to its dnsmasq
tell() { on "$1" sh -c "kill -$2 \$(cat /var/lib/neutron/dhcp/*/pid)"; }

# client SIGNAL: to the DHCP client of a, its PID 1's only child.
client() { on a sh -c "kill -$1 \$(cat /proc/1/task/1/children)"; }

up "up"
whole "a healthy lab passes"

tell network1 STOP
broken "one server stopped" "dhcp-port: inner" "dhcp-answer: a" "dhcp-answer: b" "resolver: a" "resolver: b"
tell network2 STOP
broken "both servers stopped" "dhcp-port: inner" "dhcp-port: inner" "dhcp-answer: a" "dhcp-answer: b" "resolver: a" "resolver: b"
tell network1 CONT
tell network2 CONT
whole "they go on"

on a sh -c 'echo nameserver 192.0.2.1 > /etc/resolv.conf'
broken "a wrong resolv.conf" "resolver: a"
client STOP
broken "and a stopped client" "lease: a" "resolver: a"
client CONT
client USR1
for ((i = 0; i < 100; i++)); do
	[ "$(on a grep -c nameserver /etc/resolv.conf)" = 2 ] && break
	sleep 0.1
done
whole "a renewal brings both back"

on compute1 sh -c 'b=$(ip -br link show type bridge | sed -n "s/^\(brq[^ ]*\).*/\1/p" | head -n 1)
	ip addr add 192.168.1.250/24 dev "$b"
	dnsmasq --conf-file= --port=0 --no-ping --interface="$b" --bind-interfaces \
		--dhcp-range=192.168.1.100,192.168.1.120,60s --dhcp-leasefile=/run/rogue.leases \
		--pid-file=/run/rogue.pid' >"$TMP/out" 2>&1
ok $? "a rogue on a compute node" || diag "$(cat "$TMP/out")"
"$LABCTL" verify --only $points "$LAB" >"$TMP/tap" 2>"$TMP/err"
like "$(cat "$TMP/tap")" "192.168.1.250 .MAC [0-9a-f:]*., which is not the lab's" \
	"the rogue is named by its address and MAC"
on compute1 sh -c 'kill "$(cat /run/rogue.pid)"'
up "up takes its address away"
whole "and all is well"
tap_done
