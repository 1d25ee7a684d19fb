#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Instances that boot in a lab: their leases, machines of their own, what comes
# back, and what is left; as root and as an ordinary user.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/user.sh
. "$(dirname "$0")/lib/user.sh"
PATH=$PATH:/usr/sbin:/sbin
need_lab
command -v dnsmasq >/dev/null || skip_all "needs dnsmasq"
command -v busybox >/dev/null || skip_all "needs busybox"
command -v iptables-nft-restore >/dev/null || skip_all "needs iptables"

LAB=boot$$
FILE=$TMP/boot.yaml
cat > "$FILE" <<YAML
lab: $LAB
nodes:
  n1: {role: network}
  n2: {role: network}
  k1: {role: compute}
networks:
  net:
    subnets:
      s4: {cidr: 192.168.1.0/24, dhcp: true, dns: 8.8.4.4}
  plain:
    subnets:
      p4: {cidr: 192.168.2.0/24, dhcp: false}
routers:
  r: {interfaces: [s4, p4], ha: {interval: 1s}}
instances:
  web1: {node: k1, network: net}
  web2: {node: k1, network: net}
  fixed: {node: k1, network: net, static: true}
  plain1: {node: k1, network: plain}
YAML
chmod a+r "$FILE"

lab() { $as "$bin" "$@"; }
on() { lab exec "$@"; }

addr() { on "$1" ip -4 -o addr show dev eth0 | awk '{print $4}'; }
pid_of() { on k1 sh -c "cat /run/machine/\$(ip netns identify \$(pgrep -f 'machine .*hostname $1 ' | head -n 1))"; }

one() {
	local who=$1 out first
	out=$(lab up "$FILE" 2>&1)
	ok $? "$who: up" || { diag "$out"; return; }
	like "$out" "2 instances have a lease" "$who: waits for the leases, and says so"
	is "$(addr web1) $(addr web2) $(addr fixed) $(addr plain1)" \
		"192.168.1.4/24 192.168.1.5/24 192.168.1.6/24 192.168.2.2/24" "$who: all have their addresses"
	like "$(lab plan "$FILE" 2>&1)" " 0 changes" "$who: a lease is no drift"
	is "$(on web1 hostname) $(on web2 cat /etc/hostname) $(on fixed hostname) $(on plain1 hostname)" \
		"web1 web2 fixed k1" "$who: those on a network that tells something are machines"
	is "$(on web1 ps -e -o comm= | sort | tr '\n' ' ')" "busybox labctl ps " "$who: ps shows its own alone"
	is "$(on web1 cat /etc/resolv.conf | grep nameserver) $(on fixed cat /etc/resolv.conf)" \
		"nameserver 8.8.4.4 nameserver 8.8.4.4" "$who: each has its resolv.conf"
	is "$(on web1 cat /sys/class/net/eth0/mtu)" 1450 "$who: and MTU"
	on web1 ping -c 1 -W 5 192.168.2.2 >/dev/null
	ok $? "$who: one reaches another network by its router"
	like "$(lab show console web1)" "lease of 192.168.1.4/24 from 192.168.1.[23] for" "$who: the boot log"
	is "$(lab show console web9 2>&1; echo $?)" "labctl: lab $LAB has no instance 'web9'; did you mean 'web1'?
2" "$who: of no such instance"
	like "$(lab show console plain1 2>&1)" "does not boot" "$who: nor of one that does not boot"
	like "$($as script -qec "'$bin' exec web1 -- sh -c 'tty; test -t 2 && echo terminal'" /dev/null </dev/null 2>&1 | tr '\n' ' ')" \
		"/dev/pts/0.*terminal" "$who: a terminal of its own"
	is "$(on web1 sh -c 'exit 3'; echo $?)" 3 "$who: exit statuses come back"
	# shellcheck disable=SC2016 # not expanded anywhere
	is "$(on web1 echo 'a  b' '$HOME')" 'a  b $HOME' "$who: words arrive as they are"

	first=$(pid_of web1)
	on k1 kill -9 "$first"
	wait_for "$who: a machine that is killed comes back" "192.168.1.4/24" addr web1
	lab up "$FILE" >"$TMP/out" 2>&1
	ok $? "$who: up again" || diag "$(cat "$TMP/out")"
	like "$(cat "$TMP/out")" " 0 changes" "$who: with nothing to do"
	sed 's/web2: {node: k1, network: net}/web2: {node: k1, network: net, static: true}/' "$FILE" > "$TMP/static.yaml"
	chmod a+r "$TMP/static.yaml"
	lab up --no-wait "$TMP/static.yaml" >"$TMP/out" 2>&1
	ok $? "$who: one that leased is made static" || diag "$(cat "$TMP/out")"
	is "$(addr web2) $(on web2 ip route show default)" \
		"192.168.1.5/24 default via 192.168.1.1 dev eth0 proto static " "$who: it keeps its address"
	out=$(lab plan "$TMP/static.yaml" 2>&1)
	like "$out" " 0 changes" "$who: for good" || diag "$out"

	out=$(on k1 sh -c 'hostname; ls /tmp /root; mount | grep -c machine')
	is "$out" "k1
/root:

/tmp:
0" "$who: its node's own name, files and mounts are as they were"

	lab down "$LAB" >"$TMP/out" 2>&1
	ok $? "$who: down" || diag "$(cat "$TMP/out")"
	is "$(processes_of "$LAB")$(pgrep -f 'labctl machine|udhcpc')" "" "$who: nothing is left"
}

as='' bin=$LABCTL
at_exit "'$LABCTL' down -q $LAB >/dev/null 2>&1"
one "$([ "$(id -u)" -eq 0 ] && echo root || echo user)"
if [ "$(id -u)" -eq 0 ] && command -v newuidmap >/dev/null; then
	user_make
	as=as_user bin=$TMP/labctl
	at_exit "as_user '$TMP/labctl' down -q $LAB >/dev/null 2>&1"
	one user
elif [ "$(id -u)" -eq 0 ]; then
	skip "as an ordinary user" "needs uidmap"
fi
tap_done
