#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# labctl exec: places, words, streams, terminal, exit statuses, failures.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root

run() { out=$("$LABCTL" exec "$@" 2>"$TMP/err"); status=$?; err=$(cat "$TMP/err"); }

lab_make 1s
"$LABCTL" up --no-wait "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"

# Places.
run -l "$LAB" network1 -- hostname
is "$out" network1 "a node"
run -l "$LAB" outside hostname
is "$out" outside "the host outside"
run -l "$LAB" outside -- ip -br addr show eth0
like "$out" "203.0.113.1/24" "the host outside has the gateway's address"
run -l "$LAB" selfservice-instance1 ip -br -4 addr show eth0
like "$out" "198.51.100.2/24" "an instance"
run selfservice-instance1 --lab "$LAB" hostname
is "$out" compute1 "an instance is on its node; options may follow the place"
settle
ok $? "a router has become active"
run -l "$LAB" router2 hostname
is "$out" "$ACTIVE" "a router is where it is active"
run -l "$LAB" router2 -- ip -br addr
like "$out" "203.0.113.21/24" "in the router's namespace"
run -l "$LAB" "$BACKUP" --router router2 -- ip -br link
like "$out" "qg-" "--router on a node"
unlike "$out" "eth0" "--router: not the node's own namespace"
run -l "$LAB" "$BACKUP" --netns "$NETNS" ip -br link
like "$out" "qg-" "--netns on a node"

# Words arrive as they are.
# shellcheck disable=SC2016 # not to be expanded
words=("a b" "it's" '$HOME' '`id`' '*' '' '"q"' 'x;y' '-n' $'l1\nl2')
for place in network1 outside selfservice-instance1; do
	run -l "$LAB" $place -- printf '[%s]' "${words[@]}"
	is "$out" "$(printf '[%s]' "${words[@]}")" "$place: words arrive as they are"
done
run -l "$LAB" network1 ip -4 -br addr show eth0
like "$out" "10.0.0.21" "options after the command's name are the command's"

# Streams and exit statuses.
for place in network1 outside selfservice-instance1; do
	run -l "$LAB" $place -- sh -c 'echo out; echo err >&2; exit 9'
	is "$out/$err/$status" "out/err/9" "$place: stdout, stderr and exit status"
	out=$(seq 20000 | "$LABCTL" exec -l "$LAB" $place -- md5sum)
	is "$out" "$(seq 20000 | md5sum)" "$place: stdin"
	# shellcheck disable=SC2016
	run -l "$LAB" $place -- sh -c 'kill -KILL $$'
	is "$status" 137 "$place: a signal is 128 and its number"
	run -l "$LAB" $place -- no-such-command
	ok "$((status == 0))" "$place: no such command"
	like "$err" "no-such-command" "$place: no such command: its words"
	# shellcheck disable=SC2016 # expanded there
	out=$(echo 'echo $((6*7)); exit 4' | "$LABCTL" exec -l "$LAB" $place)
	is "$?/$out" "4/42" "$place: a shell"
done
timeout 5 "$LABCTL" exec -l "$LAB" network1 yes 2>/dev/null | head -n 1 >/dev/null
is "${PIPESTATUS[0]}" 141 "it ends when nobody reads"

# A terminal.
if command -v script >/dev/null; then
	for place in network1 outside; do
		out=$(script -qec "stty cols 91 rows 33; $LABCTL exec -l $LAB $place -- sh -c 'test -t 0 && test -t 1 && stty size; exit 3'" /dev/null </dev/null)
		is "$?" 3 "$place: exit status with a terminal"
		like "$out" "33 91" "$place: a terminal of our size"
	done
else
	skip "a terminal" "no script(1)"
fi
run -l "$LAB" network1 -- sh -c 'test -t 0 || test -t 1 || echo none'
is "$out" none "no terminal where there is none"

# Wrong words: 2, and the nearest right one.
run -l "$LAB"
is "$status" 2 "no place: exit 2"
run -l "$LAB" netwrok1 true
is "$status" 2 "no such place: exit 2"
like "$err" "did you mean 'network1'" "no such place: the nearest one"
run -l "$LAB" selfservice-instance3 true
like "$err" "did you mean 'selfservice-instance" "no such instance: the nearest one"
run -l "${LAB}x" network1 true
is "$status" 2 "no such lab: exit 2"
like "$err" "did you mean '$LAB'" "no such lab: the nearest one"
run -l "$LAB" network1 --router ruoter2 true
like "$err" "did you mean 'router2'" "no such router: the nearest one"
run -l "$LAB" compute1 --router router2 true
is "$status" 2 "a router that is not there: exit 2"
run -l "$LAB" router2 --netns x true
is "$status" 2 "--netns beside a router: exit 2"
run -l "$LAB" network1 --netns a/b true
is "$status" 2 "a name that is none: exit 2"
run -l "$LAB" network1 --netns nope true
is "$status" 3 "no such namespace there: exit 3"
like "$err" "no network namespace" "no such namespace: words"

