# SPDX-License-Identifier: MIT
# For tests of security groups in a lab. Source after lab.sh. $agent: what goes
# before the names of chains; $only: the points to look at.
# shellcheck shell=bash disable=SC2034,SC2154

# groups_up: the lab comes up, and all holds.
groups_up() {
	local i
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "up" || diag "$(cat "$TMP/out")"
	for i in 1 2 3; do
		# Metadata proxies begin when a router's role is taken.
		"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err" && break
		sleep 2
	done
	grep -q "^not ok" "$TMP/tap"
	ok $((! $?)) "a healthy lab passes" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}

# What the model says of a port; what the tap device of an instance is.
tap_of() { "$LABCTL" check --resolved "$FILE" | grep -A9 "^  $1:" | sed -n 's/.*eth0: [^ ]* \(tap[^ ]*\) .*/\1/p'; }
chain() { local tap; tap=$(tap_of "$2"); echo "$agent-$1${tap#tap}" | cut -c1-28; }
c1() { on compute1 "$@"; }

# breaks WHAT BREAK POINT...: the points are named; up mends it.
breaks() {
	local what=$1 do=$2 point
	shift 2
	eval "$do" >"$TMP/out" 2>&1
	ok $? "$what: broken" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only "$only" "$LAB" >"$TMP/tap" 2>"$TMP/err"
	for point; do
		like "$(cat "$TMP/tap")" "not ok [0-9]+ - $point" "$what: $point" ||
			diag "$(grep -A9 '^not ok' "$TMP/tap"; cat "$TMP/err")"
	done
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$what: up" || diag "$(cat "$TMP/out")"
	"$LABCTL" verify --only "$only" "$LAB" >"$TMP/tap" 2>"$TMP/err"
	ok $? "$what: up mends it" ||
		diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}
