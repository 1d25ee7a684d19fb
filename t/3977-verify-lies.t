#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What says of itself that it is the kernel's or the lab's, and is not: each is
# a difference that plan names, a point that verify fails, and mended by one up.
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

A=(ip netns exec "$NETNS")
qr=$(dev_of "$ACTIVE" qr-)
qg=$(dev_of "$ACTIVE" qg-)
V=$(on compute1 ip netns list | sed 's/ .*//;q')
ha2=$(dev_of "$BACKUP" ha-)
ha_addr=$(on "$BACKUP" ip -n "$NETNS" -4 -br addr show dev "$ha2" | awk '{sub("/.*", "", $3); print $3}')
V6=$(on compute1 ip -n "$V" -6 -br addr show dev eth0 | grep -o 'fd00[^/]*')
br=$(on "$BACKUP" cat "/sys/class/net/tap${qr#qr-}/master/uevent" | sed -n 's/INTERFACE=//p')

# Rules that look like the kernel's own and ask for more.
strange "$ACTIVE" "the rule main without defaults" \
	"- rule 32766: suppress_prefixlength 0 lookup 254 in $NETNS" \
	"${A[@]}" sh -c 'ip rule del pref 32766; ip rule add pref 32766 lookup main suppress_prefixlength 0'
strange "$ACTIVE" "IPv6's for one protocol" \
	"- rule -6 32766: ipproto 6 lookup 254 in $NETNS" \
	"${A[@]}" sh -c 'ip -6 rule del pref 32766; ip -6 rule add pref 32766 ipproto tcp lookup main'
strange "$BACKUP" "the rule main for one kind of service" \
	"- rule 32766: tos 0x10 lookup 254 in $NETNS" \
	"${A[@]}" sh -c 'ip rule del pref 32766; ip rule add pref 32766 tos 0x10 lookup main'
strange "$BACKUP" "a rule for ports" "- rule 9: sport 67-68 prohibit in $NETNS" \
	"${A[@]}" ip rule add pref 9 sport 67-68 prohibit

# Routes that say that the kernel made them.
strange "$ACTIVE" "the next hop behind another link" \
	"- route 203.0.113.1/32 dev $qr in $NETNS" \
	"${A[@]}" ip route add 203.0.113.1/32 dev "$qr" proto kernel
strange "$ACTIVE" "an IPv6 default route by another" \
	"- route -6 default via fd00:203:0:113::66 dev $qg in $NETNS" \
	"${A[@]}" ip -6 route add default via fd00:203:0:113::66 dev "$qg" metric 1 proto kernel
strange "$BACKUP" "half of the world as a blackhole" \
	"- route blackhole 0.0.0.0/1 in $NETNS" \
	"${A[@]}" ip route add blackhole 0.0.0.0/1 proto kernel
strange "$BACKUP" "IPv6's" "- route unreachable 2000::/3 in $NETNS" \
	"${A[@]}" ip -6 route add unreachable 2000::/3 proto kernel
strange "$ACTIVE" "a route as if advertised, where nobody listens" \
	"- route -6 default via fe80::66 dev $qg in $NETNS" \
	"${A[@]}" ip -6 route add default via fe80::66 dev "$qg" metric 9 proto ra
strange "$ACTIVE" "one as if redirected" \
	"- route 8.0.0.0/8 via 203.0.113.66 dev $qg in $NETNS" \
	"${A[@]}" ip route add 8.0.0.0/8 via 203.0.113.66 dev "$qg" proto redirect
# The table local.
strange "$ACTIVE" "an instance that broadcasts are sent to" \
	"- route broadcast 198.51.100.40/32 dev $qr table local in $NETNS" \
	"${A[@]}" ip route add broadcast 198.51.100.40 dev "$qr" table local proto kernel
strange "$ACTIVE" "an instance's packets taken by the router" \
	"- route local 198.51.100.41/32 dev lo table local in $NETNS" \
	"${A[@]}" ip route add local 198.51.100.41 dev lo table local proto kernel
strange "$ACTIVE" "a way before all others" \
	"- route 9.0.0.0/8 via 203.0.113.66 dev $qg table local in $NETNS" \
	"${A[@]}" ip route add 9.0.0.0/8 via 203.0.113.66 dev "$qg" table local
strange "$BACKUP" "a standby that takes what is the active one's" \
	"- route local 198.51.100.1/32 dev $qr table local in $NETNS" \
	"${A[@]}" ip route add local 198.51.100.1 dev "$qr" table local proto kernel scope host
strange "$ACTIVE" "a virtual address whose packets nobody takes" \
	"~ address 198.51.100.1/24 on $qr in $NETNS: its route is gone" \
	"${A[@]}" ip route del local 198.51.100.1 dev "$qr" table local
strange "$BACKUP" "an HA address likewise" \
	"~ address $ha_addr/18 on $ha2 in $NETNS: its route is gone" \
	"${A[@]}" ip route del local "$ha_addr" dev "$ha2" table local
strange compute1 "an instance's IPv6 address likewise" \
	"~ address $V6/64 on eth0 in $V: its route is gone" \
	ip netns exec "$V" ip -6 route del local "$V6" dev eth0 table local
