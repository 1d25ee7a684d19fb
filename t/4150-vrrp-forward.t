#!/bin/bash
# SPDX-License-Identifier: MIT
# Whose IPv6 forwarding is on: the Active's interfaces and no standby's; the
# kernel's answers tell hosts that a router speaks; and with the one rule that
# labs have nothing of a standby is heard, not even by MLD.
. "$(dirname "$0")/lib/vrrp.sh"
command -v ip6tables-restore >/dev/null || skip_all "needs ip6tables"

lan a b
ip netns add host
ip link add port type veth peer name eth0 netns host
ip link set port master br0 up
ip -n host link set eth0 up
ip -n host -6 addr add fe80::9/64 dev eth0 nodad
fwd() { ip netns exec "$1" cat "/proc/sys/net/ipv6/conf/$2/forwarding"; }
for n in a b; do
	ip netns exec $n sysctl -qw net.ipv6.conf.all.forwarding=1 \
		net.ipv6.conf.{default,ha,qr,qg}.forwarding=0 \
		net.ipv6.conf.{qr,qg}.mldv2_unsolicited_report_interval=20
	for d in qr qg; do
		ip -n $n link set $d addr fa:16:3e:00:00:01
		ip netns exec $n ip6tables -A OUTPUT -o $d -p ipv6-icmp -m icmp6 \
			--icmpv6-type 143 -j DROP
	done
	conf $n "forwarding: [qr, qg, gone]"
done

# heard DEV: frames that came by that port of the bridge out of the namespace
heard() { tcpdump -n -r "$TMP/$1" 2>/dev/null | grep -v 'IP6 fe80::9 '; }
listen_all() {
	LISTENERS=
	for p in "$@"; do
		ip link set "$p" allmulticast on
		tcpdump --immediate-mode -Q in -U -n -i "$p" -w "$TMP/$p" 2>"$TMP/$p.log" &
		LISTENERS="$LISTENERS $!"
		for _ in $(seq 100); do
			grep -qs 'listening on' "$TMP/$p.log" && break
			sleep 0.02
		done
	done
}
hush_all() { sleep 0.3; for l in $LISTENERS; do kill "$l"; wait "$l" 2>/dev/null; done; }

start a
wait_state a active 6000
ok $? "one becomes active"
listen_all qr-b qg-b
start b
wait_state b backup 6000
ok $? "the other stands by"
is "$(fwd a qr)$(fwd a qg)$(fwd a ha)" 110 "the active forwards on qr and qg"
is "$(fwd b qr)$(fwd b qg)$(fwd b ha)" 000 "the standby on none"

# The flag R of the kernel's own answer.
tcpdump --immediate-mode -U -v -n -i port icmp6 > "$TMP/na" 2>/dev/null & na=$!
sleep 0.3
ip netns exec host ping -c 1 -W 2 fe80::f816:3eff:fe00:1%eth0 >/dev/null
ok $? "a host reaches the active"
sleep 0.3
kill $na; wait $na 2>/dev/null
like "$(grep -A 2 'neighbor advertisement' "$TMP/na")" \
	"Flags \\[router, solicited" "whose kernel answers as a router"
for d in qr qg; do
	ip -n b link set $d down
	ip -n b link set $d up
done
wait_state b backup 6000
sleep 0.5
hush_all
is "$(heard qr-b)$(heard qg-b)" "" \
	"of the standby nothing is heard, its start and its links' included"

listen_all qr-a qg-a
ip link set ha-a down
wait_state b active 6000
ok $? "the standby takes over"
is "$(fwd b qr)$(fwd b qg)" 11 "and forwards"
for _ in $(seq 100); do
	[ "$(fwd a qr)$(fwd a qg)" = 00 ] && break
	sleep 0.02
done
is "$(fwd a qr)$(fwd a qg)" 00 "the other does so no more"
ip link set ha-a up
wait_state a backup 6000
for d in qr qg; do
	ip -n a link set $d down
	ip -n a link set $d up
done
wait_state a backup 6000
sleep 0.5
hush_all
is "$(heard qr-a)$(heard qg-a)" "" "of the demoted one nothing is heard"

# A dead engine forwards no more; a live one puts it right at its start.
kill -9 "$(field b pid)"
for _ in $(seq 300); do
	[ "$(state_of b)" = backup ] && break
	sleep 0.02
done
wait_state a active 6000
is "$(fwd a qr)$(fwd b qr)" 10 "after an engine's death it is the other's again"
stop a
is "$(fwd a qr)$(fwd a qg)" 00 "one that is stopped forwards no more"
tap_done
