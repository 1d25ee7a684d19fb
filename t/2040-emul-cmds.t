#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# labctl down and labctl doctor: words, exit statuses, and that doctor looks
# only. In a PID namespace of the test's own, so that no other lab is seen.
# shellcheck source=t/lib/tap.sh
if [ "${EMUL_ALONE:-}" != 1 ] && [ "$(id -u)" -eq 0 ] &&
	unshare -p -m --fork true 2>/dev/null; then
	EMUL_ALONE=1 exec unshare -p -m --fork --kill-child --mount-proc \
		bash "$0" "$@"
fi
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/user.sh
. "$(dirname "$0")/lib/user.sh"
# shellcheck source=t/lib/emul.sh
. "$(dirname "$0")/lib/emul.sh"
emul_need
[ "${EMUL_ALONE:-}" = 1 ] || skip_all "needs a PID namespace of its own"
LABCTL_STATE=$TMP/state
export LABCTL_STATE

# run STATUS DESCRIPTION ARGUMENT...: leaves out and err.
run() {
	local want=$1 what=$2
	shift 2
	out=$("$LABCTL" "$@" 2>"$TMP/err")
	is $? "$want" "$what: exit status"
	err=$(cat "$TMP/err")
}

run 0 "down without a lab" down
is "$out" "There is no lab." "it says so"
run 0 "down -q without a lab" down -q
is "$out$err" "" "it says nothing"
run 2 "down of an unknown lab" down nowhere
like "$err" "there is no lab 'nowhere', nor any other" "it says so"
is "$out" "" "not on stdout"
run 2 "down of a path" down ../etc
run 2 "down with a word too many" down a b
like "$err" "'b' is one word too many" "which one"
run 2 "down with a name and --all" down a --all
run 0 "down --all without a lab" down --all

emul_lab; one=$LAB
drive up "$FILE" >/dev/null 2>&1
ok $? "one lab"
run 0 "down without a name" down
like "$out" "^The lab $one is gone \([0-9]+ processes, [0-9]+ files, [0-9]+ ms\)\.\$" "it says what was removed"
nothing_left "one lab"

drive up "$FILE" >/dev/null 2>&1
emul_lab; two=$LAB
drive up "$FILE" >/dev/null 2>&1
ok $? "two labs"
run 2 "down without a name" down
like "$err" "there are 2 labs" "it asks which"
like "$err" "  $one" "names the one"
like "$err" "  $two" "and the other"
run 2 "down of a name nearly right" down "${two}x"
like "$err" "did you mean '$two'" "it has an idea"
kill -9 "$(LAB=$one; fabric_pid)"
sleep 0.3
run 2 "down without a name, one of two not running" down
like "$err" "$one \(not running\)" "it tells which does not run"
run 0 "down -q by name" down -q "$one"
is "$out$err" "" "says nothing"
LAB=$two
like "$(mine)" "fabric=[1-9]" "the other one is there"
emul_lab
drive up "$FILE" >/dev/null 2>&1
run 0 "down --all" down --all
like "$out" "The lab $two is gone.*The lab $LAB is gone|The lab $LAB is gone.*The lab $two is gone" "tells of each"
is "$(drive list)" "" "nothing is left"

# Somebody is at it.
"$DRIVE" up "$FILE" >/dev/null 2>&1
lock=$TMP/state/.$LAB.lock
flock "$lock" sleep 3 & holder=$!
until_ok 2 sh -c "! flock -n $lock true"
printf "up %d" $holder > "$lock"
run 3 "down while up is at work" down "$LAB"
like "$err" "labctl up. \(PID $holder\) is at work on the lab $LAB" "it says who"
{ kill $holder; wait $holder; } 2>/dev/null
until_ok 5 flock -n "$lock" true
run 0 "down afterwards" down "$LAB"

LABCTL_STATE=relative run 3 "down with a state folder that cannot be" down
like "$err" "must be an absolute path" "it says why"
LABCTL_STATE=relative run 3 "doctor with a state folder that cannot be" doctor
like "$out" "MISSING  state folder .*must be an absolute path" "it says why too"

