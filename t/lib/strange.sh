# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # words and lines are the test's
# What strangers do to a lab, all of it at once, for a test that has sourced
# lab.sh: what is broken is in words, and in lines what `plan` says of it.
words=() lines=()

# strange WHERE WORDS LINE COMMAND...
strange() {
	local node=$1 what=$2 line=$3
	shift 3
	if ! on "$node" "$@" >"$TMP/out" 2>&1; then
		pass "$what # SKIP this machine cannot: $(tail -n 1 "$TMP/out")"
		return
	fi
	words+=("$what") lines+=("$line")
}
