# SPDX-License-Identifier: MIT
# For tests of emulated nodes by themselves, without agents: they go through
# the driver emul_live.t. Source after tap.sh and lab.sh.
# shellcheck shell=bash disable=SC2034,SC2154
DRIVE=${DRIVE:-$tap_top/build/t/unit/emul_live.t}
AS=

# emul_need: what these tests need.
emul_need() {
	need_root
	[ -x "$DRIVE" ] || skip_all "needs $DRIVE (make check builds it)"
	command -v ssh >/dev/null || skip_all "needs ssh"
}

# emul_as_user: from here on labs are an ordinary user's; false where it cannot.
emul_as_user() {
	command -v newuidmap >/dev/null && unshare -m true 2>/dev/null || return 1
	user_make
	cp "$DRIVE" "$TMP/drive"
	chmod 755 "$TMP/drive"
	DRIVE=$TMP/drive
	AS=as_user
}

# emul_lab: sets LAB and FILE; the lab goes with the test.
emul_lab() {
	lab_seq=$((lab_seq + 1))
	LAB=e$$-$lab_seq
	FILE=$TMP/$LAB.yaml
	sed "s/^lab: .*/lab: $LAB/" "$tap_top/t/lib/plain.yaml" > "$FILE"
	chmod a+r "$FILE"
	at_exit "$AS $DRIVE down $LAB >/dev/null 2>&1"
}

drive() { $AS "$DRIVE" "$@"; }

# target NODE NAME: one fact of how a node is reached.
target() { drive target "$FILE" "$1" | sed -n "s/^$2=//p"; }

# into NODE [SSH-OPTION...] -- COMMAND: by stock ssh, from inside the fabric.
into() {
	local node=$1 dir
	local -a more=()
	shift
	while [ "$1" != -- ]; do more+=("$1"); shift; done
	shift
	dir=$(dirname "$(target "$node" key)")
	drive enter "$LAB" ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=5 \
		-o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o StrictHostKeyChecking=yes "${more[@]}" \
		-o IdentitiesOnly=yes -o "IdentityFile=$dir/id_ed25519" \
		-o "UserKnownHostsFile=$dir/known_hosts" \
		"root@$(target "$node" address)" "$@"
}

# mine: the lab's line of the list; others may have labs beside it.
mine() { drive list | grep "^$LAB "; }
node_pid() { drive pid "$LAB" "$1" 2>/dev/null; }
fabric_pid() { mine | sed -n "s/^$LAB fabric=\([0-9]*\) .*/\1/p"; }

# pids: of all nodes, to see which ones were started anew.
pids() { mine | sed -n "s/^$LAB .*file=[^ ]* //p"; }

# in_node NODE COMMAND...: in its namespaces, as the machine's root.
in_node() {
	local pid
	pid=$(node_pid "$1")
	shift
	nsenter -t "$pid" -U --preserve-credentials -m -n -p -u -- "$@" 2>/dev/null ||
		nsenter -t "$pid" -m -n -p -u -- "$@"
}

# in_fabric COMMAND...
in_fabric() { drive enter "$LAB" "$@"; }

# until_ok SECONDS COMMAND...: until the command succeeds.
until_ok() {
	local end=$((SECONDS + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -ge $end ] && return 1
		sleep 0.05
	done
}

# nothing_left WHAT: neither process nor file of the lab.
nothing_left() {
	is "$(processes_of "$LAB")" "" "$1: no process is left"
	is "$(mine)" "" "$1: nor a file"
}
