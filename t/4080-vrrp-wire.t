#!/bin/bash
# SPDX-License-Identifier: MIT
# Equal nodes, strangers, and how adverts leave: what the wire does to routers.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b c

# number NAME KEY: the first number under that key in the engine's state
number() {
	state_json "$1" | grep -o "\"$2\": [0-9]*" | head -1 | grep -o '[0-9]*$'
}
promotions() {
	local n v sum=0
	for n in a b c; do
		v=$(number "$n" became_active 2>/dev/null)
		sum=$((sum + ${v:-0}))
	done
	echo "$sum"
}

# --- adverts are frames --------------------------------------------------
conf a "version: 2" "interval: 1s"
listen "$TMP/frames" ha-a
start a
wait_state a active 8000
ok $? "one alone becomes active"
sleep 1.2
hush
mac=$(ip netns exec a cat /sys/class/net/ha/address)
like "$(tcpdump -e -nv -r "$TMP/frames" proto 112 2>/dev/null)" \
	"$mac > 01:00:5e:00:00:12.*tos 0xc0, ttl 255, id 0, .*\[DF\]" \
	"its adverts are frames of its own MAC to the group's"
unlike "$(tcpdump -nvv -r "$TMP/frames" proto 112 2>/dev/null)" "bad cksum|wrong" \
	"with right checksums"
is "$(ip -n a neigh show nud all | grep -F 224.0.0.18)" "" \
	"for which the kernel needs no neighbour entry"
is "$(number a send_errors)" 0 "none fails"
if ip netns exec a tc qdisc replace dev ha root pfifo limit 0 2>/dev/null; then
	sleep 1.5
	n=$(number a send_errors)
	ok $((n < 1)) "what a queue drops is seen and counted ($n)"
	like "$(cat /run/a/vrrp.log)" "advert not sent: No buffer space" \
		"and said"
	ip netns exec a tc qdisc del dev ha root
else
	skip "what a queue drops is seen and counted" "no queueing discipline"
	skip "and said" "no queueing discipline"
fi
stop a

# --- three equal nodes, no setting --------------------------------------
for n in a b c; do
	conf "$n" "version: 2" "interval: 1s" "priority: 50"
	start "$n"
done
t0=$(ms)
while [ -z "$(active a b c)" ] && [ $(($(ms) - t0)) -lt 15000 ]; do sleep 0.05; done
sleep 0.5
is "$(promotions)" 1 "of three equal nodes one promotes itself"
extra=0
for _ in $(seq 8); do
	old=$(active a b c)
	stop "$old"
	before=$(promotions)
	t0=$(ms)
	while [ -z "$(active a b c)" ] && [ $(($(ms) - t0)) -lt 8000 ]; do sleep 0.05; done
	sleep 0.3
	extra=$((extra + $(promotions) - before - 1))
	start "$old"
	sleep 0.1
done
# Two promote at each where nothing keeps them apart. The simulated LAN asks
# for none; here a busy machine may wake one too late.
ok $((extra > 2)) "and at each of eight failures one ($extra more in all)"
for n in a b c; do stop "$n"; done

# --- a stranger with other addresses ------------------------------------
conf a "version: 2" "interval: 1s"
conf b "version: 2" "interval: 1s"
conf c "version: 2" "interval: 1s" "priority: 200" \
	"virtual_addresses: [{address: 169.254.0.9/24, dev: ha}]" \
	"excluded_addresses: []" "virtual_routes: []"
old=$(elect a b)
start c
wait_state c active 8000
ok $? "one of higher priority with another list claims the role"
sleep 1.5
is "$(state_of "$old")" active "RFC 3768 7.1: it deposes nobody in version 2"
n=$(number "$old" address_list)
ok $((n < 1)) "what it says is dropped and counted ($n)"
like "$(cat "/run/$old/vrrp.log")" "advert of 169.254.192.3 refused: address_list" \
	"and it is named"
for n in a b c; do stop "$n"; done
tap_done
