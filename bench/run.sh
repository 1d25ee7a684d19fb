#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures labctl beside what people do today, in one run on one machine:
# building a lab (against a shell script of single `ip` commands that starts the
# same services), its instances' boot (against its routers' election, and
# limits), verifying it (against the same steps typed one after the other, and
# its slowest check), and the engine (against keepalived); and what moves frames:
# Linux bridges, and the datapaths of Open vSwitch. Ratios are what counts;
# absolute times drift.
# Usage: bench/run.sh [up] [path] [switch] [datapath] [boot] [verify] [engine]
# shellcheck disable=SC2317,SC2086,SC2016 # a trap, plain words, inner shells
# shellcheck source=bench/lib.sh
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || { echo "bench: needs root" >&2; exit 3; }
tmp=$(mktemp -d)
runs=${RUNS:-7}
script=$(dirname "$LABCTL")/bench/script
rules=$(dirname "$LABCTL")/bench/rules
path=$(dirname "$LABCTL")/bench/path
export LABCTL_STATE=$tmp/state
lab=bench$$
cleanup() {
	"$LABCTL" down -q $lab >/dev/null 2>&1
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
wanted=" ${*:-up path switch datapath boot verify engine} "

# The script's namespaces stay out of the machine's /run/netns, and its services
# end with it.
by_script() {
	LABCTL=$LABCTL unshare -m -p -f --kill-child --mount-proc \
		bash -c 'mount -t tmpfs tmpfs /run && mkdir /run/netns &&
		mount --bind /run/netns /run/netns && mount --make-shared /run/netns &&
		start=${EPOCHREALTIME/./} && sh "$1" >/dev/null &&
		echo $((${EPOCHREALTIME/./} - start)) > "$2"
		[ ! -f /run/daemons ] || cp /run/daemons "$4"; sh "$3"' \
		by_script "$tmp/up.sh" "$tmp/us" "$tmp/down.sh" "$tmp/daemons" || exit 1
	US=$(cat "$tmp/us")
}

# Its commands: lines that are no text of one.
commands() {
	awk 'end == "" {n++; if (match($0, /<<.EOF/)) end = "EOF"; next}
		$0 == end {end = ""} END {print n + 0}' "$tmp/up.sh"
}

# bench_up FILE WHAT TARGET: sets OURS and THEIRS.
bench_up() {
	local file=$1 what=$2 target=$3 i
	OURS='' THEIRS=''
	"$script" up "$file" > "$tmp/up.sh" && "$script" down "$file" > "$tmp/down.sh" || exit 1
	# What is not here is no time of the script's.
	command -v ethtool >/dev/null || sed -i '/ethtool -K/d' "$tmp/up.sh"
	for ((i = 0; i <= runs; i++)); do
		time_us "$LABCTL" up --no-wait "$file"
		((i)) && OURS+=" $US"
		"$LABCTL" down -q $lab >/dev/null 2>&1
		by_script
		((i)) && THEIRS+=" $US"
		# Deleting goes on behind both: let neither pay for the other.
		sleep 1
	done
	row "$what ($(commands) commands)" "$OURS" "$THEIRS" "$target"
}

# Open vSwitch: a lab of single ovs-vsctl, ovs-ofctl and ip commands, its daemons'
# start in both, and told apart.
bench_switch() {
	sed "s/^lab: .*/lab: $lab/" "$top/topologies/l3ha-ovs.yaml" > "$tmp/ovs.yaml"
	bench_up "$tmp/ovs.yaml" "up, with Open vSwitch" 0.5
	awk 'NR == 1 {a = $1} NR == 2 {printf "%-44s %8s %22.1f %7s %7s\n",
		"  of it the start of its daemons", "", ($1 - a) / 1e6, "", "-"}' "$tmp/daemons"
	"$top/bench/big-lab.sh" $lab 10 | sed 's/^lab: .*/&\nmechanism: openvswitch/' > "$tmp/ovs.yaml"
	bench_up "$tmp/ovs.yaml" "up, 10 routers, with Open vSwitch" 0.2
}

