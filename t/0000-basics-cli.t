#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Words, exit statuses and streams of the program itself.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"

run() { out=$("$LABCTL" "$@" 2>"$TMP/err"); status=$?; err=$(cat "$TMP/err"); }

run
is "$status" 2 "no command: exit 2"
is "$out" "" "no command: nothing on stdout"
like "$err" "labctl up" "no command: an example on stderr"

run --help
is "$status" 0 "--help: exit 0"
like "$out" "verify" "--help: on stdout"
is "$err" "" "--help: nothing on stderr"

run --version
like "$out" '^labctl [0-9]+\.[0-9]+\.[0-9]+$' "--version"

run verfiy
is "$status" 2 "unknown command: exit 2"
like "$err" "did you mean 'verify'" "unknown command: the nearest one"

for c in up plan down check verify failover status exec doctor vrrp; do
	run $c --help
	is "$status" 0 "$c --help: exit 0"
	like "$out" "^Usage: labctl $c" "$c --help: usage on stdout"
	run $c --no-such-option
	is "$status" 2 "$c with a wrong option: exit 2"
	is "$out" "" "$c with a wrong option: nothing on stdout"
done

run up
is "$status" 2 "up without a file: exit 2"
run up "$TMP/none.yaml"
is "$status" 2 "up of a missing file: exit 2"
like "$err" "none.yaml" "up of a missing file: names it"
run up --no-wiat "$TMP/none.yaml"
like "$err" "did you mean '--no-wait'" "wrong option: the nearest one"

# The example of the engine's documentation is right.
# shellcheck disable=SC2016 # a backquote of the text
sed -n '/^## The file/,/^`checksum`/s/^    //p' "$tap_top/docs/vrrp.md" > "$TMP/vrrp.yaml"
run vrrp check "$TMP/vrrp.yaml"
is "$status" 0 "docs/vrrp.md: its example passes the check" || diag "$err"

"$LABCTL" --help > /dev/full 2>/dev/null
is "$?" 3 "a full disk is not success"

tap_done
