#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The engine beside keepalived, one after the other on this machine: how long
# after its down timer the first advert and the last address come, and how
# much memory it takes. Runs in namespaces of its own. Usage: bench/vrrp.sh
set -u
if [ -z "${BENCH_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "bench: the engine's part needs root" >&2; exit 3; }
	command -v keepalived >/dev/null ||
		{ echo "bench: the engine's part needs keepalived" >&2; exit 3; }
	BENCH_INSIDE=1 exec unshare -m -n -p --fork --kill-child --mount-proc "$0" "$@"
fi
# shellcheck source=bench/lib.sh
. "$(dirname "$0")/lib.sh"
runs=${RUNS:-11}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mount -t tmpfs none /run
mkdir /run/netns
# shellcheck disable=SC2086 # flags are words
${CC:-gcc} -O2 -D_GNU_SOURCE -I"$top" -o "$tmp/takeover" "$top/bench/takeover.c" \
	"$(dirname "$LABCTL")/liblabctl.a" || exit 3

ip netns add a
ip netns add b
ip link add ha netns a type veth peer name ha netns b
for d in qg qr; do ip link add $d netns b type veth peer name $d netns a; done
for n in a b; do for d in ha qg qr; do ip -n $n link set $d up; done; done
ip -n a addr add 169.254.192.1/18 dev ha
ip -n b addr add 169.254.192.2/18 dev ha
# What is sent to its own loopback stays there.
ip -n b link set lo up

# ours N [NAMESPACES]: a configuration of N routers
ours() {
	local i
	echo 'control: /run/vrrp.sock'
	echo 'routers:'
	for ((i = 1; i <= $1; i++)); do
		cat <<-YAML
		- {name: r$i, id: r$i, netns: ${2:+n$i}${2:-b}, interface: ha, version: 3, vrid: $i, priority: 200, interval: 100ms, promote_delay: 0us,
		   garp: {repeat: 5, refresh: 10s, delay: 0s},
		   virtual_addresses: [{address: 169.254.0.$i/24, dev: ha}]
		YAML
		[ "$1" = 1 ] && cat <<-YAML
		   , excluded_addresses: [{address: 203.0.113.101/24, dev: qg}, {address: 192.168.1.1/24, dev: qr}],
		   virtual_routes: [{to: 0.0.0.0/0, via: 203.0.113.1, dev: qg}]
		YAML
		echo '  }'
	done
}

theirs() {
	local i
	cat <<-CONF
	global_defs {
	  vrrp_version 3
	  vrrp_garp_master_delay 0
	  vrrp_garp_master_repeat 5
	  vrrp_garp_master_refresh 10
	}
	CONF
	for ((i = 1; i <= $1; i++)); do
		cat <<-CONF
		vrrp_instance r$i {
		  state BACKUP
		  interface ha
		  virtual_router_id $i
		  priority 200
		  advert_int 0.1
		  virtual_ipaddress {
		    169.254.0.$i/24 dev ha
		  }
		CONF
		[ "$1" = 1 ] && cat <<-CONF
		  virtual_ipaddress_excluded {
		    203.0.113.101/24 dev qg
		    192.168.1.1/24 dev qr
		  }
		  virtual_routes {
		    0.0.0.0/0 via 203.0.113.1 dev qg
		  }
		CONF
		echo '}'
	done
}

start_ours() {
	ours "$@" | sed 's/netns: n\([0-9]*\)many/netns: n\1/' > "$tmp/vrrp.yaml"
	"$LABCTL" vrrp run --daemon "$tmp/vrrp.yaml" || exit 3
	read -r -a pids < <("$LABCTL" vrrp state -c /run/vrrp.sock -o json |
		sed 's/.*"pid": \([0-9]*\),"supervisor": \([0-9]*\).*/\1 \2/')
}
stop_ours() { "$LABCTL" vrrp stop -c /run/vrrp.sock; sleep 0.2; }

start_theirs() {
	theirs "$1" > "$tmp/keepalived.conf"
	ip netns exec b keepalived -n -P -l -f "$tmp/keepalived.conf" -p /run/ka.pid \
		-r /run/ka.vrrp >/dev/null 2>&1 &
	keepalived=$!
	sleep 1
	pids=("$(cat /run/ka.vrrp)" "$keepalived")
}
stop_theirs() { kill "$keepalived"; wait "$keepalived" 2>/dev/null; }

takeovers() {
	ip netns exec a "$tmp/takeover" "$runs" ha 169.254.192.1 200 b 4
}

# resident PID...: kilobytes of the first, and of all by their fair share
resident() {
	local p all=0
	for p in "$@"; do
		all=$((all + $(awk '/^Pss:/ {print $2}' "/proc/$p/smaps_rollup")))
	done
	echo "$(awk '/^VmRSS:/ {print $2}' "/proc/$1/status") $all"
}

# memory WHAT OURS THEIRS: in MB
memory() {
	awk -v w="$1" -v o="$2" -v t="$3" 'BEGIN {
		printf "%-44s %22.1f %22.1f %7.2f\n", w, o / 1024, t / 1024, o / t }'
}

# burden: what a router of a lab has besides: Neutron's rules, connections by the
# thousand, and a program that carries them to a standby and hears of all.
burden() {
	iptables_text | ip netns exec b iptables-nft-restore || exit 3
	ip netns exec b sysctl -qw net.netfilter.nf_conntrack_events=1
	printf '{"roles": "/run", "routers": [{"id": "r1", "netns": "b", "dev": "ha", "address": "169.254.192.2", "peers": [{"address": "169.254.192.1", "mac": "fa:16:3e:00:00:01"}]}]}\n' \
		> "$tmp/conntrack.json"
	nsenter --net=/run/netns/b "$LABCTL" conntrack "$tmp/conntrack.json" &
	carrier=$!
	sleep 0.5
	kill -0 $carrier || exit 3
	# shellcheck disable=SC2016 # perl's words
	ip netns exec b perl -e 'use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 17) or die;
		for my $n (0 .. 9999) { send($s, "", 0, pack_sockaddr_in(1 + $n % 5000,
		inet_aton("127.0.1." . (1 + int($n / 5000))))) }'
	tracked=$(ip netns exec b cat /proc/sys/net/netfilter/nf_conntrack_count)
}
# As in a router of the documents' lab.
iptables_text() {
	sed -n '/^\*/,/^COMMIT/p' "$top/t/golden/nat-usual.txt" | awk '
		/^\*/ && seen[$0]++ {exit} {print}'
}

# It goes again, and what it has made.
unburden() {
	kill $carrier
	wait $carrier 2>/dev/null
	for t in $(ip netns exec b nft list tables | awk '{print $2 "/" $3}'); do
		ip netns exec b nft delete table "${t%/*}" "${t#*/}"
	done
}

start_ours 1
sleep 0.5
# By turns: what else the machine does is about both.
for ((i = 0; i < 3; i++)); do
	takeovers >> "$tmp/ours" || exit 3
	burden
	takeovers >> "$tmp/burdened" || exit 3
	unburden
done
read -r rss1 pss1 < <(resident "${pids[@]}")
stop_ours
start_theirs 1
takeovers > "$tmp/theirs" || exit 3
read -r krss1 kpss1 < <(resident "${pids[@]}")
stop_theirs
start_ours 50
sleep 1.5
read -r rss50 pss50 < <(resident "${pids[@]}")
stop_ours
start_theirs 50
sleep 1
read -r krss50 kpss50 < <(resident "${pids[@]}")
stop_theirs
for i in $(seq 50); do
	ip netns add "n$i"
	ip link add ha netns "n$i" type veth peer name "p$i" netns a
	ip -n a link set "p$i" up
	ip -n "n$i" link set ha up
	ip -n "n$i" addr add "169.254.192.$i/18" dev ha
done
start_ours 50 many
sleep 1.5
read -r rssn _ < <(resident "${pids[@]}")
stop_ours

column() { awk -v c="$1" '{print $c}' "$2" | tr '\n' ' '; }
head_row "engine (median, min-max of $runs)" "labctl, ms" "keepalived, ms" ratio "at most"
row "down timer to first advert" "$(column 1 "$tmp/ours")" "$(column 1 "$tmp/theirs")" 1.00
row "down timer to last address and route" "$(column 2 "$tmp/ours")" "$(column 2 "$tmp/theirs")" 1.00
head_row "engine beside itself" "with, ms" "without, ms" ratio "at most"
row "down timer to last address, $tracked connections" \
	"$(column 2 "$tmp/burdened")" "$(column 2 "$tmp/ours")" "+1 ms"
head_row "memory" "labctl, MB" "keepalived, MB" ratio ""
memory "resident, 1 router" "$rss1" "$krss1"
memory "resident, 50 routers" "$rss50" "$krss50"
memory "both processes' share, 1 router" "$pss1" "$kpss1"
memory "both processes' share, 50 routers" "$pss50" "$kpss50"
memory "resident, 50 routers in 50 namespaces" "$rssn" "$krss50"
