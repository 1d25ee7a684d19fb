#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A gateway that routers ping and that does not answer is named, with who sees it
# from where: by the active node's pings, and by ARP from a standby, which pings
# nobody.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
sed -i 's/ha: {interval: 1s}/ha: {interval: 1s, health_check_interval: 500ms}/' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
gateway=203.0.113.1
outside() { "$LABCTL" exec -l "$LAB" outside -- "$@"; }
dev=$(outside ip -o addr show to $gateway | awk '{print $2; exit}')

# look: the point alone, again where another test was in the way of a ping.
look() {
	"$LABCTL" verify --only gateway "$LAB" >"$TMP/tap" 2>"$TMP/err"
}
passes() {
	local i
	for ((i = 0; i < 10; i++)); do look && break; sleep 1; done
	like "$(cat "$TMP/tap")" "ok 1 - gateway: router2 is answered" "$1" || diag "$(cat "$TMP/tap")"
}
fails() {
	local i
	for ((i = 0; i < 10; i++)); do
		look
		grep -q "$2" "$TMP/tap" && break
		sleep 1
	done
	like "$(cat "$TMP/tap")" "not ok 1 - gateway: router2 is answered" "$1" || diag "$(cat "$TMP/tap")"
	like "$(cat "$TMP/tap")" "$2" "$3" || diag "$(cat "$TMP/tap")"
}

passes "all gateways answer"
# What drops pings and nothing else.
outside nft add table ip deaf
outside nft 'add chain ip deaf in { type filter hook input priority 0; }'
outside nft add rule ip deaf in icmp type echo-request drop
fails "it drops pings" "203.0.113.1 (has answered|answered) no ping in time (since|from) [0-9:]+ UTC" \
	"since when"
like "$(cat "$TMP/tap")" "network[12].*it answers ARP" "that it is there all the same"
outside nft delete table ip deaf
passes "pings again"

outside ip addr del $gateway/24 dev "$dev"
fails "its address is gone" "nor does it answer ARP|does not answer ARP" "from where, and by ARP as well"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up mends it" || diag "$(cat "$TMP/out")"
passes "then it answers"

# A cable that goes nowhere: only a standby is concerned, and does not know.
settle
on "$BACKUP" nft add table netdev deaf
on "$BACKUP" nft "add chain netdev deaf in { type filter hook ingress device eth2 priority 0; policy drop; }"
fails "a standby's way out is cut" "$BACKUP .standby.*: 203.0.113.1 .*does not answer ARP" "which it is"
on "$BACKUP" nft delete table netdev deaf
passes "and joined again"
tap_done
