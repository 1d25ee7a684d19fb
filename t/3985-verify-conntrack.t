#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A router whose table of tracked connections is full lets nothing new through:
# it is named, and nobody's entries are taken away.
# shellcheck disable=SC2016,SC2034 # perl's words
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
max=$(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null)
[ "${max:-0}" -gt 0 ] || skip_all "connections are not tracked here"
[ "$max" -le 600000 ] || skip_all "$max connections are too many to make"
lab_make 1s
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" verify --only conntrack "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "there is room at first" || diag "$(cat "$TMP/tap" "$TMP/err")"
like "$(cat "$TMP/tap")" "ok 1 - conntrack: network1 has room" "on each node with routers"

# Datagrams to ports of the router's own loopback, each of which is one more.
cat >"$TMP/fill.pl" <<'EOP'
use Socket;
my ($left, $net) = ($ARGV[0], 1);
socket(my $s, PF_INET, SOCK_DGRAM, 17) or die;
while ($left > 0) {
	my $to = inet_aton("127.0.1." . $net++);
	for my $p (1 .. 65535) {
		send($s, "", 0, pack_sockaddr_in($p, $to));
		last if --$left <= 0;
	}
}
EOP
on "$ACTIVE" ip netns exec "$NETNS" perl - $((max + max / 50)) <"$TMP/fill.pl" >"$TMP/out" 2>&1
ok $? "$max connections" || diag "$(cat "$TMP/out")"
"$LABCTL" verify --only conntrack "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "verify exits 1"
like "$(cat "$TMP/tap")" "not ok [0-9]+ - conntrack: $ACTIVE has room" "the node is named"
like "$(cat "$TMP/tap")" "$NETNS: [0-9]+ of $max connections" "and the namespace" ||
	diag "$(cat "$TMP/tap")"
like "$(grep -c '^ok' "$TMP/tap")" '^1' "the other node has room"
"$LABCTL" plan "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" " 0 changes" "up would change nothing" || diag "$(cat "$TMP/out")"
tap_done
