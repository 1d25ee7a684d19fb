#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How verify looks to a person: colour on a terminal and never in a pipe, and a
# last line on stderr.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
lab_make 1s
esc=$'\033'

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"

verify() { "$LABCTL" verify "$LAB" --only agents "$@" >"$TMP/out" 2>"$TMP/err"; }
verify
ok $? "verify"
like "$(tail -n 1 "$TMP/err")" '^([0-9]+) of \1 hold, [0-9]+\.[0-9] s$' "the last line on stderr"
unlike "$(cat "$TMP/out")" "hold," "which is not in the TAP"
FORCE_COLOR=1 TERM=xterm verify
unlike "$(cat "$TMP/out")" "$esc" "no colour in a pipe, whatever is set"
verify -q
is "$(cat "$TMP/err")" "" "-q: TAP alone"
verify -q --only active,no-such
is $? 2 "a check that is none"
"$LABCTL" status "$LAB" -o json >"$TMP/json"
pid=$(tr -d '\n' <"$TMP/json" | sed -n 's/.*"name": "compute2"[^{}]*"pid": \([0-9]*\).*/\1/p')
kill -KILL "$pid"
verify
is $? 1 "a node is dead"
like "$(tail -n 1 "$TMP/err")" '^[0-9]+ of [0-9]+ hold, 1 does not, [0-9.]+ s$' "and counted"

if command -v script >/dev/null; then
	# tty ENV...: what a terminal gets.
	tty() {
		env "$@" script -qec "$LABCTL verify $LAB --only agents" /dev/null </dev/null |
			tr -d '\r' | sed "s/$esc\[K//g"
	}
	like "$(tty TERM=xterm)" "$esc\[32mok$esc" "colour on a terminal"
	like "$(tty TERM=xterm)" "$esc\[3[13]mnot ok$esc" "another for what fails"
	unlike "$(tty TERM=xterm NO_COLOR=1)" "$esc\[3" "NO_COLOR"
	unlike "$(tty TERM=dumb)" "$esc\[3" "TERM=dumb"
	like "$(tty TERM=dumb FORCE_COLOR=1)" "$esc\[32mok$esc" "FORCE_COLOR"
	unlike "$(tty TERM=dumb FORCE_COLOR=1 NO_COLOR=1)" "$esc\[3" "NO_COLOR before FORCE_COLOR"
	printf 'lab: x\nnodes: {aaaaaaaaaaaaaaaaaaaa: {role: compute}, b: {role: komputer}, c: {role: compute}}\n' >"$TMP/long.yaml"
	out=$(script -qec "stty cols 44; TERM=dumb $LABCTL check $TMP/long.yaml" /dev/null </dev/null | tr -d '\r' | grep '|')
	is "$(awk 'length > 44' <<<"$out")" "" "a line of a file is cut to the terminal"
	like "$out" "komputer" "around the word"
else
	skip "a terminal" "no script(1)"
fi
tap_done
