#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What verify and failover say to those who ask for what is not there, and how
# a harness learns of it. No lab is needed.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"

# A state folder of this test's own: no lab is up in it.
mkdir -m 700 "$TMP/state"
export LABCTL_STATE=$TMP/state
lab=$tap_top/t/lib/plain.yaml
sed 's/^lab: .*/lab: t3000-not-up/' "$lab" > "$TMP/lab.yaml"

# run ARGS...: sets out, err and status.
run() {
	"$LABCTL" "$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	status=$?
	out=$(cat "$TMP/out") err=$(cat "$TMP/err")
}

run verify --list
is $status 0 "verify --list"
for c in agents namespaces active addresses default-route adverts \
	advert-tunnel outside-ping instance-ping mtu; do
	like "$out" "(^|
)$c +[a-zA-Z]" "verify --list: $c"
done

run verify --only adress
is $status 2 "an unknown check"
like "$err" "did you mean 'addresses'" "and the nearest right name"
run verify --only active,
is $status 2 "an empty name of a check"
run verify one two
is $status 2 "two labs"
run verify --onyl active
like "$err" "did you mean '--only'" "an unknown option"

for c in verify failover; do
	run $c "$TMP/lab.yaml"
	is $status 3 "$c: the file's lab is not up: exit 3"
	like "$out" "^Bail out! .*is not up" "$c: a harness reads it"
	like "$err" "labctl up" "$c: a person reads what to do"
	run $c "$TMP/none.yaml"
	is $status 2 "$c: no such file: exit 2"
	like "$out" "^Bail out!" "$c: no such file: a harness reads it"
	echo "lab: [" > "$TMP/bad.yaml"
	run $c "$TMP/bad.yaml"
	is $status 2 "$c: a file that is wrong: exit 2"
	like "$err" "bad.yaml:[0-9]+:" "$c: with its place"
	run $c t3000-no-such-lab
	is $status 2 "$c: no lab of that name: exit 2"
	like "$out" "^Bail out!" "$c: no lab of that name: a harness reads it"
	unlike "$err" "Usage" "$c: no lab of that name: not how to use it"
	run $c
	is $status 3 "$c: no lab is up: exit 3, as its help says"
	like "$out" "^Bail out!" "$c: no lab is up: a harness reads it"
	run $c --help
	is $status 0 "$c --help"
	like "$out" "Exit status" "$c --help tells the exit status"
done

run failover --fault cable
is $status 2 "an unknown fault"
like "$err" "'tunnel', 'ha',.* or 'partition'" "and the known ones"
run failover -o xml "$TMP/lab.yaml"
is $status 2 "an unknown output"
run failover -o json "$TMP/lab.yaml"
is "$out" "" "JSON: nothing that is none on stdout"
run failover --router rooter2 "$TMP/lab.yaml"
is $status 2 "an unknown router"
like "$err" "did you mean 'router2'" "and the nearest right name"
prove --exec "$LABCTL verify" "$TMP/lab.yaml" >"$TMP/out" 2>&1
like "$?" "^[1-9]" "prove fails where the lab is not up"
like "$(cat "$TMP/out")" "Bailout|Bail out" "and tells that it bailed out"
tap_done
