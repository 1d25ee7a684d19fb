#!/bin/bash
# SPDX-License-Identifier: MIT
# The agent, by a pipe, on a bare node made of namespaces: it builds a network
# node's plan, finds nothing to do the second time and writes nothing, mends
# each kind of drift, and takes all of it away again.
if [ "${AGENT_TEST_INSIDE-}" = "" ]; then
	# shellcheck source=lib/tap.sh
	. "$(dirname "$0")/lib/tap.sh"
	[ "$(id -u)" = 0 ] || skip_all "needs root for namespaces"
	unshare -nmp --fork --mount-proc true 2>/dev/null ||
		skip_all "cannot make namespaces here"
	AGENT_TEST_INSIDE=1 exec unshare -nmp --propagation private --fork \
		--kill-child --mount-proc "$0"
fi
# shellcheck source=lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"

# What is converged to; changed further down.
node=network1
lab=${tap_top-}/t/lib/plain.yaml
mount -t tmpfs none /run
mount -t sysfs none /sys # this namespace's

# --- a bare node: three interfaces on one wire -----------------------------

ip link set lo up
ip link add wire type bridge mcast_snooping 0
sysctl -qw net.ipv6.conf.wire.disable_ipv6=1
ip link set wire up
for i in 0 1 2; do
	ip link add "eth$i" type veth peer name "plug$i"
	sysctl -qw "net.ipv6.conf.plug$i.disable_ipv6=1"
	ip link set "plug$i" master wire up
	ip link set "eth$i" up
done
ip addr add 10.0.0.21/24 dev eth0
ip addr add 10.0.1.21/24 dev eth1
bare() { ip -o link | sed 's/^[0-9]*: //;s/ .*//' | sort; }
bare_before=$(bare)

# converge [OPTION...]: the agent's answer to that request.
converge() {
	"$LABCTL" agent --request "$lab" "$node" "$@" | "$LABCTL" agent |
		tail -n 1
}

# changes ANSWER, failed ANSWER: one on a line, "OP WHAT: WHY".
entries() {
	sed 's/},{/\n/g' | sed -n \
		's/.*"op": "\(.\)","what": "\([^"]*\)"\(,"why": "\([^"]*\)"\)\?.*/\1 \2: \4/p'
}
changes() { printf '%s\n' "$1" | sed 's/,"failed": .*//' | entries; }
failed() { printf '%s\n' "$1" | sed 's/.*,"failed": //' | entries; }

a=$(converge)
like "$a" '"ok": true' "a bare node is converged"
is "$(failed "$a")" "" "nothing failed"
diag "$(printf '%s' "$a" | grep -o '"look_us.*')"

R=$(ip netns list | sed -n 's/^\(qrouter-[^ ]*\).*/\1/p')
like "$R" '^qrouter-[0-9a-f-]{36}$' "the router's namespace is there"
port() { ip -n "$R" -o link | sed -n "s/^[0-9]*: \($1-[^@]*\)@.*/\1/p" | head -n 1; }
HA=$(port ha) QR=$(port qr) QG=$(port qg)
BRP=$(ip -o link show vxlan-1 |
	sed 's/.* master \([^ ]*\) .*/\1/')
