#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Where a lab's file comes from: init, standard input, what was installed.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
mkdir -m 700 "$TMP/state"
export LABCTL_STATE=$TMP/state
mkdir "$TMP/work"
cd "$TMP/work" || exit 1

run() { out=$("$LABCTL" "$@" 2>"$TMP/err"); status=$?; err=$(cat "$TMP/err"); }

# init
run init
is "$status" 0 "init: exit 0" || diag "$err"
is "$(ls)" "my-lab.yaml" "init: a file in the working directory"
run check my-lab.yaml
is "$status" 0 "init: which is right" || diag "$err"
like "$out" "4 nodes, .* 1 router, 1 instance" "init: and has a router"
like "$(grep -c '^ *#' my-lab.yaml)" "^[5-9]|1." "init: and explains itself"
echo mine > demo.yaml
run init demo
is "$status" 2 "init: never over a file"
is "$(cat demo.yaml)" "mine" "init: which stays as it was"
like "$err" "demo.yaml is there already" "init: and says so"
run init other.yaml
is "$(sed -n 's/^lab: //p' other.yaml)" "other" "init NAME.yaml: a lab of that name"
run init 'a b'
is "$status" 2 "init: a name that is none"
like "$err" "cannot be|can't|letters" "init: and why"
run init ../up
is "$status" 2 "init: nor a path"
is "$(ls ..)" "$(printf 'err\nstate\nwork')" "init: wrote nothing elsewhere"

# standard input
run check - < my-lab.yaml
is "$status" 0 "check -: standard input"
like "$out" "^standard input: ok: 4 nodes" "check -: said so"
printf 'lab: x\nnodes: {a: {role: komputer}}\n' > bad.yaml
out=$("$LABCTL" check - 2>&1 < bad.yaml)
is "$?" 2 "check -: what is wrong: exit 2"
like "$out" "^standard input:2:19: " "check -: and where"
run check - < /dev/null
is "$status" 2 "check -: nothing is no lab"

# In the source's own tree too.
if [ "$(dirname "$LABCTL")" = "$tap_top/build" ]; then
	run check vrrp-rapid
	like "$out" "^$tap_top/topologies/vrrp-rapid.yaml: ok" "a lab of the source by its name"
else
	skip "a lab of the source by its name" "built elsewhere"
fi

# After make install: by the program's own place.
if command -v make >/dev/null && [ -f "$(dirname "$LABCTL")/labctl" ]; then
	make -s -C "$tap_top" O="$(dirname "$LABCTL")" -o "$(dirname "$LABCTL")/labctl" \
		install DESTDIR= PREFIX="$TMP/usr" >"$TMP/out" 2>&1
	ok $? "make install" || diag "$(cat "$TMP/out")"
	LABCTL=$TMP/usr/bin/labctl
	for word in l3ha-linuxbridge.yaml l3ha-linuxbridge; do
		run check $word
		is "$status" 0 "$word: found" || diag "$err"
		like "$out" "^$TMP/usr/share/labctl/topologies/l3ha-linuxbridge.yaml: ok" "$word: and where"
	done
	run plan -o sh l3ha-linuxbridge
	is "$status" 0 "plan finds it too"
	run check my-lab
	like "$out" "^my-lab.yaml: ok" "a file here without its ending"
	cp my-lab.yaml l3ha-linuxbridge.yaml
	run check l3ha-linuxbridge.yaml l3ha-linuxbridge
	is "$(grep -c '^l3ha-linuxbridge.yaml: ok: 4' <<<"$out")" 2 "a file here wins"
	rm l3ha-linuxbridge.yaml
	run check ./l3ha-linuxbridge.yaml
	is "$status" 2 "a path is a path"
	run check l3ha-linuxbrige
	is "$status" 2 "a slip: exit 2"
	like "$err" "did you mean 'l3ha-linuxbridge'" "a slip: the nearest one"
	ok "$([ -f "$TMP/usr/share/bash-completion/completions/labctl" ]; echo $?)" "the completion is installed"
	# A link to the program is not its place.
	ln -s "$LABCTL" "$TMP/link"
	out=$("$TMP/link" check vrrp-rapid 2>&1)
	is "$?" 0 "through a link" || diag "$out"
	"$LABCTL" help >"$TMP/out"
	ok $? "the installed program runs"
	make -s -C "$tap_top" O="$(dirname "$LABCTL")" uninstall DESTDIR= PREFIX="$TMP/usr" >/dev/null 2>&1
	is "$(find "$TMP/usr" -type f)" "" "make uninstall leaves no file"
else
	skip "make install" "no make"
fi
tap_done
