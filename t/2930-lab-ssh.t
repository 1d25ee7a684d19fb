#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Nodes that cannot be reached, each in its own way: a clear error that names
# the node, exit 3, and `up` completes the lab once the cause is gone.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
pid=$("$LABCTL" status "$LAB" -o json | grep -A5 '"name": "network1"' |
	sed -n 's/.*"pid": \([0-9]*\).*/\1/p' | head -n 1)
ssh=/proc/$pid/root/run/lab/ssh
ok "$([ -e "$ssh/host_key" ]; echo $?)" "the node's files are found"

# An ordinary user's lab is in a user namespace of its owner.
in_node() {
	if [ "$(id -u)" -eq 0 ]; then
		nsenter -t "$pid" -m -p -n "$@"
	else
		nsenter -t "$pid" -U --preserve-credentials -m -p -n "$@"
	fi
}

# unreachable WHAT ERROR: up and verify fail so, and say it.
unreachable() {
	local what=$1 expected=$2 from=$SECONDS
	"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>"$TMP/err"
	is "$?" 3 "$what: up exits 3"
	like "$(cat "$TMP/err")" "network1: .*$expected" "$what: the error says so"
	ok "$((SECONDS - from > 25))" "$what: in bounded time ($((SECONDS - from)) s)"
	"$LABCTL" verify "$LAB" >"$TMP/tap" 2>/dev/null
	is "$?" 1 "$what: verify exits 1"
	like "$(grep "^not ok" "$TMP/tap")" "not ok [0-9]+ - agents: network1" "$what: verify names the node"
	like "$(grep -A3 'agents: network1' "$TMP/tap")" "could not look|not-looked|verdict" \
		"$what: and that it could not look"
}

completes() {
	"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: mended, up completes the lab" || diag "$(cat "$TMP/out")"
	"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: and nothing is missing" || diag "$(cat "$TMP/out")"
}

# Another sshd reads its files; the node's PID 1 takes its time to begin it.
again() {
	in_node pkill -o -x sshd
	for _ in $(seq 100); do
		sleep 0.2
		in_node pgrep -x sshd >/dev/null && break
	done
	sleep 0.3
}

# A host key that is not the pinned one.
cp "$ssh/host_key" "$TMP/host_key"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$TMP/other"
cat "$TMP/other" > "$ssh/host_key"
again
unreachable "wrong host key" "host key.*SHA256:.*SHA256:"
cat "$TMP/host_key" > "$ssh/host_key"
again
completes "wrong host key"

# A user key that the node does not take.
cp "$ssh/authorized_keys" "$TMP/authorized_keys"
cat "$TMP/other.pub" > "$ssh/authorized_keys"
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "another user's key in the node: up completes the lab" || diag "$(cat "$TMP/out")"
is "$(cat "$ssh/authorized_keys")" "$(cat "$TMP/authorized_keys")" "the lab's own stands there again"
cp "$ssh/sshd_config" "$TMP/sshd_config"
sed 's/^AuthorizedKeysFile.*/AuthorizedKeysFile none/' "$TMP/sshd_config" > "$ssh/sshd_config"
again
unreachable "wrong user key" "key"
cat "$TMP/sshd_config" > "$ssh/sshd_config"
again
completes "wrong user key"

# Nobody listens where the node should.
cp "$ssh/sshd_config" "$TMP/sshd_config"
echo 'Port 2222' > "$ssh/sshd_config"
sed '/^Port/d; s/^\(ListenAddress [0-9.]*\).*/\1:2222/' "$TMP/sshd_config" >> "$ssh/sshd_config"
again
unreachable "refused port" "refuses connections"
cat "$TMP/sshd_config" > "$ssh/sshd_config"
again
completes "refused port"

# A node that does not say a word.
silence in_node
ok $? "silent sshd: it is"
unreachable "silent sshd" "does not answer"
unsilence in_node
completes "silent sshd"

# One whose sshd is stopped: up puts another in its place, and says so.
in_node pkill -STOP -o -x sshd
"$LABCTL" plan "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" "network1: its sshd is stopped" "stopped sshd: plan sees it"
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "stopped sshd: up completes the lab" || diag "$(cat "$TMP/out")"
like "$(cat "$TMP/out")" "network1: its sshd is stopped: another" "stopped sshd: and says how"
completes "stopped sshd"

# A node whose PID 1 stands still is made anew by up itself.
kill -STOP "$pid"
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "a node that stands still: up completes the lab" || diag "$(cat "$TMP/out")"
like "$(cat "$TMP/out")" "network1: it does not answer" "and says that it starts the node anew"

"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
tap_done
