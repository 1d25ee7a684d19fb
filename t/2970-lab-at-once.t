#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two commands on one lab at once. Down is the way out: it ends what is at work
# on the lab, whatever that is. All others leave each other alone, and say so.
# And a state folder that cannot be written.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
lab_make 1s

# begun COMMAND: waits until it holds the lab's lock.
begun() {
	local i
	for ((i = 0; i < 200; i++)); do
		grep -q "^$1 " "/run/labctl/.$LAB.lock" 2>/dev/null && return
		sleep 0.02
	done
}
gone() {
	is "$(processes_of "$LAB")" "" "$1: no process is left"
	is "$(find /run/labctl -name "*$LAB*")" "" "$1: nor a file"
}

"$LABCTL" up --no-wait "$FILE" >"$TMP/one" 2>&1 &
one=$!
begun up
"$LABCTL" up --no-wait "$FILE" >"$TMP/two" 2>&1
two=$?
wait $one
ok $? "one of two ups makes the lab" || diag "$(cat "$TMP/one")"
[ $two -eq 0 ] || like "$(cat "$TMP/two")" "labctl up. \(PID $one\) is at work on the lab $LAB" \
	"the other says who is at work on it"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up after both" || diag "$(cat "$TMP/out")"
"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
ok $? "it is whole" || diag "$(cat "$TMP/out")"

# hidden WORDS LINE COMMAND: what a node stands on is taken from it.
hidden() {
	on network1 sh -c "$3" >"$TMP/out" 2>&1
	like "$("$LABCTL" plan "$FILE" 2>&1)" "$2" "$1: plan"
	"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: it is whole" || diag "$(cat "$TMP/out")"
}
laid="~ network1: 1 mounts? over its folders: they are taken away"
hidden "a read-only file system over the state folder" "$laid" \
	"mount -t tmpfs -o ro none /run/labctl/$LAB"
hidden "one over the namespaces" "$laid" "mount -t tmpfs -o ro none /run/netns"
hidden "one over /run" "$laid" "mount -t tmpfs none /run"
hidden "one over /proc" "$laid" "mount -t tmpfs none /proc"
hidden "/run unmounted" "~ network1: a folder of its own was unmounted: it starts anew" \
	"umount -l /run"
hidden "a link in the place of the state folders" "vrrp engine" \
	"rm -rf /run/labctl; ln -s /etc /run/labctl"
hidden "a file in its place" "vrrp engine" \
	"rm -rf /run/labctl/$LAB; touch /run/labctl/$LAB"
hidden "sshd's files removed" "network1: [34] of its addresses, interfaces or files" \
	"rm -rf /run/lab/ssh"

"$LABCTL" failover --fault ha "$LAB" >"$TMP/drill" 2>&1 &
drill=$!
begun failover
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
is "$?" 3 "no up beside a drill"
like "$(cat "$TMP/out")" "labctl failover. \(PID $drill\) is at work" "it says why"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down in the middle of a drill" || diag "$(cat "$TMP/out")"
like "$(cat "$TMP/out")" "'labctl failover' \(PID $drill\) was at work on the lab $LAB and has been ended" \
	"it says what it ended"
wait $drill
is "$?" 130 "the drill was interrupted"
gone "down in the middle of a drill"

"$LABCTL" up "$FILE" >"$TMP/up" 2>&1 &
up=$!
begun up
sleep 0.05
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
status=$?
wait $up
upped=$?
# An up that had come to its end first is as well.
if [[ $(cat "$TMP/out") == *"no lab"* ]]; then
	skip "down in the middle of an up" "up had nothing yet"
else
	is "$status" 0 "down in the middle of an up" || diag "$(cat "$TMP/out")"
	[ $upped -eq 0 ] || is "$upped" 130 "up says that it was interrupted" ||
		diag "$(cat "$TMP/up")"
fi
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
gone "down in the middle of an up"

"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "up after an interrupted one and down" || diag "$(cat "$TMP/out")"
"$LABCTL" down "$LAB" >"$TMP/one" 2>&1 &
one=$!
"$LABCTL" down "$LAB" >"$TMP/two" 2>&1
two=$?
wait $one
one=$?
[ $one -eq 0 ] || [ $two -eq 0 ]
ok $? "two downs at once: it is gone" || diag "$(cat "$TMP/one" "$TMP/two")"
gone "two downs at once"
tap_done