# Between two instances on two nodes through VXLAN: the median of round trips and
# a TCP stream of two seconds, by Linux bridges, by Open vSwitch's own datapath and,
# where the kernel has one, by that. Instances are not filtered.
datapath_lab() {
	cat <<-EOF
		lab: $lab
		mechanism: $1
		nodes: {compute1: {role: compute}, compute2: {role: compute}}
		physical:
		  management: {cidr: 10.0.0.0/24}
		  tunnel: {cidr: 10.0.1.0/24}
		networks:
		  demo-net:
		    project: demo
		    type: vxlan
		    subnets: {demo-subnet: {cidr: 192.168.1.0/24, dhcp: false}}
		instances:
		  one: {node: compute1, network: demo-net, address: 192.168.1.3}
		  two: {node: compute2, network: demo-net, address: 192.168.1.4}
	EOF
}
bench_datapath() {
	local which ip=192.168.1.4 rtt mbit
	for which in linuxbridge userspace kernel; do
		case $which in
		linuxbridge) datapath_lab linuxbridge ;;
		*) datapath_lab openvswitch; echo "datapath: $which" ;;
		esac > "$tmp/path.yaml"
		if "$LABCTL" doctor "$tmp/path.yaml" 2>&1 | grep -q 'MISSING *Open vSwitch.s module'; then
			printf '%-44s %s\n' "  datapath: $which" "this kernel has no module openvswitch"
			continue
		fi
		"$LABCTL" up "$tmp/path.yaml" >/dev/null 2>"$tmp/err" || { cat "$tmp/err" >&2; exit 1; }
		rtt=$("$LABCTL" exec -l $lab one -- ping -c 200 -i 0.01 $ip |
			sed -n "s|.* time=\\([0-9.]*\\) ms.*|\\1|p" | sort -n | sed -n 100p)
		"$LABCTL" exec -l $lab two -- perl -MIO::Socket -e '
			my $s = IO::Socket::INET->new(Listen => 1, LocalPort => 5001, ReuseAddr => 1)->accept;
			1 while sysread $s, my $b, 1 << 20' &
		sleep 1
		mbit=$("$LABCTL" exec -l $lab one -- perl -MIO::Socket -MTime::HiRes=time -e '
			my $s;
			for (1 .. 100) {
				last if $s = IO::Socket::INET->new("'"$ip"':5001");
				select undef, undef, undef, 0.1;
			}
			my ($n, $t) = (0, time);
			my $b = "x" x 65536; $n += syswrite $s, $b while time < $t + 2;
			printf "%.0f", $n * 8 / (time - $t) / 1e6')
		wait
		"$LABCTL" down -q $lab >/dev/null 2>&1
		printf '%-44s %17s ms %17s Mb/s\n' "  datapath: $which" "$rtt" "$mbit"
	done
}

# The part of a lab that is services: what it took more than without them.
bench_services() {
	local ours theirs
	ours=$(($(median $OURS) - $(median $1)))
	theirs=$(($(median $THEIRS) - $(median $2)))
	row "  of it its services and instances that boot" "$ours" "$theirs" -
}

# boots FILE: brings a lab up and sets US, to the last lease, and ELECTED, to
# the last router's election.
boots() {
	local start=${EPOCHREALTIME/./} line
	ELECTED=''
	while read -r line; do
		[[ $line == "waiting for the lease"* ]] &&
			ELECTED=$((${EPOCHREALTIME/./} - start))
		[[ $line == "lab "*" is up"* ]] && US=$((${EPOCHREALTIME/./} - start))
	done < <("$LABCTL" up "$1" 2>&1)
	[ -n "$ELECTED" ] || { echo "failed: up of $1" >&2; exit 1; }
}

# Memory of the machine that is processes' and the kernel's for them, in kB.
memory() {
	awk '/^(AnonPages|Shmem|Slab|KernelStack|PageTables|Percpu):/ {n += $2}
		END {print n}' /proc/meminfo
}

# bench_rules N: a node's N routers.
bench_rules() {
	local i ours='' theirs='' us them
	"$top/bench/big-lab.sh" $lab "$1" > "$tmp/rules.yaml"
	for ((i = 0; i <= runs; i++)); do
		read -r us them _ < <("$rules" "$tmp/rules.yaml" network1) || exit 1
		((i)) && ours+=" $us" theirs+=" $them"
		sleep 1
	done
	row "rules of $1 routers, beside a restore for each" "$ours" "$theirs" 0.25
}

bench_boot() {
	local i ours='' theirs='' few many before
	for i in 1 2 3; do
		boots "$tmp/lab.yaml"
		ours+=" $US" theirs+=" $ELECTED"
		"$LABCTL" down -q $lab >/dev/null 2>&1
		sleep 1
	done
	row "up until the last lease, beside the election" "$ours" "$theirs" 1.02
	ours=''
	"$top/bench/boot-lab.sh" $lab 400 > "$tmp/boot.yaml"
	for i in 1 2 3; do
		boots "$tmp/boot.yaml"
		ours+=" $US"
		"$LABCTL" down -q $lab >/dev/null 2>&1
		sleep 3
	done
	row "up until the last lease of 400, beside 20 s" "$ours" 20000000 1.00
	# What 40 and 440 take, and so one more.
	for i in 40 440; do
		"$top/bench/boot-lab.sh" $lab $i > "$tmp/boot.yaml"
		before=$(memory)
		boots "$tmp/boot.yaml"
		sleep 2
		many=$(($(memory) - before))
		((i == 40)) && few=$many
		"$LABCTL" down -q $lab >/dev/null 2>&1
		sleep 5
	done
	awk -v kb=$((many - few)) 'BEGIN {printf "%-44s %8.2f %22s %7s %7s\n",
		"an idle instance, all told, MB", kb / 400 / 1024, "", "", "2 MB"}'
}

# A namespace of a lab: that of a node, or one in it, of ours or of the script's.
ns_of() {
	local pid
	case $1 in
	ours) pid=$(node_pid "$2") ;;
	*) pid=$(cat "$tmp/pid") ;;
	esac
	if [ "$1" = ours ] && [ -z "${3-}" ]; then
		echo "/proc/$pid/ns/net"
	elif [ "$1" = ours ]; then
		echo "/proc/$pid/root/run/netns/$3"
	else
		echo "/proc/$pid/root/run/netns/$lab-$2${3:+.$3}"
	fi
}