# Many places at once: each line with its place, the worst status.
# shellcheck disable=SC2016 # expanded there
run -l "$LAB" all -- sh -c 'echo "$(hostname)"; echo words >&2'
is "$status" 0 "all: exit 0"
is "$(sort <<<"$out")" "$(printf '%s\n' compute1 compute2 controller network1 network2 | sed 's/.*/&: &/')" "all: every node, and which"
is "$(sort <<<"$err")" "$(printf '%s: words\n' compute1 compute2 controller network1 network2)" "all: stderr too"
# shellcheck disable=SC2016
run -l "$LAB" 'network*' -- sh -c 'test $(hostname) = network1 || exit 7; echo one'
is "$status/$out" "7/network1: one" "a pattern; the exit status is the worst"
run -l "$LAB" 'selfservice-*' -- hostname
is "$(sort <<<"$out")" $'selfservice-instance1: compute1\nselfservice-instance2: compute2' "a pattern of instances"
run -l "$LAB" 'x*' true
is "$status" 2 "nothing matches: exit 2"
like "$err" "nothing that matches 'x\*'" "nothing matches: says so"
run -l "$LAB" all
is "$status" 2 "a shell in many places: exit 2"
out=$(echo input | "$LABCTL" exec -l "$LAB" all -- cat)
is "$?/$out" "0/" "many places take no input"
run -l "$LAB" all -- sh -c 'printf "no end"'
like "$out" "network1: no end" "a line without its end is a line"
run -l "$LAB" 'network*' -- sh -c 'seq 50000; echo done'
is "$(grep -c '^network[12]: [0-9]*$' <<<"$out")/$(grep -c 'done$' <<<"$out")" "100000/2" "many lines, none mixed"
from=$SECONDS
run -l "$LAB" all -- sleep 2
ok "$((SECONDS - from > 8))" "all at once"
"$LABCTL" exec -l "$LAB" all -- sleep 60 &
many=$!
sleep 1
kill -TERM $many
wait $many
is "$?" 143 "a signal ends all of them"

# A pipe that was quoted is no program.
for place in network1 outside selfservice-instance1; do
	run -l "$LAB" $place 'ip netns | wc -l'
	is "$status" 127 "$place: a pipe as one word: exit 127"
	like "$err" "-- sh -c 'ip netns | wc -l'" "$place: what to type instead"
	run -l "$LAB" $place "echo it's"
	like "$err" "there is no program" "$place: a quote in it"
done
run -l "$LAB" network1 -- sh -c 'mkdir -p /run/x && printf "#!/bin/sh\necho ran" >"/run/x/a b" && chmod +x "/run/x/a b"'
run -l "$LAB" network1 '/run/x/a b'
is "$out" ran "a program with a blank in its name"

# Completion knows the lab.
places=$("$LABCTL" complete 4 labctl exec -l "$LAB" "")
for place in network1 outside selfservice-instance1 router2 all; do
	like "$places" "(^|
)$place($|
)" "completion: $place"
done
like "$("$LABCTL" complete 3 labctl verify -l "${LAB:0:3}")" "$LAB" "completion: the lab"
like "$("$LABCTL" complete 2 labctl down "${LAB:0:3}")" "$LAB" "completion: of down"
is "$("$LABCTL" complete 6 labctl exec -l "$LAB" network1 --router r)" "router2" "completion: a router"

# The lab from the environment.
LABCTL_LAB=$LAB run network1 hostname
is "$out" network1 "LABCTL_LAB"

# Nodes that are not well.
pid_of() {
	"$LABCTL" status "$LAB" -o json | tr -d '\n' |
		sed -n 's/.*"name": "'"$1"'"[^{}]*"pid": \([0-9]*\).*/\1/p'
}
kill -KILL "$(pid_of network1)"
run -l "$LAB" network1 true
is "$status" 3 "a node that does not run: exit 3"
like "$err" "^labctl: network1: it does not run; 'labctl up' starts it" "a node that does not run: words"
run -l "$LAB" network2 hostname
is "$out" network2 "another node is well"
"$LABCTL" down "$LAB" >/dev/null
run -l "$LAB" network1 true
is "$status" 2 "no lab: exit 2"
tap_done
