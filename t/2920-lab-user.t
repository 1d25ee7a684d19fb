#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The main job as an ordinary user: up, verify, failover, down; and two users'
# labs of one name do not see each other.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/user.sh
. "$(dirname "$0")/lib/user.sh"
if [ "$(id -u)" -eq 0 ]; then
	user_make
	unshare -m true 2>/dev/null || skip_all "needs mount namespaces"
	as=as_user
	bin=$TMP/labctl
else
	as=
	bin=$LABCTL
	grep -q "^$(id -un):" /etc/subuid || skip_all "no subordinate ids for $(id -un)"
fi
lab_make 1s
[ -n "$as" ] && at_exit "as_user $bin down -q $LAB >/dev/null 2>&1"
# Filters too need no root.
cat >>"$FILE" <<'END'
security_groups:
  default: {rules: [{protocol: icmp}, {protocol: tcp, ports: 22}, {protocol: ipv6-icmp}]}
END
chmod a+r "$FILE"

$as "$bin" doctor >"$TMP/out" 2>&1
ok $? "doctor says that labs can run" || diag "$(cat "$TMP/out")"
machine_state > "$TMP/before"
$as "$bin" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
machine_state > "$TMP/during"
is "$(diff "$TMP/before" "$TMP/during")" "" "the machine's own network is the same"
if [ -n "$as" ]; then
	out=$("$LABCTL" status 2>&1)
	ok $? "root's status"
	unlike "$out" "$LAB" "root's status does not show the user's lab"
	"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
	ok $? "root's lab of the same name beside it" || diag "$(cat "$TMP/out")"
	"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
	ok $? "root's lab is removed"
fi
$as "$bin" verify "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "verify" || diag "$(cat "$TMP/out" "$TMP/err")"
$as "$bin" failover "$LAB" >"$TMP/out" 2>"$TMP/err"
ok $? "failover" || diag "$(cat "$TMP/out" "$TMP/err")"
out=$($as "$bin" up "$FILE" 2>/dev/null)
like "$out" " 0 changes" "up again changes nothing"
$as "$bin" down "$LAB" >"$TMP/out" 2>&1
ok $? "down" || diag "$(cat "$TMP/out")"
is "$(processes_of "$LAB")" "" "no process is left"
machine_state > "$TMP/after"
is "$(diff "$TMP/before" "$TMP/after")" "" "the machine's own network is the same afterwards"
tap_done
