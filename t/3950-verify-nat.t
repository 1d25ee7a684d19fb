#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Translation broken in a running lab: each way is named by its own point, and
# up mends it.
# shellcheck disable=SC2016,SC2034,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
only=snat,nat-path,floating,hairpin,forwarding,addresses,standby-rules,internet-ping,traceroute,drift
"$LABCTL" verify --only $only "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "a healthy lab passes" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
qg=$(dev_of "$ACTIVE" qg-)
FIP=203.0.113.17

# On the active host's router, and on the standby's.
r() { on "$ACTIVE" ip netns exec "$NETNS" "$@"; }
b() { on "$BACKUP" ip netns exec "$NETNS" "$@"; }

# breaks WHAT POINT BREAK [RELEASE]: the point is named; up mends it, after
# what BREAK holds was let go.
breaks() {
	eval "$3" >"$TMP/out" 2>&1
	ok $? "$1: broken" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only $only "$LAB" >"$TMP/tap" 2>"$TMP/err"
	is "$?" 1 "$1: verify exits 1"
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - $2" "$1: is named" ||
		diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	tr '\n' ' ' <"$TMP/tap" >"$TMP/first"
	[ -z "${4-}" ] || eval "$4"
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only $only "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1: up mends it" ||
		diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}

snat=neutron-l3-agent-snat pre=neutron-l3-agent-PREROUTING
breaks "SNAT gone" "snat: from selfservice-instance1 " \
	'r iptables -t nat -F $snat'
like "$(cat "$TMP/first")" "not ok [0-9]+ - nat-path: from selfservice-instance1 .*not ok [0-9]+ - internet-ping: " \
	"and where it should have been"
breaks "SNAT to another address" "snat: from selfservice-instance1 " \
	'r iptables -t nat -I $snat -o "$qg" -j SNAT --to-source 203.0.113.99'
breaks "DNAT to another host" "floating: $FIP " \
	'r iptables -t nat -I $pre -d $FIP/32 -j DNAT --to-destination 198.51.100.200'
breaks "accept-all in FORWARD" "drift: $ACTIVE " \
	'r iptables -I FORWARD -j ACCEPT'
breaks "one rule too many on the standby" "drift: $BACKUP " \
	'b iptables -t nat -A $pre -d $FIP/32 -p tcp --dport 9 -j DNAT --to-destination 198.51.100.200'
breaks "a rule missing on the standby" "drift: $BACKUP " \
	'b iptables -t nat -D neutron-l3-agent-float-snat 1'
breaks "the IPv6 filter missing" "drift: $ACTIVE " \
	'r ip6tables -F FORWARD'
breaks "no hairpin" "hairpin: from selfservice-instance1, $FIP " \
	'r iptables -t nat -D $snat 3'
breaks "another rule on the standby than on the active host" "standby-rules: router2 " \
	'b iptables -t nat -D neutron-l3-agent-float-snat 1'
breaks "the router does not say where it is" "traceroute: " \
	'r iptables -I OUTPUT -p icmp --icmp-type time-exceeded -j DROP'
breaks "rp_filter" "drift: $ACTIVE " 'r sysctl -w net.ipv4.conf.$qg.rp_filter=1'
breaks "the mark of what comes from outside gone" "drift: $BACKUP " \
	'b iptables -t mangle -F neutron-l3-agent-mark'
# The engine would put that right at once.
breaks "the floating address on the standby too" "floating: $FIP " \
	'deaf=$BACKUP; on $deaf pkill -STOP -f "[l]abctl vrrp run"; b ip addr add $FIP/32 dev "$qg"' \
	'on $deaf pkill -CONT -f "[l]abctl vrrp run"'
tap_done
