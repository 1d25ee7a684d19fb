#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What an emulated node is, from outside and from inside, for root and for an
# ordinary user; and that the machine stays as it was.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
# shellcheck source=t/lib/user.sh
. "$(dirname "$0")/lib/user.sh"
# shellcheck source=t/lib/emul.sh
. "$(dirname "$0")/lib/emul.sh"
emul_need

check_all() {
	local who=$1 out n
	emul_lab
	machine_state > "$TMP/before"
	out=$(drive up "$FILE" 2>"$TMP/err")
	ok $? "$who: up" || diag "$(cat "$TMP/err")"
	like "$out" "^[1-9][0-9]* changes" "$who: it made something"
	machine_state > "$TMP/during"
	is "$(diff "$TMP/before" "$TMP/during")" "" "$who: the machine is the same with a lab up"
	is "$(drive up "$FILE" 2>/dev/null)" "0 changes" "$who: up again changes nothing"
	is "$(drive plan "$FILE")" "" "$who: plan has nothing to do"
	like "$(pids)" "^controller=[0-9]+ network1=.* compute2=[0-9]+ outside=[0-9]+$" "$who: list has all nodes"

	for n in controller network1 network2 compute1 compute2; do
		is "$(into $n -- 'hostname; id -u' 2>&1)" "$n
0" "$who: ssh into $n is root on $n"
	done
	is "$(into network1 -- 'cat /proc/1/cmdline' | tr '\0' ' ' | sed 's/ *--owner.*//')" \
		"labctl node $LAB network1" "$who: PID 1 of a node"
	is "$(into network1 -- 'ps -eo args= | grep -cv -e sshd -e "labctl node" -e "ps -eo" -e grep')" 0 \
		"$who: a node sees its own processes only"
	# shellcheck disable=SC2016 # expanded on the node
	is "$(into network1 -- 'echo $HOME; pwd; command -v sysctl')" "/root
/root
$(command -v sysctl)" "$who: its own home, and a path with sbin in it"

	into network1 -- ip netns add only-here
	is "$(into network1 -- ip netns list | cut -d' ' -f1)" only-here "$who: a network namespace on network1"
	is "$(into network2 -- ip netns list)" "" "$who: is not on network2"
	is "$(into network1 -- ip netns exec only-here ip -br link | cut -d' ' -f1)" lo "$who: and works"
	into network1 -- ip netns del only-here
	ok $? "$who: and can be deleted"

	like "$(into network1 -- 'touch /etc/x /usr/x /var/lib/x' 2>&1)" "Read-only" "$who: the machine's files cannot be written"
	into network1 -- 'touch /run/x /tmp/x /root/x /var/log/x /dev/shm/x'
	ok $? "$who: its own folders can"
	ls /run/x /tmp/x /root/x /var/log/x /dev/shm/x >/dev/null 2>&1
	is $? 2 "$who: and are not the machine's"
	is "$(into network2 -- 'ls /run/x /tmp/x /root/x 2>/dev/null')" "" "$who: nor another node's"
	unlike "$(into network1 -- cat /etc/passwd)" ":[1-5][0-9]{3}:" "$who: no people among the users"
	into controller -- 'getent hosts compute2 >/dev/null && ping -c 1 -W 2 network2 >/dev/null'
	ok $? "$who: nodes know each other by name"

	is "$(into network1 -- ip -br -4 addr | awk '{print $1, $3}' | sed 's/@[^ ]*//')" "lo 127.0.0.1/8
eth0 10.0.0.21/24
eth1 10.0.1.21/24" "$who: addresses of a network node"
	is "$(into controller -- ip -br link | grep -c eth)" 1 "$who: the controller is on management only"
	is "$(into network1 -- ip -6 addr show dev eth2)" "" "$who: no IPv6 on a provider's interface"
	into network1 -- ping -c 1 -W 2 -I eth1 10.0.1.32 >/dev/null
	ok $? "$who: the tunnel network carries"
	is "$(into network1 -- ip neigh show nud permanent dev eth1 | sed "s/ *$//")" "239.1.1.1 lladdr 01:00:5e:01:01:01 PERMANENT" \
		"$who: a lasting entry for the group that VXLANs flood to"
	like "$(in_node outside ip -br addr)" "203.0.113.1/24" "$who: the host outside has the gateway's address"
	is "$(in_node outside ps -eo args= | grep -c sshd)" 0 "$who: and no sshd"
	is "$(in_fabric ip -j -s link show network1-eth2 | grep -o '"rx":{"bytes":[0-9]*')" '"rx":{"bytes":0' \
		"$who: a provider's interface says nothing by itself"
	is "$(in_fabric ip -br link show type bridge | awk '{print $1, $2}')" "management UP
tunnel UP
provider UP" "$who: bridges are the physical networks"
	is "$(in_fabric ip -br -4 addr show dev management | awk '{print $3}')" 10.0.0.254/24 "$who: labctl's own address is the last one"
	is "$(in_fabric bridge link | grep -vc 'state forwarding')" 0 "$who: all ports forward"
	is "$(in_fabric ip -6 addr show scope link)" "" "$who: the fabric itself is silent"

	like "$(into network1 -tt -- tty)" "^/dev/pts/[0-9]" "$who: a terminal"
	is "$(stat -c %a "$(target network1 key)")" 600 "$who: the key is its owner's only"
	is "$(into network1 -o "HostKeyAlgorithms=+ssh-rsa" -- ls /run/lab/ssh)" "authorized_keys
host_key
sshd_config" "$who: one host key in a node"
	out=$(into network1 -o IdentityFile=/dev/null -o IdentityAgent=none \
		-o PreferredAuthentications=password,keyboard-interactive -- true 2>&1)
	like "$out" "Permission denied \(publickey\)" "$who: no way in but with the key"
	sed 's/^network1,/network2,/; t; s/^network2,/network1,/' "$(dirname "$(target network1 key)")/known_hosts" |
		sed 's/,10.0.0.21/,X/; s/,10.0.0.22/,10.0.0.21/; s/,X/,10.0.0.22/' > "$TMP/swapped"
	chmod a+r "$TMP/swapped"
	out=$(into network1 -o "UserKnownHostsFile=$TMP/swapped" -- true 2>&1)
	is $? 255 "$who: each node has a host key of its own"

	out=$(drive down "$LAB")
	ok $? "$who: down"
	like "$out" "^[1-9][0-9]+ processes" "$who: it ended processes"
	nothing_left "$who"
	machine_state > "$TMP/after"
	is "$(diff "$TMP/before" "$TMP/after")" "" "$who: the machine is the same afterwards"
}

check_all root
if emul_as_user; then
	check_all user
else
	skip "an ordinary user's lab" "needs uidmap"
fi
tap_done
