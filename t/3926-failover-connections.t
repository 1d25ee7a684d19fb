#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Connections through a failover: reset where nobody carries them over, and all
# of them alive with sync_connections. What comes from others plants nothing;
# what was lost on the way, or told before one began, is told again.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" failover --fault engine-kill "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "without it the drill passes" || diag "$(cat "$TMP/tap" "$TMP/err")"
like "$(cat "$TMP/tap")" "through SNAT .*, the host outside speaking first: reset" \
	"and tells that a connection is reset"
is "$(grep -c '^# .*a connection .*: goes on' "$TMP/tap")" 3 "and that three go on"

sed -i '/sync_connections: false/d' "$FILE"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up with sync_connections" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" failover --fault engine-kill "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "with it the drill passes" || diag "$(cat "$TMP/tap" "$TMP/err")"
is "$(grep -c '^# .*a connection .*: goes on' "$TMP/tap")" 4 "all four go on"
settle

# On the standby: the entries for a port, with their translation.
on_router() { "$LABCTL" exec -l "$LAB" "$1" --netns "$NETNS" -- "${@:2}"; }
entries() { on_router "$1" cat /proc/net/nf_conntrack | grep -c "dport=$2 .*ESTABLISHED\|ESTABLISHED.*dport=$2 "; }
appears() {
	local i
	for ((i = 0; i < 60; i++)); do
		[ "$(entries "$1" "$2")" -gt 0 ] && return 0
		sleep 0.1
	done
	return 1
}
if ! on_router "$BACKUP" test -r /proc/net/nf_conntrack; then
	diag "this kernel does not show connections in /proc"
	tap_done
fi

serve() { on outside sh -c "sleep 40 | timeout 40 busybox nc -l -p $1" >/dev/null 2>&1 & }
talk() { on selfservice-instance1 sh -c "sleep 30 | timeout 30 busybox nc 203.0.113.1 $1" >/dev/null 2>&1 & }
serve 4701; serve 4702; sleep 0.5
on_router "$BACKUP" iptables -w -I INPUT -p udp --dport 3781 -j DROP
talk 4701
appears "$ACTIVE" 4701
ok $? "a connection while nothing gets to the standby"
is "$(entries "$BACKUP" 4701)" 0 "which so has nothing of it"
on_router "$BACKUP" iptables -w -D INPUT -p udp --dport 3781 -j DROP
appears "$BACKUP" 4701
ok $? "what was lost is missed, and told again" ||
	diag "$(on_router "$BACKUP" cat /proc/net/nf_conntrack)"

# One that begins says hello; who is stopped meanwhile is told the rest then.
carrier() { on "$1" sh -c "ps -e -o pid= -o args= | awk '/labctl conntrac[k]/{print \$1}'"; }
pid=$(carrier "$BACKUP")
on "$BACKUP" kill -STOP "$pid"
talk 4702
appears "$ACTIVE" 4702
on "$BACKUP" kill -KILL "$pid"
appears "$BACKUP" 4702
ok $? "who begins anew is told all"

# A datagram as it would have to be, from where it must not come.
cat >"$TMP/plant.pl" <<'PERL'
use Socket;
my ($from, $to, $ttl, $sport, $port) = @ARGV;
my $t = sub { pack('a16a16nnCCn', map({ inet_aton($_) } @_[0, 1]), @_[2, 3], 0, 0, 0) };
my $rec = pack('CCCCnnNN', 4, 6, 3, 0, 0, 0, 6, 3600)
	. $t->('198.51.100.4', '203.0.113.1', 40000, $port)
	. $t->('203.0.113.1', '203.0.113.21', $port, 40000);
my $data = 'lct1' . pack('CCnNN', 1, 1, 0, 7, 9) . $rec;
socket(my $s, AF_INET, SOCK_RAW, 17) or die "socket: $!";
bind($s, sockaddr_in(0, inet_aton($from))) or die "bind: $!";
setsockopt($s, 0, 2, pack('i', $ttl)) or die "ttl: $!"; # IPPROTO_IP, IP_TTL
my $udp = pack('nnnn', $sport, 3781, 8 + length $data, 0) . $data;
send($s, $udp, 0, sockaddr_in(0, inet_aton($to))) or die "send: $!";
PERL
h1=$(on_router "$ACTIVE" ip -4 -o addr show dev "$(dev_of "$ACTIVE" ha-)" | sed -n 's/.*inet \(169.254.19[0-9.]*\).*/\1/p')
h2=$(on_router "$BACKUP" ip -4 -o addr show dev "$(dev_of "$BACKUP" ha-)" | sed -n 's/.*inet \(169.254.19[0-9.]*\).*/\1/p')
plant() { on_router "$ACTIVE" perl -e "$(cat "$TMP/plant.pl")" "$@"; }
# Who has the truth stands still: he would say at once that there is no such.
on "$ACTIVE" kill -STOP "$(carrier "$ACTIVE")"
plant "$h1" "$h2" 254 3781 4801
plant "$h1" "$h2" 255 999 4802
on_router "$ACTIVE" ip addr add 169.254.192.77/18 dev "$(dev_of "$ACTIVE" ha-)"
plant 169.254.192.77 "$h2" 255 3781 4803
on_router "$ACTIVE" ip addr del 169.254.192.77/18 dev "$(dev_of "$ACTIVE" ha-)"
plant "$h1" "$h2" 255 3781 4804
appears "$BACKUP" 4804
ok $? "a peer's datagram is taken"
is "$(entries "$BACKUP" 4801)" 0 "one that came through a router is not"
is "$(entries "$BACKUP" 4802)" 0 "nor one from another port"
is "$(entries "$BACKUP" 4803)" 0 "nor one of no peer"
on "$ACTIVE" kill -CONT "$(carrier "$ACTIVE")"
for ((i = 0; i < 60; i++)); do
	[ "$(entries "$BACKUP" 4804)" = 0 ] && break
	sleep 0.1
done
is "$(entries "$BACKUP" 4804)" 0 "what a peer does not have, when it tells all, goes"
tap_done
