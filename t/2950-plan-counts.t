#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `plan` counts is what `up` then does, whatever the lab begins as.
# shellcheck disable=SC2016,SC2034,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
cp "$FILE" "$TMP/whole.yaml"

# counts WORDS [STATE]: the state is made by a command; then plan and up.
counts() {
	local words=$1 said did
	if [ -n "${2-}" ] && ! eval "$2" >"$TMP/state" 2>&1; then
		fail "$words: cannot be made so"; diag "$(cat "$TMP/state")"
		return
	fi
	"$LABCTL" plan "$FILE" >"$TMP/plan" 2>"$TMP/err"
	said=$(sed -n 's/^lab .*: \([0-9]*\) changes\?.*/\1/p' "$TMP/plan")
	"$LABCTL" up --no-wait "$FILE" >"$TMP/up" 2>&1 ||
		diag "$(cat "$TMP/up")"
	did=$(sed -n 's/^lab .* is up: .* nodes, \([0-9]*\) changes\?.*/\1/p' "$TMP/up")
	is "$said" "${did:-none}" "$words: plan counts what up does" ||
		diag "$(tail -n 60 "$TMP/plan"; cat "$TMP/err" "$TMP/up")"
	is "$("$LABCTL" plan "$FILE" | tail -n 1)" \
		"lab $LAB is as the file says: 0 changes" \
		"$words: and there is nothing left to do"
}
mine() { pgrep -f "[l]abctl $1 " | head -n 1; }
netns_of() { on "$1" ip netns list | sed "s/ .*//" | head -n 1; }
without() { grep -v "$1" "$TMP/whole.yaml" >"$FILE"; }

# delete NODE NETNS: and wait for the kernel, which takes its links later.
delete() {
	on "$1" sh -c "ip netns del $2; for i in \$(seq 100); do
		ip -br link | grep -q '^tap' || break; sleep 0.1; done"
}

counts "nothing there"
counts "all there"
counts "a router's namespace deleted" \
	'delete network1 $(netns_of network1)'
counts "an instance's namespace deleted" \
	'delete compute1 $(netns_of compute1)'
counts "links deleted" \
	'on network2 sh -c "for l in \$(ip -br link | grep -o \"^tap[^@]*\"); do ip link del \$l; done; ip link del vxlan-1"'
counts "an interface down, rules, routes, addresses and sysctls" \
	'N=$(netns_of network1); on network1 sh -c "
	ip link set eth1 down
	ip -n $N rule add prohibit
	ip -n $N route add blackhole 192.0.2.0/24
	ip -n $N link add x type bridge
	ip netns exec $N sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	ip netns exec $N iptables -P FORWARD DROP"'
counts "an address too many, the only one of a standby" \
	'for n in network1 network2; do N=$(netns_of $n); on $n sh -c "
	ip -n $N addr add 198.51.100.77/24 dev \$(ip -n $N -br link | grep -o "^qr-[^@]*" | head -n 1)"; done'
counts "interfaces of a node deleted" \
	'on network2 sh -c "ip link del eth1; ip link del eth2"'
counts "one down and out of its bridge" \
	'on network1 sh -c "ip link set eth2 nomaster down"'
counts "a namespace without the mark, and drift in it" \
	'N=$(netns_of network1); on network1 sh -c "
	ip -n $N link set lo alias x; ip -n $N rule add prohibit
	ip -n $N route add blackhole 192.0.2.0/24"'
counts "the engine killed" \
	'on network1 sh -c "pkill -9 -f \"[l]abctl services\"; sleep 0.3"'
counts "an instance less" 'without "^  selfservice-instance2:"'
more='\  third: {node: compute1, network: selfservice2}'
counts "two more" 'sed "/^  selfservice-instance2:/a$more" "$TMP/whole.yaml" >"$FILE"'
counts "the one before it gone, so that its addresses move" \
	'sed -i "/^  selfservice-instance2:/d" "$FILE"'
counts "an instance more" 'cp "$TMP/whole.yaml" "$FILE"'
counts "a node killed" 'kill -9 $(mine "node $LAB network1"); sleep 0.5'
counts "all nodes killed" 'for n in network1 network2 compute1 compute2 controller; do kill -9 $(mine "node $LAB $n"); done; sleep 0.5'
counts "its fabric killed" 'kill -9 $(mine "fabric $LAB"); sleep 1'
"$LABCTL" down "$LAB" >"$TMP/out" 2>&1
ok $? "down"
counts "after down"
tap_done