TAPG=tap${QG#qg-} TAPR=tap${QR#qr-}
BRX=$(ip -o link show "$TAPG" | sed 's/.* master \([^ ]*\) .*/\1/')

is "$(ip -n "$R" -o -4 addr show "$HA" | awk '{print $4}' | head -n 1)" \
	169.254.192.1/18 "the ha address"
is "$(cat "/sys/class/net/$TAPR/mtu") $(cat "/sys/class/net/$TAPG/mtu")" \
	"1450 1500" "the overlay's MTU and the provider's"
is "$(sed -n 's/INTERFACE=//p' /sys/class/net/eth2/master/uevent)" \
	"$BRX" "the provider's interface is in the bridge"
is "$(cat /sys/class/net/vxlan-1/ifalias)" labctl:l3ha-linuxbridge \
	"links carry the mark"
is "$(ip netns exec "$R" cat /proc/sys/net/ipv4/ip_forward \
	/proc/sys/net/ipv6/conf/all/forwarding \
	"/proc/sys/net/ipv6/conf/$QR/forwarding" | tr '\n' ' ')" "1 1 0 " \
	"the router forwards, its links are quiet"

# --- the second time --------------------------------------------------------

a=$(converge)
is "$(changes "$a")" "" "the second time: no changes"
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	"$LABCTL" agent --request "$lab" "$node" >"$TMP/request"
	strace -f -o "$TMP/trace" -e trace=sendmsg,sendto,openat,mount,unlink,rename,mkdir \
		"$LABCTL" agent <"$TMP/request" >/dev/null
	# strace knows not every socket's protocol: the types of GET as
	# numbers, 0xa01 and 0xa10 (its count of changes) nf_tables' own, 0x26 that
	# of qdiscs, 0x42 of how neighbours are asked for, 0x607 ipset's; xfrm's are told from rtnetlink's by their length.
	gets='nlmsg_type=(RTM_GET[A-Z]*|0x12|0x16|0x1a|0x1e|0x22|0x26|0x42|0xa01|0xa10|0x607|[A-Z_]*<<8[|]NFT_MSG_GETGEN)[ ,]|nlmsg_len=20, nlmsg_type=0x2[35] .*"(.xff){4}"|nlmsg_len=19, nlmsg_type=0x28 '
	is "$(grep -cE "$gets" "$TMP/trace")" 26 "it looks, says strace: 24 questions and two counts"
	is "$(grep nlmsg_type= "$TMP/trace" | grep -vE "$gets")" "" \
		"and sends the kernel nothing else"
	is "$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|mount\(|unlink\(|rename\(|mkdir\(' "$TMP/trace")" \
		"" "nor writes to any file"
else
	skip "no write the second time" "no strace here"
fi

# --- drift ------------------------------------------------------------------

# drift WORDS EXPECTED COMMAND...: does it, and it is seen and mended.
drift() {
	local words=$1 expected=$2 seen out
	shift 2
	if ! out=$("$@" 2>&1); then
		fail "$words: cannot be done by hand"; diag "$out"; return
	fi
	seen=$(changes "$(converge --look)")
	if [[ "$seen" != *"$expected"* ]]; then
		fail "$words is seen"; diag "seen: $seen"
		diag "expected: $expected"
		converge >/dev/null
		return
	fi
	out=$(failed "$(converge)")
	seen=$(changes "$(converge --look)")
	is "$out$seen" "" "$words: seen and mended"
}

in_r() { ip -n "$R" "$@"; }
set_in_r() { ip netns exec "$R" sysctl -qw "$1"; }
port_away() { ip link set "$1" nomaster; }

drift "an address deleted" "+ address 169.254.192.1/18 on $HA" \
	in_r addr del 169.254.192.1/18 dev "$HA"
drift "an address too many" "- address 198.51.100.77/24 on $QR" \
	in_r addr add 198.51.100.77/24 dev "$QR"
drift "an IPv6 address too many" "- address fd00::bad/64 on $QG" \
	in_r addr add fd00::bad/64 dev "$QG" nodad
drift "an address on a bridge" "- address 203.0.113.9/24 on $BRX" \
	ip addr add 203.0.113.9/24 dev "$BRX"
drift "a link down" "~ link $QG in $R: down" in_r link set "$QG" down
drift "the ha link down" "~ link $HA in $R: down" in_r link set "$HA" down
drift "a bridge down" "~ link $BRP: down" ip link set "$BRP" down
drift "the tunnel's interface down" "~ link eth1: down" ip link set eth1 down
drift "lo down" "~ link lo in $R: down" in_r link set lo down
drift "a wrong MTU" "~ link $QR in $R: mtu 1500, wanted 1450" \
	in_r link set "$QR" mtu 1500
drift "a wrong MTU on a tap" "~ link $TAPR: mtu 1400, wanted 1450" \
	ip link set "$TAPR" mtu 1400
drift "a wrong MAC" "~ link $QR in $R: address fa:16:3e:00:00:01" \
	in_r link set "$QR" address fa:16:3e:00:00:01
drift "a bridge port removed" "~ link $TAPG: in no bridge" port_away "$TAPG"
drift "the provider's port removed" "~ link eth2: in no bridge" port_away eth2
drift "a port in the wrong bridge" "~ link $TAPR: in $BRX, wanted $BRP" \
	ip link set "$TAPR" master "$BRX"
drift "IPv6 on a bridge" "~ link $BRX: IPv6 is on" \
	sysctl -qw "net.ipv6.conf.$BRX.disable_ipv6=0"
drift "addresses of the kernel's own on a shared link" \
	"~ link $QR in $R: addrgenmode eui64" \
	in_r link set "$QR" addrgenmode eui64
drift "a shared link that is a router" \
	"~ link $QG in $R: in the all-routers groups" \
	set_in_r "net.ipv6.conf.$QG.forwarding=1"
drift "spanning tree on" "~ link $BRP: stp 1" \
	ip link set "$BRP" type bridge stp_state 1
drift "a vxlan link with other attributes" "+ link vxlan-1" \
	ip link set vxlan-1 type vxlan nolearning
drift "a mark removed" "~ link $TAPR: without the lab's mark" \
	ip link set "$TAPR" alias ""
drift "a bridge deleted" "+ link $BRP" ip link del "$BRP"
drift "a vxlan link deleted" "+ link vxlan-2" ip link del vxlan-2
drift "a pair deleted" "+ link $TAPR" ip link del "$TAPR"
drift "a setting changed" "~ sysctl net/ipv4/conf/all/rp_filter in $R: 1" \
	set_in_r net.ipv4.conf.all.rp_filter=1
drift "the node's own setting changed" "~ sysctl net/ipv4/ip_forward: 0" \
	sysctl -qw net.ipv4.ip_forward=0
drift "IPv6 forwarding off" "~ sysctl net/ipv6/conf/all/forwarding in $R: 0" \
	set_in_r net.ipv6.conf.all.forwarding=0
drift "a default route too many" \
	"- route default via 169.254.192.254 dev $HA" \
	in_r route add default via 169.254.192.254 dev "$HA" metric 7
drift "a blackhole" "- route blackhole 203.0.113.128/25 in $R" \
	in_r route add blackhole 203.0.113.128/25
drift "IPv6 prohibited" "- route prohibit 2001:db8::/32 in $R" \
	in_r -6 route add prohibit 2001:db8::/32
drift "a route in another table" "- route 192.0.2.0/24 dev $QR table 100 in $R" \
	in_r route add 192.0.2.0/24 dev "$QR" table 100
drift "a route in a table of a great number" "dev $QR table 70000 in $R" \
	in_r route add 192.0.2.0/24 dev "$QR" table 70000
drift "a rule" "- rule 100: from 10.0.0.0/8 prohibit in $R" \
	in_r rule add priority 100 from 10.0.0.0/8 prohibit
drift "a rule by interface and mark" \
	"- rule 101: to 192.0.2.0/24 iif $QR fwmark 0x7 lookup 100 in $R" \
	in_r rule add priority 101 to 192.0.2.0/24 iif "$QR" fwmark 7 table 100
drift "a rule for those without a mark" \
	"- rule 101: fwmark 0x0/0xff lookup 100 in $R" \
	in_r rule add priority 101 fwmark 0/0xff table 100
drift "an IPv6 rule" "- rule -6 102: blackhole in $R" \
	in_r -6 rule add priority 102 blackhole
drift "a standing neighbour" \
	"- neighbour 198.51.100.9 lladdr 02:00:00:00:00:66 on $QR in $R" \
	in_r neigh add 198.51.100.9 lladdr 02:00:00:00:00:66 dev "$QR" \
	nud permanent
away() { in_r neigh del 203.0.113.1 dev "$QG"; }
drift "a reserved neighbour's place gone" \
	"+ neighbour 203.0.113.1 reserved on $QG in $R" away
drift "a reserved one made to stand" \
	"- neighbour 203.0.113.1 lladdr 02:00:00:00:00:66 on $QG in $R" \
	in_r neigh replace 203.0.113.1 lladdr 02:00:00:00:00:66 dev "$QG" \
	nud permanent
like "$(in_r neigh show nud all dev "$QG")" '203.0.113.1 extern_learn' \
	"it is reserved again"
drift "IPv4 forwarding off on one link" \
	"~ link $QR in $R: IPv4 forwarding is off" \
	set_in_r "net.ipv4.conf.$QR.forwarding=0"
drift "IPv4 forwarding off" "~ sysctl net/ipv4/ip_forward in $R: 0" \
	set_in_r net.ipv4.ip_forward=0
drift "rp_filter on one link" "~ link $QG in $R: rp_filter 1, wanted 0" \
	set_in_r "net.ipv4.conf.$QG.rp_filter=1"
drift "ARP off on a link" "~ link $QR in $R: ARP is off" \
	in_r link set "$QR" arp off
drift "multicast off on a link" "~ link $HA in $R: multicast is off" \
	in_r link set "$HA" multicast off
drift "a link that answers no ARP" \
	"~ link $QG in $R: arp_ignore 8, wanted 0" \
	set_in_r "net.ipv4.conf.$QG.arp_ignore=8"
drift "no answer to any ping" \
	"~ sysctl net/ipv4/icmp_echo_ignore_all in $R: 1, wanted 0" \
	set_in_r net.ipv4.icmp_echo_ignore_all=1
drift "nor to one of IPv6" \
	"~ sysctl net/ipv6/icmp/echo_ignore_all in $R: 1, wanted 0" \
	set_in_r net.ipv6.icmp.echo_ignore_all=1
drift "a packet's life of one hop" \
	"~ sysctl net/ipv4/ip_default_ttl in $R: 1, wanted 64" \
	set_in_r net.ipv4.ip_default_ttl=1
drift "an isolated port" "~ link $TAPR: isolated on" \
	bridge link set dev "$TAPR" isolated on
drift "a port that does not learn, flood or answer itself" \
	"~ link $TAPG: learning off, flood off, proxy_arp on" \
	ip link set "$TAPG" type bridge_slave learning off flood off \
	proxy_arp on
drift "a port that does not forward" "~ link eth2: port not forwarding" \
	bridge link set dev eth2 state 1
group_lost() {
	bridge fdb append 00:00:00:00:00:00 dev vxlan-1 dst 10.0.1.99 &&
		bridge fdb del 00:00:00:00:00:00 dev vxlan-1 dst 239.1.1.1 via eth1
}
drift "the group of a vxlan link replaced" \
	"+ fdb 00:00:00:00:00:00 dst 239.1.1.1 on vxlan-1" group_lost
like "$(bridge fdb show dev vxlan-1)" \
	'00:00:00:00:00:00 dst 239.1.1.1 via eth1 self permanent' \
	"as the kernel had it"
ipt() { ip netns exec "$R" "$@"; }
drift "a policy that drops" "~ rules in $R: filter FORWARD: policy DROP" ipt iptables -P FORWARD DROP
drift "a rule of NAT" "~ rules in $R: nat PREROUTING: has -j ACCEPT" \
	ipt iptables -t nat -A PREROUTING -j ACCEPT
drift "a rule of IPv6" "~ rules in $R: filter FORWARD: has -j DROP" \
	 ipt ip6tables -A FORWARD -j DROP
drift "a table of nft's own" "- table inet bad in $R" \
	ipt nft "add table inet bad { chain c { type filter hook forward priority 0; policy drop; } ; }"
drift "a table of nft's own in IPv4" "- table ip bad in $R" \
	ipt nft "add table ip bad { set s { type ipv4_addr; } ; chain c { type filter hook forward priority 0; } ; }"
ipt iptables -t nat -S >/dev/null
is "$(changes "$(converge --look)")" "" "listing rules changes none"
drift "the namespace deleted" "+ netns $R" ip netns del "$R"
stale() { ip netns del "$R" && : >"/run/netns/$R"; }
drift "a file where the namespace was" "+ netns $R" stale

drift "a link of another's in the lab's namespace" "- link other in $R" \
	in_r link add other type bridge
marked() { in_r link add other type bridge && in_r link set other alias labctl:x; }
drift "one of another lab's" "- link other in $R" marked
pair_into() { ip link add one type veth peer name two netns "$R"; }
drift "an end of a pair" "- link two in $R" pair_into
drift "an address on lo" "- address 198.51.100.10/32 on lo in $R" \
	in_r addr add 198.51.100.10/32 dev lo
drift "a link-local address by hand" "- address fe80::bad/64 on $HA in $R" \
	in_r addr add fe80::bad/64 dev "$HA" nodad
drift "a local route" "- route local 192.0.2.9/32" \
	in_r route add local 192.0.2.9 dev lo table local
drift "the rule of the main table deleted" "+ rule 32766: lookup 254 in $R" \
	in_r rule del priority 32766
drift "that of the local one" "+ rule 0: lookup 255 in $R" \
	in_r rule del priority 0
drift "that of the default one" "+ rule 32767: lookup 253 in $R" \
	in_r rule del priority 32767
drift "that of the main table of IPv6" "+ rule -6 32766: lookup 254 in $R" \
	in_r -6 rule del priority 32766
like "$(in_r rule; in_r -6 rule)" '^0:.from all lookup local
32766:.from all lookup main
32767:.from all lookup default
0:.from all lookup local
32766:.from all lookup main$' "all are as the kernel had them"

# What is not the lab's stays: in the node's own namespace, and in others'.
ip link add mine type veth peer name yours
ip addr add 192.0.2.1/24 dev mine
ip netns add somebody
ip -n somebody link add other type bridge
ip rule add priority 77 from 192.0.2.5 prohibit
is "$(changes "$(converge)")" "" "what others made is no drift"
ip rule del priority 77

# In the way of a link: told, and left alone.
ip link del vxlan-2
ip link add vxlan-2 type vxlan id 2 dev eth1 dstport 4789
a=$(converge)
like "$(failed "$a")" '^\+ link vxlan-2: .*not the lab' \
	"somebody's link in the way is told"
like "$(ip -d link show vxlan-2)" 'dstport 4789' "and left alone"
ip link del vxlan-2
is "$(failed "$(converge)")" "" "out of the way: mended"

# --- the engine -------------------------------------------------------------

state=/run/labctl/l3ha-linuxbridge
engine() { "$LABCTL" vrrp state --control $state/vrrp.sock -o json 2>/dev/null; }
engine_pid() { engine | grep -o '"pid": [0-9]*' | head -n 1 | tr -dc 0-9; }
parent() { awk '/^PPid:/ {print $2}' "/proc/$1/status"; }
# With all who would have it back at any time: its own supervisor, and the
# node's, whose name is looked at, since it would be pid 1 else.
kill_engine() {
	local pid own keeper
	pid=$(engine_pid) own=$(parent "$pid")
	keeper=$(parent "$own")
	grep -q services "/proc/$keeper/cmdline" && kill -9 "$keeper"
	[ "$own" -gt 1 ] && kill -9 "$own" 2>/dev/null
	kill -9 "$pid" 2>/dev/null
	sleep 0.1
}
stop_engine() { kill -STOP "$(engine_pid)"; }
edit_config() { sed -i 's/"priority": 50/"priority": 60/' $state/vrrp.yaml; }
if [ -n "$(engine_pid)" ]; then
	before=$(engine_pid)
	drift "the supervisor's socket removed" "vrrp engine" \
		rm "$state/services.sock"
	is "$(engine_pid)" "$before" "and the engine went on"
	drift "the engine killed" "+ vrrp engine" kill_engine
	drift "the engine stopped" "~ vrrp engine: the VRRP engine does not answer" \
		stop_engine
	drift "the engine's configuration edited" \
		"~ vrrp engine: another configuration" edit_config
	like "$(engine)" '"priority": 50' "the engine has the plan's priority"
	for _ in $(seq 300); do
		[[ "$(engine)" == *'"state": "active"'* ]] && break
		sleep 0.1
	done
	like "$(engine)" '"state": "active"' "alone it becomes active"
	no_ipv6() {
		set_in_r "net.ipv6.conf.$QR.disable_ipv6=1"
		for _ in $(seq 50); do
			engine | grep -q '"lacks": \["' && break
			sleep 0.1
		done
	}
	drift "what the active cannot hold" \
		"~ vrrp engine: router2 lacks fe80::" no_ipv6
else
	fail "the engine runs"
fi

# --- a backup is silent -----------------------------------------------------

a=$(converge --remove)
is "$(failed "$a")" "" "all of it is removed"
ip link del mine
ip netns del somebody
is "$(bare)" "$bare_before" "no link is left"
is "$(ip netns list; ls /run/labctl 2>/dev/null)" "" \
	"no namespace and no file"
is "$(changes "$(converge --remove)")" "" \
	"removing once more: nothing to do"

if command -v tcpdump >/dev/null; then
	# Three seconds of the router's first seven, when it still listens.
	tcpdump -Z root -U -i wire -w "$TMP/cap" 2>"$TMP/tcpdump" &
	cap=$!
	for _ in $(seq 100); do
		grep -q listening "$TMP/tcpdump" && break
		sleep 0.05
	done
	converge >/dev/null
	sleep 3
	ping -c 1 -W 1 10.0.0.99 >/dev/null # something must be seen
	ip netns exec "$R" ping -c 1 -W 1 -I "$HA" 169.254.192.99 >/dev/null
	kill $cap
	wait $cap 2>/dev/null
	hex=$(tcpdump -r "$TMP/cap" -xx -n 2>/dev/null | sed -n 's/^\t0x[0-9a-f]*: //p' |
		tr -d ' \n')
	mac() { ip -n "$R" -o link show "$1" | sed 's/.*ether \([^ ]*\).*/\1/' | tr -d :; }
	# The instance networks' frames are inside VXLAN's, as bytes.
	like "$hex" 0a000063 "the capture works"
	n=0
	for dev in $(ip -n "$R" -o link | sed -n 's/^[0-9]*: \(q[rg]-[^@]*\)@.*/\1/p'); do
		n=$((n + 1))
		unlike "$hex" "$(mac "$dev")" "a backup sends nothing on $dev"
	done
	is $n 3 "all three of its links were listened to"
	like "$hex" "$(mac "$HA")" "the capture hears the ha link where something is sent"
else
	skip "a backup is silent" "no tcpdump"
fi
converge --remove >/dev/null

# --- a compute node, with l2 population -------------------------------------

ip addr flush dev eth1
ip addr add 10.0.1.31/24 dev eth1
sed 's/l2_population: false/l2_population: true/' "$lab" >"$TMP/l2.yaml"
node=compute1 shipped=$lab lab=$TMP/l2.yaml
a=$(converge)
is "$(failed "$a")" "" "a compute node is converged"
V=$(ip netns list | sed -n 's/^\(vm-[^ ]*\).*/\1/p')
is "$(ip -n "$V" route show default)" \
	"default via 198.51.100.1 dev eth0 proto static " \
	"the instance's default route"
like "$(ip -n "$V" -6 route show default)" 'via fd00:198:51:100::1' \
	"and for IPv6"
is "$(bridge fdb show dev vxlan-1 | grep -c '00:00:00:00:00:00 dst')" 3 \
	"a flood entry for each other node"
is "$(changes "$(converge)")" "" \
	"the second time: no changes"
known_mac() {
	bridge fdb show dev vxlan-1 | sed -n 's/^\(fa:[^ ]*\) dst.*/\1/p' |
		head -n 1
}
other_destination() {
	bridge fdb replace "$(known_mac)" dev vxlan-1 dst 10.0.1.99
}
cable_out() {
	ip link set "$(ip -o link show master "$BRP" |
		sed -n 's/^[0-9]*: \(tap[^@]*\)@.*/\1/p')" down
}
drift "a flood entry deleted" "+ fdb 00:00:00:00:00:00 dst 10.0.1.22 on vxlan-1" \
	bridge fdb del 00:00:00:00:00:00 dev vxlan-1 dst 10.0.1.22
