# SPDX-License-Identifier: MIT
# An ordinary user for tests that run as root: the accounts live in a mount
# namespace of each command's own, so the machine gets no user.
# shellcheck shell=bash disable=SC2154
USER_ID=54321
USER_HOME=$TMP/home

user_make() {
	command -v newuidmap >/dev/null || skip_all "needs uidmap"
	chmod 755 "$TMP"
	mkdir -p "$USER_HOME" "$TMP/etc"
	cp "$LABCTL" "$TMP/labctl"
	cp -r "$tap_top/topologies" "$TMP/topologies"
	chmod -R a+rX "$TMP/topologies" "$TMP/labctl"
	{ cat /etc/passwd; echo "labt:x:$USER_ID:$USER_ID::$USER_HOME:/bin/sh"; } > "$TMP/etc/passwd"
	{ cat /etc/group; echo "labt:x:$USER_ID:"; } > "$TMP/etc/group"
	echo "labt:3000000:65536" > "$TMP/etc/subuid"
	cp "$TMP/etc/subuid" "$TMP/etc/subgid"
	chmod 644 "$TMP"/etc/*
	chown -R "$USER_ID:$USER_ID" "$USER_HOME"
}

# as_user COMMAND...: the exit status is the command's.
as_user() {
	# shellcheck disable=SC2016 # expanded inside
	unshare -m bash -c '
		set -e
		tmp=$1 id=$2; shift 2
		for f in passwd group subuid subgid; do
			[ -e /etc/$f ] || continue
			mount --bind "$tmp/etc/$f" /etc/$f
		done
		exec setpriv --reuid "$id" --regid "$id" --clear-groups \
			env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
			HOME="$tmp/home" TERM=dumb LABCTL_STATE="$tmp/home/state" "$@"
	' as_user "$TMP" "$USER_ID" "$@"
}
