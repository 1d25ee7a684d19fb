#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# DHCP in a lab: two servers a network that agree, what a client is told, what
# goes on while it runs, and what is left; as root and as an ordinary user.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/user.sh
. "$(dirname "$0")/lib/user.sh"
PATH=$PATH:/usr/sbin:/sbin
command -v dnsmasq >/dev/null || skip_all "needs dnsmasq"
command -v busybox >/dev/null || skip_all "needs busybox"
command -v iptables-nft-restore >/dev/null || skip_all "needs iptables"

LAB=dhcp$$
FILE=$TMP/dhcp.yaml

# lab_file [LINE of instances] [KEY of network alone]
lab_file() {
	cat > "$FILE" <<-YAML
	lab: $LAB
	nodes:
	  n1: {role: network}
	  n2: {role: network}
	  k1: {role: compute}
	networks:
	  routed:
	    subnets:
	      r4:
	        cidr: 192.168.1.0/24
	        dhcp: true
	        dns: 8.8.4.4
	        host_routes: [{to: 10.9.0.0/16, via: 192.168.1.250}]
	  alone:
	    subnets:
	      a4: {cidr: 192.168.2.0/24, enable_gateway: false, ${2:-dhcp: true}}
	routers:
	  r: {interfaces: [r4]}
	instances:
	  i1: {node: k1, network: routed, static: true}
	  i2: {node: k1, network: alone, static: true}
	  ${1:-}
	YAML
	chmod a+r "$FILE"
}

lab() { $as "$bin" "$@"; }

# on PLACE WORDS: a shell there
on() { lab exec "$1" -- sh -c "$2"; }

# A client that asks and tells what it got, and keeps nothing.
# shellcheck disable=SC2016
client='
printf "#!/bin/sh\n[ \"\$1\" = bound ] && set\n" > /tmp/hook
chmod +x /tmp/hook
busybox udhcpc -f -q -n -i eth0 -s /tmp/hook -O 121 -O 249 -O mtu -T 1 -t 10 2>&1'

# got KEY: of the client that wrote $TMP/got
got() { sed -n "s/^$1='\{0,1\}\([^']*\)'\{0,1\}\$/\1/p" "$TMP/got"; }

