#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whatever breaks or is changed in a running lab, plan sees it and up mends
# that and nothing else.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/emul.sh
. "$(dirname "$0")/lib/emul.sh"
emul_need
LABCTL_STATE=$TMP/state
export LABCTL_STATE
emul_lab
drive up "$FILE" >/dev/null 2>&1
ok $? "up"

# mend WHAT PLAN COMMAND...: plan says PLAN after the command; up mends it;
# no node but those named in $anew starts anew.
anew=
mend() {
	local what=$1 plan=$2 before out
	shift 2
	before=$(pids)
	"$@" >/dev/null 2>&1
	out=$(drive plan "$FILE" 2>&1)
	like "$out" "$plan" "$what: plan says so"
	is "$(wc -l <<< "$out")" 1 "$what: and nothing else"
	out=$(drive up "$FILE" 2>&1)
	ok $? "$what: up" || diag "$out"
	is "$(drive plan "$FILE" 2>&1)" "" "$what: mended"
	is "$(keep "$(pids)")" "$(keep "$before")" "$what: the others went on"
	ok "$(until_ok 5 into network1 -- ping -c 1 -W 1 10.0.1.22; echo $?)" "$what: network1 and its tunnel work"
}
# shellcheck disable=SC2317 # by until_ok
no_process() { [ -z "$(processes_of "$LAB")" ]; }
keep() { tr ' ' '\n' <<< "$1" | grep -v "^${anew:-none}="; }

mend "interface down" '^~ network1: 1 of its' into network1 -- ip link set eth1 down
mend "address deleted" '^~ network1: 1 of its' into network1 -- ip addr del 10.0.1.21/24 dev eth1
mend "management address deleted" '^~ network1: 1 of its' in_node network1 ip addr del 10.0.0.21/24 dev eth0
mend "wire cut in the node" '^\+ network1: wire eth1 to tunnel$' into network1 -- ip link del eth1
mend "wire cut in the fabric" '^\+ network1: wire eth1 to tunnel$' in_fabric ip link del network1-eth1
mend "interface renamed" '^\+ network1: wire eth1 to tunnel$' \
	in_node network1 sh -c 'ip link set eth1 down; ip link set eth1 name other'
mend "unplugged" '^~ network1: plug eth1 into tunnel$' in_fabric ip link set network1-eth1 nomaster
mend "port down" '^~ network1: plug eth1 into tunnel$' in_fabric ip link set network1-eth1 down
mend "bridge down" '^~ bridge tunnel' in_fabric ip link set tunnel down
mend "labctl's address deleted" '^~ add 10.0.0.254/24 to the bridge management$' \
	in_fabric ip addr del 10.0.0.254/24 dev management

mend "sshd stopped" '^~ network1: its sshd is stopped' in_node network1 pkill -STOP -o -x sshd
is "$(into network1 -- 'ps -C sshd -o state=' | grep -c T)" 0 "sshd stopped: none is there that is stopped"

anew=network1
mend "PID 1 killed" '^\+ network1: node, with sshd at 10.0.0.21$' sh -c "kill -9 $(node_pid network1); sleep 0.2"
mend "PID 1 stopped" '^~ network1: it does not answer' kill -STOP "$(node_pid network1)"
mend "PID 1 told to end" '^\+ network1: node' sh -c "kill $(node_pid network1); sleep 0.2"
anew=outside
mend "outside killed" '^\+ outside: host outside$' sh -c "kill -9 $(node_pid outside); sleep 0.2"
anew=

out=$(in_fabric ip link del tunnel; drive plan "$FILE")
is "$(sort <<< "$out")" "+ bridge tunnel
~ compute1: plug eth1 into tunnel
~ compute2: plug eth1 into tunnel
~ network1: plug eth1 into tunnel
~ network2: plug eth1 into tunnel" "bridge deleted: plan says so"
before=$(pids)
drive up "$FILE" >/dev/null 2>&1
ok $? "bridge deleted: up"
is "$(drive plan "$FILE")" "" "bridge deleted: mended"
is "$(pids)" "$before" "bridge deleted: all nodes went on"
into network1 -- ping -c 1 -W 2 10.0.1.22 >/dev/null
ok $? "bridge deleted: the tunnel works again"

