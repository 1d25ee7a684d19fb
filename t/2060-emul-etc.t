#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The machine goes on while a lab runs: adduser, and each package that makes a
# user, replace files of /etc by rename. What lies over them in the nodes must
# stay. The machine is a mount namespace with an /etc of its own here.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/emul.sh
. "$(dirname "$0")/lib/emul.sh"
emul_need
LABCTL_STATE=$TMP/state
export LABCTL_STATE
chmod 755 "$TMP"

# The machine: a namespace that a process holds.
mkdir "$TMP/etc"
# shellcheck disable=SC2016 # expanded there
unshare -m sh -c '
	mount -t tmpfs -o mode=755 tmpfs "$1" && cp -a /etc/. "$1" &&
	mount --move "$1" /etc && echo "$2" >> /etc/passwd && : > "$1.ready"
	exec sleep 600' sh "$TMP/etc" "labt:x:54321:54321::$TMP:/bin/sh" &
machine=$!
at_exit "kill $machine 2>/dev/null"
until_ok 10 test -e "$TMP/etc.ready"
on_machine() { nsenter -t "$machine" -m -- "$@"; }

# replaced FILE LINE: as its owner's tools do it, aside and renamed.
replaced() {
	# shellcheck disable=SC2016 # expanded there
	on_machine sh -c '
		cp -p "$1" "$1+" && echo "$2" >> "$1+" && mv "$1+" "$1"' \
		sh "/etc/$1" "$2"
}

check_all() {
	local who=$1
	emul_lab
	drive up "$FILE" >/dev/null 2>"$TMP/err"
	ok $? "$who: up" || diag "$(cat "$TMP/err")"
	into network1 -- true
	ok $? "$who: sshd lets root in"
	replaced passwd "new$who:x:1234:1234::/home/new:/bin/sh"
	replaced shadow "new$who:*:19000:0:99999:7:::"
	replaced hosts "192.0.2.99 new$who"
	on_machine sh -c 'echo other > /etc/hostname+ && mv /etc/hostname+ /etc/hostname'
	like "$(on_machine tail -n 1 /etc/passwd)" "^new$who:" "$who: the machine has another user"

	into network1 -- true
	ok $? "$who: sshd still does" || diag "$(in_node network1 tail -n 3 /var/log/sshd.log)"
	like "$(in_node network1 head -n 1 /etc/passwd)" '^root:x:0:0:root:/root:' "$who: root is the lab's"
	unlike "$(in_node network1 cat /etc/passwd)" ':[1-5][0-9]{3}:' "$who: and people are none"
	is "$(in_node network1 grep -c "new$who" /etc/shadow)" 0 "$who: nor their passwords"
	is "$(in_node network1 cat /etc/hostname)" network1 "$who: its name is its own"
	like "$(in_node network1 getent hosts compute2)" '^10\.0\.0\.32 ' "$who: it knows the others"
	is "$(in_node network1 sh -c 'cat /etc/os-release | grep -c .')" "$(grep -c . /etc/os-release)" \
		"$who: of the rest it sees the machine's"
	is "$(drive plan "$FILE")" "" "$who: plan has nothing to do"

	sed -i 's/^\( *\)compute2: .*/&\n\1compute3: {role: compute}/' "$FILE"
	drive up "$FILE" >/dev/null 2>"$TMP/err"
	ok $? "$who: a node more" || diag "$(cat "$TMP/err")"
	like "$(in_node network1 getent hosts compute3)" '^10\.' "$who: is known to those that were there"
	into compute3 -- true
	ok $? "$who: and has its users"
	drive down "$LAB" >/dev/null
	nothing_left "$who"
}

AS=on_machine
check_all root
if command -v newuidmap >/dev/null; then
	cp "$DRIVE" "$TMP/drive"
	DRIVE=$TMP/drive
	mkdir "$TMP/home"
	chown 54321:54321 "$TMP/home"
	on_machine sh -c 'echo labt:x:54321: >> /etc/group
		echo labt:3000000:65536 | tee /etc/subuid > /etc/subgid
		chmod 644 /etc/subuid /etc/subgid'
	# shellcheck disable=SC2317 # called by the name in AS
	as_labt() {
		on_machine setpriv --reuid 54321 --regid 54321 --clear-groups \
			env -i PATH="$PATH" HOME="$TMP/home" LABCTL_STATE="$TMP/home/state" "$@"
	}
	AS=as_labt
	check_all user
else
	skip "an ordinary user's lab" "needs uidmap"
fi
tap_done
