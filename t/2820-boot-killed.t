#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What instances boot by, killed over and over: each is back soon, the others
# and the instances do not notice, and all of it ends with the lab.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
PATH=$PATH:/usr/sbin:/sbin
for p in dnsmasq busybox radvd haproxy; do
	command -v $p >/dev/null || skip_all "needs $p"
done

# Of others on this machine there may be some.
running() { pgrep -f "^(dnsmasq|haproxy|radvd|udhcpc)|[l]abctl (metadata|machine|services)" | paste -sd" "; }
before_up=$(running)

lab_make 1s "$tap_top/t/lib/boots.yaml"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
one=selfservice-instance1

# NODE PATTERN of each of them.
all=("compute1 ^dnsmasq" "compute2 ^dnsmasq" "compute1 ^haproxy" "compute2 ^haproxy"
	"compute1 [l]abctl.metadata" "compute2 [l]abctl.metadata" "$ACTIVE ^radvd")

# pid NODE PATTERN: the first process of it.
pid() { on "$1" pgrep -o -f "$2"; }
pids() {
	local s
	# shellcheck disable=SC2086 # two words
	for s in "${all[@]}"; do pid $s; done
}
now() { echo "${EPOCHREALTIME/./}"; }

client=$(on $one sh -c 'cat /proc/1/task/1/children')
worst=0 lost='' disturbed=''
# Each in its turn, as one that dies often is waited for longer.
mapfile -t turns < <(for k in 1 2 3; do shuf -i 0-6; done)
for ((k = 0; k < 20; k++)); do
	before=$(pids)
	i=${turns[k]}
	# shellcheck disable=SC2086
	set -- ${all[$i]}
	old=$(pid "$1" "$2") new=
	began=$(now)
	on "$1" kill -9 "$old"
	for ((t = 0; t < 100; t++)); do
		new=$(pid "$1" "$2")
		[ -n "$new" ] && [ "$new" != "$old" ] && break
		sleep 0.05
	done
	took=$((($(now) - began) / 1000))
	[ -n "$new" ] && [ "$new" != "$old" ] || lost+=" $1/$2"
	[ $took -le $worst ] || worst=$took
	n=$(diff <(echo "$before") <(pids) | grep -c '^>')
	[ "$n" -le 1 ] || disturbed+=" $1/$2"
done
is "$lost" "" "20 kills: each is back"
is "$disturbed" "" "and no other is another process"
[ $worst -lt 2500 ]
ok $? "soon" || diag "the worst took $worst ms"
echo "# the worst of 20 took $worst ms"
is "$(on $one sh -c 'cat /proc/1/task/1/children')" "$client" "the DHCP client did not notice"
for n in controller network1 network2 compute1 compute2; do
	on $n true || fail=1
done
ok "${fail:-0}" "nor did the nodes"
"$LABCTL" verify --only dhcp-port,dhcp-answer,lease,resolver,ra,radvd,slaac,metadata "$LAB" >"$TMP/tap" 2>&1
ok $? "all of it serves" || diag "$(grep -A14 '^not ok' "$TMP/tap")"
out=$("$LABCTL" plan --exit-code "$FILE" 2>&1)
ok $? "nothing differs" || diag "$out"
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
is "$(running)" "$before_up" "and nothing of it is left"
tap_done