# A client that has its address and has lost its server asks all of them
# (RFC 2131 4.3.2, REBINDING), and tells who answered what.
cat > "$TMP/rebind.pl" <<'PERL'
use strict; use warnings; use Socket;
my ($ip, $mac, $seconds) = @ARGV;
my $xid = pack 'N', 0x12345678;
my $request = pack('CCCC', 1, 1, 6, 0) . $xid . pack('nn', 0, 0) .
	inet_aton($ip) . "\0" x 12 . pack('H12', $mac =~ s/://gr) . "\0" x 10 .
	"\0" x 192 . pack('H8', '63825363') . pack('C*', 53, 1, 3, 255);
socket my $s, PF_INET, SOCK_DGRAM, 17 or die "socket: $!";
setsockopt $s, SOL_SOCKET, SO_BROADCAST, 1 or die "broadcast: $!";
setsockopt $s, SOL_SOCKET, 25, "eth0\0" or die "device: $!";
bind $s, sockaddr_in(68, INADDR_ANY) or die "bind: $!";
my %said;
for (1 .. $seconds) {
	send $s, $request, 0, sockaddr_in(67, INADDR_BROADCAST) or die "send: $!";
	my $until = time + 1;
	while (time <= $until) {
		my $r = ''; vec($r, fileno $s, 1) = 1;
		next unless select $r, undef, undef, 0.2;
		recv $s, my $answer, 2000, 0 or next;
		next unless substr($answer, 4, 4) eq $xid;
		my ($what, $who) = ('', '');
		for (my $at = 240; $at < length $answer; ) {
			my $o = ord substr $answer, $at, 1;
			last if $o == 255;
			$at++, next if $o == 0;
			my $n = ord substr $answer, $at + 1, 1;
			my $v = substr $answer, $at + 2, $n;
			$what = ord $v if $o == 53;
			$who = inet_ntoa($v) if $o == 54;
			$at += 2 + $n;
		}
		$said{"$who $what"} = 1;
	}
	last if keys %said > 1;
}
print join(', ', sort keys %said), "\n";
PERL

# pid_of NODE NETWORK: dnsmasq's, by the file that it wrote
pid_of() { on "$1" "cat /var/lib/neutron/dhcp/$2/pid 2>/dev/null"; }

one() {
	local who=$1 routed alone mac pid other n out
	lab_file
	lab up --no-wait "$FILE" >"$TMP/out" 2>&1
	ok $? "$who: up" || diag "$(cat "$TMP/out")"
	lab plan "$FILE" >"$TMP/out" 2>&1
	like "$(cat "$TMP/out")" " 0 changes" "$who: and as the file says"
	routed=$(on n1 'grep -l 192.168.1 /var/lib/neutron/dhcp/*/host' | cut -d/ -f6)
	alone=$(on n1 'grep -l 192.168.2 /var/lib/neutron/dhcp/*/host' | cut -d/ -f6)
	is "$(on n1 'ls -d /var/lib/neutron/dhcp/*/*' | sed 's|.*/||' | sort | uniq -c | tr -s ' \n' ' ')" \
		" 2 addn_hosts 2 host 2 interface 2 leases 2 opts 2 pid " \
		"$who: Neutron's files of each network"
	is "$(on n2 "ip netns" | grep -c "^qdhcp-")" 2 "$who: and two namespaces on the other node"

	# What a client is told.
	on i1 "$client" > "$TMP/got"
	is "$(got ip)/$(got mask)" 192.168.1.4/24 "$who: the address behind the servers' own"
	is "$(got mtu)" 1450 "$who: the network's MTU"
	is "$(got dns)" 8.8.4.4 "$who: the subnet's DNS server"
	is "$(got router)" 192.168.1.1 "$who: the router"
	is "$(got domain)" openstacklocal "$who: the domain"
	is "$(got lease)" 86400 "$who: for a day"
	is "$(got staticroutes)" \
		"10.9.0.0/16 192.168.1.250 169.254.169.254/32 192.168.1.1 0.0.0.0/0 192.168.1.1" \
		"$who: routes by option 121"
	is "$(got msstaticroutes)" "$(got staticroutes)" "$who: and by 249"
	on i2 "$client" > "$TMP/got"
	is "$(got ip) router $(got router)" "192.168.2.3 router " "$who: a network without router"
	is "$(got dns)" "192.168.2.1 192.168.2.2" "$who: whose servers are its DNS"
	is "$(on i2 'busybox nslookup i2.openstacklocal 192.168.2.2' | grep -A1 '^Name:.*i2' | grep -o '192[0-9.]*')" \
		192.168.2.3 "$who: which knows the instances' names"

	# Both serve all, and neither refuses the other's.
	mac=$(on i1 'cat /sys/class/net/eth0/address')
	is "$(on i1 "cat > /tmp/rebind.pl; perl /tmp/rebind.pl 192.168.1.4 $mac 10" < "$TMP/rebind.pl")" \
		"192.168.1.2 5, 192.168.1.3 5" "$who: each server renews the lease, whosever it is"
	out=
	for n in n1 n2; do
		out+=$(on $n "grep -c 'DHCPOFFER.*$mac' /run/labctl/$LAB/dhcp-$routed.log | sed 's/[1-9].*/offers/'; grep NAK /run/labctl/$LAB/dhcp-*.log")" "
	done
	is "$out" "offers offers " "$who: both made an offer, none a refusal"

	# One dies.
	pid=$(pid_of n1 "$routed")
	on n1 "kill -9 $pid"
	n=$(date +%s%N)
	wait_for "$who: killed, it is back" yes \
		on n1 "p=\$(cat /var/lib/neutron/dhcp/$routed/pid); [ \$p != $pid ] && grep -q dnsmasq /proc/\$p/comm && echo yes"
	diag "after $((($(date +%s%N) - n) / 1000000)) ms"
	is "$(on i1 "cat > /tmp/rebind.pl; perl /tmp/rebind.pl 192.168.1.4 $mac 10" < "$TMP/rebind.pl")" \
		"192.168.1.2 5, 192.168.1.3 5" "$who: and knows the lease"

	# What a link takes that is set down.
	places() { on n1 "ip -n qdhcp-$routed neigh show nud all | grep extern_learn | cut -d\  -f1 | sort"; }
	out=$(places)
	like "$out" "192.168.1" "$who: places of neighbours are reserved"
	on n1 "for w in down up; do ip -n qdhcp-$routed link set \$(cat /var/lib/neutron/dhcp/$routed/interface) \$w; done"
	wait_for "$who: and again, when the link was down" "$out" places

	# What is taken away comes back, each with the server's answer.
	for n in "ip netns del qdhcp-$routed" \
		"ip -n qdhcp-$routed link del \$(cat /var/lib/neutron/dhcp/$routed/interface)" \
		"ip netns exec qdhcp-$routed iptables -t mangle -F; echo >> /var/lib/neutron/dhcp/$routed/host"; do
		on n1 "$n"
		lab plan "$FILE" >"$TMP/out" 2>&1
		unlike "$(cat "$TMP/out")" " 0 changes" "$who: seen: ${n%% qdhcp*}"
		lab up --no-wait "$FILE" >"$TMP/out" 2>&1
		ok $? "$who: and mended" || diag "$(cat "$TMP/out")"
		is "$(on i1 "cat > /tmp/rebind.pl; perl /tmp/rebind.pl 192.168.1.4 $mac 10" < "$TMP/rebind.pl")" \
			"192.168.1.2 5, 192.168.1.3 5" "$who: both answer"
	done

	# The lab changes.
	pid=$(pid_of n1 "$routed")
	other=$(pid_of n1 "$alone")
	lab_file "i3: {node: k1, network: routed, static: true}"
	lab up --no-wait "$FILE" >"$TMP/out" 2>&1
	ok $? "$who: one more instance" || diag "$(cat "$TMP/out")"
	is "$(pid_of n1 "$routed") $(pid_of n1 "$alone")" "$pid $other" "$who: starts no server anew"
	on i3 "$client" > "$TMP/got"
	is "$(got ip)" 192.168.1.5 "$who: and is served"
	lab_file "" "dhcp: false"
	lab up --no-wait "$FILE" >"$TMP/out" 2>&1
	ok $? "$who: a network without DHCP" || diag "$(cat "$TMP/out")"
	is "$(on n1 "ip netns | grep -c qdhcp-; ls /var/lib/neutron/dhcp; pgrep dnsmasq")" \
		"1
$routed
$pid" "$who: has neither namespace nor files nor server, and the other stays"
	lab plan "$FILE" >"$TMP/out" 2>&1
	like "$(cat "$TMP/out")" " 0 changes" "$who: as the file says"

	lab down "$LAB" >"$TMP/out" 2>&1
	ok $? "$who: down" || diag "$(cat "$TMP/out")"
	is "$(processes_of "$LAB")" "" "$who: no process of the lab is left"
	is "$(pgrep -f "dhcp/$routed/")" "" "$who: and no server"
}

if [ "$(id -u)" -ne 0 ]; then
	as='' bin=$LABCTL
	at_exit "'$LABCTL' down -q $LAB >/dev/null 2>&1"
	one user
	tap_done
fi
as='' bin=$LABCTL
at_exit "'$LABCTL' down -q $LAB >/dev/null 2>&1"

# Without dnsmasq nothing is begun.
without() {
	# shellcheck disable=SC2016 # expanded inside
	unshare -m bash -c 'mount --bind /dev/null "$1" && shift && exec "$@"' \
		x "$(command -v dnsmasq)" "$LABCTL" "$@" 2>&1
}
lab_file
out=$(without up "$FILE")
is $? 3 "without dnsmasq: exit status"
like "$out" "no dnsmasq here, which labs with DHCP want: apt-get install dnsmasq-base" "with the cure"
is "$(processes_of "$LAB")" "" "and nothing is begun"
like "$(without doctor)" "lacks    dnsmasq .*cure: apt-get install dnsmasq-base" "doctor tells it too"

one root
if command -v newuidmap >/dev/null; then
	user_make
	as=as_user bin=$TMP/labctl
	at_exit "as_user '$TMP/labctl' down -q $LAB >/dev/null 2>&1"
	one user
else
	skip "as an ordinary user" "needs uidmap"
fi
tap_done
