#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The Internet behind the host outside: names, pages, ways back; as the
# documents type it, from a router.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
[ -x /usr/sbin/dnsmasq ] || skip_all "needs dnsmasq"
[ -x /bin/busybox ] || skip_all "needs busybox"

lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
ok $? "one is active"
rt() { on "$ACTIVE" ip netns exec "$NETNS" "$@"; }
out=$(rt ping -c 2 -W 2 openstack.org 2>&1)
ok $? "ping openstack.org from a router, as printed" || diag "$out"
like "$out" "PING openstack.org \\(192.0.2.80\\)" "by its address"
is "$(rt busybox wget -q -O - http://openstack.org/ | grep -c 'reached the Internet')" 1 \
	"its page is read"
for s in 192.0.2.53 8.8.4.4 2001:4860:4860::8844; do
	like "$(rt busybox nslookup openstack.org "$s" 2>&1)" "192.0.2.80" "the name server $s answers"
done
like "$(rt busybox nslookup -type=aaaa selfservice-instance2 192.0.2.53 2>&1)" \
	"fd00:198:51:100:" "it knows an instance that can be reached"
unlike "$(rt busybox nslookup selfservice-instance2 192.0.2.53 2>&1)" "198[.]51[.]100" \
	"and tells no address that cannot"
like "$(rt busybox nslookup no.such.name 192.0.2.53 2>&1)" "NXDOMAIN|can't resolve|can't find" \
	"another name is not there"

addr=$(on selfservice-instance1 ip -6 -o addr show scope global | grep -o 'fd00:[0-9a-f:]*' | head -n 1)
on outside ping -c 2 -W 2 "$addr" >"$TMP/out"
ok $? "the host outside reaches an instance by IPv6" || diag "$(cat "$TMP/out")"
like "$(cat "$TMP/out")" "ttl=63" "through one router"
is "$(on selfservice-instance1 busybox nslookup openstack.org 2001:4860:4860::8844 2>&1 |
	grep -c '192.0.2.80')" 1 "and the instance the name server"
out=$("$LABCTL" up "$FILE" 2>&1)
like "$out" "Nothing to do|0 changes|is up" "up finds nothing to do" || diag "$out"

# Its servers are kept, and what it has is put back.
on outside busybox killall dnsmasq busybox 2>/dev/null
for ((i = 0; i < 30; i++)); do
	rt busybox nslookup openstack.org 192.0.2.53 >/dev/null 2>&1 &&
		rt busybox wget -q -O /dev/null http://192.0.2.80/ && break
	sleep 0.1
done
[ $i -lt 30 ]
ok $? "both servers come back when they are killed"
on outside ip -6 route del fd00:198:51:100::/64
on outside ip addr del 8.8.4.4/32 dev lo
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up after a route and an address were taken"
on outside ping -c 1 -W 2 "$addr" >/dev/null
ok $? "the way back is there again"
like "$(on outside ip -br addr show lo)" "8.8.4.4/32" "and the address"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
is "$(pgrep -c -f internet.hosts)" 0 "no server is left"
tap_done
