#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is carried to a standby stays true there: of streams that only lengthen
# their time, of ends that were missed, of two thousand at once, with who
# carries killed amid them; and all of them go on after a failover.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v perl >/dev/null || skip_all "needs perl to speak TCP"
lab_make 1s
sed -i '/sync_connections: false/d' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
on_router() { "$LABCTL" exec -l "$LAB" "$1" --netns "$NETNS" -- "${@:2}"; }
on_router "$BACKUP" test -r /proc/net/nf_conntrack ||
	skip_all "this kernel does not show connections in /proc"
entries() { on_router "$1" grep -cE "$2" /proc/net/nf_conntrack; }
# becomes NODE PATTERN NUMBER SECONDS
becomes() {
	local i
	for ((i = 0; i < 5 * $4; i++)); do
		[ "$(entries "$1" "$2")" = "$3" ] && return 0
		sleep 0.2
	done
	return 1
}
carriers() { on "$1" sh -c "ps -e -o pid= -o args= | awk '/labctl conntrac[k]/{print \$1}'"; }

# Whoever serves keeps what comes; at SIGUSR1 says a word to each.
cat >"$TMP/serve.pl" <<'PERL'
use IO::Socket::INET; use IO::Select; use Socket;
my $l = IO::Socket::INET->new(LocalPort => 4700, Listen => 4096, ReuseAddr => 1) or die;
my $u = IO::Socket::INET->new(LocalPort => 4701, Proto => "udp") or die;
my (@c, $said); $SIG{USR1} = sub { $said = 1 }; $SIG{PIPE} = "IGNORE";
my $s = IO::Select->new($l, $u);
while (1) {
	for my $h ($s->can_read(0.2)) {
		if ($h == $l) { push @c, scalar $l->accept; next }
		defined(my $from = $u->recv(my $x, 64)) or (print("refused\n"), next);
		$u->send($x, 0, $from);
	}
	next unless $said; $said = 0; syswrite $_, "word\n" for @c;
}
PERL
# The others: N connections; prints how many, then how many had a word.
cat >"$TMP/many.pl" <<'PERL'
use IO::Socket::INET; use IO::Select; $| = 1;
my ($n, $wait) = @ARGV; my $s = IO::Select->new;
for (1 .. $n) { my $c = IO::Socket::INET->new(PeerAddr => "203.0.113.1:4700", Timeout => 5) or last; $s->add($c) }
print "open ", $s->count, "\n"; my ($had, $until) = (0, time + $wait);
while (time < $until && $s->count) {
	for my $h ($s->can_read(1)) { my $r = sysread $h, my $x, 5; $had++ if $r && $x eq "word\n"; $s->remove($h) }
}
print "had $had\n";
PERL
# A stream: a datagram each 0.2 s, and what came back.
cat >"$TMP/stream.pl" <<'PERL'
use IO::Socket::INET; my $until = time + shift; my ($sent, $back) = (0, 0);
my $u = IO::Socket::INET->new(PeerAddr => "203.0.113.1:4701", LocalPort => 4709, Proto => "udp") or die;
$u->blocking(0);
while (time < $until) { $u->send("x") and $sent++; select undef, undef, undef, 0.2; $back++ while defined $u->recv(my $x, 64) }
print "sent $sent back $back\n";
PERL
run() { on "$1" perl -e "$(cat "$TMP/$2.pl")" "${@:3}"; }
run outside serve >"$TMP/served" 2>&1 &
at_exit "kill $! 2>/dev/null"
sleep 0.5
for n in "$ACTIVE" "$BACKUP"; do
	for t in icmp_timeout udp_timeout udp_timeout_stream; do on_router "$n" sysctl -qw net.netfilter.nf_conntrack_$t=6; done
done
run selfservice-instance1 stream 45 >"$TMP/streamed" 2>&1 &
stream=$!
on selfservice-instance1 ping -q -i 0.5 -w 45 203.0.113.1 >/dev/null 2>&1 &

# An end that the standby missed: it has no gap but what it was not told.
cat >"$TMP/reset.pl" <<'PERL'
use IO::Socket::INET; use Socket; my $c = IO::Socket::INET->new(PeerAddr => "203.0.113.1:4700", LocalPort => 4711) or die;
sleep shift; setsockopt $c, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0); close $c;
PERL
run selfservice-instance1 reset 4 >/dev/null 2>&1 &
reset=$!
becomes "$BACKUP" 'ESTABLISHED.*sport=4711 ' 1 3
ok $? "a connection is carried"
on_router "$BACKUP" iptables -w -I INPUT -p udp --dport 3781 -j DROP
wait $reset
becomes "$ACTIVE" 'sport=4711 ' 0 20
ok $? "it ends, while nothing gets to the standby"
is "$(entries "$BACKUP" 'sport=4711 ')" 1 "which has it still"
on_router "$BACKUP" iptables -w -D INPUT -p udp --dport 3781 -j DROP
becomes "$BACKUP" 'sport=4711 ' 0 5
ok $? "and then no more"

# Two thousand at once.
run selfservice-instance1 many 2000 45 >"$TMP/many" 2>&1 &
many=$!
for ((i = 0; i < 100; i++)); do [ -s "$TMP/many" ] && break; sleep 0.1; done
like "$(cat "$TMP/many")" "open 2000" "two thousand connections"
tcp='ESTABLISHED.*dport=4700 '
becomes "$BACKUP" "$tcp" 2000 5
ok $? "all of them are carried" || diag "$(entries "$BACKUP" "$tcp")"
run selfservice-instance2 many 50 45 >"$TMP/more" 2>&1 &
more=$!
on "$ACTIVE" kill -KILL "$(carriers "$ACTIVE")"
becomes "$BACKUP" "$tcp" 2050 10
ok $? "and those that came while who carries them was killed" || diag "$(entries "$BACKUP" "$tcp")"

# Longer than an echo is remembered there by itself.
sleep 9
is "$(entries "$BACKUP" 'icmp.*dst=203.0.113.21 ')" 1 "an echo that goes on is still known to the standby"
is "$(entries "$BACKUP" 'udp.*sport=4709 .*dst=203.0.113.21 ')" 1 "and a stream of datagrams"

first=$ACTIVE
"$LABCTL" drain "$first" "$LAB" >"$TMP/out" 2>&1
"$LABCTL" failover --fault node-kill "$LAB" >"$TMP/tap" 2>"$TMP/err"
like "$(cat "$TMP/tap")" "ok [0-9]+ - " "drained, and the node that took over killed" ||
	diag "$(cat "$TMP/out" "$TMP/err")"
on outside sh -c "kill -USR1 \$(ps -e -o pid= -o args= | awk '/LocalPort => 470[0]/{print \$1}')"
wait $many $more
is "$(tail -n 1 "$TMP/many")" "had 2000" "all two thousand go on, who is outside speaking first"
is "$(tail -n 1 "$TMP/more")" "had 50" "and the others"
wait $stream
unlike "$(cat "$TMP/served")" "refused" "no datagram of the stream was refused" || diag "$(cat "$TMP/streamed")"
tap_done
