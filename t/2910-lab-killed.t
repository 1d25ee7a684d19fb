#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# labctl killed at random moments of up, nodes and engines killed, the state
# folder lost: up completes, down removes, nothing is left.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
LABCTL_STATE=$TMP/state
export LABCTL_STATE
machine_state > "$TMP/before"

gone() {
	is "$(processes_of "$LAB")" "" "$1: no process is left"
	is "$(ls "$TMP/state/$LAB" 2>/dev/null)" "" "$1: no file is left"
}

# How long up takes here, so that the kills fall inside it.
start=${EPOCHREALTIME/./}
"$LABCTL" up --no-wait "$FILE" >/dev/null 2>&1
ok $? "up"
took=$((${EPOCHREALTIME/./} - start))
"$LABCTL" down "$LAB" >/dev/null 2>&1
gone "down"

RANDOM=${SEED:=$$}
diag "seed $SEED; up takes $took us"
for i in $(seq 20); do
	us=$((RANDOM * 32768 + RANDOM))
	us=$((us % took))
	"$LABCTL" up --no-wait "$FILE" >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '0.%06d' $us)"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	if ((i % 2)); then
		out=$("$LABCTL" up --no-wait "$FILE" 2>&1)
		ok $? "killed after $us us: up completes it" || diag "$out"
		out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
		ok $? "killed after $us us: and nothing is missing" || diag "$out"
	fi
	out=$("$LABCTL" down "$LAB" 2>&1)
	r=$?
	# Killed before anything was there: down has nothing of that name.
	[ $r -eq 2 ] && [[ $out == *"no lab"* ]] && r=0
	ok $r "killed after $us us: down removes it" || diag "$out"
	gone "killed after $us us"
done

"$LABCTL" up --no-wait "$FILE" >/dev/null 2>&1
ok $? "up, to break it in other ways"
node_pid() { ps -eo pid,args | awk -v l="$LAB" -v n="$1" '/labctl node/ && $0 ~ l && $0 ~ (" " n "( |$)") {print $1; exit}'; }
pid=$(node_pid network1)
kill -9 "$pid"
sleep 0.3
out=$("$LABCTL" up "$FILE" 2>&1)
ok $? "a node's PID 1 killed: up completes the lab" || diag "$out"
"$LABCTL" plan --exit-code "$FILE" >/dev/null 2>&1
ok $? "and nothing is missing"

rm -rf "$TMP/state"
out=$("$LABCTL" down "$LAB" 2>&1)
ok $? "state folder lost: down removes the lab" || diag "$out"
gone "state folder lost"

"$LABCTL" up --no-wait "$FILE" >/dev/null 2>&1
kill -9 "$(ps -eo pid,args | awk -v l="$LAB" '/labctl fabric/ && $0 ~ l {print $1; exit}')"
sleep 0.3
out=$("$LABCTL" down "$LAB" 2>&1)
ok $? "the fabric killed: down removes the rest" || diag "$out"
gone "the fabric killed"

machine_state > "$TMP/after"
is "$(diff "$TMP/before" "$TMP/after")" "" "the machine's own network is the same afterwards"
tap_done
