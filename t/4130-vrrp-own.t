#!/bin/bash
# SPDX-License-Identifier: MIT
# Addresses that are virtual and yet somebody's own.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
none='excluded_addresses: []'
noroute='virtual_routes: []'
conf a "priority: 255" "$none" "$noroute"
conf b "$none" "$noroute" "preempt: true"

# The owner: the interface really has 169.254.0.1.
ip -n a addr flush dev ha
ip -n a addr add 169.254.0.1/24 dev ha
start a
wait_state a active 2000
ok $? "an owner with no other address is active"
is "$(field a source)" 169.254.0.1 "and speaks from its own"
is "$(holders a)" a "which it keeps"
is "$(list a stood)" "169.254.0.1/24 on ha" "and tells of"
stop a
is "$(holders a)" a "after stop it still has it"
start a
wait_state a active 2000
is "$(holders a)" a "and after another start"
kill -KILL "$(field a pid)"
sleep 0.3
is "$(holders a)" a "and when it is killed"
wait_state a active 3000
ok $? "it is active again"
super=$(field a supervisor) engine=$(field a pid)
kill -STOP "$super"; kill -KILL "$engine" "$super"
sleep 0.3
start a
wait_state a active 3000
ok $? "and when its supervisor died with it"
is "$(holders a)" a "with its own address"
ip -n a link set ha down; wait_state a fault 2000
ip -n a addr show dev ha | grep -q 169.254.0.1/24
ok $? "in fault too"
ip -n a addr del 169.254.0.1/24 dev ha; ip -n a addr add 169.254.0.1/24 dev ha
ip -n a link set ha up
wait_state a active 3000
ok $? "taken away and given again it is its own"
is "$(list a stood)" "169.254.0.1/24 on ha" "as told"
listen "$TMP/own" ha-a
for p in 255 100 255; do
	conf a "priority: $p" "$none" "$noroute" "preempt: true"
	reload a
	ok $? "read anew with priority $p"
	wait_state a active 2000
	is "$(holders a)" a "it keeps its address"
done
conf a "priority: 255" "$none" "$noroute" "interval: 200ms"
reload a
is "$(holders a) $(field a source) $(state_of a)" "a 169.254.0.1 active" "with another interval too"
sleep 0.5
hush
is "$(tcpdump -n -r "$TMP/own" vrrp 2>/dev/null | awk '{print $3}' | sort -u)" 169.254.0.1 \
	"all that it says is from its own"
ip -n a link set ha name xha; wait_state a fault 2000
like "$(ip -n a addr show dev xha)" 169.254.0.1/24 "its interface renamed: the address stays with it"
ip -n a link set xha name ha; wait_state a active 3000
is "$(holders a)" a "and is its own again under the old name"
sed -i 's/169.254.0.1/169.254.0.2/' /run/a/vrrp.yaml
reload a
ip -n a addr show dev ha | grep -q 169.254.0.1/24
ok $? "no more virtual: it stays"
is "$(ip -n a addr show dev ha | grep -c 169.254.0.2/24)" 1 "beside the one that is"
conf a "priority: 255" "$none" "$noroute"
reload a
is "$(ip -n a -o -4 addr show dev ha | awk '{print $4}')" 169.254.0.1/24 "virtual again: its own, and the other goes"
"$LABCTL" vrrp rejoin -c /run/a/vrrp.sock a
wait_state a active 3000
is "$(holders a)" a "a router that rejoins keeps it"
stop a
is "$(holders a b)" a "and to the end"

# With another address to speak from, beside a backup.
ip -n a addr add 169.254.192.1/18 dev ha
start b; wait_state b active 2000
is "$(holders a b)" "a b" "without a router that answers for it a backup takes over"
start a
wait_state b backup 2000
ok $? "which yields when the owner is back"
is "$(holders a b)" a "and lets the address go"
stop a; stop b

# One that owns nothing by its priority, with an address that stood before.
ip -n a addr flush dev ha; ip -n a addr flush dev qr
ip -n a addr add 169.254.192.1/18 dev ha
ip -n a addr add 192.168.1.1/24 dev qr
conf a; conf b
start b; wait_state b active 2000
start a
sleep 0.3
is "$(state_of a)" backup "a backup starts over an address that stood"
is "$(has a)" "192.168.1.1/24" "and leaves it"
like "$(cat /run/a/vrrp.log)" "192.168.1.1/24 stood on qr before: left alone" "saying so"
reload a
is "$(has a)" "192.168.1.1/24" "a reload too"
stop b
wait_state a active 2000
is "$(has a)" "$ALL" "active it has all"
kill -KILL "$(field a pid)"
t0=$(ms)
until [ "$(has a)" = 192.168.1.1/24 ] || [ $(($(ms) - t0)) -gt 2000 ]; do sleep 0.01; done
is "$(has a)" "192.168.1.1/24" "killed it leaves that one, and nothing else"
wait_state a active 3000
ip -n a addr del 192.168.1.1/24 dev qr
wait_has a "$ALL" 2000
ok $? "gone while it is active it is put there, as the engine's"
stop a
is "$(has a)" "" "and goes with the others"

# A mark that another's hand took off does not make it a stranger's.
start a; wait_state a active 2000
ip -n a addr change 192.168.1.1/24 dev qr preferred_lft 1000 valid_lft 1000
ip -n a addr change fd00:203:0:113::21/64 dev qg preferred_lft 1000 valid_lft 1000
sleep 0.3
super=$(field a supervisor) engine=$(field a pid)
kill -STOP "$super"; kill -KILL "$engine" "$super"
sleep 0.3
is "$(has a)" "$ALL" "a dead engine's addresses"
start b; wait_state b active 2000
start a
is "$(has a)" "" "are known as such"
like "$(cat /run/a/vrrp.log)" "removed addresses that were left over" "and removed"

# An address that becomes virtual while it is somebody's.
stop a; stop b
conf a 'excluded_addresses: []'
conf b
start b; wait_state b active 2000
start a
ip -n a addr add 192.168.1.1/24 dev qr
sleep 0.2
conf a
reload a
sleep 0.2
is "$(has a)" "192.168.1.1/24" "a reload that makes an address virtual leaves who has it"
stop a; stop b
tap_done
