#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An 'up' that did not come to its end: the lab is half up in status, whatever
# ended it; 'up' completes it, 'down' removes it.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
lab_make 1s

state() { "$LABCTL" status "$LAB" 2>&1 | sed -n "s/^Lab $LAB: //p"; }

# The nodes run; that of network1 accepts, but answers nobody.
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
is "$(state)" "up" "a whole lab is up"
pid=$("$LABCTL" status "$LAB" -o json | tr -d '\n' |
	sed -n 's/.*"name": "network1"[^{}]*"pid": \([0-9]*\).*/\1/p')
# shellcheck disable=SC2317 # by silence
in_net() { nsenter -t "$pid" -n "$@"; }
{ cat "$FILE"; echo '  added: {node: compute1, network: selfservice2}'; } > "$FILE.2"
"$LABCTL" check "$FILE.2" >"$TMP/out" 2>&1
ok $? "a file with one thing more" || diag "$(cat "$TMP/out")"

for signal in INT KILL; do
	silence in_net
	"$LABCTL" up --no-wait "$FILE.2" >"$TMP/out" 2>&1 &
	up=$!
	for ((i = 0; i < 100; i++)); do
		[ -e "/run/labctl/$LAB/unfinished" ] && break
		sleep 0.02
	done
	like "$(state)" "^half up" "while an up is under way: half up"
	kill -$signal $up
	wait $up 2>/dev/null
	unsilence in_net
	like "$(state)" "^half up; 'labctl up' completes it; an 'up' of it is" "up ended by SIG$signal: half up"
	"$LABCTL" status "$LAB" -o json | grep -q '"state": "half up"'
	ok $? "SIG$signal: in JSON too"
done
"$LABCTL" up -l "$LAB" --no-wait >"$TMP/out" 2>&1
ok $? "up without a file completes it" || diag "$(cat "$TMP/out")"
is "$(state)" "up" "and it is up"
"$LABCTL" plan --exit-code "$FILE.2" >"$TMP/out" 2>&1
ok $? "by the file of the interrupted up" || diag "$(cat "$TMP/out")"
"$LABCTL" exec -l "$LAB" added -- true
ok $? "what was added is there"

silence in_net
"$LABCTL" up --no-wait "$FILE" >/dev/null 2>&1 &
up=$!
sleep 0.2
kill -KILL $up
wait $up 2>/dev/null
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down removes what is half up" || diag "$(cat "$TMP/out")"
is "$(processes_of "$LAB")" "" "no process is left"
is "$(find /run/labctl -name "*$LAB*")" "" "nor a file"
tap_done
