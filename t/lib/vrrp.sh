# SPDX-License-Identifier: MIT
# A LAN of namespaces for engines to elect one another on. Source this first:
# the test runs itself again inside namespaces of its own (mounts, network,
# processes), so nothing of it outlives the test or is seen outside.
# shellcheck shell=bash disable=SC2034 # ALL and TOOK are for tests
if [ -z "${VRRP_INSIDE:-}" ]; then
	if [ "$(id -u)" != 0 ]; then
		echo "1..0 # SKIP needs root for namespaces"; exit 0
	fi
	if ! unshare -m -n -p --fork --mount-proc true 2>/dev/null; then
		echo "1..0 # SKIP cannot make namespaces here"; exit 0
	fi
	for tool in ip tcpdump; do
		command -v "$tool" >/dev/null ||
			{ echo "1..0 # SKIP needs $tool"; exit 0; }
	done
	export VRRP_INSIDE=1
	exec unshare -m -n -p --fork --kill-child --mount-proc "$0" "$@"
fi
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
[ -x "$LABCTL" ] || { echo "Bail out! no program at $LABCTL"; exit 1; }
mount -t tmpfs none /run
mkdir /run/netns
ip link set lo up

ms() { echo $(($(date +%s%N) / 1000000)); }

# lan NAME...: a bridge, and for each name a namespace with ha, qr and qg on
# it; ha has 169.254.192.N. qr and qg are silent by themselves.
lan() {
	local n i=1
	ip link add br0 type bridge mcast_snooping 0
	ip link set br0 up
	for n in "$@"; do
		ip netns add "$n"
		wire "$n" "$i"
		i=$((i + 1))
	done
}

# wire NAME NUMBER: its links
wire() {
	local d
	for d in ha qr qg; do
		ip link add "$d-$1" type veth peer name "$d" netns "$1"
		ip link set "$d-$1" master br0 up
		[ $d = ha ] || ip -n "$1" link set "$d" addrgenmode none
		ip -n "$1" link set "$d" up
	done
	ip -n "$1" addr add "169.254.192.$2/18" dev ha
}

# conf NAME [LINE...]: its configuration; lines replace those of the same key.
conf() {
	local n=$1 line key text; shift
	text="  vrid: 1
  priority: 100
  version: 3
  interval: 100ms
  preempt: false
  virtual_addresses: [{address: 169.254.0.1/24, dev: ha}]
  excluded_addresses: [{address: 203.0.113.101/24, dev: qg}, {address: 192.168.1.1/24, dev: qr}, {address: \"fd00:203:0:113::21/64\", dev: qg}, {address: \"fe80::f816:3eff:fe00:1/64\", dev: qr}]
  virtual_routes: [{to: 0.0.0.0/0, via: 203.0.113.1, dev: qg}]
  garp: {repeat: 2, refresh: 0s, delay: 0s}
  state_file: /run/$n/ha/state"
	for line in "$@"; do
		key=${line%%:*}
		text=$(printf '%s\n' "$text" | grep -v "^  $key:")
		text="$text
  $line"
	done
	mkdir -p "/run/$n"
	cat > "/run/$n/vrrp.yaml.new" <<-YAML
	control: /run/$n/vrrp.sock
	routers:
	- name: router-$n
	  id: $n
	  netns: $n
	  interface: ha
	$text
	YAML
	mv "/run/$n/vrrp.yaml.new" "/run/$n/vrrp.yaml"
}

start() { "$LABCTL" vrrp run --daemon "/run/$1/vrrp.yaml"; }
stop() { "$LABCTL" vrrp stop -c "/run/$1/vrrp.sock"; }
reload() { "$LABCTL" vrrp reload -c "/run/$1/vrrp.sock"; }
state_json() { "$LABCTL" vrrp state -c "/run/$1/vrrp.sock" -o json; }

# field NAME KEY: the first value of that key in the engine's state
field() {
	state_json "$1" 2>/dev/null |
		sed -n "s/.*\"$2\": \"\{0,1\}\([^\",}]*\).*/\1/p"
}

# state_of NAME: the state of its first router
state_of() {
	state_json "$1" 2>/dev/null |
		grep -o '"state": "[a-z]*"' | head -1 | cut -d'"' -f4
}

# wait_state NAME STATE MS: 0 once it is so; TOOK says after how many ms.
wait_state() {
	local t0
	t0=$(ms)
	while [ "$(state_of "$1")" != "$2" ]; do
		TOOK=$(($(ms) - t0))
		if [ "$TOOK" -gt "$3" ]; then
			diag "$1 is $(state_of "$1"), not $2, after $TOOK ms"
			"$LABCTL" vrrp state -c "/run/$1/vrrp.sock" 2>&1 | sed 's/^/# /'
			sed 's/^/# /' "/run/$1/vrrp.log" | tail -20
			return 1
		fi
		sleep 0.02
	done
	TOOK=$(($(ms) - t0))
}

# has NAME: the virtual addresses and routes that it has, sorted, in a line
has() {
	{
		ip -n "$1" -o addr show 2>/dev/null | awk '{print $4}' |
			grep -E '^(169.254.0|203|192.168|fd00|fe80::f816)'
		ip -n "$1" route show default 2>/dev/null |
			grep -o '^default via [0-9.]*' | tr ' ' '-'
	} | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}

ALL="169.254.0.1/24 192.168.1.1/24 203.0.113.101/24 default-via-203.0.113.1 fd00:203:0:113::21/64 fe80::f816:3eff:fe00:1/64"

# holders NAME...: who has 169.254.0.1
holders() {
	local n
	for n in "$@"; do
		ip -n "$n" -o addr show dev ha 2>/dev/null |
			grep -q ' 169\.254\.0\.1/' && printf '%s ' "$n"
	done | sed 's/ $//'
}

# other NAME: of a and b the other one
other() { if [ "$1" = a ]; then echo b; else echo a; fi; }

# active NAME...: the one in state active
active() {
	local n
	for n in "$@"; do
		[ "$(state_of "$n")" = active ] && { echo "$n"; return; }
	done
}

# elect NAME...: starts all, waits until one is active, prints who
elect() {
	local n t0
	for n in "$@"; do start "$n" || return; done
	t0=$(ms)
	while [ -z "$(active "$@")" ] && [ $(($(ms) - t0)) -lt 15000 ]; do
		sleep 0.02
	done
	active "$@"
}

# listen FILE DEV [NETNS]: tcpdump to FILE in the background, ready on return
listen() {
	local run=()
	[ -n "${3:-}" ] && run=(ip netns exec "$3")
	"${run[@]}" tcpdump --immediate-mode -s 256 -U -n -i "$2" -w "$1" 2>"$1.log" &
	LISTENER=$!
	for _ in $(seq 100); do
		grep -qs 'listening on' "$1.log" && return
		sleep 0.02
	done
}

hush() { sleep 0.1; kill "$LISTENER"; wait "$LISTENER" 2>/dev/null; }

# wait_has NAME WHAT MS: 0 once it has exactly that; TOOK says after how many ms.
wait_has() {
	local t0
	t0=$(ms)
	while [ "$(has "$1")" != "$2" ]; do
		TOOK=$(($(ms) - t0))
		if [ "$TOOK" -gt "$3" ]; then
			diag "$1 has $(has "$1")" "after $TOOK ms, not $2"
			return 1
		fi
		sleep 0.01
	done
	TOOK=$(($(ms) - t0))
}

# list NAME KEY: a list of the first router in the engine's state, in a line
list() {
	state_json "$1" | grep -o "\"$2\": \[[^]]*\]" | head -1 |
		sed 's/.*\[//; s/\]$//; s/"//g'
}
