#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Instances are taken out of the file, so that their addresses go to others,
# with other MAC addresses: who knew the old ones learns of it at once. And what
# was reserved for neighbours outlives a link that was down.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
sed -i '/^  selfservice-instance2:/a\
  third: {node: compute1, network: selfservice2}\
  fourth: {node: compute2, network: selfservice2}' "$FILE"

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle || diag "not settled"

# A link set down takes the reserved places with it; they are there again soon.
# blinks WHERE COMMAND...: the command runs its words in a namespace
blinks() {
	local where=$1 dev before
	shift
	dev=$("$@" sh -c 'ls /sys/class/net | grep -E "^(qr-|eth0|ns-)" | head -n 1')
	places() { "$@" ip neigh show nud all dev "$dev" | grep extern_learn | cut -d ' ' -f 1 | sort; }
	before=$(places "$@")
	like "$before" "." "$where: places are reserved"
	"$@" ip link set "$dev" down
	"$@" ip link set "$dev" up
	wait_for "$where: and again, when the link was down" "$before" places "$@"
}
blinks "an instance" "$LABCTL" exec -l "$LAB" third --
# What it had besides is not the supervisor's business: as on a host that
# nobody manages, until `up`.
"$LABCTL" plan "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" "\+ address fd00:198:51:100::" "its IPv6 address lacks then"
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
"$LABCTL" plan "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" " 0 changes" "which puts it back" || diag "$(cat "$TMP/out")"
blinks "a backup" on "$BACKUP" ip netns exec "$NETNS"
blinks "an active" on "$ACTIVE" ip netns exec "$NETNS"
settle || diag "not settled"

# at NAME FAMILY: an instance's address, without its length.
at() {
	"$LABCTL" exec -l "$LAB" "$1" -- ip "-$2" -o addr show dev eth0 scope global |
		sed -n 's/.* inet6\? \([^/]*\).*/\1/p' | head -n 1
}
mac_of() {
	"$LABCTL" exec -l "$LAB" "$1" -- cat /sys/class/net/eth0/address
}
router() { on "$ACTIVE" ip netns exec "$NETNS" "$@"; }
known() {
	router ip neigh show to "$1" | sed -n 's/.* lladdr \([^ ]*\) .*/\1/p' |
		sort -u
}

for n in selfservice-instance2 third fourth; do
	for f in 4 6; do
		router ping -q -c 2 -i 0.2 -W 2 "$(at "$n" $f)" >/dev/null
		ok $? "$n answers the router (IPv$f)"
	done
done
four=$(at third 4) six=$(at third 6)
is "$(known "$four")$(known "$six")" "$(mac_of third)$(mac_of third)" \
	"the router knows the third's MAC"

# The second goes, so the third and the fourth move up.
sed -i '/^  selfservice-instance2:/d' "$FILE"
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "up without the second" || diag "$(cat "$TMP/out")"
is "$(at fourth 4) $(at fourth 6)" "$four $six" "the fourth has the third's addresses"
is "$(known "$four")" "$(mac_of fourth)" "the router knows whose it is (IPv4)"
is "$(known "$six")" "$(mac_of fourth)" "the router knows whose it is (IPv6)"
for n in third fourth; do
	for f in 4 6; do
		router ping -q -c 1 -W 1 "$(at "$n" $f)" >/dev/null
		ok $? "$n answers at once (IPv$f)"
	done
done

# Another instance in its place: its links are new too.
new=$(sed 's/^  fourth:/  fifth:/' "$FILE")
printf '%s\n' "$new" >"$FILE"
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "up with a fifth for the fourth" || diag "$(cat "$TMP/out")"
is "$(at fifth 4) $(at fifth 6)" "$four $six" "the fifth has its addresses"
is "$(known "$four")" "$(mac_of fifth)" "the router knows whose it is (IPv4)"
is "$(known "$six")" "$(mac_of fifth)" "the router knows whose it is (IPv6)"
is "$("$LABCTL" plan "$FILE" | tail -n 1)" \
	"lab $LAB is as the file says: 0 changes" "nothing is left to do"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
tap_done
