#!/bin/bash
# SPDX-License-Identifier: MIT
# What somebody on the same machine does to an engine, by ignorance or not: it
# goes on, tells what is wrong, and is itself again when that is over.
. "$(dirname "$0")/lib/vrrp.sh"

lan a b x
conf a "priority: 200" "preempt: true"; conf b
start a; start b
wait_state a active 5000
wait_state b backup 5000
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# no_gap FILE: adverts of a in a capture, of ten a second, none late
no_gap() {
	tcpdump -tt -n -r "$1" 'proto 112 and src 169.254.192.1' 2>/dev/null |
		awk '{ if (p && $1 - p > max) max = $1 - p; p = $1; n++ }
			END { if (n < 5 || max > 0.3) print n, "adverts,", max, "s apart" }'
}

# No descriptor is left, and somebody knocks.
pid=$(field a pid)
prlimit --pid "$pid" --nofile="$(find /proc/"$pid"/fd -mindepth 1 | wc -l):4096"
used=$(ticks "$pid")
listen "$TMP/adverts" ha-a
perl -MIO::Socket::UNIX -e '
	for (1 .. 5) { push @s, IO::Socket::UNIX->new(Peer => $ARGV[0]) }
	sleep 2' /run/a/vrrp.sock
hush
used=$(($(ticks "$pid") - used))
ok $((used > 100)) "without descriptors it does not run hot ($used ticks in 2 s)"
is "$(no_gap "$TMP/adverts")" "" "nor late"
like "$(cat /run/a/vrrp.log)" "a client was turned away: Too many open files" "the log says it"
prlimit --pid "$pid" --nofile=4096:4096
is "$(state_of a)" active "with some it answers again"

# Clients that never end their request.
perl -MIO::Socket::UNIX -e '
	for (1 .. 16) { push @s, IO::Socket::UNIX->new(Peer => $ARGV[0]) or die }
	$SIG{PIPE} = "IGNORE"; $| = 1; print "in\n";
	for (1 .. 30) { syswrite $_, "x" for @s; select undef, undef, undef, 0.5 }' \
	/run/a/vrrp.sock > "$TMP/dripping" &
dripper=$!
until [ -s "$TMP/dripping" ]; do sleep 0.05; done
wait_state a active 9000 >/dev/null
ok $? "one that never ends its request is cut off ($TOOK ms)"
kill "$dripper"; wait "$dripper" 2>/dev/null

# Names that are taken away.
rm /run/a/vrrp.sock.lock
start a > "$TMP/out" 2>&1
is "$?" 3 "its lock removed: another engine is refused all the same"
like "$(cat "$TMP/out")" "runs at /run/a/vrrp.sock already" "with the reason"
rm /run/a/vrrp.sock
kill -HUP "$pid"
wait_state a active 2000
ok $? "its socket removed: SIGHUP brings it back"
is "$(field a pid)" "$pid" "of the same engine"

# What is another's port hears nothing.
ip -n b link add name bridge9 type bridge
ip -n b link set bridge9 up
ip -n b link set ha master bridge9
wait_state b fault 1000
ok $? "its interface a port of a bridge: fault"
is "$(field b why)" "ha is a port of another interface" "with the reason"
sleep 0.6
is "$(holders a b)" a "it claims nothing"
ip -n b link set ha nomaster
wait_state b backup 2000
ok $? "and is itself again"
ip -n a link add name bridge9 type bridge
ip -n a link set qr master bridge9
wait_state b active 2000
ok $? "an interface of the addresses: it hands over"
ip -n a link set qr nomaster
wait_state a active 3000
ok $? "and is itself again"
wait_state b backup 2000

# Another MAC address under a virtual one.
listen "$TMP/arps" qr-b
ip -n a link set qr address 02:00:00:00:00:77
sleep 0.5
hush
like "$(tcpdump -e -n -r "$TMP/arps" 'arp and ether src 02:00:00:00:00:77' 2>/dev/null)" \
	"192.168.1.1" "another MAC address is announced"
is "$(state_of a)" active "without a transition"

# Addresses of others by the thousand.
listen "$TMP/adverts" ha-a
for op in add del; do
	perl -e 'printf "addr %s 10.1.%d.%d/32 dev ha\n", $ARGV[0], $_ / 256, $_ % 256
		for 0 .. 2999' $op
done > "$TMP/batch"
used=$(ticks "$pid")
ip -n a -batch "$TMP/batch"
used=$(($(ticks "$pid") - used))
hush
ok $((used > 60)) "6000 changes of addresses that are not its own cost $used ticks"
is "$(no_gap "$TMP/adverts")" "" "and delay no advert"
is "$(field a source)" 169.254.192.1 "nor change the address it speaks from"
ip -n a addr add 169.254.192.9/17 dev ha
ip -n a addr del 169.254.192.1/18 dev ha
wait_state a active 3000
wait_state b backup 3000
is "$(field a source)" 169.254.192.9 "but for one that went"
ip -n a addr add 169.254.192.1/18 dev ha

# What it was told last is what it begins with again, whatever its file says
# by then, and what its supervisor takes away.
super=$(field a supervisor)
kill -STOP "$super"
conf a "priority: 200" "preempt: true" \
	'excluded_addresses: [{address: 10.55.0.1/24, dev: qg}]'
reload a
echo "routers: [" > /run/a/vrrp.yaml
like "$(ip -n a -br addr show dev qg)" "10.55.0.1/24" "a reload that the supervisor has not seen"
kill -CONT "$super"
sleep 0.3
kill -9 "$(field a pid)"
wait_state a active 5000
like "$(ip -n a -br addr show dev qg)" "10.55.0.1/24" "killed: it has the same again"
stop a
is "$(ip -n a -br addr show dev qg scope global | grep -o 10.55.0.1)" "" "and lets go of it"
conf a "priority: 200" "preempt: true"

# Told to be active is who has its addresses.
{
	echo "control: /run/x/vrrp.sock"
	echo "routers:"
	for i in $(seq 200); do
		echo "- {name: r$i, netns: x, interface: ha, vrid: $((i + 20)), version: 3, interval: 100ms,"
		echo "   garp: {repeat: 1, refresh: 0s, delay: 0s},"
		echo "   virtual_addresses: [{address: 10.9.$i.1/32, dev: ha}], excluded_addresses: ["
		for k in 2 3 4 5 6 7 8; do echo "     {address: 10.9.$i.$k/32, dev: qr},"; done
		echo "   ]}"
	done
} > /run/x.yaml
mkdir -p /run/x
mv /run/x.yaml /run/x/vrrp.yaml
start x
# shellcheck disable=SC2016 # perl's own variables
ip netns exec x perl -MIO::Socket::UNIX -e '
	my ($wrong, $first, $active) = (0, 0, 0);
	for (my $end = time + 20; $active < 200 && time < $end;) {
		my $s = IO::Socket::UNIX->new(Peer => "/run/x/vrrp.sock") or die;
		print $s "roles\n";
		local $/;
		$active = () = <$s> =~ /"active"/g;
		next unless $active;
		open my $f, "<", "/proc/net/fib_trie" or die;
		my %have = map { $_ => 1 } <$f> =~ /\|-- (10\.9\.\d+\.[1-8])\n/g;
		$first ||= $active;
		$wrong++ if keys %have < 8 * $active;
	}
	print "$active active, $wrong wrong\n";
	print STDERR "# $first in the first look\n"' > "$TMP/told"
is "$(cat "$TMP/told")" "200 active, 0 wrong" "none is told to be before it has its addresses"
for n in x b; do stop $n; done
is "$(has a)$(has b)" "" "nothing is left"
tap_done
