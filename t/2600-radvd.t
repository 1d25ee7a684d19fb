#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # expanded on the node
# Router advertisements on a real lab: by the Active alone, as Neutron writes
# them, with a route that hosts keep through probes and a failover.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v radvd >/dev/null || [ -x /usr/sbin/radvd ] || skip_all "needs radvd"
command -v tcpdump >/dev/null || skip_all "needs tcpdump"

lab_make 1s
sed -i 's/^        ipv6: none$/        ipv6: slaac\n        dns: ["2001:4860:4860::8844"]/' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
ok $? "one is active"
ID=${NETNS#qrouter-}
QR6=$(on "$ACTIVE" ip netns exec "$NETNS" sed -n 's/^interface //p' "/var/lib/neutron/ra/$ID.radvd.conf")
conf=$(on "$ACTIVE" cat "/var/lib/neutron/ra/$ID.radvd.conf")
like "$conf" "RDNSS 2001:4860:4860::8844 [{][}];" "the configuration is where Neutron has it"
like "$conf" "AdvLinkMTU 1450;" "with the network's MTU"
like "$conf" "prefix fd00:198:51:100::/64" "and its prefix"

radvds() { on "$1" sh -c 'for p in /proc/[0-9]*; do
	[ "$(cat $p/comm 2>/dev/null)" = radvd ] && echo one; done' | wc -l; }
wait_radvds() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(radvds "$1")" = "$2" ] && return 0
		sleep 0.1
	done
	return 1
}
wait_radvds "$ACTIVE" 2
ok $? "radvd runs on the active"
wait_radvds "$BACKUP" 0
ok $? "and not on the standby"

# A host of the kernel's own making on the network, as instances will be.
cat > "$TMP/host.sh" <<'SH'
set -e
brq=$1 mac=fa:16:3e:0a:0b:0c
ip netns add h
ip netns exec h sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
	net.ipv6.conf.default.router_solicitation_delay=0
ip link add taph mtu 1450 type veth peer name eth0 netns h
ip -n h link set eth0 address $mac
ip link set taph master "$brq" up
ip -n h link set lo up
ip -n h link set eth0 up
SH
brq=$(on compute1 sh -c "ls /sys/class/net | grep ^brq")
on compute1 sh -s "$brq" < "$TMP/host.sh"
ok $? "a host comes to the network"
host() { on compute1 ip netns exec h "$@"; }
routes() { host ip -6 route show default; }
wait_route() {
	local i
	for ((i = 0; i < 60; i++)); do
		routes | grep -q 'proto ra' && host ip -6 addr show dev eth0 |
			grep -q "fd00:198:51:100:f816:3eff:fe0a:b0c/64" && return 0
		sleep 0.1
	done
	return 1
}
wait_route
ok $? "it has an address and a default route by advertisement" || diag "$(routes; host ip -6 addr)"
like "$(routes)" "default via fe80::f816:3eff:[0-9a-f:]+ dev eth0 proto ra" "by the router's link-local address"
like "$(host ip -6 addr show dev eth0)" "fd00:198:51:100:f816:3eff:fe0a:b0c/64" "the address is EUI-64"

# Neighbour probes: the route is lost 5 s after the first packet where the
# kernel answers without the router flag.
host sysctl -qw net.ipv6.neigh.eth0.base_reachable_time_ms=1000 \
	net.ipv6.neigh.eth0.delay_first_probe_time=1
for ((i = 0; i < 8; i++)); do
	host ping -c 1 -W 1 fd00:203:0:113::1 >/dev/null && sleep 1
done
like "$(routes)" "proto ra" "the route stays through the neighbour's probes"
addr=fd00:198:51:100:f816:3eff:fe0a:b0c
on outside ping -c 2 -W 2 $addr > "$TMP/ping"
ok $? "the host outside reaches it" || diag "$(cat "$TMP/ping")"
like "$(cat "$TMP/ping")" "ttl=63" "through one router"

is "$(on "$ACTIVE" ip netns exec "$NETNS" cat "/proc/sys/net/ipv6/conf/$QR6/forwarding")$(on "$BACKUP" ip netns exec "$NETNS" cat "/proc/sys/net/ipv6/conf/$QR6/forwarding")" \
	10 "the active's interface is a router's, the standby's not"
out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
ok $? "nothing differs" || diag "$out"
on "$ACTIVE" ip netns exec "$NETNS" sysctl -qw "net.ipv6.conf.$QR6.forwarding=0"
out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
is $? 1 "forwarding that is off is drift"
like "$out" "~ link $QR6 .*IPv6 forwarding is off" "named"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
is "$(on "$ACTIVE" ip netns exec "$NETNS" cat "/proc/sys/net/ipv6/conf/$QR6/forwarding")" 1 "up puts it back"

# radvd killed: back within a second.
on "$ACTIVE" pkill -9 -x radvd
sleep 1
# The first pause is 200 ms.
is "$(radvds "$ACTIVE")" 2 "radvd that is killed is back within 1 s"

# Failover, with captures of what leaves both nodes' ends.
old=$ACTIVE new=$BACKUP
on "$old" sh -c 'rm -f /tmp/p.*; for t in $(ls /sys/class/net | grep ^tap); do
	tcpdump --immediate-mode -Q in -p -U -n -i $t -w /tmp/p.$t >/dev/null 2>&1 & done; sleep 1'
ha=$(dev_of "$old" ha-)
ha_mac=$(on "$old" ip netns exec "$NETNS" cat "/sys/class/net/$ha/address")
on "$old" ip -n "$NETNS" link set "$ha" down
for ((i = 0; i < 100; i++)); do
	on "$new" cat "/var/lib/neutron/ha_confs/$ID/state" | grep -q master && break
	sleep 0.1
done
router_facts
is "$ACTIVE" "$new" "the other takes over"
wait_radvds "$new" 2
ok $? "radvd runs there"
wait_radvds "$old" 0
ok $? "and here no more"
like "$(routes)" "proto ra" "the host has its route still"
on outside ping -c 2 -W 2 $addr > "$TMP/ping"
ok $? "and is reached from outside" || diag "$(cat "$TMP/ping")"
on "$old" ip -n "$NETNS" link set "$ha" up
sleep 3
on "$old" pkill tcpdump
# What left with the router's own MAC addresses; ha's is another.
said=$(on "$old" sh -c 'for f in /tmp/p.*; do tcpdump -e -n -r $f 2>/dev/null; done' |
	grep -v "$ha_mac > " || true)
unlike "$said" "multicast listener report" "no MLD report left the demoted node"
unlike "$said" "router lifetime 0" "nor an advertisement that takes the route away"
for ((i = 0; i < 6; i++)); do host ping -c 1 -W 1 fd00:203:0:113::1 >/dev/null; sleep 1; done
like "$(routes)" "proto ra" "the route stays with the new active, too"

on compute1 sh -c 'ip link del taph; ip netns del h'
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
tap_done
