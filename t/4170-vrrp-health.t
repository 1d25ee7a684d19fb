#!/bin/bash
# SPDX-License-Identifier: MIT
# Pings of an Active's gateways: who loses them hands over, where all have lost
# them they take turns, and the first that is answered stays.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b
# The gateways are on the bridge itself.
ip addr add 203.0.113.1/24 dev br0
ip -6 addr add fd00:203:0:113::1/64 dev br0 nodad
H="health: {interval: 250ms, gateways: [203.0.113.1, \"fd00:203:0:113::1\"]}"
for n in a b; do
	conf $n "$H" 'excluded_addresses: [{address: 203.0.113.101/24, dev: qg}, {address: "fd00:203:0:113::21/64", dev: qg}]'
done
# lose NAME [6]: its pings go where nobody is; mend NAME
lose() {
	case ${2:-4} in
	4) ip -n "$1" neigh replace 203.0.113.1 lladdr 02:00:00:00:00:99 dev qg nud permanent ;;
	6) ip -n "$1" neigh replace fd00:203:0:113::1 lladdr 02:00:00:00:00:99 dev qg nud permanent ;;
	esac
}
mend() {
	ip -n "$1" neigh del 203.0.113.1 dev qg 2>/dev/null
	ip -n "$1" neigh del fd00:203:0:113::1 dev qg 2>/dev/null
}
changes() { grep -c 'backup -> active' "/run/$1/vrrp.log"; }

first=$(elect a b)
like "$first" "^(a|b)$" "one is elected"
second=$(other "$first")
sleep 2
is "$(active a b)" "$first" "and stays, as its gateways answer"
ok "$([ "$(field "$first" health_rounds)" -ge 5 ]; echo $?)" "it asks them: $(field "$first" health_rounds) rounds"
before=$(field "$second" health_rounds)
sleep 0.5
is "$(field "$second" health_rounds)" "$before" "the backup asks nobody"

lose "$first"
wait_state "$second" active 5000
ok $? "it loses its gateway and hands over ($TOOK ms)"
wait_state "$first" backup 2000
ok $? "and is a backup"
is "$(holders a b)" "$second" "with one holder"
like "$(state_json "$first")" '"why": "gateway 203.0.113.1 does not answer"' "which says why"
like "$(cat "/run/$first/vrrp.log")" "active -> fault: gateway 203.0.113.1 does not answer" "in the log too"
is "$(field "$first" sick)" true "it is sick"
mend "$first"
sleep 1.5
is "$(active a b)" "$second" "the other keeps it when it is there again"

lose "$second" 6
wait_state "$first" active 5000
ok $? "a gateway of IPv6 that is lost is as good a reason ($TOOK ms)"
for ((i = 0; i < 50; i++)); do
	[ "$(field "$first" sick)" = false ] && break
	sleep 0.1
done
is "$(field "$first" sick)" false "who is answered is well"
mend "$second"
sleep 1

# Nobody has one.
was_a=$(changes a) was_b=$(changes b)
ip link set br0 arp off
ip addr del 203.0.113.1/24 dev br0
sleep 14
a=$(($(changes a) - was_a)) b=$(($(changes b) - was_b))
ok "$([ "$a" -ge 2 ] && [ "$b" -ge 2 ]; echo $?)" "all have lost theirs: they take turns (a $a, b $b)"
diff=$((a - b))
ok "$([ "${diff#-}" -le 1 ]; echo $?)" "each as often"
ip addr add 203.0.113.1/24 dev br0
ip -6 addr replace fd00:203:0:113::1/64 dev br0 nodad
ip link set br0 arp on
for ((i = 0; i < 100; i++)); do
	n=$(active a b)
	[ -n "$n" ] && [ "$(field "$n" sick)" = false ] && break
	sleep 0.1
done
is "$(field "$n" sick)" false "the first to regain it"
was_a=$(changes a) was_b=$(changes b)
sleep 2
is "$(active a b)" "$n" "keeps it"
is "$(changes a) $(changes b)" "$was_a $was_b" "and nobody changes any more"

# A gateway that is slow is not one that is silent, though as good as lost.
echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all
cat >/run/slow.pl <<'EOP'
use Socket;
socket(my $s, PF_INET, SOCK_RAW, 1) or die;
while (recv($s, my $p, 2048, 0)) {
	my ($from, $to, $icmp) = (substr($p, 12, 4), substr($p, 16, 4), substr($p, 20));
	next unless ord($icmp) == 8;
	next if fork;
	# The next one is not kept waiting.
	select undef, undef, undef, 0.4;
	substr($icmp, 0, 4, "\0\0\0\0");
	my $sum = 0;
	$sum += $_ for unpack "n*", length($icmp) % 2 ? "$icmp\0" : $icmp;
	$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
	substr($icmp, 2, 2, pack "n", ~$sum & 0xffff);
	socket(my $o, PF_INET, SOCK_RAW, 1);
	bind($o, pack_sockaddr_in(0, $to));
	send($o, $icmp, 0, pack_sockaddr_in(0, $from));
	exit;
}
EOP
before=$(field "$n" health_lost)
perl /run/slow.pl &
slow=$!
for ((i = 0; i < 80; i++)); do
	state_json "$n" | grep -q "answers too late" && break
	sleep 0.1
done
like "$(state_json "$n")" "gateway 203.0.113.1 answers too late, after [0-9.]+ s" "a slow one is told from a silent one"
ok "$([ "$(field "$n" health_lost)" -gt "$before" ]; echo $?)" "and is lost all the same"
kill $slow
wait $slow 2>/dev/null
echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all
for ((i = 0; i < 100; i++)); do
	n=$(active a b)
	[ -n "$n" ] && [ "$(field "$n" sick)" = false ] && break
	sleep 0.1
done
is "$(field "$n" sick)" false "until it is quick again"

# What the configuration says holds from a reload on.
conf "$n" 'excluded_addresses: [{address: 203.0.113.101/24, dev: qg}, {address: "fd00:203:0:113::21/64", dev: qg}]'
reload "$n"
lose "$n"
sleep 1
is "$(active a b)" "$n" "without health it stays whatever its gateway does"
conf "$n" "$H" 'excluded_addresses: [{address: 203.0.113.101/24, dev: qg}, {address: "fd00:203:0:113::21/64", dev: qg}]'
reload "$n"
wait_state "$(other "$n")" active 5000
ok $? "and with it again it does not"
stop a
stop b
tap_done