machine_state > "$TMP/before"
run 0 "doctor" doctor
machine_state > "$TMP/after"
is "$(diff "$TMP/before" "$TMP/after")" "" "doctor changes nothing"
like "$out" "This machine can run emulated labs." "its verdict"
unlike "$out" "MISSING" "nothing is missing"
run 0 "doctor -o json" doctor -o json
like "$out" '"able": true' "its verdict as JSON"
perl -MJSON::PP -e 'my $d = decode_json(join "", <STDIN>); exit !($d->{version} == 1 && @{$d->{needs}} > 10)' <<< "$out"
ok $? "it is JSON"
run 2 "doctor -o xml" doctor -o xml
like "$err" "no output 'xml'" "it has none"
run 2 "doctor with a word" doctor me
run 0 "doctor of a lab" doctor "$tap_top/topologies/l3ha-linuxbridge.yaml"
like "$out" "This machine can run l3ha-linuxbridge \(5 nodes, .*labctl up .*l3ha-linuxbridge.yaml.* does" "it says that it can, and how"
unlike "$out" "prove|net/tun" "and nothing of what that lab does not need"
run 0 "doctor of a lab, as JSON" doctor -o json "$tap_top/topologies/vrrp-rapid.yaml"
like "$out" '"lab": "vrrp-rapid"' "with its name"
echo 'lab: [' >"$TMP/wrong.yaml"
run 2 "doctor of a file that is wrong" doctor "$TMP/wrong.yaml"
like "$err" "wrong.yaml:" "says where"
NO_COLOR=1 FORCE_COLOR=1 run 0 "doctor with NO_COLOR" doctor
unlike "$out" $'\033' "no colours"
run_in() { unshare -n -m bash -c "$1; exec \"\$@\"" x "$LABCTL" doctor "${@:2}" 2>&1; }
out=$(run_in 'mount -t tmpfs none /usr/sbin')
is $? 3 "doctor without sshd: exit status"
like "$out" "MISSING  sshd .*cure: apt-get install openssh-server" "what lacks and what helps"
out=$(run_in 'mount --bind /dev/null /etc/passwd')
like "$out" "MISSING  sshd's user" "without sshd's user"
if [ -x /usr/sbin/haproxy ]; then
	out=$(run_in 'mount --bind /dev/null /usr/sbin/haproxy' "$tap_top/topologies/l3ha-linuxbridge.yaml")
	is $? 3 "doctor of a lab that wants what is not here"
	like "$out" "MISSING  haproxy .*this lab wants it.*cannot run l3ha-linuxbridge yet.*  haproxy: apt-get install haproxy" \
		"says so to one who never saw a lab, and what to do"
fi
out=$(run_in 'ulimit -n 64')
like "$out" "MISSING  open files +at most 64.*cure: ulimit -n 256" "with few files"
out=$(setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$LABCTL" doctor 2>&1)
is $? 3 "doctor for root without CAP_SYS_ADMIN: exit status"
like "$out" "MISSING  namespaces .*Operation not permitted.*cure:" "what lacks and what helps"
if emul_as_user; then
	cp "$LABCTL" "$TMP/labctl"
	out=$(as_user "$TMP/labctl" doctor 2>&1)
	ok $? "doctor for an ordinary user" || diag "$out"
	like "$out" "ok +subordinate ids +65536 from 3000000" "his ids"
	: > "$TMP/etc/subuid"
	out=$(as_user "$TMP/labctl" doctor 2>&1)
	is $? 3 "doctor without ids: exit status"
	like "$out" "MISSING  subordinate ids .*usermod --add-subuids 100000-165535 --add-subgids [0-9]+-[0-9]+ labt" \
		"what root should type"
	like "$out" "ok +user namespace" "the rest works"
	out=$(as_user "$TMP/drive" up "$FILE" 2>&1)
	is $? 3 "up without ids: exit status"
	like "$out" "needs 65535 subordinate ids.*usermod" "one line says what is missing"
	is "$(wc -l <<< "$out")" 1 "one line"
else
	skip "doctor for an ordinary user" "needs uidmap"
fi
tap_done
