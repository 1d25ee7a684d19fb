#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Addresses on their way through a router: SNAT, floating addresses, and both
# through a failover and through edits of the running lab.
# shellcheck disable=SC2016 # texts are for perl
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v perl >/dev/null || skip_all "needs perl to speak TCP"
lab_make 1s

GW=203.0.113.21 FIP=203.0.113.17 OUT=203.0.113.1
one=selfservice-instance1 two=selfservice-instance2

# Says to each client from what address it came, and keeps the connection: a
# line is answered by a line.
server='use IO::Socket::INET; $SIG{CHLD} = "IGNORE"; $| = 1;
my $s = IO::Socket::INET->new(LocalPort => 7777, Listen => 9, ReuseAddr => 1) or die;
while (my $c = $s->accept) { if (!fork) { $c->autoflush(1);
print $c $c->peerhost, "\n"; while (<$c>) { print $c "more\n" } exit } }'
# client ADDRESS: the first line.
client='use IO::Socket::INET; my $c = IO::Socket::INET->new(PeerAddr => shift,
PeerPort => 7777, Timeout => 5) or die "no connection: $!\n"; print scalar <$c>'
# holder ADDRESS SECONDS: a line every 0.2 s; tells how it ended.
holder='use IO::Socket::INET; my ($a, $s) = @ARGV; my $c = IO::Socket::INET->new(
PeerAddr => $a, PeerPort => 7777, Timeout => 5) or die "no connection: $!\n";
$c->autoflush(1); $SIG{PIPE} = "IGNORE"; my $l = <$c>; my $until = time + $s;
while (time < $until) { $SIG{ALRM} = sub { print "silence\n"; exit };
alarm 8; print $c "x\n"; $l = <$c>; if (!defined $l) { print "ended\n"; exit }
alarm 0; select undef, undef, undef, 0.2 } print "held\n"'

# said WHERE PERL WORDS...: what the script says there.
said() {
	local where=$1 text=$2
	shift 2
	on "$where" perl -e "$text" "$@" 2>&1
}
serve() {
	on "$1" perl -e "$server" >/dev/null 2>&1 &
	at_exit "kill $! 2>/dev/null"
}
# up_to STATUS WORDS: edits of the file become true.
applied() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1" || diag "$(cat "$TMP/out")"
}
pings() { on "$1" ping -c 5 -i 0.2 -W 1 "$2" 2>&1; }
since() {
	"$LABCTL" status -o json "$LAB" | grep -o '"since_ns": *[0-9]*'
}
nat() { on "$1" ip netns exec "$NETNS" iptables -t nat -S; }

applied up
settle
serve outside
serve $two
sleep 1

is "$(said $one "$client" $OUT)" "$GW" "TCP: outside sees the router's address"
is "$(said $two "$client" $OUT)" "$FIP" "TCP: and the floating one of who has it"
like "$(pings $one $OUT)" "5 received" "ping of the outside"
out=$(pings outside $FIP)
like "$out" "5 received" "ping of the floating address from outside"
like "$out" "ttl=63" "answered from behind the router"
like "$(pings outside $GW)" "ttl=64" "which itself is nearer"
is "$(said outside "$client" $FIP)" "$OUT" "TCP to the floating address"
is "$(said $one "$client" $FIP)" "$GW" "and from inside, by the router"
is "$(nat "$ACTIVE")" "$(nat "$BACKUP")" "both hosts have the same rules"

# A failover: the instance speaks first afterwards (its port is kept).
said $one "$holder" $OUT 25 >"$TMP/snat" &
a=$!
said outside "$holder" $FIP 25 >"$TMP/fip" &
b=$!
sleep 1
was=$ACTIVE
on "$ACTIVE" ip link set eth1 down
sleep 8
router_facts
isnt=0; [ -n "$ACTIVE" ] && [ "$ACTIVE" != "$was" ] || isnt=1
ok $isnt "the other host is active"
like "$(pings outside $FIP)" "5 received" "the floating address went along"
is "$(said $one "$client" $OUT)" "$GW" "and SNAT"
on "$was" ip link set eth1 up
wait $a $b
is "$(cat "$TMP/snat")" held "a connection by SNAT goes on"
is "$(cat "$TMP/fip")" held "one by the floating address goes on"
settle

# Ten at once on the running lab: nobody else notices.
cp "$FILE" "$TMP/before.yaml"
for i in $(seq 1 10); do
	echo "  extra$i: {node: compute1, network: selfservice2}"
done >>"$FILE"
applied "ten more instances"
cp "$FILE" "$TMP/ten.yaml"
before=$(since)
like "$before" "since_ns" "since when the roles are"
said outside "$holder" $FIP 15 >"$TMP/fip" &
b=$!
on $one ping -i 0.05 -c 200 $OUT >"$TMP/ping" 2>&1 &
p=$!
{
	echo floating_ips:
	for i in $(seq 1 10); do
		echo "  f$i: {instance: extra$i, address: 203.0.113.$((100 + i))}"
	done
} >>"$FILE"
applied "ten floating addresses at once"
is "$(since)" "$before" "no transition"
wait $p
like "$(cat "$TMP/ping")" "200 received" "no ping elsewhere was lost" ||
	diag "$(tail -n 3 "$TMP/ping")"
n=0
for i in $(seq 1 10); do
	on outside ping -c 2 -i 0.2 -W 1 203.0.113.$((100 + i)) >/dev/null && n=$((n + 1))
done
is $n 10 "all ten answer"

# Moved: to another instance; removed: its connections end, and no others.
sed -i "s/instance: extra1,/instance: extra1-was,/; s/instance: extra2,/instance: extra1,/; s/extra1-was/extra2/" "$FILE"
applied "two are swapped"
e1=$("$LABCTL" check --resolved "$FILE" | sed -n '/^  extra1:/,/address/s/.*address: \["\([0-9.]*\)".*/\1/p')
like "$(nat "$ACTIVE")" "-d 203.0.113.102/32 -j DNAT --to-destination $e1" "and lead there"
serve extra3
sleep 1
said outside "$holder" 203.0.113.103 60 >"$TMP/gone" &
g=$!
sleep 2
cp "$TMP/ten.yaml" "$FILE"
applied "all ten removed"
wait $g
like "$(cat "$TMP/gone")" "ended|silence" "a connection by one of them ends"
on outside ping -c 2 -i 0.2 -W 1 203.0.113.103 >/dev/null
is $? 1 "its address answers no more"
wait $b
is "$(cat "$TMP/fip")" held "a connection by another one goes on"
is "$(since)" "$before" "no transition in all that"

# snat: false
sed -i 's/^    gateway: provider1$/&\n    snat: false/' "$FILE"
applied "SNAT switched off"
unlike "$(nat "$ACTIVE")" "-o qg-[^ ]* -j SNAT" "no such rule"
"$LABCTL" verify --only snat,floating,addresses,drift "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "verify passes" || diag "$(grep -A12 '^not' "$TMP/tap"; cat "$TMP/err")"
tap_done