drift "a flood entry too many" "- fdb 00:00:00:00:00:00 dst 10.0.1.99 on vxlan-1" \
	bridge fdb append 00:00:00:00:00:00 dev vxlan-1 dst 10.0.1.99
drift "an entry with another destination" " on vxlan-1" \
	other_destination
drift "the instance's route deleted" "+ route default via 198.51.100.1" \
	ip -n "$V" route del default
drift "another default route" "- route default via 198.51.100.99" \
	ip -n "$V" route add default via 198.51.100.99 metric 50
drift "the instance's address deleted" "+ address fd00:198:51:100::2/64" \
	ip -n "$V" addr del fd00:198:51:100::2/64 dev eth0
ip -n "$V" addr add fd00:198:51:100::55/64 dev eth0 nodad valid_lft 600 \
	preferred_lft 600
is "$(changes "$(converge)")" "" "an address with a lifetime, as SLAAC's, is not"
ip -n "$V" addr del fd00:198:51:100::55/64 dev eth0
drift "the instance's cable out" "~ link tap" \
	cable_out
drift "the instance's namespace deleted" "+ netns $V" ip netns del "$V"
a=$(converge --remove)
is "$(failed "$a")$(bare)" "$bare_before" "the compute node is bare again"

# --- where things cannot be done --------------------------------------------

ip link del eth2
node=network1 lab=$shipped
ip addr flush dev eth1
ip addr add 10.0.1.21/24 dev eth1
a=$(converge)
like "$a" '"ok": true' "a node without its provider interface"
is "$(failed "$a")" "+ link eth2: the node has no such interface" \
	"just that is told, all the rest is made"
converge --remove >/dev/null
tap_done