# From an instance by the active router to the host outside, in both labs in
# turn: they are the same links, addresses and rules.
bench_path() {
	local whose i vm gw=203.0.113.1 port=5202 held sinks=''
	local -A flow
	local -a pair
	"$script" up "$tmp/plain.yaml" > "$tmp/up.sh" &&
		"$script" down "$tmp/plain.yaml" > "$tmp/down.sh" || exit 1
	LABCTL=$LABCTL unshare -m -p -f --kill-child \
		bash -c 'mount -t tmpfs tmpfs /run && mkdir /run/netns &&
		mount --bind /run/netns /run/netns && mount --make-shared /run/netns &&
		sh "$1" >/dev/null &&
		touch "$2"; exec sleep 600' by_script "$tmp/up.sh" "$tmp/ready" &
	held=$!
	"$LABCTL" up "$tmp/plain.yaml" >/dev/null 2>&1 || exit 1
	for ((i = 0; i < 300; i++)); do [ -e "$tmp/ready" ] && break; sleep 0.1; done
	pgrep -P $held > "$tmp/pid" || exit 1
	vm=$(nsenter -t "$(node_pid compute1)" -m -n ip netns list | sed -n 's/^\(vm-[^ ]*\).*/\1/p;q')
	for whose in ours theirs; do
		nsenter --net="$(ns_of $whose outside)" "$path" sink $port &
		sinks+=" $!"
		for ((i = 0; i < 300; i++)); do
			nsenter --net="$(ns_of $whose compute1 "$vm")" ping -c 1 -W 1 $gw >/dev/null 2>&1 && break
			sleep 0.1
		done
	done
	for ((i = 0; i <= runs; i++)); do
		for whose in ours theirs; do
			US=$(nsenter --net="$(ns_of $whose compute1 "$vm")" "$path" flow $gw $port 256) || exit 1
			((i)) && flow[$whose]+=" $US"
		done
	done
	row "256 MB, instance to outside, beside by hand" "${flow[ours]}" "${flow[theirs]}" 1.02
	read -r -a pair < <("$path" pairs $gw $port 2000 $((runs * 10)) \
		"$(ns_of ours compute1 "$vm")" "$(ns_of theirs compute1 "$vm")") || exit 1
	awk -v p="${pair[*]}" -v n=$((runs * 10)) 'BEGIN {
		split(p, x)
		printf "%-44s %19.4f %22.4f %7.3f %7s\n", "a round trip there, " n " pairs of 2,000",
			x[1] / 1e6, x[2] / 1e6, x[3] / 1e4, "1.02"
		printf "%-44s %19s %22s %7.3f %7.3f\n", "  its ratio, the middle half of pairs",
			"", "", x[4] / 1e4, x[5] / 1e4 }'
	kill $sinks $held
	wait $sinks $held 2>/dev/null
	"$LABCTL" down -q $lab >/dev/null 2>&1
	sleep 3
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
	local i ours='' theirs='' slowest=0
	"$LABCTL" up "$tmp/lab.yaml" >/dev/null 2>&1 || exit 1
	for i in 1 2 3; do
		time_us "$LABCTL" verify $lab
		ours+=" $US"
		time_us by_hand
		theirs+=" $US"
	done
	for i in $("$LABCTL" verify --list | awk '{print $1}'); do
		time_us "$LABCTL" verify --only "$i" $lab
		((US > slowest)) && slowest=$US
	done
	"$LABCTL" down -q $lab >/dev/null 2>&1
	row "verify, beside the same by hand" "$ours" "$theirs" 0.33
	row "verify, beside its slowest check alone" "$ours" "$slowest" 1.25
}

sed "s/^lab: .*/lab: $lab/" "$top/topologies/l3ha-linuxbridge.yaml" > "$tmp/lab.yaml"
"$top/bench/big-lab.sh" $lab 10 > "$tmp/big.yaml"
head_row "what (median, min-max of $runs)" "labctl, ms" "other, ms" ratio "at most"
sed "s/^lab: .*/lab: $lab/" "$top/t/lib/plain.yaml" > "$tmp/plain.yaml"
[[ $wanted == *" up "* ]] && {
	bench_up "$tmp/plain.yaml" "up, addresses written" 0.35
	without=$OURS by_script_without=$THEIRS
	bench_up "$tmp/lab.yaml" "up, the shipped lab" 0.35
	bench_services "$without" "$by_script_without"
	bench_up "$tmp/big.yaml" "up, 10 routers, 20 instances" 0.15
	bench_rules 100
}
[[ $wanted == *" path "* ]] && bench_path
[[ $wanted == *" switch "* ]] && bench_switch
[[ $wanted == *" datapath "* ]] && bench_datapath
[[ $wanted == *" boot "* ]] && bench_boot
[[ $wanted == *" verify "* ]] && bench_verify
[[ $wanted == *" engine "* ]] && "$top/bench/vrrp.sh"
exit 0
