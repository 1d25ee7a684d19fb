#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every setting below net/ that a lab's root can write, of a router's, an
# instance's and a node's namespace, and of their links: changed, it is a
# difference, one that verify fails by, and mended by one up.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle
nothing_to_do() {
	is "$("$LABCTL" plan "$FILE" | tail -n 1)" \
		"lab $LAB is as the file says: 0 changes" "$1" ||
		diag "$("$LABCTL" plan "$FILE")"
}
nothing_to_do "nothing to do at first"
V=$(on compute1 ip netns list | sed 's/ .*//;q')
qr=$(dev_of "$BACKUP" qr-)

# Each file gets another value, and is told if it has one then. What others
# follow (forwarding, and what turns IPv6 off) is broken elsewhere. One is the
# whole machine's, and the last three only files tell.
cat > "$TMP/change.pl" <<'PERL'
sub value { my ($f) = @_; open(my $h, '<', $f) or return; my $v = <$h>; chomp($v //= ''); $v }
sub try { my ($f, $v) = @_; open(my $h, '>', $f) or return; syswrite($h, "$v\n"); close $h }
chdir "/proc/sys/net" or die;
chomp(my @files = `find . -type f`);
for my $f (map { s,^\./,,r } sort @files) {
	next if $f =~ m{/conf/(default|lo)/|/neigh/|^mptcp/|/nf_log|^ipv[46]/(tcp_|cipso_|calipso_|ioam6_)|_(sctp|dccp)_|
		^ipv6/conf/all/(accept_ra|dad_transmits|ioam6|max_|mld|ra_|regen_|router_|seg6_|temp_|use_tempaddr)|
		forwarding$|ip_forward$|disable_ipv6$|
		conf/[^/]*/(rp_filter|arp_ignore|accept_ra|addr_gen_mode|mtu|stable_secret|ioam6_id|ioam6_id_wide)$|
		nf_hooks_lwtunnel$|/(ra_honor_pio_life|ra_honor_pio_pflag|regen_min_advance)$}x;
	my $was = value($f) // next;
	my ($first) = split ' ', $was;
	my @to = $was =~ /^-?\d+$/ ? ($was + 1, $was - 1, 0, 1) :
		$was =~ /^\d+\s/ ? (join(' ', map { $_ + 1 } split(' ', $was)), '1 1 1', '1024 2048') :
		$was eq '' ? ('1-2') : ('reno', '1');
	for my $to (@to) {
		try($f, $to);
		my $now = value($f);
		next if $now eq $was;
		print "net/$f\n";
		last;
	}
}
PERL
chmod 644 "$TMP/change.pl"
change() {
	local node=$1
	shift
	on "$node" "$@" perl -e "$(cat "$TMP/change.pl")" 2>&1
}

# changed WHERE NAMESPACE: all of them are told.
changed() {
	local what=$1 place=$2 key missed=() n=0
	while read -r key; do
		n=$((n + 1))
		grep -qF "~ sysctl $key$place: " "$TMP/plan" || missed+=("$key")
	done < "$TMP/$what"
	ok $((n < 150)) "$what: $n settings changed"
	is "${missed[*]}" "" "$what: plan tells of each"
}

change "$BACKUP" ip netns exec "$NETNS" > "$TMP/router"
change compute1 ip netns exec "$V" > "$TMP/instance"
# The management network is no business of the lab's.
change compute1 | grep -v /conf/eth0/ > "$TMP/node"
# There are no files of these where a lab's root is nobody here.
on "$BACKUP" ip -n "$NETNS" ntable change name arp_cache dev "$qr" mcast_probes 0 ucast_probes 0
on compute1 ip -n "$V" ntable change name ndisc_cache dev eth0 queue 0
on "$BACKUP" ip -n "$NETNS" neigh add proxy 198.51.100.77 dev "$qr"
# shellcheck disable=SC2016 # they are perl's
gro='use Socket; socket(S, AF_INET, SOCK_DGRAM, 0) or die; my $v = pack("LL", 0x2c, 1);
	my $r = pack("a16P", shift, $v); ioctl(S, 0x8946, $r) or die $!'
on "$BACKUP" ip netns exec "$NETNS" perl -e "$gro" "$qr"
on compute1 ip netns exec "$V" perl -e "$gro" eth0
"$LABCTL" plan "$FILE" >"$TMP/plan" 2>"$TMP/err"
"$LABCTL" verify --only drift "$LAB" >"$TMP/tap" 2>>"$TMP/err"
is "$?" 1 "verify exits 1"
for n in "$BACKUP" compute1; do
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - drift: $n " "verify fails on $n"
done
like "$(cat "$TMP/tap")" "~ sysctl net/.*, wanted .*and [0-9]+ more" "and says by what"
changed router " in $NETNS"
changed instance " in $V"
changed node ""
for line in "~ sysctl net/ipv4/neigh/$qr/mcast_solicit in $NETNS: 0, wanted 3" \
	"~ sysctl net/ipv4/neigh/$qr/ucast_solicit in $NETNS: 0, wanted 3" \
	"~ sysctl net/ipv6/neigh/eth0/unres_qlen_bytes in $V: 0, wanted " \
	"- neighbour 198.51.100.77 answered for on $qr in $NETNS" \
	"- receive offload of $qr in $NETNS" \
	"- receive offload of eth0 in $V"; do
	like "$(cat "$TMP/plan")" "$line" "plan: $line"
done
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up mends all of it" || diag "$(cat "$TMP/out")"
nothing_to_do "and there is nothing left to do"
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "verify passes again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
