#!/bin/bash
# SPDX-License-Identifier: MIT
# Many routers in one process; more notifications than netlink can hold.
. "$(dirname "$0")/lib/vrrp.sh"

N=200
lan a b

# many NAME: N routers on ha
many() {
	local i
	mkdir -p "/run/$1"
	{
		echo "control: /run/$1/vrrp.sock"
		echo 'routers:'
		for ((i = 1; i <= N; i++)); do
			echo "- {name: r$i, netns: $1, interface: ha, version: 3, vrid: $i, interval: 100ms, preempt: false, garp: {repeat: 1, delay: 0s}, virtual_addresses: [{address: 169.254.0.$i/24, dev: ha}]}"
		done
	} > "/run/$1/vrrp.yaml"
	start "$1"
}

count() { ip -n "$1" -o -4 addr show dev ha | grep -c ' 169\.254\.0\.'; }
states() { state_json "$1" | grep -o "\"state\": \"$2\"" | wc -l; }

many a
t0=$(ms)
while [ "$(count a)" -lt $N ] && [ $(($(ms) - t0)) -lt 5000 ]; do sleep 0.05; done
is "$(count a)" $N "one process holds $N routers ($(($(ms) - t0)) ms)"
many b
sleep 1
is "$(states b backup)" $N "$N backups beside them hear them all"
is "$(count b)" 0 "and hold nothing"
is "$(states a active)" $N "nobody lost the role"

listen "$TMP/cut" ha-b
ip link set ha-a down
t0=$(ms)
while [ "$(count b)" -lt $N ] && [ $(($(ms) - t0)) -lt 5000 ]; do sleep 0.05; done
hush
is "$(count b)" $N "all $N are taken over ($(($(ms) - t0)) ms)"
# The adverts of all go out before announcements of many.
spread=$(tcpdump -n -tt -r "$TMP/cut" 'src 169.254.192.2 and proto 112' 2>/dev/null |
	awk '!seen[$9]++ {if (!first) first = $1; last = $1; n++} END {print n, int((last - first) * 1000)}')
like "$spread" "^$N " "an advert of each is seen"
ok $((${spread#* } > 500)) "the first of each within ${spread#* } ms"
ip link set ha-a up
sleep 1
is "$(states a active)+$(states b active)" "0+$N" "healed without a second change"
is "$(count a)" 0 "the first holds nothing any more"

# While the engine stands still links change more often than its queue holds.
engine=$(field b pid)
kill -STOP "$engine"
ip -n b link add x type veth peer name y
for ((i = 0; i < 3000; i++)); do
	echo "link set x mtu $((1000 + i % 400))"
done > "$TMP/batch"
ip -n b -batch "$TMP/batch"
# shellcheck disable=SC2016 # for awk
drops=$(ip netns exec b awk '$9 + 0 > 0 && $2 == 0 {n += $9} END {print n + 0}' /proc/net/netlink)
ip -n b link set ha down
kill -CONT "$engine"
sleep 0.5
ok $((drops == 0)) "netlink's queue overran ($drops lost)"
is "$(states b fault)" $N "and yet the link that went down was seen"
is "$(count b)" 0 "and the addresses let go"
ip -n b link set ha up
sleep 0.3
is "$(states b fault)" 0 "as was its return"

t0=$(ms)
stop a
ok $? "stopping $N routers ($(($(ms) - t0)) ms)"
stop b
is "$(count a)+$(count b)" "0+0" "leaves nothing"
tap_done