# What a route says besides.
strange "$ACTIVE" "a default route for small packets" \
	"- route default via 203.0.113.1 dev $qg lock .*mtu 100 in $NETNS" \
	"${A[@]}" ip route change default via 203.0.113.1 dev "$qg" proto 18 mtu lock 100
strange "$BACKUP" "the HA network for small packets" \
	"- route 169.254.192.0/18 dev $ha2 lock .*mtu 100 in $NETNS.*[+] route 169.254.192.0/18 dev $ha2 in " \
	"${A[@]}" ip route change 169.254.192.0/18 dev "$ha2" proto kernel scope link mtu lock 100
strange "$ACTIVE" "one for a kind of service" \
	"- route default via 203.0.113.66 dev $qg tos 0x08 in $NETNS" \
	"${A[@]}" ip route add default via 203.0.113.66 dev "$qg" tos 0x08 proto 18
strange "$BACKUP" "a route by the number of a next hop that goes nowhere" \
	"- route blackhole 9.0.0.0/8 in $NETNS" \
	"${A[@]}" sh -c 'ip nexthop add id 7 blackhole && ip route add 9.0.0.0/8 nhid 7'
strange "$ACTIVE" "by the number of one that leads astray" \
	"- route 7.0.0.0/8 via 203.0.113.66 dev $qg in $NETNS" \
	"${A[@]}" sh -c "ip nexthop add id 8 via 203.0.113.66 dev $qg && ip route add 7.0.0.0/8 nhid 8"

# Neighbours that are never asked.
strange "$ACTIVE" "the next hop's MAC address, reserved and wrong" \
	"- neighbour 203.0.113.1 lladdr 02:00:00:00:00:99 on $qg in $NETNS.*[+] neighbour 203.0.113.1 reserved on $qg in" \
	"${A[@]}" ip neigh replace 203.0.113.1 dev "$qg" lladdr 02:00:00:00:00:99 nud noarp extern_learn
strange "$BACKUP" "adverts' group to one MAC address" \
	"- neighbour 224.0.0.18 lladdr 02:00:00:00:00:98 on $ha2 in $NETNS" \
	"${A[@]}" ip neigh replace 224.0.0.18 dev "$ha2" lladdr 02:00:00:00:00:98 nud noarp

# Rules that are all there, and do nothing.
strange "$ACTIVE" "a table of rules that is dormant" \
	"~ rules in $NETNS: a table that is dormant" \
	"${A[@]}" nft 'add table ip nat { flags dormant; }'

# IPv6 ends on a link whose MTU is too small for it, and its settings with it.
strange "$BACKUP" "an MTU too small for IPv6 on the way out" \
	"~ link $qg in $NETNS: mtu 600, wanted 1500" \
	ip -n "$NETNS" link set "$qg" mtu 600
strange "$BACKUP" "one on a bridge" "~ link $br: mtu 800, wanted 1450" \
	ip link set "$br" mtu 800

# A bridge that takes what is a router's or an instance's.
strange "$ACTIVE" "a bridge by a router's MAC address" \
	"~ link brq[^ ]*: address $(on "$ACTIVE" ip netns exec "$NETNS" cat "/sys/class/net/$qr/address"), which no port of it has" \
	sh -c "ip link set \$(sed -n 's/INTERFACE=//p' /sys/class/net/tap${qr#qr-}/master/uevent) address \$(ip netns exec $NETNS cat /sys/class/net/$qr/address)"
strange compute2 "a stranger's port with the address of the router's" \
	"~ link strange: in brq[^ ]* with a MAC address as labs give" \
	sh -c "ip link add strange address $(on "$ACTIVE" ip netns exec "$NETNS" cat "/sys/class/net/$qr/address") type veth peer strange2 &&
		ip link set strange2 up && ip link set strange master \$(ip -br link show type bridge | sed -n 's/ .*//p;q') up"
strange "$BACKUP" "a bridge that does more than bridges do" \
	"~ link $br: .*group_fwd_mask not 0, mcast_querier on, nf_call_iptables on" \
	ip link set "$br" type bridge group_fwd_mask 0x4000 mcast_querier 1 nf_call_iptables 1
strange compute2 "a namespace's name for the node's own" \
	"[+] netns vm-[^ ]*" \
	sh -c 'mount --bind /proc/1/ns/net /run/netns/$(ip netns list | sed "s/ .*//;q")'

"$LABCTL" plan "$FILE" >"$TMP/plan" 2>"$TMP/err"
"$LABCTL" verify --only drift "$LAB" >"$TMP/tap" 2>>"$TMP/err"
is "$?" 1 "verify exits 1"
for n in "$ACTIVE" "$BACKUP" compute1 compute2; do
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - drift: $n " "it fails on $n"
done
for i in "${!words[@]}"; do
	like "$(cat "$TMP/plan")" "${lines[$i]}" "${words[$i]}"
done
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up mends all of it" || diag "$(cat "$TMP/out")"
is "$("$LABCTL" plan "$FILE" | tail -n 1)" \
	"lab $LAB is as the file says: 0 changes" "and there is nothing left to do" ||
	diag "$("$LABCTL" plan "$FILE")"
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "verify passes again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
