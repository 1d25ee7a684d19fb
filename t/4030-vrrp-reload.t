#!/bin/bash
# SPDX-License-Identifier: MIT
# Configurations that change under a running engine.
. "$(dirname "$0")/lib/vrrp.sh"

lan a
# second: the same configuration with one more router, vrid 2
second() {
	conf a
	cat >> /run/a/vrrp.yaml <<-YAML
	- {name: second, id: s, netns: a, interface: ha, version: 3, vrid: 2, interval: 100ms, priority: 100,
	   virtual_addresses: [{address: 169.254.0.2/24, dev: ha}], garp: {repeat: 1}}
	YAML
}

conf a
is "$(elect a)" a "an engine is active"
since=$(field a since_ns)
listen "$TMP/adverts" ha a
for _ in $(seq 20); do reload a || break; done
ok $? "twenty reloads"
kill -HUP "$(field a supervisor)"
sleep 0.5
hush
like "$since" "^[0-9]+$" "it tells since when"
is "$(field a since_ns)" "$since" "an unaffected router makes no transition"
is "$(state_json a | grep -o '"became_active": [0-9]*')" '"became_active": 1' \
	"none at all"
is "$(tcpdump -n -r "$TMP/adverts" 'proto 112' 2>/dev/null | grep -c 'prio 0,')" 0 \
	"says no priority 0"
gap=$(tcpdump -n -ttt -r "$TMP/adverts" 'proto 112' 2>/dev/null |
	awk '{split($1, t, ":"); if (t[3] > m) m = t[3]} END {print m * 1000}')
ok "$(awk -v g="$gap" 'BEGIN {print !(g < 361)}')" \
	"its adverts go on without a gap that a backup would fill ($gap ms at most)"
like "$(cat /run/a/vrrp.log)" "reloaded /run/a/vrrp.yaml: 1 router" \
	"and the log tells of each, SIGHUP's too"

second
reload a
wait_state a active 100
is "$(state_json a | grep -o '"name": "[a-z-]*"' | cut -d'"' -f4 | tr '\n' ' ')" "router-a second " \
	"a router is added"
for _ in $(seq 100); do
	[ "$(ip -n a -o addr show dev ha | grep -c 169.254.0)" = 2 ] && break
	sleep 0.05
done
is "$(ip -n a -o addr show dev ha | grep -c 169.254.0)" 2 "which becomes active"
is "$(state_json a | grep -o '"since_ns": [0-9]*' | head -1 | tr -dc 0-9)" "$since" \
	"the other notices nothing"

conf a 'excluded_addresses: [{address: 203.0.113.101/24, dev: qg}, {address: 203.0.113.102/32, dev: qg}]' \
	'virtual_routes: [{to: 0.0.0.0/0, via: 203.0.113.254, dev: qg}]' \
	"priority: 150"
listen "$TMP/adverts2" ha a
reload a
is "$(has a)" "169.254.0.1/24 203.0.113.101/24 203.0.113.102/32 default-via-203.0.113.254" \
	"addresses and routes change in place; a router that is gone lets go"
sleep 0.3
hush
is "$(state_json a | grep -o '"since_ns": [0-9]*' | head -1 | tr -dc 0-9)" "$since" \
	"without a transition"
like "$(tcpdump -n -r "$TMP/adverts2" 'proto 112' 2>/dev/null)" "prio 150" \
	"the new priority is advertised"
like "$(tcpdump -n -r "$TMP/adverts2" 'proto 112' 2>/dev/null)" "vrid 2, prio 0" \
	"the removed router said priority 0"

ip -n a addr del 203.0.113.102/32 dev qg
reload a
is "$(has a | grep -c 203.0.113.102/32)" 1 "a reload mends what was removed by hand"

echo 'routers: [' >> /run/a/vrrp.yaml
out=$(reload a 2>&1)
is $? 3 "a configuration with a mistake is refused"
like "$out" "/run/a/vrrp.yaml:[0-9]+:[0-9]+: " "with its place"
is "$(state_of a)" active "and nothing has changed"
conf a
mv /run/a/vrrp.yaml /run/a/away
reload a 2>/dev/null
is $? 3 "so is a file that is missing"
mv /run/a/away /run/a/vrrp.yaml
"$LABCTL" vrrp reload "$TMP/none" 2>/dev/null
is $? 2 "naming a file that is missing is a mistake of the caller"
reload a
ok $? "and a right one taken again"
is "$(has a)" "$ALL" "with all that it says"

# The supervisor removes what the reloaded configuration has.
conf a 'excluded_addresses: [{address: 203.0.113.150/24, dev: qg}]' "interval: 1s"
reload a
kill -KILL "$(field a pid)"
sleep 0.2
is "$(has a)" "" "after a SIGKILL nothing of the reloaded one is left"
wait_state a active 6000
is "$(has a)" "169.254.0.1/24 203.0.113.150/24 default-via-203.0.113.1" \
	"and it comes back with it"

printf 'nonsense\n' > "$TMP/ask"
out=$(perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Peer => "/run/a/vrrp.sock") or exit 1;
	$s->syswrite("x" x 300);
	$s->sysread(my $said, 4096);
	print $said' 2>/dev/null)
[ -z "$out" ] || like "$out" '"ok": false' "nonsense is refused"
is "$(state_of a)" active "and does no harm"
stop a
tap_done
