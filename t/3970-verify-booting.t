#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The shipped lab broken in the ways in which instances then cannot boot or are
# not reached: each is named by its own points, and up mends it.
# shellcheck disable=SC2016,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
PATH=$PATH:/usr/sbin:/sbin
for p in dnsmasq busybox radvd haproxy; do
	command -v $p >/dev/null || skip_all "needs $p"
done

lab_make 1s "$tap_top/t/lib/boots.yaml"
one=selfservice-instance1 two=selfservice-instance2

up() {
	"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
	ok $? "$1" || diag "$(cat "$TMP/out")"
}

# verify CHECKS: TAP to $TMP/tap; the points that do not hold on stdout.
failing() {
	"$LABCTL" verify --only "$1" "$LAB" >"$TMP/tap" 2>"$TMP/err"
	sed -n 's/^not ok [0-9]* - \([a-z0-9-]*: [a-z0-9]*[a-z0-9-]*\).*/\1/p' "$TMP/tap" | paste -sd' '
}

# named WHAT CHECKS POINTS: verify of these checks names these points alone.
named() {
	is "$(failing "$2")" "$3" "$1: named by its points" ||
		diag "$(grep -A14 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}

# mended WHAT CHECKS: up puts it right.
mended() {
	up "$1: up"
	is "$(failing "$2")" "" "$1: is mended" ||
		diag "$(cat "$TMP/out"; grep -A14 '^not ok' "$TMP/tap"; cat "$TMP/err")"
}

# signal SIGNAL PROGRAM NODE: to all of the program's processes on the node.
signal() { on "$3" sh -c "kill -$1 \$(pgrep -x $2)"; }

boots=dhcp-port,dhcp-answer,lease,resolver,ra,radvd,slaac,metadata,outside-ipv6,outside-name
up "up"
settle
ID=${NETNS#qrouter-}
named "a healthy lab" $boots ""

signal STOP dnsmasq compute1
named "a stopped dnsmasq" dhcp-port,dhcp-answer \
	"dhcp-port: selfservice2 dhcp-answer: $one dhcp-answer: $two"
signal STOP dnsmasq compute2
like "$("$LABCTL" plan "$FILE" 2>&1)" "dnsmasq.* it is stopped" "plan tells of it"
mended "both of them stopped" dhcp-port,dhcp-answer,resolver

# own_servers WORDS FILES: both servers without these of their words (a pattern),
# after a command in the folder of their files; give_back has the lab's back.
own_servers() {
	local n
	for n in compute1 compute2; do
		on $n sh -c 'p=$(pgrep -x dnsmasq)
			kill -STOP "$(pgrep -f "[l]abctl services")"
			tr "\0" "\n" </proc/$p/cmdline | grep -v "'"$1"'" >/run/words
			ns=$(ip netns identify $p); kill $p; sleep 0.3
			(cd /var/lib/neutron/dhcp/*/ && eval "'"$2"'")
			cd "/run/labctl/'"$LAB"'" && set --
			while read -r w; do set -- "$@" "$w"; done </run/words
			(ip netns exec "$ns" "$@" </dev/null >/run/mine.log 2>&1 & echo $! >/run/mine)
			sleep 0.3'
	done
}
give_back() {
	local n
	for n in compute1 compute2; do
		on $n sh -c 'kill $(cat /run/mine); kill -CONT $(pgrep -f "[l]abctl services")'
	done
}

own_servers option:mtu true
on $one sh -c 'kill -USR1 $(cat /proc/1/task/1/children)'
for ((i = 0; i < 100; i++)); do
	on $one grep -q '"mtu": 0' /run/lease.json && break
	sleep 0.1
done
give_back
named "the MTU option missing" lease "lease: $one"
mended "the MTU option missing" dhcp-port,dhcp-answer,lease

# Both servers have the one's MAC for the other's address.
a=$(on $one cat /sys/class/net/eth0/address) b=$(on $two cat /sys/class/net/eth0/address)
own_servers no.such.word "sed -i s/$a/MAC/\;s/$b/$a/\;s/MAC/$b/ host leases"
on $one sh -c 'kill -9 $(cat /proc/1/task/1/children)'
for ((i = 0; i < 100; i++)); do
	on $one ip -o addr show eth0 2>/dev/null | grep -q '198.51.100.5' && break
	sleep 0.1
done
give_back
named "a lease of another MAC" lease "lease: $one"
mended "a lease of another MAC" dhcp-answer,lease,resolver

on $one sh -c 'echo nameserver 192.0.2.1 > /etc/resolv.conf'
named "a wrong resolv.conf" lease,resolver "resolver: $one"
mended "a wrong resolv.conf" lease,resolver
like "$(on $one cat /etc/resolv.conf)" "nameserver 8.8.4.4.nameserver 2001:4860:4860::8844" \
	"the router's DNS server is behind the lease's"

on $one ip addr flush dev eth0 scope global
named "an instance without its leased address" lease "lease: $one"
mended "an instance without its leased address" lease
on $one ip route del default
named "an instance without its default route" lease "lease: $one"
mended "an instance without its default route" lease

on $one rm /run/lease.json
named "a lease that nobody remembers" lease "lease: $one"
mended "a lease that nobody remembers" lease

on $one sh -c 'kill -STOP $(cat /proc/1/task/1/children)'
named "a client that is dead at renewal" lease "lease: $one"
mended "a client that is dead at renewal" lease

on "$BACKUP" sh -c "ip netns exec $NETNS radvd -n -C /var/lib/neutron/ra/$ID.radvd.conf \
	-p /run/stray.pid </dev/null >/dev/null 2>&1 &"
for ((i = 0; i < 50; i++)); do
	on "$BACKUP" pgrep -x radvd >/dev/null && break
	sleep 0.1
done
named "radvd on the standby" ra,radvd,slaac "radvd: router2"
like "$("$LABCTL" plan "$FILE" 2>&1)" "- process [0-9]+, a radvd that is not the lab's in $NETNS" \
	"plan would end it"
# What a person looks with stays, and so does what serves elsewhere.
on "$BACKUP" sh -c "ip netns exec $NETNS sleep 600 </dev/null >/dev/null 2>&1 &
	ip netns exec $NETNS sh -c 'exec -a radvd-look sleep 601' </dev/null >/dev/null 2>&1 &
	dnsmasq --conf-file= --no-hosts --no-resolv --port=5399 --listen-address=127.0.0.1 --pid-file=/run/own.pid --user=root"
mended "radvd on the standby" ra,radvd,slaac
is "$(on "$BACKUP" pgrep -x radvd)" "" "it is gone"
is "$(on "$BACKUP" sh -c 'pgrep -fc "^sleep 600|radvd-look"; kill -0 $(cat /run/own.pid) && echo there' | tr '\n' ' ')" \
	"2 there " "other programs stay"
on "$BACKUP" sh -c 'kill $(pgrep -f "^sleep 600|radvd-look") $(cat /run/own.pid)'
# Another DHCP server in the lab's own namespace, and a haproxy in the router.
on compute1 sh -c 'ip netns exec $(ip netns list | sed -n "s/^\(qdhcp-[^ ]*\).*/\1/p" | head -n 1) \
	dnsmasq --conf-file= --port=0 --no-ping --dhcp-range=198.51.100.200,198.51.100.220,60s \
	--bind-dynamic --dhcp-leasefile=/run/by-hand.leases --pid-file=/run/by-hand.pid --user=root --group=root'
pid=$(on compute1 cat /run/by-hand.pid)
like "$("$LABCTL" plan "$FILE" 2>&1)" "- process $pid, a dnsmasq that is not the lab's in qdhcp-" \
	"a dnsmasq that somebody began beside the lab's, too"
mended "a dnsmasq by hand" drift,dhcp-port,dhcp-answer,lease
on compute1 kill -0 "$pid" 2>/dev/null
is $? 1 "which is ended"

on "$ACTIVE" sh -c "sed -i s/fd00:198:51:100::/fd00:198:51:bad::/ /var/lib/neutron/ra/$ID.radvd.conf
	kill -HUP \$(pgrep -x radvd | head -n 1)"
named "an advertisement with another prefix" ra,radvd "ra: router2"
like "$(cat "$TMP/tap")" "prefix fd00:198:51:bad::/64, on the link, for addresses" "and told"
like "$(on $one ip -6 -o addr show eth0 scope global)" "fd00:198:51:bad:" "instances have made addresses of it"
mended "an advertisement with another prefix" ra,radvd,slaac

signal STOP radvd "$ACTIVE"
named "a stopped radvd" ra,radvd "ra: router2 radvd: router2"
mended "a stopped radvd" ra,radvd

qr=$(on "$ACTIVE" ip -n "$NETNS" -6 -br addr | sed -n 's/^\(qr-[^@ ]*\).*fd00.*/\1/p')
on "$ACTIVE" ip netns exec "$NETNS" sysctl -qw "net.ipv6.conf.$qr.forwarding=0"
named "forwarding off on the active's qr" drift,ipv6-router "ipv6-router: router2 drift: $ACTIVE"
mended "forwarding off on the active's qr" drift,ipv6-router,outside-ipv6

signal STOP haproxy compute1
signal STOP haproxy compute2
named "a proxy that stands still" metadata "metadata: $one metadata: $two"
mended "a proxy that stands still" metadata
signal KILL haproxy compute1
for ((i = 0; i < 100; i++)); do
	[ "$(failing metadata)" = "" ] && break
done
ok $((i >= 100)) "a proxy that was killed is back" || diag "$(cat "$TMP/tap")"

# Each is told of the other.
for n in compute1 compute2; do
	on $n sh -c "cd /run/labctl/$LAB && sed -i 's/$one/NAME/g; s/$two/$one/g; s/NAME/$two/g' metadata.json &&
		kill -HUP \$(pgrep -f '[l]abctl metadata')"
done
named "metadata of another instance" metadata "metadata: $one metadata: $two"
mended "metadata of another instance" metadata

on outside sh -c 'sed -i "s/^192.0.2.80/192.0.2.81/" /run/lab/internet.hosts
	kill -HUP $(pgrep -x dnsmasq)'
named "openstack.org with another address" outside-name "outside-name: $one outside-name: $two"
mended "openstack.org with another address" outside-name
named "the lab in the end" $boots ""
tap_done
