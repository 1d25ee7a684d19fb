#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One lab from up to down: what it builds, that it changes nothing twice, that
# drift is seen and mended, and that the machine stays as it was.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s

machine_state > "$TMP/before"
out=$("$LABCTL" up "$FILE" 2>"$TMP/err")
ok $? "up"
like "$out" "lab $LAB is up: 5 nodes" "up says what it did"
like "$out" "router router2 is active on network[12]" "up says who is active"
machine_state > "$TMP/during"
is "$(diff "$TMP/before" "$TMP/during")" "" "the machine's own network is the same with a lab up"

out=$("$LABCTL" up "$FILE" 2>/dev/null)
ok $? "up again"
like "$out" " 0 changes" "up again changes nothing"
out=$("$LABCTL" plan --exit-code "$FILE")
ok $? "plan --exit-code: 0 where nothing differs"
like "$out" "0 changes" "plan: nothing to do"

settle
ok $? "one master, one backup"

# drift WHAT EXPECTED COMMAND...: made by hand, seen by plan, mended by up.
drift() {
	local what=$1 expected=$2
	shift 2
	"$@" >/dev/null
	ok $? "$what: made"
	out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
	is "$?" 1 "$what: plan exits 1"
	like "$out" "$expected" "$what: seen by plan"
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$what: up"
	"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
	ok $? "$what: mended" || diag "$(cat "$TMP/out")"
}

ha=$(dev_of "$BACKUP" ha-)
qr=$(dev_of "$BACKUP" qr-)
brq=$(on "$BACKUP" ip -br link show type bridge | head -n 1 | cut -d' ' -f1)
tap=$(on "$BACKUP" ip -br link show type veth | sed -n 's/^\(tap[^@]*\)@.*/\1/p' | head -n 1)
addr=$(on "$BACKUP" ip -n "$NETNS" -br -4 addr show dev "$ha" | grep -o '169.254.19[0-9.]*/18')

drift "address deleted" "\+ .*$addr" on "$BACKUP" ip -n "$NETNS" addr del "$addr" dev "$ha"
drift "extra address" "- .*192.0.2.1" on "$BACKUP" ip -n "$NETNS" addr add 192.0.2.1/32 dev "$ha"
drift "link down" "~ .*$qr" on "$BACKUP" ip -n "$NETNS" link set "$qr" down
drift "bridge port removed" "~ .*$tap" on "$BACKUP" ip link set "$tap" nomaster
drift "bridge down" "~ .*$brq" on "$BACKUP" ip link set "$brq" down
drift "mtu changed" "~ .*$qr" on "$BACKUP" ip -n "$NETNS" link set "$qr" mtu 1400
drift "namespace deleted" "\+ .*$NETNS" on "$BACKUP" ip netns del "$NETNS"
drift "sysctl changed" "ip_forward" on "$BACKUP" sysctl -qw net.ipv4.ip_forward=0
# With the supervisor of services, which would have it back before plan looks.
drift "engine killed" "\+|~" on "$BACKUP" pkill -9 -f '[l]abctl (services|vrrp run)'

# An edited file changes the difference only.
pid=$(on "$ACTIVE" pgrep -o -f '[l]abctl vrrp run')
master=$(on "$ACTIVE" cat "/var/lib/neutron/ha_confs/${NETNS#qrouter-}/state")
echo '  added: {node: compute1, network: selfservice2}' >> "$FILE"
out=$("$LABCTL" plan "$FILE")
like "$out" "vm-" "edited file: the new instance is planned"
unlike "$out" "- " "edited file: nothing is planned to go"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "edited file: up" || diag "$(cat "$TMP/out")"
is "$(on "$ACTIVE" pgrep -o -f '[l]abctl vrrp run')" "$pid" "edited file: the engine runs on"
is "$(on "$ACTIVE" cat "/var/lib/neutron/ha_confs/${NETNS#qrouter-}/state")" "$master" \
	"edited file: the master stays"
"$LABCTL" exec -l "$LAB" added -- ping -c 1 -W 2 198.51.100.1 >"$TMP/out" 2>&1
ok $? "edited file: the new instance reaches its router"
sed -i '/^  added:/d' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "taken out again: up"
is "$(on compute1 ip netns list | grep -c '^vm-')" 1 "taken out again: its namespace is gone"

# A second lab with the same ranges beside it.
first=$LAB first_file=$FILE
lab_make 1s
"$LABCTL" up --no-wait "$FILE" >/dev/null 2>&1
ok $? "a second lab with the same ranges"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "the second lab is removed"
is "$(processes_of "$LAB")" "" "nothing of it runs"
out=$("$LABCTL" plan --exit-code "$first_file")
ok $? "the first lab is not disturbed" || diag "$out"
LAB=$first

out=$("$LABCTL" down "$LAB")
ok $? "down"
like "$out" "$LAB is gone" "down says that it is gone"
is "$(processes_of "$LAB")" "" "no process is left"
machine_state > "$TMP/after"
is "$(diff "$TMP/before" "$TMP/after")" "" "the machine's own network is the same afterwards"
tap_done
