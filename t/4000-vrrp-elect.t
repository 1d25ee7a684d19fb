#!/bin/bash
# SPDX-License-Identifier: MIT
# Two engines elect one; what each then has, says and does not say.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
conf a "version: 2" "interval: 1s" "priority: 50"
conf b "version: 2" "interval: 1s" "priority: 50" \
	"promote_delay: 2000us"

out=$("$LABCTL" vrrp check /run/a/vrrp.yaml)
ok $? "a right configuration passes the check"
like "$out" "1 router, no mistake" "and the check says so"
printf 'control: x\nrouters:\n- nam: y\n  vrid: 300\n' > "$TMP/bad.yaml"
out=$("$LABCTL" vrrp check "$TMP/bad.yaml" 2>&1)
is $? 2 "a wrong one exits 2"
like "$out" "bad.yaml:3:3: a router has no 'nam'; did you mean 'name'" \
	"with place and the nearest right name"
like "$out" "bad.yaml:4:9: 'vrid' must be a number from 1 to 255" \
	"and every other mistake too"
"$LABCTL" vrrp run --daemon "$TMP/bad.yaml" 2>/dev/null
is $? 2 "run refuses it as well"
"$LABCTL" vrrp state /run/a/vrrp.yaml 2>/dev/null
is $? 3 "asking where no engine runs exits 3"

listen "$TMP/quiet-qr" qr-b; quiet_qr=$LISTENER
listen "$TMP/quiet-qg" qg-b; quiet_qg=$LISTENER
listen "$TMP/ha" br0
start a; start b
wait_state a active 6000
ok $? "one becomes active"
is "$(state_of b)" backup "the other stays a backup"
"$LABCTL" vrrp run --daemon /run/a/vrrp.yaml 2>/dev/null
is $? 3 "a second engine on the same socket is refused"
sleep 2.3
is "$(has a)" "$ALL" "the active one has every address and the route"
is "$(has b)" "" "the backup none of them"
is "$(cat /run/a/ha/state)" master "its state file says master"
is "$(cat /run/b/ha/state)" backup "the other's says backup"
like "$(ip -n a -6 addr show dev qr)" "fe80::f816:3eff:fe00:1/64 scope link" \
	"a link-local address has scope link"
like "$(ip -n a -6 addr show dev qg)" "fd00:203:0:113::21/64 scope global nodad" \
	"no address waits for duplicate detection"
hush
kill "$quiet_qr" "$quiet_qg"; wait "$quiet_qr" "$quiet_qg" 2>/dev/null

adverts=$(tcpdump -nv -r "$TMP/ha" proto 112 2>/dev/null)
like "$adverts" "ttl 255, .*proto VRRP \(112\)" "adverts have TTL 255"
plain=$(tcpdump -n -r "$TMP/ha" proto 112 2>/dev/null)
like "$plain" "IP 169.254.192.1 > 224.0.0.18: VRRPv2, Advertisement, vrid 1, prio 50, authtype none, intvl 1s, length 20" \
	"and read as documented"
unlike "$plain" "169.254.192.2 >" "the backup sends none"
n=$(printf '%s\n' "$plain" | wc -l)
ok $((n < 3 || n > 4)) "one each second ($n in 2.3 s)"
arps=$(tcpdump -n -r "$TMP/ha" arp 2>/dev/null | grep -c "who-has 203.0.113.101 tell 203.0.113.101")
is "$arps" 2 "each address is announced as often as configured"
unlike "$(tcpdump -n -r "$TMP/ha" icmp6 2>/dev/null)" "who has fd00:203:0:113::21" \
	"and none is asked for on the wire"
first=$(tcpdump -n -r "$TMP/ha" 'proto 112 or arp' 2>/dev/null | head -1)
like "$first" "VRRPv2" "the advert goes before the first announcement"
n=$(tcpdump -n -r "$TMP/quiet-qr" arp 2>/dev/null | wc -l)
ok $((n < 1)) "the capture on the backup's qr hears others ($n frames)"
is "$(tcpdump -n -r "$TMP/quiet-qr" 'ether src '"$(ip netns exec b cat /sys/class/net/qr/address)" 2>/dev/null)" "" \
	"a backup's qr sends no frame at all"
is "$(tcpdump -n -r "$TMP/quiet-qg" 'ether src '"$(ip netns exec b cat /sys/class/net/qg/address)" 2>/dev/null)" "" \
	"nor does its qg"

out=$("$LABCTL" vrrp state /run/a/vrrp.yaml)
like "$out" "ROUTER +STATE +PRIO +VRID" "state prints a table"
like "$out" "router-a +active +50 +1 .*down timer" "with who, what and why"
out=$(state_json a)
like "$out" '"ok": true,"pid": [0-9]+' "and JSON"
like "$out" '"became_active": 1' "with counters"
"$LABCTL" vrrp state -c /run/a/vrrp.sock -o json | grep -q '"ok": true'
ok $? "by the socket's path too"

stop a
is "$(has a)" "" "after stop no address is left"
is "$(cat /run/a/ha/state)" backup "and the state file says backup"
wait_state b active 2500
ok $? "the other takes over by priority 0"
is "$(field b why)" "the active one stopped" "in the skew ($TOOK ms)"
stop b
is "$(has b)" "" "after the last stop nobody has them"
tap_done
