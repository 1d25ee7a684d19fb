#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What starts a lab is killed at random moments: up completes it, or down
# removes it, and nothing is left. For root and for an ordinary user.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/user.sh
. "$(dirname "$0")/lib/user.sh"
# shellcheck source=t/lib/emul.sh
. "$(dirname "$0")/lib/emul.sh"
emul_need
LABCTL_STATE=$TMP/state
export LABCTL_STATE
RANDOM=${SEED:=$$}
diag "SEED=$SEED"

# killed_after US: starts the lab, and kills what starts it.
killed_after() {
	local pid
	drive up "$FILE" >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '0.%06d' "$1")"
	pkill -9 -P "$pid" 2>/dev/null
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

try_all() {
	local who=$1 n=$2 i us out took bad=0 state=
	emul_lab
	took=${EPOCHREALTIME/./}
	drive up "$FILE" >/dev/null 2>&1
	ok $? "$who: up"
	took=$((${EPOCHREALTIME/./} - took))
	drive down "$LAB" >/dev/null 2>&1
	for ((i = 1; i <= n; i++)); do
		us=$(((RANDOM * 32768 + RANDOM) % (took * 5 / 4)))
		killed_after $us
		if ((i % 2)); then
			out=$(drive up "$FILE" 2>&1) || { bad=1; diag "$us us: up: $out"; }
			out=$(drive plan "$FILE" 2>&1)
			[ -z "$out" ] || { bad=1; diag "$us us: plan: $out"; }
			until_ok 5 into network2 -- true || { bad=1; diag "$us us: no ssh"; }
		fi
		out=$(drive down "$LAB" 2>&1) || { bad=1; diag "$us us: down: $out"; }
		# At once, and when what was about to start would have started.
		state="$(processes_of "$LAB")$(mine)"
		sleep 0.1
		state="$state$(processes_of "$LAB")$(mine)"
		[ -z "$state" ] || { bad=1; diag "$us us: left: $state"; }
	done
	ok $bad "$who: killed at $n random moments within $took us: up completes, down removes"
}

machine_state > "$TMP/before"
try_all root 24
if emul_as_user; then
	try_all user 16
else
	skip "an ordinary user's lab" "needs uidmap"
fi
machine_state > "$TMP/after"
is "$(diff "$TMP/before" "$TMP/after")" "" "the machine is the same afterwards"
tap_done
