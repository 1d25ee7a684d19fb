#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian's keepalived in the routers of a lab, as Neutron runs it: the same
# verify and drill, with its known weaknesses as notes; and a router handed from
# one engine to the other and back.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v keepalived >/dev/null || [ -x /usr/sbin/keepalived ] || skip_all "needs keepalived"
lab_make 1s
cp "$FILE" "$TMP/ours"
sed 's/ha: {interval: 1s}/ha: {interval: 1s, engine: keepalived}/' "$TMP/ours" >"$FILE"

up() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1" || diag "$(cat "$TMP/out")"
}
holds() {
	"$LABCTL" verify "$LAB" >"$TMP/verify" 2>&1
	ok $? "$1" || diag "$(grep -A9 '^not ok' "$TMP/verify")"
}
# drill NAME OPTIONS: again where a busy machine was late.
drill() {
	local name=$1
	shift
	"$LABCTL" failover "$@" "$LAB" >"$TMP/$name" 2>&1 ||
		"$LABCTL" failover "$@" "$LAB" >"$TMP/$name" 2>&1
}
facts() {
	local i
	for ((i = 0; i < 100; i++)); do
		NETNS=$(on network1 ip netns list | sed -n 's/^\(qrouter-[^ ]*\).*/\1/p')
		ACTIVE=$("$LABCTL" status -o json "$LAB" | sed -n '/"active": \[/{n;s/.*"\(.*\)".*/\1/p}')
		case $ACTIVE in network*) return ;; esac
		sleep 0.1
	done
}

up "up with keepalived"
like "$(cat "$TMP/out")" "note: keepalived speaks for 1 router" "what it does worse is said"
like "$(cat "$TMP/out")" "router2 is active on" "it is active somewhere"
facts
dir=/var/lib/neutron/ha_confs/${NETNS#qrouter-}
is "$(on "$ACTIVE" sh -c "ps ax | grep -c '[k]eepalived -n'")" 2 "two processes of it"
is "$(on "$ACTIVE" sh -c "ps ax | grep -c '[v]rrp run'")" 0 "and none of ours"
is "$(on "$ACTIVE" cat "$dir/state")" master "the state file says so"
like "$(on "$ACTIVE" cat "$dir/keepalived.conf")" "virtual_ipaddress_excluded" "Neutron's configuration"
holds "all points hold"
"$LABCTL" plan --exit-code >"$TMP/out" 2>&1
ok $? "nothing differs" || diag "$(cat "$TMP/out")"

on "$ACTIVE" sh -c "printf backup >$dir/state"
"$LABCTL" verify --only state-file "$LAB" >"$TMP/verify" 2>&1
like "$(cat "$TMP/verify")" "not ok .* state-file: router2 on $ACTIVE" "a state file that lies is named"
on "$ACTIVE" sh -c "printf master >$dir/state"

drill ha --fault ha
ok $? "the drill of its own interface" || diag "$(cat "$TMP/ha")"
like "$(cat "$TMP/ha")" "addresses an interval .* after its first advert.* seen here: [+][0-9.]+ ms" "with how late its addresses were"
drill tunnel --fault tunnel
ok $? "the drill of the overlay" || diag "$(cat "$TMP/tunnel")"
like "$(cat "$TMP/tunnel")" "documented weakness: .*keeps its addresses" "whose trap is a note, with what was seen"

cp "$TMP/ours" "$FILE"
up "to our engine"
holds "all points hold"
is "$(on network1 sh -c "ps ax | grep -c '[k]eepalived -n'")" 0 "no keepalived is left"
tap_done
