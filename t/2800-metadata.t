#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # expanded on the node
# Metadata on a real lab: through the router's proxy on the Active, beside DHCP
# on an isolated network; each instance sees its own, whatever it says.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
PATH=$PATH:/usr/sbin:/sbin
for tool in haproxy dnsmasq curl iptables-nft-restore; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done

LAB=md$$
FILE=$TMP/md.yaml
at_exit "\"$LABCTL\" down -q $LAB >/dev/null 2>&1"
cat > "$FILE" <<-YAML
lab: $LAB
nodes:
  controller: {role: controller}
  network1: {role: network}
  network2: {role: network}
  compute1: {role: compute}
networks:
  routed:
    subnets:
      r4: {cidr: 192.168.1.0/24, dhcp: true}
  alone:
    subnets:
      a4: {cidr: 192.168.1.0/24, enable_gateway: false, dhcp: true}
routers:
  r: {interfaces: [r4], ha: {interval: 1s}}
instances:
  one: {node: compute1, network: routed, address: 192.168.1.50, static: true, user_data: "#!/bin/sh\n", public_key: "ssh-ed25519 AAAA one"}
  two: {node: compute1, network: routed, static: true}
  lone: {node: compute1, network: alone, address: 192.168.1.50, static: true}
YAML
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
ok $? "one is active"
out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
ok $? "nothing differs" || diag "$out"
MD=http://169.254.169.254
ask() { local i=$1; shift; on "$i" curl -s -m 5 "$@"; }
code() { local i=$1; shift; on "$i" curl -s -m 5 -o /dev/null -w '%{http_code}' "$@"; }
# answers INSTANCE: waits until it is told its own name
answers() {
	local i
	for ((i = 0; i < ${2:-50}; i++)); do
		[ "$(on "$1" curl -s -m 1 $MD/latest/meta-data/hostname)" = "$1" ] && return 0
		sleep 0.1
	done
	return 1
}
answers one
ok $? "an instance is told its name" || diag "$(on "$ACTIVE" sh -c "cat /run/labctl/$LAB/*.log | tail -n 20")"
is "$(ask two $MD/latest/meta-data/hostname)" two "and another its own"
is "$(ask one $MD/latest/user-data)" "#!/bin/sh" "user data"
like "$(ask one $MD/latest/meta-data/public-keys/0/openssh-key)" "^ssh-ed25519 AAAA one" "a key"
is "$(code two $MD/latest/user-data)" 404 "which is not another's"
like "$(ask one $MD/openstack/latest/meta_data.json)" '"name": "one"' "OpenStack's tree"
own=$(on one ip -4 -o addr show dev eth0 | grep -o '192[0-9.]*' | head -n 1)
is "$(ask one $MD/latest/meta-data/local-ipv4)" "$own" "its address"

# A network without router: the DHCP port is asked.
dhcp=$(on "$ACTIVE" sh -c 'for n in $(ip netns | grep -o "^qdhcp[^ ]*"); do
	ip -n $n -4 -o addr | grep 169.254.169.254 >/dev/null && ip -n $n -4 -o addr | grep -o "192[0-9.]*/" | tr -d /; done' | head -n 1)
on lone ip route add 169.254.169.254 via "$dhcp"
answers lone
ok $? "on an isolated network the instance is told its name" ||
	diag "dhcp $dhcp; $(on "$ACTIVE" sh -c "cat /run/labctl/$LAB/meta*.log | tail -n 20")"
lone=$(on lone ip -4 -o addr show dev eth0 | grep -o '192[0-9.]*' | head -n 1)
is "$lone" "$own" "though its address is also another's elsewhere"

# Liars.
two=$(on two ip -4 -o addr show dev eth0 | grep -o '192[0-9.]*' | head -n 1)
is "$(ask one -H "X-Forwarded-For: $two" $MD/latest/meta-data/hostname)" one \
	"a forged address does not help"
is "$(ask one -H "X-Forwarded-For: 1.2.3.4, $two" -H "X-Forwarded-For: $two" $MD/latest/meta-data/hostname)" one \
	"nor two of them"
is "$(ask one -H "X-Neutron-Router-ID: 00000000-0000-0000-0000-000000000000" $MD/latest/meta-data/hostname)" one \
	"nor another router"
is "$(ask one -H "X-Neutron-Network-ID: 00000000-0000-0000-0000-000000000000" $MD/latest/meta-data/hostname)" one \
	"nor a network"
on one ip addr add 192.168.1.200/24 dev eth0
is "$(code one --interface 192.168.1.200 $MD/latest/meta-data/hostname)" 404 \
	"an address that is nobody's is not found"
on one ip addr del 192.168.1.200/24 dev eth0
gw=192.168.1.1
is "$(on one curl -s -m 2 -o /dev/null -w '%{http_code}' http://$gw:9697/latest/meta-data/hostname)" 000 \
	"the proxy's own port is closed to instances"
sock=/var/lib/neutron/metadata_proxy
id=${NETNS#qrouter-}
is "$(code "$ACTIVE" --unix-socket $sock -H "X-Neutron-Router-ID: $id" -H "X-Neutron-Network-ID: $id" \
	-H "X-Forwarded-For: $own" http://md/latest/)" 400 "both headers are refused"

# More half requests than one address may have do not lock another out.
on one sh -c 'perl -MIO::Socket::INET -e "
	for (1 .. 200) { my \$c = IO::Socket::INET->new(PeerAddr => q(169.254.169.254:80), Timeout => 1) or next;
		print \$c qq(GET / HTTP/1.1\r\n); push @s, \$c; } sleep 6"' >/dev/null 2>&1 & half=$!
sleep 2
is "$(ask two $MD/latest/meta-data/hostname)" two "half requests of one leave the others theirs"
kill $half 2>/dev/null
wait $half 2>/dev/null

proxies() { on "$1" sh -c 'pgrep -c -x haproxy; true'; }
# Of the isolated network both have one, the router's is the active's alone.
is "$(proxies "$ACTIVE")" 2 "the active has the router's proxy"
is "$(proxies "$BACKUP")" 1 "the standby has not"
like "$(on "$ACTIVE" cat "/var/lib/neutron/ns-metadata-proxy/$id.conf")" \
	"http-request set-header X-Neutron-Router-ID $id" "its configuration is where Neutron has it"
on "$ACTIVE" pkill -9 -x haproxy
answers one 15
ok $? "a proxy that is killed is back within a second or so"
on "$ACTIVE" pkill -9 -f 'labctl metadata'
answers one 20
ok $? "so is the server"
ha=$(dev_of "$ACTIVE" ha-) old=$ACTIVE
on "$old" ip -n "$NETNS" link set "$ha" down
answers one 150
ok $? "after a failover the new active answers"
router_facts
[ "$ACTIVE" != "$old" ]
ok $? "which is another"
on "$old" ip -n "$NETNS" link set "$ha" up
for ((i = 0; i < 50; i++)); do [ "$(proxies "$old")" = 1 ] && break; sleep 0.1; done
is "$(proxies "$old")" 1 "the old one's proxy is gone"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
tap_done
