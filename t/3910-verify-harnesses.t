#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What verify and failover print is TAP to those who read TAP: prove, and
# automake's driver.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"

out=$(prove --exec "$LABCTL verify" "$FILE" 2>&1)
ok $? "prove --exec 'labctl verify' FILE" || diag "$out"
like "$out" "All tests successful" "prove: all tests successful"
unlike "$out" "Parse errors" "prove: no parse errors"

driver=
for d in /usr/share/automake-*/tap-driver.sh; do
	[ -e "$d" ] && driver=$d
done
if [ -n "$driver" ]; then
	for c in verify failover; do
		out=$(cd "$TMP" && sh "$driver" --test-name $c --log-file $c.log \
			--trs-file $c.trs --color-tests no --enable-hard-errors yes \
			--expect-failure no -- "$LABCTL" $c "$LAB" 2>&1)
		ok $? "automake's tap-driver.sh runs $c"
		like "$out" "^PASS: " "automake: $c: passes are read" || diag "$out"
		# What a loaded machine does to a drill is not the harness's matter: a
		# point that says no is a FAIL, and nothing else is one.
		unlike "$out" "ERROR: " "automake: $c: nothing is not understood"
		is "$(grep -c '^FAIL: ' <<< "$out")" "$(grep -c '^not ok' "$TMP/$c.log")" \
			"automake: $c: nothing else is" || diag "$out"
	done
else
	skip "automake's tap-driver.sh" "automake is not here"
fi

"$LABCTL" verify "$LAB" > "$TMP/tap" 2>/dev/null
is "$(grep -cvE '^(TAP version 13|1\.\.[0-9]+|ok [0-9]+ - .*|#.*)$' "$TMP/tap")" 0 \
	"nothing but TAP on stdout" || diag "$(cat "$TMP/tap")"
TAP_VERSION=14 "$LABCTL" verify "$LAB" 2>/dev/null | head -n 1 > "$TMP/first"
is "$(cat "$TMP/first")" "TAP version 14" "TAP_VERSION is obeyed"

# A broken lab: prove says which test failed, and that it did.
net=$(on compute1 ip -br link | grep -o '^tap[^@]*' | head -n 1)
on compute1 ip link set "$net" down
out=$(prove --exec "$LABCTL verify" "$FILE" 2>&1)
is "$?" 1 "prove fails on a broken lab"
like "$out" "Failed test" "prove: names the failed tests"
"$LABCTL" down "$LAB" >/dev/null 2>&1
"$LABCTL" verify "$LAB" >"$TMP/out" 2>"$TMP/err"
is "$?" 2 "verify of a lab that is not there: exit 2"
tap_done
