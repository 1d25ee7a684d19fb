#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Completion, as bash asks for it.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
mkdir -m 700 "$TMP/state"
export LABCTL_STATE=$TMP/state
mkdir -p "$TMP/work/folder"
cd "$TMP/work" || exit 1
cp "$tap_top/topologies/vrrp-rapid.yaml" "a lab.yaml"
cp "a lab.yaml" rapid.yaml
touch other.txt

# shellcheck source=cmd/labctl.bash
. "$tap_top/cmd/labctl.bash"
complete -p labctl >"$TMP/out"
like "$(cat "$TMP/out")" "_labctl labctl" "bash knows it"

# tab WORD...: what the Tab key offers for the last one, in one line.
tab() {
	COMP_WORDS=("$LABCTL" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_labctl
	got=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | tr '\n' ' ')
	got=${got% }
}

tab v
is "$got" "verify version vrrp" "commands"
tab ""
for c in $("$LABCTL" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | grep -v labctl); do
	like " $got " " $c " "every command that --help has: $c"
done
unlike " $got " " (fabric|agent|complete) " "and none that is hidden"
tab help fa
is "$got" "failover" "help COMMAND"
tab --v
is "$got" "--verbose --version" "options before the command"
tab -q stat
is "$got" "status" "a command after one"
tab -l x stat
is "$got" "status" "and after one with a value"

# Each option that a command's help has is completed, and the other way round.
for c in init up plan down check verify failover status exec doctor vrrp; do
	tab "$c" --
	listed=$("$LABCTL" "$c" --help | sed -n 's/^ *\(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort -u | tr '\n' ' ')
	is "$got" "${listed% }" "$c: the options of its help"
done

tab verify --only adv
is "$got" "advert-fields advert-interval advert-tunnel advert-vlan adverts" "checks"
tab verify --only active,out
is "$got" "active,outside-ipv6 active,outside-name active,outside-ping" "a second check"
tab failover --fault ""
is "$got" "engine-kill gateway-loss ha node-kill node-pause partition tunnel" "faults"
tab plan -o ""
is "$got" "json sh table" "formats"
tab plan --output j
is "$got" "json" "by the long name too"
tab plan --output = j
is "$got" "json" "and with ="
tab vrrp st
is "$got" "state stop" "words of vrrp"
tab vrrp state ot
is "$got" "other.txt" "and a file of any name"
tab up ""
like " $got " " a lab.yaml .*folder .*rapid.yaml " "files of labs, and folders"
unlike "$got" "other" "and no others"
tab check rapid.yaml r
is "$got" "rapid.yaml" "more than one file"
tab up rapid.yaml r
is "$got" "" "one file is enough"
tab plan rapid.yaml --node machine-2
is "$got" "machine-23 machine-24" "nodes of that file"
tab failover rapid.yaml --router ""
like "$got" "router" "its routers"
tab exec network1 -- l
is "$got" "" "nothing in another program's words"
tab exec network1 ls --
is "$got" "" "nor its options"
tab nonsense ""
is "$got" "" "nothing for what is none"
tab exec ""
is "$got" "" "no lab, no places"
if [ -z "$(ls "$TMP/state")" ]; then pass "nothing was made"; else fail "nothing was made"; fi
tap_done
