#!/bin/bash
# SPDX-License-Identifier: MIT
# An HA network of many routers: each hears its own adverts and no others', and
# what hears them is part of the lab like all else.
# shellcheck disable=SC2154
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/lab.sh"
need_lab

# crowd N: a lab of N routers of one project, without instances.
crowd() {
	"$tap_top/bench/big-lab.sh" "$LAB" "$1" 2 |
		sed -e '/^instances:/,$d' -e 's/^max_l3/ha: {interval: 1s}\n&/' > "$FILE"
}
filters() { "$LABCTL" plan -o sh "$FILE" | grep -c 'tc filter add'; }
changes() { "$LABCTL" plan "$FILE" | grep '^ *[-+~] ' | sed 's/^ *//; s/tap[-0-9a-f]*/TAP/'; }

lab_make
crowd 32
is "$(filters)" 0 "32 routers hear one another, as with Neutron"
crowd 33
is "$(filters)" 66 "33 do not, on either node"

"$LABCTL" up "$FILE" > "$TMP/up" 2>&1
is $? 0 "up"
is "$(changes)" "" "and nothing differs"
ns=$(on network1 ip netns list | sed -n 's/^\(qrouter-[^ ]*\).*/\1/p' | sort | head -n 1)
dev=$(on network1 ip -n "$ns" -br link | sed -n 's/^\(ha-[^@ ]*\).*/\1/p')
tap=tap${dev#ha-}
own=$("$LABCTL" status "$LAB" -o json | tr -d ' \n' | sed 's/.*"vrid":\([0-9]*\),"netns":"'"$ns"'".*/\1/')

# What comes in by its HA interface in three intervals, and what leaves the
# node for all of them.
on network1 ip netns exec "$ns" timeout 3.5 tcpdump -lnni "$dev" proto 112 > "$TMP/here" 2>/dev/null &
on network1 timeout 3.5 tcpdump -lnni eth1 'udp[39] = 112' > "$TMP/all" 2>/dev/null
wait
vrids() { grep -o 'vrid [0-9]*' "$1" | sort | uniq | sed 's/vrid //' | tr '\n' ' '; }
is "$(vrids "$TMP/here")" "$own " "a router hears the adverts of its own VRID"

[ "$(vrids "$TMP/all" | wc -w)" -gt 20 ]
ok $? "while those of many are on the wire"

on network1 tc qdisc del dev "$tap" clsact
is "$(changes)" "+ adverts of VRID $own alone to TAP" "a filter taken away is seen"
"$LABCTL" up "$FILE" >/dev/null 2>&1
is "$(changes)" "" "and put back"
on network1 tc filter add dev "$tap" ingress protocol ip prio 9 u32 match u32 0 0
is "$(changes)" "~ adverts of VRID $own alone to TAP: other filters are there" "one beside it is seen"
"$LABCTL" up "$FILE" >/dev/null 2>&1
is "$(changes)" "" "and goes"

"$LABCTL" verify "$LAB" > "$TMP/verify" 2>&1
is "$(grep -c '^not ok' "$TMP/verify")" 0 "verify holds" ||
	grep -A9 '^not ok' "$TMP/verify" | head -n 30 | sed 's/^/# /'

crowd 32
"$LABCTL" up "$FILE" >/dev/null 2>&1
is "$(changes)" "" "one router less"
is "$(on network1 tc qdisc show | grep -c clsact)" 0 "and they hear one another again"
tap_done
