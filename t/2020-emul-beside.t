#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Labs beside one another: same ranges, other names; and of several users.
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

emul_lab; one=$LAB one_file=$FILE
emul_lab; two=$LAB two_file=$FILE
drive up "$one_file" >/dev/null 2>&1
ok $? "a first lab"
drive up "$two_file" >/dev/null 2>&1
ok $? "a second one with the same ranges"
LAB=$one FILE=$one_file
until_ok 5 into network1 -- true
into network1 -- 'touch /run/first; ip link set eth1 down'
first=$(pids)
LAB=$two FILE=$two_file
until_ok 5 into network1 -- true
is "$(into network1 -- 'ls /run/first 2>/dev/null')" "" "the second one's network1 is another"
into network1 -- ping -c 1 -W 2 10.0.1.22 >/dev/null
ok $? "and its tunnel is"
before=$(pids)
out=$(drive enter "$one" "$DRIVE" enter "$two" true 2>&1)
ok $? "root may go from one into the other" || diag "$out"
drive down "$one" >/dev/null
ok $? "the first is removed"
LAB=$one
nothing_left "the first"
LAB=$two
is "$(pids)" "$before" "the second one's processes are the same"
into network1 -- ping -c 1 -W 2 10.0.1.22 >/dev/null
ok $? "and work"
is "$(drive plan "$FILE")" "" "and nothing of it is missing"
[ -n "$first" ] && unlike "$(ps -eo pid=)" " ${first##*=}\$" "the first one's outside is gone"

# Not ours, however alike: none of these is found, so none is ended.
cp "$(command -v sleep)" "$TMP/labctl"
cat > "$TMP/like.c" <<'EOF'
#include <unistd.h>
int main(void) { pause(); return 0; }
EOF
if ${CC:-cc} -o "$TMP/labctl" "$TMP/like.c" 2>/dev/null; then
	fabric=$(fabric_pid)
	(cd "$TMP" && PATH=. exec labctl fabric "$two" --owner 0) & plain=$!
	(cd "$TMP" && PATH=. exec labctl fabric like-$$ --owner 0) & other=$!
	at_exit "kill -9 $plain $other 2>/dev/null"
	(cd "$TMP" && exec unshare -p --fork --kill-child unshare -p --fork --kill-child \
		env PATH=. labctl fabric like-$$ --owner 0) & deep=$!
	at_exit "kill -9 $deep 2>/dev/null"
	until_ok 5 pgrep -P "$deep"
	is "$(fabric_pid)" "$fabric" "a process that is called as the lab's fabric is not taken for it"
	is "$(drive list | grep -c "^like-$$ ")" 0 "nor one two PID namespaces below, as in a container"
	drive down "like-$$" >/dev/null
	kill -0 $plain && kill -0 $other && kill -0 $deep
	ok $? "and down ends none of them"
	{ kill -9 $plain $other $deep; wait $plain $other $deep; } 2>/dev/null
else
	skip "processes with such names" "needs a compiler"
fi

if emul_as_user; then
	root_lab=$LAB
	drive up "$FILE" >"$TMP/out" 2>&1
	ok $? "a user's lab of the same name" || diag "$(cat "$TMP/out")"
	until_ok 5 into network1 -- true
	is "$(into network1 -- hostname)" network1 "it works"
	unlike "$(drive list)" "fabric=$(AS='' fabric_pid) " \
		"the user does not see root's"
	is "$(AS='' LABCTL_STATE=$TMP/none drive list | grep -c "^$root_lab ")" 1 "root sees its own only"
	AS='' DRIVE=$tap_top/build/t/unit/emul_live.t drive down "$root_lab" >/dev/null
	ok $? "root's is removed"
	is "$(into network1 -- hostname)" network1 "the user's is still there"
	out=$(AS='' drive down "$LAB")
	is "$out" "0 processes 0 files" "root's down does not touch it"
	is "$(into network1 -- hostname)" network1 "indeed not"
	drive down "$LAB" >/dev/null
	ok $? "the user removes it"
	nothing_left "the user's"
else
	skip "an ordinary user's lab" "needs uidmap"
fi
tap_done
