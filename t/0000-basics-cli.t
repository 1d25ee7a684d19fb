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

# Before the command: what holds for every command.
mkdir -m 700 "$TMP/state"
export LABCTL_STATE=$TMP/state
for v in -V version "-q version"; do
	# shellcheck disable=SC2086 # two words
	run $v
	like "$status $out" '^0 labctl [0-9]+\.[0-9]+\.[0-9]+$' "$v"
done
run -q down
is "$status/$out$err" "0/" "-q before the command"
run down
is "$status/$out" "0/There is no lab." "and without it"
for v in "-l none status" "--lab none status" "--lab=none status" "status -l none" "status none"; do
	# shellcheck disable=SC2086 # words
	run $v
	is "$status" 2 "$v: exit 2"
	like "$err" "^labctl: there is no lab 'none'" "$v: says so"
	unlike "$err" "Usage" "$v: and not how to use it"
done
LABCTL_LAB='env' run status
like "$err" "no lab 'env'" "LABCTL_LAB names the lab"
LABCTL_LAB='env' run status -l flag
like "$err" "no lab 'flag'" "the flag wins"
LABCTL_LAB='env' run -l flag status
like "$err" "no lab 'flag'" "before the command too"
LABCTL_LAB='env' run status word
like "$err" "no lab 'word'" "so does a word of the command line"
run status -l one two
is "$status" 2 "two names that differ: exit 2"
run --quite status
is "$status" 2 "a wrong option before the command: exit 2"
like "$err" "did you mean '--quiet'" "and the nearest one"
run -q
is "$status" 2 "options and no command: exit 2"

# Each command has its row in the manual page and in README.
for c in $("$LABCTL" --help | sed -n '/^To begin/q; s/^  \([a-z]*\)  .*/\1/p'); do
	ok "$(grep -q "^\.It Cm $c" "$tap_top/docs/labctl.1"; echo $?)" "docs/labctl.1 has $c"
	ok "$(grep -q "^| \`labctl $c" "$tap_top/README.md"; echo $?)" "README has $c"
	for o in $("$LABCTL" "$c" --help | sed -n '/^Everywhere/q; s/^ *\(-[a-zA-Z], \)\{0,1\}--\([a-z-]*\).*/\2/p'); do
		short=$("$LABCTL" "$c" --help | sed -n "s/^ *-\([a-zA-Z]\), --$o.*/\1/p")
		ok "$(grep -q -e "Fl -$o" -e "Fl ${short:-none} " -e "Fl ${short:-none}\$" "$tap_top/docs/labctl.1"; echo $?)" "docs/labctl.1 has --$o of $c"
	done
done

# help C is C --help.
nl=$'\n'
for c in up plan down check verify failover status exec doctor vrrp help version; do
	run $c --help
	told=$out
	run help $c
	is "$status/$out" "0/$told" "help $c"
	unlike "$out" "[[:blank:]]$nl|[[:blank:]]$" "help $c: no line ends in a blank"
done
run help
told=$out
run --help
is "$out" "$told" "help is --help"
run help verfiy
is "$status" 2 "help of no command: exit 2"
like "$err" "did you mean 'verify'" "and the nearest one"

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
