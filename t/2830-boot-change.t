#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A running lab whose addresses are written comes to have DHCP and SLAAC, and
# loses them again: up changes what stands, and then nothing differs.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
PATH=$PATH:/usr/sbin:/sbin
for p in dnsmasq busybox radvd haproxy; do
	command -v $p >/dev/null || skip_all "needs $p"
done

lab_make 1s
one=selfservice-instance1
addrs() { on $one ip -o addr show eth0 scope global | sed 's/.* inet6\? \([^ ]*\) .*/\1/' | sort | paste -sd' '; }

# changed WHAT ADDRESSES: up, verify, and plan finds nothing.
changed() {
	local i
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	for ((i = 0; i < 100; i++)); do
		[[ $(addrs) =~ ^$2$ ]] && break
		sleep 0.1
	done
	like "$(addrs)" "^$2$" "$1: its addresses"
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$1: verify" || diag "$(grep -A14 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
	ok $? "$1: nothing differs" || diag "$out"
}

eui='fd00:198:51:100:f816:3eff:[0-9a-f:]*/64'
changed "written" "198.51.100.2/24 fd00:198:51:100::2/64"
sed -i 's/ipv6: none/ipv6: slaac/' "$FILE"
changed "SLAAC" "198.51.100.2/24 $eui"
sed -i 's/, dhcp: false//' "$FILE"
changed "and DHCP" "198.51.100.4/24 $eui"
sed -i 's/ipv6: slaac/ipv6: none/' "$FILE"
changed "SLAAC no more" "198.51.100.4/24 fd00:198:51:100::2/64"
sed -i 's/gateway: 198.51.100.1/&, dhcp: false/' "$FILE"
changed "nor DHCP" "198.51.100.2/24 fd00:198:51:100::2/64"
is "$(on network1 sh -c 'ip netns | grep -c qdhcp; pgrep -x radvd')" 0 "nothing of either is left"
tap_done
