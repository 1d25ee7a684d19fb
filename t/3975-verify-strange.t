#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a stranger can do to a lab's links and namespaces without touching an
# address: each is a difference that plan names, a point that verify fails, and
# mended by one up.
# shellcheck disable=SC2016,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/strange.sh
. "$(dirname "$0")/lib/strange.sh"
need_lab
lab_make 1s

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
is "$("$LABCTL" plan "$FILE" | tail -n 1)" \
	"lab $LAB is as the file says: 0 changes" "nothing to do at first" ||
	diag "$("$LABCTL" plan "$FILE")"

R=(ip netns exec "$NETNS")
qr=$(dev_of "$BACKUP" qr-)
qg=$(dev_of "$BACKUP" qg-)
ha=$(dev_of "$BACKUP" ha-)
tap=tap${qr#qr-}
br=$(on "$BACKUP" ip -br link show type bridge | sed -n 's/ .*//p;q')
V=$(on compute1 ip netns list | sed 's/ .*//;q')

like "$(on outside ip neigh show nud all dev eth0)" "203.0.113.21 .*extern_learn" \
	"the host outside has a place reserved for the router"

strange "$BACKUP" "a standing entry on a bridge's port" \
	"- fdb 02:00:00:00:00:01 on $tap of brq" \
	bridge fdb add 02:00:00:00:00:01 dev "$tap" master static
strange "$BACKUP" "one on the node's interface, as the bridge's own" \
	"- fdb 02:00:00:00:00:02 on eth2 of brq" \
	bridge fdb add 02:00:00:00:00:02 dev eth2 master permanent
strange "$BACKUP" "a standing entry of a vxlan link that is not permanent" \
	"- fdb 02:00:00:00:00:03 dst 10.0.1.99 on vxlan-2" \
	bridge fdb add 02:00:00:00:00:03 dev vxlan-2 dst 10.0.1.99 self static
strange "$BACKUP" "the flood entry by another port" \
	"- fdb 00:00:00:00:00:00 dst [0-9.]* on vxlan-2 port 9" \
	bash -c 'd=$(bridge fdb show dev vxlan-2 | sed -n "s/^00:00:00:00:00:00 dst \([0-9.]*\).*/\1/p")
		bridge fdb append 00:00:00:00:00:00 dev vxlan-2 dst $d port 9 self permanent'
strange "$BACKUP" "a bridge that forgets at once" \
	"~ link $br: ageing_time not 300 s" \
	ip link set "$br" type bridge ageing_time 0
strange compute2 "a bridge that filters VLANs" \
	"~ link brq[^ ]*: vlan_filtering on" \
	sh -c 'ip link set $(ip -br link show type bridge | sed -n "s/ .*//p;q") type bridge vlan_filtering 1'
strange compute2 "a vxlan link with a ttl of its own" \
	"~ link vxlan-1: ttl not auto, ageing not 300 s" \
	ip link set vxlan-1 type vxlan id 1 ttl 1 ageing 1
strange "$BACKUP" "a vxlan link that is held down" \
	"~ link vxlan-2: protodown on" \
	ip link set vxlan-2 protodown on
strange "$BACKUP" "a vxlan link made anew with a limit" \
	"- link vxlan-1" \
	sh -c 'a=$(cat /sys/class/net/vxlan-1/ifalias); l=$(ip -d link show vxlan-1 | grep -o "id 1.*dev eth1")
		m=$(ip -o link show vxlan-1 | sed -n "s/.* master \([^ ]*\) .*/\1/p")
		ip link del vxlan-1; ip link add vxlan-1 type vxlan $l dstport 8472 proxy
		ip link set vxlan-1 alias "$a" master $m up'
strange "$BACKUP" "a link whose state another says" \
	"~ link $ha in $NETNS: mode dormant" \
	ip -n "$NETNS" link set "$ha" mode dormant
strange "$BACKUP" "an alias of another's in a namespace of the lab's" \
	"~ link $qg in $NETNS: without the lab's mark" \
	ip -n "$NETNS" link set "$qg" alias mine
strange "$BACKUP" "a queue that is too short" \
	"- qdisc tbf on $qr in $NETNS" \
	"${R[@]}" tc qdisc add dev "$qr" root tbf rate 8kbit burst 1600 latency 1ms
strange compute1 "a filter at an instance's ingress" \
	"- qdisc clsact on eth0 in $V" \
	ip netns exec "$V" sh -c 'tc qdisc add dev eth0 clsact; tc filter add dev eth0 ingress matchall action drop || :'
strange compute1 "one at its tap" "- qdisc ingress on tap" \
	sh -c 'tc qdisc add dev $(ip -br link | sed -n "s/^\(tap[^@]*\).*/\1/p;" | head -n 1) ingress'
strange "$BACKUP" "policies of IPsec" \
	"- IPsec that blocks by default \(ip xfrm: 1 policies, [01] states\) in $NETNS" \
	"${R[@]}" sh -c 'ip xfrm policy add dir fwd action block && ip xfrm policy setdefault fwd block
		ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode tunnel enc "ecb(cipher_null)" "" || :'
strange "$BACKUP" "links that do not hear who moved" \
	"~ sysctl net/ipv4/conf/$qr/proxy_arp in $NETNS: 1, wanted 0.*/arp_filter in .*/drop_gratuitous_arp in $NETNS: 1, wanted 0" \
	"${R[@]}" sysctl -qw "net.ipv4.conf.$qr.proxy_arp=1" "net.ipv4.conf.$qr.arp_filter=1" \
	"net.ipv4.conf.$qr.drop_gratuitous_arp=1"
strange compute1 "IPv6 settings of a link" \
	"~ link eth0 in $V: IPv6 mtu 1280.*~ sysctl net/ipv6/conf/eth0/hop_limit in $V: 1, wanted 64.*/proxy_ndp in .*/drop_unsolicited_na in $V: 1, wanted 0" \
	ip netns exec "$V" sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1 net.ipv6.conf.eth0.hop_limit=1 \
	net.ipv6.conf.eth0.drop_unsolicited_na=1 net.ipv6.conf.eth0.mtu=1280
strange "$BACKUP" "a network that is no more behind its link" \
	"[+] route 169.254.192.0/18 dev $ha in $NETNS" \
	ip -n "$NETNS" route del 169.254.192.0/18 dev "$ha"
strange compute2 "routes flushed, the kernel's own too" \
	"[+] route 198.51.100.0/24 dev eth0 in .*[+] route default via 198.51.100.1 dev eth0 in " \
	sh -c 'ip -n $(ip netns | sed "s/ .*//;q") route flush table main'
strange compute1 "a namespace that answers nobody" \
	"~ sysctl net/ipv4/conf/all/arp_ignore in $V: 8, wanted 0" \
	ip netns exec "$V" sysctl -qw net.ipv4.conf.all.arp_ignore=8
strange "$BACKUP" "one in which no group can be joined, and whose replies are forgotten" \
	"~ sysctl net/ipv4/igmp_max_memberships in $NETNS: 0, wanted 20.*udp_timeout in $NETNS: 0, wanted 30" \
	"${R[@]}" sysctl -qw net.ipv4.igmp_max_memberships=0 net.netfilter.nf_conntrack_udp_timeout=0
# Whom a node's own interface makes deaf, and the host outside.
vip=$(on "$ACTIVE" ip -n "$NETNS" -br -4 addr | sed -n 's/^qg-.* \([0-9.]*\)\/.*/\1/p')
strange outside "a router's address on the host outside" \
	"- outside: address $vip/32 on eth0, which is router " \
	ip addr add "$vip/32" dev eth0
strange compute2 "an instance's on a node's own interface" \
	"- compute2: address 198.51.100.2/24 on eth1, which is instance " \
	ip addr add 198.51.100.2/24 dev eth1
strange "$BACKUP" "rules of iptables' older make" \
	"- table filter of iptables-legacy in $NETNS" \
	"${R[@]}" iptables-legacy -I FORWARD -j DROP
strange "$BACKUP" "IPv6's" \
	"- table filter of ip6tables-legacy in $NETNS" \
	"${R[@]}" ip6tables-legacy -P FORWARD DROP

"$LABCTL" plan "$FILE" >"$TMP/plan" 2>"$TMP/err"
"$LABCTL" verify --only drift,strays "$LAB" >"$TMP/tap" 2>>"$TMP/err"
is "$?" 1 "verify exits 1"
for i in "${!words[@]}"; do
	like "$(cat "$TMP/plan")" "${lines[$i]}" "${words[$i]}: plan"
	[[ ${lines[$i]} = "- "*": address "* ]] && continue
	like "$(cat "$TMP/tap")" "${lines[$i]}" "${words[$i]}: verify"
done
like "$(cat "$TMP/tap")" "$vip/32 on eth0 of outside, and it is router " \
	"verify names the host outside with a router's address"
like "$(cat "$TMP/tap")" "198.51.100.2/24 on eth1 of compute2, and it is instance " \
	"and the node with an instance's"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up mends all of it" || diag "$(cat "$TMP/out")"
is "$("$LABCTL" plan "$FILE" | tail -n 1)" \
	"lab $LAB is as the file says: 0 changes" "and there is nothing left to do" ||
	diag "$("$LABCTL" plan "$FILE")"
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "verify passes again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
