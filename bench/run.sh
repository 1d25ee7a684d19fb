#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures labctl beside what people do today, in one run on one machine:
# building a lab (against a shell script of single `ip` commands), verifying
# it (against the same steps typed one after the other), and the engine
# (against keepalived). Ratios are what counts; absolute times drift.
# Usage: bench/run.sh [up] [verify] [engine]
# shellcheck disable=SC2317,SC2086,SC2016 # a trap, plain words, inner shells
# shellcheck source=bench/lib.sh
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || { echo "bench: needs root" >&2; exit 3; }
tmp=$(mktemp -d)
runs=${RUNS:-7}
script=$(dirname "$LABCTL")/bench/script
export LABCTL_STATE=$tmp/state
lab=bench$$
cleanup() {
	"$LABCTL" down -q $lab >/dev/null 2>&1
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
wanted=" ${*:-up verify engine} "

# The script's namespaces stay out of the machine's /run/netns.
by_script() {
	unshare -m bash -c 'mount -t tmpfs tmpfs /run && mkdir /run/netns &&
		mount --bind /run/netns /run/netns && mount --make-shared /run/netns &&
		start=${EPOCHREALTIME/./} && sh "$1" >/dev/null &&
		echo $((${EPOCHREALTIME/./} - start)) > "$2"; sh "$3"' \
		by_script "$tmp/up.sh" "$tmp/us" "$tmp/down.sh" || exit 1
	US=$(cat "$tmp/us")
}

bench_up() {
	local file=$1 what=$2 target=$3 i ours='' theirs=''
	"$script" up "$file" > "$tmp/up.sh" && "$script" down "$file" > "$tmp/down.sh" || exit 1
	for ((i = 0; i <= runs; i++)); do
		time_us "$LABCTL" up --no-wait "$file"
		((i)) && ours+=" $US"
		"$LABCTL" down -q $lab >/dev/null 2>&1
		by_script
		((i)) && theirs+=" $US"
		# Deleting goes on behind both: let neither pay for the other.
		sleep 1
	done
	row "$what ($(grep -c '' "$tmp/up.sh") commands)" "$ours" "$theirs" "$target"
}

# The documented steps as a person types them, one after the other; entering
# a node costs nothing here, where a person would have had ssh.
by_hand() {
	local node pid ns ha n
	for node in network1 network2; do
		pid=$(node_pid $node)
		n="nsenter -t $pid -m -n -p --"
		ns=$($n ip netns list | sed -n 's/^\(qrouter-[^ ]*\).*/\1/p' | head -n 1)
		ha=$($n ip -n "$ns" -br link | sed -n 's/^\(ha-[^@ ]*\).*/\1/p')
		$n ip netns list
		$n ip netns exec "$ns" ip addr show
		$n ip netns exec "$ns" ip route
		$n ip netns exec "$ns" tcpdump -n -c 3 -i "$ha" proto 112
	done
	pid=$(node_pid outside)
	nsenter -t "$pid" -n ping -c 4 203.0.113.21
	for node in compute1 compute2; do
		pid=$(node_pid $node)
		n="nsenter -t $pid -m -n -p --"
		ns=$($n ip netns list | sed -n 's/^\(vm-[^ ]*\).*/\1/p' | head -n 1)
		$n ip netns exec "$ns" ping -c 4 198.51.100.1
	done
}

node_pid() {
	ps -eo pid,args | awk -v l="$lab" -v n="$1" \
		'/labctl node/ && $0 ~ l && $0 ~ (" " n "( |$)") {print $1; exit}'
}

bench_verify() {
	local i ours='' theirs=''
	"$LABCTL" up "$tmp/lab.yaml" >/dev/null 2>&1 || exit 1
	for i in 1 2 3; do
		time_us "$LABCTL" verify $lab
		ours+=" $US"
		time_us by_hand
		theirs+=" $US"
	done
	"$LABCTL" down -q $lab >/dev/null 2>&1
	row "verify, beside the same by hand" "$ours" "$theirs" 0.33
}

sed "s/^lab: .*/lab: $lab/" "$top/topologies/l3ha-linuxbridge.yaml" > "$tmp/lab.yaml"
"$top/bench/big-lab.sh" $lab 10 > "$tmp/big.yaml"
head_row "what (median, min-max of $runs)" "labctl, ms" "other, ms" ratio "at most"
[[ $wanted == *" up "* ]] && {
	bench_up "$tmp/lab.yaml" "up, beside a shell script" 1.00
	bench_up "$tmp/big.yaml" "up, 10 routers, 20 instances" 0.35
}
[[ $wanted == *" verify "* ]] && bench_verify
[[ $wanted == *" engine "* ]] && "$top/bench/vrrp.sh"
exit 0
