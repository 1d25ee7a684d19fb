#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A router that answers pings and forwards nothing: in whatever way it came to
# that, verify says so, and of no other family than the one that is broken.
# shellcheck disable=SC2016,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" verify --only forwarding "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "a healthy router forwards" || diag "$(cat "$TMP/tap" "$TMP/err")"
is "$(grep -c '^ok .* forwarding: ' "$TMP/tap")" 4 \
	"a point for each instance and family"

# On the active host's router.
r() { on "$ACTIVE" ip netns exec "$NETNS" "$@"; }

# stops WHAT FAMILIES BREAK MEND
stops() {
	local family
	eval "$3" >"$TMP/out" 2>&1
	ok $? "$1: broken" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only outside-ping,forwarding "$LAB" >"$TMP/tap" 2>"$TMP/err"
	is "$?" 1 "$1: verify exits 1"
	for family in 4 6; do
		if [[ $2 == *$family* ]]; then
			is "$(grep -c "^not ok .* forwarding: .* IPv$family " "$TMP/tap")" 2 \
				"$1: IPv$family is named" || diag "$(cat "$TMP/tap" "$TMP/err")"
		else
			is "$(grep -c "^ok .* forwarding: .* IPv$family " "$TMP/tap")" 2 \
				"$1: IPv$family is as it was" || diag "$(cat "$TMP/tap" "$TMP/err")"
		fi
	done
	eval "$4" >"$TMP/out" 2>&1
	ok $? "$1: mended" || diag "$(cat "$TMP/out")"
}

stops "policy DROP" 4 'r iptables -P FORWARD DROP' 'r iptables -P FORWARD ACCEPT'
stops "policy DROP of IPv6" 6 'r ip6tables -P FORWARD DROP' 'r ip6tables -P FORWARD ACCEPT'
stops "ip_forward=0" 4 'r sysctl -qw net.ipv4.ip_forward=0' \
	'r sysctl -qw net.ipv4.ip_forward=1'
stops "forwarding=0 for IPv6" 6 'r sysctl -qw net.ipv6.conf.all.forwarding=0' \
	'r sysctl -qw net.ipv6.conf.all.forwarding=1; "$LABCTL" up "$FILE"; settle'
qr=$(r ip -br -4 addr | sed -n 's/^\(qr-[^@ ]*\).*/\1/p')
stops "forwarding=0 on one interface" 4 'r sysctl -qw "net/ipv4/conf/$qr/forwarding=0"' \
	'r sysctl -qw "net/ipv4/conf/$qr/forwarding=1"'
stops "a rule that prohibits" 4 'r ip rule add pref 10 iif "$qr" prohibit' \
	'r ip rule del pref 10'
stops "a blackhole route" 4 'r ip route add blackhole 198.18.0.0/15' \
	'r ip route del blackhole 198.18.0.0/15'

# A standby forwards nothing yet: what would keep it from that is drift, and
# bites at the failover. up mends it.
b() { on "$BACKUP" ip netns exec "$NETNS" "$@"; }
qg=$(dev_of "$BACKUP" qg-)

# drifts WHAT PATTERN BREAK
drifts() {
	eval "$3" >"$TMP/out" 2>&1
	ok $? "$1 on the standby: broken" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
	is "$?" 1 "$1 on the standby: verify exits 1"
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - drift: $BACKUP .*$2" \
		"$1 on the standby is named" || diag "$(cat "$TMP/tap" "$TMP/err")"
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1 on the standby: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1 on the standby: up mends it" || diag "$(cat "$TMP/tap" "$TMP/err")"
}

drifts "ip_forward=0" ip_forward 'b sysctl -qw net.ipv4.ip_forward=0'
drifts "forwarding=0 on one interface" "$qr" \
	'b sysctl -qw "net/ipv4/conf/$qr/forwarding=0"'
drifts "rp_filter=1 on one interface" "$qg" \
	'b sysctl -qw "net/ipv4/conf/$qg/rp_filter=1"'
drifts "a rule that prohibits" "prohibit" 'b ip rule add pref 10 iif "$qr" prohibit'
drifts "a blackhole route" "blackhole" 'b ip route add blackhole 198.18.0.0/15'
drifts "a route in another table" "198.18" \
	'b ip route add 198.18.0.0/15 dev lo table 77'
drifts "policy DROP" "(rules|FORWARD)" 'b iptables -P FORWARD DROP'
drifts "a rule of nft" "(strange|rules)" \
	'b nft add table inet strange; b nft "add chain inet strange f { type filter hook forward priority 0; policy drop; }"'
drifts "a neighbour that is nobody" "203.0.113.1" \
	'b ip neigh replace 203.0.113.1 lladdr 02:00:00:00:00:99 dev "$qg" nud permanent'

"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "verify passes at the end" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
