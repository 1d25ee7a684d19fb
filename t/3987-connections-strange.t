#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What strangers do to groups, drained nodes and carried connections: edits in
# the midst of traffic, groups that are in use or refer to one another, address
# pairs that are another's, port security on and off, nodes drained twice and
# all at once, and a carrier of connections that stands still or is killed.
# shellcheck disable=SC2016 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
command -v perl >/dev/null || skip_all "needs perl to speak TCP"
lab_make 1s "$tap_top/topologies/classroom.yaml"
cp "$FILE" "$TMP/whole.yaml"
applied() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1" || diag "$(cat "$TMP/out")"
}
refused() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	is $? 2 "$1: refused"
	like "$(cat "$TMP/out")" "$2" "$1: with its reason"
	cp "$TMP/whole.yaml" "$FILE"
	"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
	ok $? "$1: and nothing changed" || diag "$(cat "$TMP/out")"
}
fip_of() { "$LABCTL" check --resolved "$FILE" | sed -n "/^  $1:/,/floating/s/.*floating_ip: \"\(.*\)\"/\1/p"; }
pings() { on "$1" ping -c 3 -i 0.2 -W 1 "$2" 2>&1; }
applied up
settle

# Groups in use, and in a circle.
sed -i '/^  database:/,/admins}/d' "$FILE"
refused "a group that is in use removed" "no security group is named 'database'"
sed -i 's/{protocol: icmp, remote_group: web}/{protocol: icmp, remote_group: wbe}/' "$FILE"
refused "one that refers to nobody" "no security group is named 'wbe'; did you mean 'web'"
sed -i 's/      - {protocol: tcp, ports: 80-81}/&\n      - {protocol: udp, ports: 7, remote_group: admins}/; s/  admins:/&\n    description: "refers to web, as web to it"/' "$FILE"
applied "two that refer to one another"

# A live connection by a floating address.
on blue-web busybox timeout 90 busybox httpd -f -p 81 -h /etc >/dev/null 2>&1 &
at_exit "kill $! 2>/dev/null"
hold='use IO::Socket::INET; my $c = IO::Socket::INET->new(PeerAddr => shift, PeerPort => 81, Timeout => 5)
or die "no connection: $!\n"; print "open\n"; $| = 1; $c->autoflush(1); sleep shift; print $c "GET / HTTP/1.0\r\n\r\n";
$SIG{ALRM} = sub { print "silence\n"; exit }; alarm 4; my $l = <$c>; print defined $l ? "answered\n" : "ended\n"'
web=$(fip_of blue-web)
for ((i = 0; i < 50; i++)); do
	on blue-web busybox netstat -ltn 2>/dev/null | grep -q ':81 ' && break
	sleep 0.1
done
on outside perl -e "$hold" "$web" 6 >"$TMP/held" 2>&1 &
held=$!
sleep 1
cp "$TMP/whole.yaml" "$FILE"
sed -i 's/\(  blue-db: {.*\)security_groups: \[database\]/\1port_security: false/' "$FILE"
applied "port security switched off, of another, in the midst of it"
like "$(pings blue-admin "$("$LABCTL" check --resolved "$FILE" | sed -n '/^  blue-db:/,/address/s/.*address: \["\([0-9.]*\)".*/\1/p')")" \
	" 3 received" "who may then be pinged"
cp "$TMP/whole.yaml" "$FILE"
sed -i 's/  red2: {/&allowed_address_pairs: [{address: 192.168.1.0\/24}, {address: 192.168.1.5}], /' "$FILE"
applied "pairs that overlap, and that others have as their address"
applied "and again"
like "$(cat "$TMP/out")" ", 0 changes" "which changes nothing"
wait $held
like "$(cat "$TMP/held")" "open.*answered" "the connection goes on all the while" || diag "$(cat "$TMP/held")"
on outside perl -e "$hold" "$web" 8 >"$TMP/held" 2>&1 &
held=$!
sleep 1
cp "$TMP/whole.yaml" "$FILE"
sed -i '/ports: 80-81/d' "$FILE"
applied "its rule removed"
wait $held
like "$(cat "$TMP/held")" "open.*(silence|ended)" "ends it" || diag "$(cat "$TMP/held")"
cp "$TMP/whole.yaml" "$FILE"
applied "all as it was"

# Nodes drained.
"$LABCTL" undrain network1 "$LAB" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" "it was not drained" "who was not drained is told so"
"$LABCTL" undrain netwrok1 "$LAB" >"$TMP/out" 2>&1
is $? 2 "a node that is none"
like "$(cat "$TMP/out")" "did you mean 'network1'" "has a nearest name"
"$LABCTL" drain network1 "$LAB" >"$TMP/out" 2>&1
ok $? "one drained" || diag "$(cat "$TMP/out")"
"$LABCTL" drain network1 "$LAB" >"$TMP/out" 2>&1
ok $? "twice"
like "$(cat "$TMP/out")" "0 routers handed over" "which hands nothing over"
"$LABCTL" drain network2 "$LAB" >"$TMP/out" 2>&1
like "$?" "^[01]$" "and the other too"
like "$(pings outside "$web")" " 3 received" "somebody leads on"
"$LABCTL" verify --only active,addresses,advert-fields "$LAB" >"$TMP/tap" 2>&1
ok $? "one of each is active" || diag "$(grep -A9 '^not ok' "$TMP/tap")"
for n in network1 network2; do "$LABCTL" undrain $n "$LAB" >"$TMP/out" 2>&1; done
ok $? "both undrained"

# Who carries connections stands still, is killed, and is told of nonsense.
carriers() { on "$1" sh -c "ps -e -o pid= -o args= | awk '/labctl conntrac[k]/{print \$1}'"; }
on network1 kill -STOP "$(carriers network1)"
on network2 kill -KILL "$(carriers network2)"
applied "up has them go on"
like "$(carriers network1) $(carriers network2)" "^[0-9]+ [0-9]+$" "there is one on each"
"$LABCTL" plan --exit-code "$FILE" >"$TMP/out" 2>&1
ok $? "nothing differs" || diag "$(cat "$TMP/out")"
tap_done
