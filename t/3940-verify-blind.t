#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What verify could not see it does not pass, and whom it heard it names: an
# ha interface that is down, and a stranger on the HA network.
# shellcheck disable=SC2016,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle

ha=$(dev_of "$BACKUP" ha-)
on "$BACKUP" ip -n "$NETNS" link set "$ha" down
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "an ha interface is down: verify exits 1"
for n in network1 network2; do
	like "$(grep '^not ok' "$TMP/tap")" "- advert-fields: .* on $n" \
		"what one of two captures would have shown of $n is not passed"
done
like "$(cat "$TMP/tap")" "could_not_look: .*$BACKUP: .*$ha" \
	"and why it could not look is told"
on "$BACKUP" ip -n "$NETNS" link set "$ha" up
settle

# From a compute node, in the HA network's VXLAN.
vx=$(on "$ACTIVE" ip -d link show type vxlan | grep -A3 vxlan-2)
group=$(sed -n 's/.* group \([0-9.]*\) .*/\1/p' <<< "$vx")
mac=02:00:00:00:00:77
# shellcheck disable=SC2154
on compute1 sh -c "ip link add strange address $mac type vxlan id 2 group $group dev eth1 dstport 8472 &&
	ip link set strange up && ip addr add 169.254.192.77/18 dev strange && mkdir -p /run/strange &&
	cat > /run/strange/vrrp.yaml && labctl vrrp run --daemon /run/strange/vrrp.yaml" \
	>"$TMP/out" 2>&1 <<'YAML'
control: /run/strange/vrrp.sock
routers:
- name: strange
  interface: strange
  vrid: 1
  priority: 200
  interval: 1s
  preempt: true
  virtual_addresses: [{address: 169.254.0.1/24, dev: strange}]
  garp: {repeat: 1, refresh: 0s}
YAML
ok $? "a stranger of a greater priority begins to speak" || diag "$(cat "$TMP/out")"
sleep 5
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "a stranger: verify exits 1"
for n in network1 network2; do
	like "$(cat "$TMP/tap")" "stranger: [0-9]+ from 169.254.192.77, MAC $mac, heard on $n" \
		"the stranger is named with its MAC, as heard on $n" ||
		diag "$(grep -A12 '^not ok' "$TMP/tap")"
done
for n in network1 network2; do
	like "$(cat "$TMP/tap")" "not ok [0-9]+ - strangers: " "the HA network has a stranger"
done
on compute1 sh -c "labctl vrrp stop -c /run/strange/vrrp.sock" >"$TMP/out" 2>&1
settle

# One who speaks of a router that no lab has, in another version, and one who
# floods: a thousand a second, of a VRID that is a router's and a lower priority.
on compute1 sh -c "sed -i 's/vrid: 1/vrid: 77/; s/- name: strange/- name: other/; s/interval: 1s/interval: 500ms, version: 3/' /run/strange/vrrp.yaml; sed -i 's/, version: 3/\\n  version: 3/' /run/strange/vrrp.yaml
	labctl vrrp run --daemon /run/strange/vrrp.yaml" >"$TMP/out" 2>&1
ok $? "a stranger of another VRID and version" || diag "$(cat "$TMP/out")"
cat > "$TMP/flood.pl" <<'PERL'
use Socket;
my ($ms) = @ARGV;
sub sum { my $s = 0; $s += $_ for unpack 'n*', $_[0]; $s = ($s & 0xffff) + ($s >> 16) while $s >> 16; ~$s & 0xffff }
my $vrrp = pack 'C6n', 0x21, 1, 10, 1, 0, 1, 0;
$vrrp .= inet_aton('169.254.0.1') . ("\0" x 8);
substr($vrrp, 6, 2) = pack 'n', sum($vrrp);
my $ip = pack('C2n3C2n', 0x45, 0xc0, 20 + length $vrrp, 0, 0, 255, 112, 0) . inet_aton('169.254.192.66') . inet_aton('224.0.0.18');
substr($ip, 10, 2) = pack 'n', sum($ip);
my $frame = pack('H12H12n', '01005e000012', '020000000066', 0x0800) . $ip . $vrrp;
socket my $s, 17, 3, 0x0008 or die "socket: $!";
open my $f, '<', '/sys/class/net/strange/ifindex' or die; chomp(my $i = <$f>);
my $to = pack 'SnlSCCa8', 17, 0x0800, $i, 0, 0, 6, pack 'H12', '01005e000012';
for (1 .. $ms) { send $s, $frame, 0, $to; select undef, undef, undef, 0.001 }
PERL
base64 -w0 "$TMP/flood.pl" > "$TMP/flood.b64"
on compute1 sh -c "echo $(cat "$TMP/flood.b64") | base64 -d > /run/strange/flood.pl; setsid perl /run/strange/flood.pl 20000 >/run/strange/flood.log 2>&1 </dev/null & sleep 0.5; cat /run/strange/flood.log" >"$TMP/out" 2>&1
sleep 1
settle
"$LABCTL" verify --only active,adverts,advert-tunnel,strangers "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "both: verify exits 1"
like "$(cat "$TMP/tap")" "a stranger: [0-9]+ from 169.254.192.77, MAC $mac, VRRPv3, VRID 77, priority 200, by the tunnel of 10.0.1.31, heard on network" \
	"the one of another VRID and version is named, and where it is" || diag "$(cat "$TMP/tap" "$TMP/err")"
on compute1 cat /run/strange/flood.log >"$TMP/log" 2>&1
like "$(cat "$TMP/tap")" "a stranger: [0-9]+ from 169.254.192.66, MAC 02:00:00:00:00:66, VRRPv2, VRID 1" \
	"so is the one who floods" || diag "$(cat "$TMP/log" "$TMP/out")"
like "$(grep '^ok' "$TMP/tap")" "active: " "the lower one of it deposes nobody"
like "$(grep '^ok' "$TMP/tap")" "advert-tunnel: " "and hides nobody" || diag "$(cat "$TMP/tap" "$TMP/err")"
on compute1 pkill -f flood.pl
on compute1 sh -c "labctl vrrp stop -c /run/strange/vrrp.sock; ip link del strange" >"$TMP/out" 2>&1
ok $? "the stranger goes" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "and verify passes again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