old=$(in_node network1 pgrep -o -x sshd)
in_node network1 kill -9 "$old"
until_ok 5 into network1 -- true
ok $? "sshd killed: PID 1 starts another"
isnt=$(in_node network1 pgrep -o -x sshd)
unlike "$isnt" "^$old\$" "sshd killed: it is another"

# The state folder is a copy.
key=$(target network1 host_key)
rm -rf "$TMP/state"
like "$(mine)" "^$LAB fabric=[1-9][0-9]* state=0 file=- controller=" "state lost: the lab is still known"
out=$(drive target "$FILE" network1 2>&1)
like "$out" "labctl up" "state lost: what needs it says what helps"
is "$(drive up "$FILE" 2>/dev/null)" "0 changes" "state lost: nothing of the lab is"
is "$(target network1 host_key)" "$key" "state lost: up has the same host keys again"
is "$(into network1 -- hostname)" network1 "state lost: and the same key to get in"

# An edited file.
before=$(pids)
cp "$FILE" "$TMP/orig"
sed -i 's/^  compute2:.*/&\n  compute3: {role: compute}/' "$FILE"
out=$(drive plan "$FILE")
like "$out" '^\+ compute3: node, with sshd at 10.0.0.[0-9]+$' "a node more: plan"
drive up "$FILE" >/dev/null 2>&1
ok $? "a node more: up"
is "$(pids | tr ' ' '\n' | grep -v compute3=)" "$(tr ' ' '\n' <<< "$before")" "a node more: the others went on"
into network1 -- ping -c 1 -W 2 compute3 >/dev/null
ok $? "a node more: the others know it by name"
is "$(into compute3 -- hostname)" compute3 "a node more: ssh"
cp "$TMP/orig" "$FILE"
is "$(drive plan "$FILE")" "- compute3: stop the node" "a node less: plan"
drive up "$FILE" >/dev/null 2>&1
is "$(pids)" "$before" "a node less: the others went on"
until_ok 5 sh -c "! $DRIVE enter $LAB ip link show compute3-eth0"
ok $? "a node less: its wires go"
sed -i 's/cidr: 10.0.1.0\/24/&, mtu: 1600/' "$FILE"
like "$(drive plan "$FILE")" 'network1: other wires or addresses' "other wires: plan says who starts anew"
drive up "$FILE" >/dev/null 2>&1
ok $? "other wires: up"
is "$(drive plan "$FILE")" "" "other wires: done"
is "$(into network1 -- cat /sys/class/net/eth1/mtu)" 1600 "other wires: the node has them"
is "$(pids | grep -o 'controller=[0-9]*')" "$(grep -o 'controller=[0-9]*' <<< "$before")" \
	"other wires: who has none of them went on"

# Two at once, and one that is killed.
drive up "$FILE" >"$TMP/1" 2>&1 &
one=$!
drive up "$FILE" >"$TMP/2" 2>&1 &
two=$!
wait $one; one=$?
wait $two; two=$?
like "$one $two" '^(0 [04]|4 0)$' "two ups at once: one works, the other does too or says who is at it" ||
	diag "$(cat "$TMP/1" "$TMP/2")"

kill -9 "$(fabric_pid)"
until_ok 5 no_process
ok $? "fabric killed: the kernel ends all of the lab"
like "$(mine)" "^$LAB fabric=0 state=1" "fabric killed: known as not running"
drive up "$FILE" >/dev/null 2>&1
ok $? "fabric killed: up"
until_ok 5 into network2 -- true
ok $? "fabric killed: the lab is there again"

for pid in $(pids | tr ' ' '\n' | sed 's/.*=//'); do kill -9 "$pid"; done
until_ok 5 no_process
ok $? "all nodes killed: the fabric ends too"
drive up "$FILE" >/dev/null 2>&1
ok $? "all nodes killed: up"

kill -STOP "$(fabric_pid)"
rm -rf "$TMP/state"
out=$(drive down "$LAB" 2>&1)
ok $? "fabric stopped and state lost: down" || diag "$out"
nothing_left "down"
like "$(drive down "$LAB")" "^0 processes 0 files" "down again finds nothing"
tap_done
