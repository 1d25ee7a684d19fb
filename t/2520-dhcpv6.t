#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # expanded on the node
# DHCPv6 on a real lab, stateful and stateless: what instances are told, who
# answers them, how each breakage is named and mended, and a failover.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
PATH=$PATH:/usr/sbin:/sbin
for p in dnsmasq busybox radvd dhclient; do
	command -v $p >/dev/null || skip_all "needs $p"
done

LAB=six$$ FILE=$TMP/six.yaml
cat > "$FILE" <<YAML
lab: $LAB
ha: {interval: 1s}
nodes:
  n1: {role: network}
  n2: {role: network}
  k1: {role: compute}
networks:
  full:
    subnets:
      full4: {cidr: 192.168.1.0/24}
      full6: {cidr: "fd00:1::/64", ipv6: dhcpv6-stateful, dns: "2001:4860:4860::8844"}
  rest:
    subnets:
      rest6: {cidr: "fd00:2::/64", ipv6: dhcpv6-stateless}
routers:
  r: {interfaces: [full4, full6, rest6]}
instances:
  one: {node: k1, network: full}
  two: {node: k1, network: full, address: "fd00:1::77"}
  fixed: {node: k1, network: full, static: true}
  three: {node: k1, network: rest}
YAML
at_exit "'$LABCTL' down -q $LAB >/dev/null 2>&1"

up() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1" || diag "$(cat "$TMP/out")"
}
failing() {
	"$LABCTL" verify --only "$1" "$LAB" >"$TMP/tap" 2>"$TMP/err"
	sed -n 's/^not ok [0-9]* - \([a-z0-9-]*: [a-z0-9]*\).*/\1/p' "$TMP/tap" | paste -sd' '
}
named() {
	is "$(failing "$2")" "$3" "$1: named by its points" ||
		diag "$(grep -A16 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
six=dhcp-answer,dhcp6-answer,lease,lease6,resolver,ra,radvd,slaac
addrs() { on "$1" ip -6 -o addr show dev eth0 scope global | awk '{print $4}' | sort | paste -sd' '; }
told() { on "$1" sed -n 's/^  "at_ns": //p' /run/lease6.json; }

up "up waits for DHCPv6, too"
like "$(cat "$TMP/out")" "3 instances have a lease" "and says so"
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>&1
ok $? "all holds" || diag "$(grep -A16 '^not ok' "$TMP/tap")"
is "$(addrs one)" "fd00:1::4/128" "an address of the pool, without a prefix"
is "$(addrs two)" "fd00:1::77/128" "one that was pinned"
is "$(addrs fixed)" "fd00:1::5/64" "one that is written"
like "$(addrs three)" '^fd00:2::f816:3eff:[0-9a-f:]+/64$' "stateless: of its MAC"
like "$(on one ip -6 route)" "fd00:1::/64 dev eth0 proto kernel.*default via fe80::" \
	"the prefix and the way out are the router's to tell"
like "$(on one cat /etc/resolv.conf)" "nameserver 2001:4860:4860::8844" "DNS by DHCPv6"
like "$(on three cat /etc/resolv.conf)" \
	"search openstacklocal.nameserver fd00:2::f816:.*nameserver fd00:2::f816:" \
	"stateless: the domain, and both servers"
is "$(on one ps -e -o comm= | sort | tr '\n' ' ')" "busybox dhclient labctl ps " "a client of each"
is "$(on three ps -e -o comm= | sort | tr '\n' ' ')" "labctl ps " "none is left that has no lease to renew"
like "$("$LABCTL" show console -l "$LAB" one)" \
	"a router says that addresses are to be had by DHCPv6.*DHCPv6 lease of .* from the server 00:03:00:01:fa:16:3e:" \
	"the boot log tells who lent it"
like "$("$LABCTL" show console -l "$LAB" three)" "DHCPv6 answer from the server 00:03:00:01:" "and who answered"
like "$("$LABCTL" plan "$FILE" 2>&1)" " 0 changes" "none of it is drift"
on one ping -c 1 -W 5 "$(addrs three | cut -d/ -f1)" >/dev/null
ok $? "one reaches the other network by the router"
is "$(on one getent ahostsv6 two.openstacklocal | awk 'NR == 1 {print $1}')" "fd00:1::77" \
	"dnsmasq knows the addresses that it lends"

pss() { on one sh -c 'sed -n "s/^Private_[DC].*: *\([0-9]*\) kB/\1/p" /proc/$(pgrep -x dhclient)/smaps_rollup' |
	awk '{n += $1} END {print n}'; }
kb=$(pss)
ok $((kb > 1500)) "dhclient has $kb KB of its own"

# --- renewal, restarts ------------------------------------------------------
first=$(told one)
on one pkill -9 dhclient
wait_for "a client that is killed is back with its lease" yes \
	sh -c "[ \"\$('$LABCTL' exec -l $LAB one -- sed -n 's/^  \"at_ns\": //p' /run/lease6.json)\" -gt $first ] && echo yes"
on n1 pkill -9 dnsmasq
on n2 pkill -9 dnsmasq
sleep 1
first=$(told one)
on one pkill -9 dhclient
wait_for "servers that know no lease any more lend the same" yes \
	sh -c "[ \"\$('$LABCTL' exec -l $LAB one -- sed -n 's/^  \"at_ns\": //p' /run/lease6.json)\" -gt $first ] && echo yes"
is "$(addrs one)" "fd00:1::4/128" "which stays meanwhile"
named "all of that" $six ""

on one rm /run/lease6.json
on three rm /run/lease6.json
up "leases that nobody remembers: up"
named "leases that nobody remembers" $six ""

# --- seen to fail -------------------------------------------------------------
stop_all() { for n in n1 n2; do on $n sh -c "kill -$1 \$(pgrep -x dnsmasq)"; done; }
stop_all STOP
named "dnsmasq stopped on both" dhcp6-answer "dhcp6-answer: one dhcp6-answer: two dhcp6-answer: three"
up "up has them go on"
named "dnsmasq stopped" $six ""

# A rogue beside them, on the compute node.
on k1 sh -c 'set -e
	brq=$(cat /sys/class/net/*/master/ifindex >/dev/null; basename "$(readlink /sys/class/net/$(ip -o link | sed -n "s/^[0-9]*: \(vxlan-2\)[@:].*/\1/p")/master)")
	ip netns add rogue
	ip netns exec rogue sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	ip link add tapr mtu 1450 type veth peer name eth0 netns rogue
	ip link set tapr master $brq up
	ip -n rogue link set eth0 address 02:00:00:00:00:66 up
	ip -n rogue addr add fd00:2::66/64 dev eth0 nodad
	sleep 1
	ip netns exec rogue dnsmasq --conf-file= --no-hosts --no-resolv --port=0 --pid-file=/run/rogue.pid \
		--dhcp-range=fd00:2::,static,64,60s --dhcp-option=option6:dns-server,[fd00:2::66] \
		--dhcp-leasefile=/run/rogue.leases --user=root --group=root'
ok $? "a rogue DHCPv6 server runs"
for ((i = 0; i < 5; i++)); do [ -n "$(failing dhcp6-answer)" ] && break; done
named "a rogue DHCPv6 server" dhcp6-answer "dhcp6-answer: three"
like "$(cat "$TMP/tap")" "fe80::[0-9a-f:]+ \(MAC 02:00:00:00:00:66\), which is not the lab's" "by its address and MAC"
on k1 sh -c 'kill $(cat /run/rogue.pid); ip link del tapr; ip netns del rogue'

# Both servers lend another address than the model's.
for n in n1 n2; do
	on $n sh -c 'p=$(pgrep -f "[d]nsmasq.*fd00:1::")
		kill -STOP $(pgrep -f "[l]abctl services")
		ns=$(ip netns identify $p); tr "\0" "\n" </proc/$p/cmdline >/run/words; kill $p; sleep 0.3
		cd /var/lib/neutron/dhcp && sed -i "s/\[fd00:1::4\]/[fd00:1::bad]/" */host
		cd "/run/labctl/'"$LAB"'" && set --
		while read -r w; do set -- "$@" "$w"; done </run/words
		(ip netns exec "$ns" "$@" </dev/null >/run/mine.log 2>&1 & echo $! >/run/mine); sleep 0.3'
done
on one pkill -9 dhclient
wait_for "another address is lent" "fd00:1::bad/128" addrs one
for n in n1 n2; do on $n sh -c 'kill $(cat /run/mine); kill -CONT $(pgrep -f "[l]abctl services")'; done
named "another address" lease6 "lease6: one"
up "up has it ask anew"
named "another address is mended" lease6,dhcp6-answer ""

on one sh -c 'kill -STOP $(pgrep -x dhclient)'
named "a client that is dead at renewal" lease,lease6 "lease6: one"
up "up has another one"
named "a client that is dead" lease,lease6 ""

# --- the router's part --------------------------------------------------------
router_facts() {
	local n
	NETNS=$(on n1 ip netns list | sed -n 's/^\(qrouter-[^ ]*\).*/\1/p')
	for n in n1 n2; do
		if on $n cat "/var/lib/neutron/ha_confs/${NETNS#qrouter-}/state" | grep -q master; then
			ACTIVE=$n
		else
			BACKUP=$n
		fi
	done
}
router_facts
conf=/var/lib/neutron/ra/${NETNS#qrouter-}.radvd.conf
like "$(on "$ACTIVE" cat "$conf")" "AdvManagedFlag on;.*AdvAutonomous off;.*AdvOtherConfigFlag on;" \
	"its configuration is Neutron's"
on "$ACTIVE" sh -c "sed -i '/AdvManagedFlag/d' $conf && kill -HUP \$(pgrep -x radvd | head -n 1)"
named "radvd without its managed flag" ra,radvd "ra: r"
like "$(cat "$TMP/tap")" "flags none" "which says that it is not there"
up "up puts it back"
named "the managed flag" ra,radvd ""

"$LABCTL" failover "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "a failover: all holds" || diag "$(grep -A16 '^not ok' "$TMP/tap"; cat "$TMP/err")"
like "$(cat "$TMP/tap")" "ok [0-9]+ - lease6: one on k1 .*, after it" "leases were renewed after it"

# Without DHCPv6 in the file: what it gave goes.
sed -i 's/dhcpv6-stateful/none/; s/dhcpv6-stateless/slaac/' "$FILE"
up "the modes are taken away"
is "$(addrs one)" "fd00:1::2/64" "addresses are written now"
is "$(on one pgrep -x dhclient)" "" "and no client is left"
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>&1
ok $? "all holds again" || diag "$(grep -A16 '^not ok' "$TMP/tap")"
tap_done
