#!/bin/bash
# SPDX-License-Identifier: MIT
# Hearing of transitions, and having one router taken up anew.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
conf a
cat >> /run/a/vrrp.yaml <<-YAML
	- {name: second, id: s, netns: a, interface: ha, version: 3, vrid: 2, interval: 100ms, priority: 100,
	   virtual_addresses: [{address: 169.254.0.2/24, dev: ha}], garp: {repeat: 1}}
YAML
conf b "vrid: 3" 'virtual_addresses: [{address: 169.254.0.3/24, dev: ha}]' \
	'excluded_addresses: []' 'virtual_routes: []'
start a
wait_state a active 3000

# words N: the states that watcher N was told of, "id state", in a line
words() {
	sed -n 's/^{"id": "\([a-z]*\)".*"state": "\([a-z]*\)".*/\1 \2/p' \
		"$TMP/watch$1" | tr '\n' ',' | sed 's/,$//'
}
# wait_words N TEXT: until watcher N was told that
wait_words() {
	local t0
	t0=$(ms)
	until [ "$(words "$1")" = "$2" ]; do
		[ $(($(ms) - t0)) -gt 3000 ] && return 1
		sleep 0.02
	done
}

"$LABCTL" vrrp watch /run/a/vrrp.yaml > "$TMP/watch1" &
watcher=$!
"$LABCTL" vrrp watch -c /run/a/vrrp.sock > "$TMP/watch2" &
wait_words 1 "a active,s active"
is "$(words 1)" "a active,s active" "a watcher hears first how things stand"
is "$(head -1 "$TMP/watch1")" '{"ok": true,"routers": 2}' "after how many there are"
like "$(sed -n 2p "$TMP/watch1")" '^\{"id": "a","name": "router-a","netns": "a","state": "active","since_ns": [0-9]+,"why": "[a-z ]+"\}$' \
	"a line of JSON each"
is "$(sed -n 's/.*"id": "s".*"since_ns": \([0-9]*\).*/\1/p' "$TMP/watch1")" "$(field a since_ns)" \
	"with the instant that state tells"

ip -n a link set ha down
wait_words 1 "a active,s active,a fault,s fault"
is "$(words 1)" "a active,s active,a fault,s fault" "then each transition"
like "$(tail -1 "$TMP/watch1")" '"why": "ha is down"' "and why"
ip -n a link set ha up
wait_words 1 "a active,s active,a fault,s fault,a backup,s backup,a active,s active"
is "$(words 1)" "a active,s active,a fault,s fault,a backup,s backup,a active,s active" \
	"as often as there are any"
is "$(words 2)" "$(words 1)" "every watcher the same"
kill "$watcher"; wait "$watcher" 2>/dev/null
is "$(state_of a)" active "one that goes is missed by nobody"

# More of them than there is room for.
for i in 1 2 3 4 5 6 7; do
	sh -c 'echo $$; exec "$0" vrrp watch -c /run/a/vrrp.sock' "$LABCTL" > "$TMP/more$i" &
	more[i]=$!
done
sleep 0.2
out=$("$LABCTL" vrrp watch -c /run/a/vrrp.sock)
like "$out" '"ok": false,"error": "8 watch already' "a ninth is refused"
is "$(state_of a)" active "and state is answered all the same"
kill "${more[@]}"; wait "${more[@]}" 2>/dev/null

conf a
listen "$TMP/frames" ha b
reload a
wait_words 2 "$(words 1),s initialize"
is "$(words 2)" "$(words 1),s initialize" "a router that a reload takes out says so"

# Taken up anew on the same ground.
before=$(field a since_ns)
"$LABCTL" vrrp rejoin -c /run/a/vrrp.sock a
ok $? "rejoin"
wait_state a active 2000
ok "$(("$(field a since_ns)" <= before))" "begins the router anew"
hush
like "$(tcpdump -n -r "$TMP/frames" 'proto 112' 2>/dev/null)" "vrid 1, prio 0" \
	"which said that it stops"
is "$(has a)" "$ALL" "and has all again"
like "$(words 2)" "s initialize,a initialize,a backup,a active$" "the watcher heard of it"
out=$("$LABCTL" vrrp rejoin /run/a/vrrp.yaml nobody 2>&1)
is $? 3 "an id that is none is refused"
like "$out" "no router has the id 'nobody'" "by name"
"$LABCTL" vrrp rejoin -c /run/a/vrrp.sock 2>/dev/null
is $? 2 "no id is a mistake of the caller"

# Two routers in one engine: only the one meant is touched.
conf a
{ sed -n '/^- /,$p' /run/b/vrrp.yaml; } >> /run/a/vrrp.yaml
reload a
t0=$(ms)
until [ "$(state_json a | grep -o '"state": "active"' | wc -l)" = 2 ] ||
	[ $(($(ms) - t0)) -gt 3000 ]; do sleep 0.02; done
since() {
	state_json a | grep -o "\"id\": \"$1\".*" | grep -o '"since_ns": [0-9]*' | head -1
}
was=$(since b)
for d in ha qr qg; do ip link del "$d-a"; done
ip netns del a
ip netns add a
wire a 1
"$LABCTL" vrrp rejoin /run/a/vrrp.yaml a
ok $? "rejoin after a namespace was made anew"
wait_state a active 3000
is "$(has a)" "$ALL" "it holds everything in the new one"
is "$(since b)" "$was" "and the other router noticed nothing"
stop a
wait
like "$(words 2)" "a initialize,b initialize$" "stop is told too, and ends the watching"
tap_done
