#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A healthy lab broken by hand, one way after the other: verify names the
# check that guards it, and passes again once it is mended.
# shellcheck disable=SC2016,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "a healthy lab passes" || diag "$(cat "$TMP/tap" "$TMP/err")"
settle

# In the router's namespace of a node.
in_router() {
	local node=$1
	shift
	on "$node" ip netns exec "$NETNS" "$@"
}

# The engine's configuration changed behind labctl's back.
engine_edit() {
	on "$1" sh -c "cd /run/labctl/$LAB && sed -i '$2' vrrp.yaml && kill -HUP \$(pgrep -o -f '[l]abctl vrrp run')"
}

# broken WHAT CHECK SECONDS BREAK MEND: SECONDS for the break to show itself.
broken() {
	local what=$1 check=$2 wait=$3
	settle || diag "not settled before: $what"
	eval "$4"
	ok $? "$what: broken"
	sleep "$wait"
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
	is "$?" 1 "$what: verify exits 1"
	like "$(grep '^not ok' "$TMP/tap")" "$check" "$what: verify names the check" ||
		diag "$(cat "$TMP/tap" "$TMP/err")"
	eval "$5" >"$TMP/mend" 2>&1
	ok $? "$what: mended" || diag "$(cat "$TMP/mend")"
	settle || diag "not settled after: $what"
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$what: verify passes again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
up='"$LABCTL" up "$FILE"'

broken "namespace deleted on one network node" "- namespaces: " 0 \
	'on $BACKUP ip netns del $NETNS' "$up"
other=qrouter-00000000-0000-5000-8000-000000000000
broken "another UUID" "- namespaces: " 0 \
	"on \$BACKUP ip netns del \$NETNS && on \$BACKUP ip netns add $other" \
	"on \$BACKUP ip netns del $other; $up"
# An engine that runs undoes these by itself; one that is stopped cannot.
broken "VIP also on the backup" "- addresses: " 0 \
	'deaf=$BACKUP; on $deaf pkill -STOP -f "[l]abctl vrrp run"; in_router $deaf ip addr add 169.254.0.1/24 dev $(dev_of $deaf ha-)' \
	'in_router $deaf ip addr del 169.254.0.1/24 dev $(dev_of $deaf ha-); on $deaf pkill -CONT -f "[l]abctl vrrp run"'
broken "default route also on the backup" "- default-route: " 0 \
	'deaf=$BACKUP; on $deaf pkill -STOP -f "[l]abctl vrrp run"; in_router $deaf ip route add default dev $(dev_of $deaf qg-)' \
	'in_router $deaf ip route del default; on $deaf pkill -CONT -f "[l]abctl vrrp run"'

# kept WHAT BREAK PROBE: what the master's engine puts back.
kept() {
	local i
	settle || diag "not settled before: $1"
	eval "$2"
	ok $? "$1: broken"
	for ((i = 0; i < 50; i++)); do eval "$3" >/dev/null && break; sleep 0.1; done
	eval "$3" >/dev/null
	ok $? "$1: its engine has put it back"
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1: verify passes" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
kept "VIP taken from the master" \
	'in_router $ACTIVE ip addr del 169.254.0.1/24 dev $(dev_of $ACTIVE ha-)' \
	'in_router $ACTIVE ip -br addr | grep -w 169.254.0.1/24'
kept "default route taken from the master" \
	'in_router $ACTIVE ip route del default' \
	'in_router $ACTIVE ip route | grep "^default via 203.0.113.1"'
broken "ha address duplicated" "- ha-address: " 0 \
	'in_router $BACKUP ip addr add $(in_router $ACTIVE ip -br -4 addr | grep -o "169.254.192[0-9.]*/18") dev $(dev_of $BACKUP ha-)' \
	"$up"
broken "engine stopped on the master" "- engine: " 4 \
	'stopped=$ACTIVE; on $stopped pkill -STOP -f "[l]abctl vrrp run"' \
	'on $stopped pkill -CONT -f "[l]abctl vrrp run"'
broken "adverts dropped by a filter on both nodes" "- (active|adverts): " 5 \
	'for n in network1 network2; do in_router $n iptables -A INPUT -d 224.0.0.18 -j DROP; done' \
	'for n in network1 network2; do in_router $n iptables -D INPUT -d 224.0.0.18 -j DROP; done'
broken "wrong advert interval on one node" "- advert-(fields|interval): " 4 \
	'engine_edit $ACTIVE "s/interval\": \"[0-9.]*s/interval\": \"2s/"' "$up"
broken "wrong VRID" "- advert-fields: " 4 \
	'engine_edit $ACTIVE "s/\"vrid\": 1/\"vrid\": 7/"' "$up"
broken "partitioned overlay" "- active: " 5 \
	'parted=$BACKUP; on $parted iptables -A INPUT -p udp --dport 8472 -j DROP; on $parted iptables -A OUTPUT -p udp --dport 8472 -j DROP' \
	'on $parted iptables -F'
broken "qr without its MAC" "- ports: " 0 \
	'in_router $BACKUP ip link set $(dev_of $BACKUP qr-) address 02:00:00:00:00:01' "$up"
broken "instance's cable out" "- cables: " 0 \
	'on compute1 sh -c "ip link set \$(ip -br link | grep -o \"^tap[^@]*\" | head -n 1) down"' "$up"
broken "external bridge port removed" "- bridges: " 0 \
	'on $ACTIVE ip link set eth2 nomaster' "$up"
broken "MTU of the overlay wrong" "- mtu: " 0 \
	'on $ACTIVE sh -c "for l in \$(ip -br link show type vxlan | cut -d\" \" -f1); do ip link set \$l mtu 1400; done"' "$up"

# What only the agent's own comparison sees.
broken "no forwarding on the backup" "- drift: " 0 \
	'in_router $BACKUP sysctl -qw net.ipv4.ip_forward=0' "$up"
broken "a route too many on the master" "- drift: " 0 \
	'in_router $ACTIVE ip route add 198.18.99.0/24 dev $(dev_of $ACTIVE qr-)' "$up"
# Beside `ip rule`s: only what is wrong is named, the node is looked at whole.
broken "a filter of another make on the backup" "^not ok [0-9]+ - drift: " 0 \
	'in_router $BACKUP nft "add table inet other { chain c { type filter hook forward priority 0; policy drop; } ; }"' "$up"
# The host's rules are then no longer those of the active one, either.
broken "a policy that drops on the backup" $'^not ok [0-9]+ - standby-rules: [^\n]*\nnot ok [0-9]+ - drift: ' 0 \
	'in_router $BACKUP iptables -P FORWARD DROP' "$up"

"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
tap_done
