#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An instance as a machine, by itself: a supervisor, a network namespace, and a
# DHCP server that this test starts; no lab.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
command -v busybox >/dev/null || skip_all "needs busybox"
command -v dnsmasq >/dev/null || skip_all "needs dnsmasq"
[ -z "$(ls /run/machine 2>/dev/null)" ] || skip_all "a machine runs here already"

vm=vm-t$$ dhcp=dhcp-t$$ state=/run/machine-t$$
ms() { date +%s%3N; }

# ask JSON: a line to the supervisor, its answer
ask() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
		print $s "$ARGV[1]\n";
		$s->flush;
		print scalar <$s>' $state/services.sock "$1"
}

# set_machine WORDS...: the service, with more words for it
set_machine() {
	ask "$(perl -MJSON::PP -e '
		my $n = shift;
		print encode_json({op => "set", service => {name => "machine", in => $n,
			argv => ["labctl", "machine", "--netns", $n, "--hostname", "web1", @ARGV]}})' $vm "$@")"
}

# in_vm COMMAND...: inside the machine
in_vm() { "$LABCTL" machine --enter $vm -- "$@"; }

# wait_for WORDS EXPECTED COMMAND...: within 15 seconds
wait_for() {
	local words=$1 expected=$2 t0 got
	shift 2
	t0=$(ms)
	until got=$("$@" 2>/dev/null); [ "$got" = "$expected" ]; do
		[ $(($(ms) - t0)) -gt 15000 ] && break
		sleep 0.05
	done
	is "$got" "$expected" "$words" && return
	in_vm cat /var/log/boot.log | sed 's/^/# /'
	sed 's/^/# /' $state/machine.log
	return 1
}

addrs() { ip -n $vm -4 -o addr show dev eth0 | awk '{print $4}' | tr '\n' ' '; }

serve() {
	ip netns exec $dhcp dnsmasq --conf-file= --no-hosts --no-resolv --port=0 \
		--keep-in-foreground --bind-interfaces --interface=srv --except-interface=lo \
		--dhcp-range=set:t,10.9.0.0,static,255.255.255.0,120s --user=root --group=root \
		--dhcp-leasefile="$TMP/leases" --pid-file= \
		--dhcp-host=fa:16:3e:00:09:04,web1.lab.test,10.9.0.4 \
		--dhcp-option=option:mtu,"${1:-1450}" --dhcp-option=option:dns-server,10.9.0.2,10.9.0.3 \
		--dhcp-option=option:router,10.9.0.77 --domain=lab.test --dhcp-broadcast \
		--dhcp-option=option:classless-static-route,169.254.169.254/32,10.9.0.2,0.0.0.0/0,10.9.0.1 \
		2>"$TMP/dnsmasq" &
	server=$!
}

mkdir -p $state
{ ip netns add $vm && ip netns add $dhcp; } || skip_all "cannot make network namespaces"
at_exit "ip netns del $vm; ip netns del $dhcp; rm -rf $state /run/machine"
ip netns exec $vm sysctl -qw net.ipv6.conf.default.accept_dad=0 \
	net.ipv6.conf.default.router_solicitation_delay=0
ip -n $vm link add eth0 address fa:16:3e:00:09:04 type veth peer name srv netns $dhcp
ip -n $dhcp addr add 10.9.0.2/24 dev srv
ip -n $dhcp link set srv up
ip -n $vm link set lo up
# What the machine must not change of the node's.
node_state() {
	md5sum /etc/hostname /etc/hosts /etc/resolv.conf 2>/dev/null
	hostname
	find /dev -maxdepth 1 | LC_ALL=C sort
	ls /tmp/web1-was-here /root/web1-was-here /var/log/web1-was-here 2>&1
	grep -c . /proc/self/mountinfo
}
before=$(node_state)

"$LABCTL" services $state > $state/said & keeper=$!
at_exit "kill -9 $keeper 2>/dev/null"
for ((i = 0; i < 200; i++)); do grep -qs + $state/said && break; sleep 0.05; done

# --- it boots -------------------------------------------------------------
like "$(set_machine --dhcp)" '"ok": true' "a machine is a service"
wait_for "it runs before its link is up" web1 in_vm hostname || tap_done
is "$(addrs)" "" "without an address"
ip -n $vm link set eth0 up
wait_for "a server comes late, and" "" true
serve
wait_for "the lease is its address" "10.9.0.4/24 " addrs
wait_for "and is written" "10.9.0.4/24" in_vm sed -n 's/.*"address": "\(.*\)".*/\1/p' /run/lease.json
is "$(ip -n $vm -o link show eth0 | grep -o 'mtu [0-9]*')" "mtu 1450" "the MTU is the link's"
is "$(ip -n $vm route show default)" "default via 10.9.0.1 dev eth0 proto dhcp src 10.9.0.4 " \
	"the default route is the classless one, not option 3"
like "$(ip -n $vm route show 169.254.169.254)" "via 10.9.0.2 dev eth0 proto dhcp" \
	"the metadata's route is there"
like "$(ip -n $vm -4 addr show dev eth0)" 'dynamic.*valid_lft 1[012][0-9]sec preferred_lft 1[012][0-9]sec' \
	"the address has the lease's time"
is "$(in_vm cat /etc/resolv.conf | tr '\n' ' ')" "search lab.test nameserver 10.9.0.2 nameserver 10.9.0.3 " \
	"its resolv.conf"
log=$(in_vm cat /var/log/boot.log)
for words in 'web1 boots' 'eth0: link up' 'lease of 10.9.0.4/24 from 10.9.0.2 for 120 s' 'MTU 1450' \
	'DNS server 10.9.0.2' 'route default via 10.9.0.1'; do
	like "$log" "$words" "the boot log: $words"
done
like "$(cat "$TMP/leases" "$TMP/dnsmasq")" "10.9.0.4 web1" "the server knows its name"

# --- a machine of its own ---------------------------------------------------
is "$(in_vm hostname) $(in_vm cat /etc/hostname)" "web1 web1" "its host name"
like "$(in_vm cat /etc/hosts)" "127.0.1.1.web1" "its hosts"
is "$(in_vm ps -e -o comm= | sort | tr '\n' ' ')" "busybox labctl ps " "ps shows its own alone" ||
	in_vm ps -ef | sed 's/^/# /'
is "$(in_vm cat /proc/1/comm)" labctl "PID 1 is its own"
is "$(in_vm ls /sys/class/net | tr '\n' ' ')" "eth0 lo " "/sys shows its links"
is "$(in_vm pwd) $(in_vm printenv HOME)" "/root /root" "root is at home"
is "$(in_vm sh -c 'ls /root /tmp /dev/pts | tr "\n" " "')" "/dev/pts: ptmx  /root:  /tmp: " \
	"in an empty one"
in_vm sh -c 'cd /tmp; echo x > web1-was-here; cp web1-was-here /root; cp web1-was-here /var/log; rm -f /dev/null; echo y > /etc/resolv.conf; hostname other; mount -t tmpfs none /mnt'
is "$(in_vm sh -c 'exit 7'; echo $?)" 7 "exit statuses come back"
is "$(in_vm sh -c 'kill -TERM $$'; echo $?)" 143 "signals too"
is "$(in_vm no-such-program 2>/dev/null; echo $?)" 127 "and that there is no such program"
is "$(echo through | in_vm cat)" through "stdin goes in"
is "$("$LABCTL" machine --enter vm-none -- true 2>&1; echo $?)" \
	"labctl: there is no machine in vm-none
3" "a machine that is not there"

# --- a terminal -------------------------------------------------------------
said=$("$tap_top/t/lib/terminal" "$LABCTL" machine --enter $vm -- sh -c 'echo ready; exec sh -i')
like "$said" "/dev/pts/0" "a terminal of its own"
like "$said" "33 99" "of our terminal's size"
like "$said" "status (5|130)" "Ctrl-C ends what runs, the shell's status comes back" || diag "$said"
unlike "$said" "no job control" "and has job control"

# --- what dies comes back ---------------------------------------------------
client() { in_vm pgrep -x busybox || in_vm pgrep -f udhcpc; }
first=$(client | head -n 1)
in_vm kill -9 "$first"
t0=$(ms)
until new=$(client | head -n 1); [ -n "$new" ] && [ "$new" != "$first" ]; do
	[ $(($(ms) - t0)) -gt 10000 ] && break
	sleep 0.05
done
[ -n "$new" ] && [ "$new" != "$first" ]
ok $? "a killed client comes back"
wait_for "and its lease" "10.9.0.4/24 " addrs
like "$(in_vm cat /var/log/boot.log)" "client was killed by SIGKILL" "which the log tells"

# The link is made anew: the client does not trust its lease.
ip -n $vm link del eth0
ip -n $vm link add eth0 address fa:16:3e:00:09:04 type veth peer name srv netns $dhcp
ip -n $dhcp addr add 10.9.0.2/24 dev srv
ip -n $dhcp link set srv up
kill $server; wait $server 2>/dev/null
ip -n $vm link set eth0 up
serve 1400
wait_for "a link that is made anew is configured anew" "10.9.0.4/24 " addrs
wait_for "by what the server says now" "mtu 1400" sh -c "ip -n $vm -o link show eth0 | grep -o 'mtu [0-9]*'"

first=$(cat /run/machine/$vm)
kill -9 "$first"
# shellcheck disable=SC2317 # by wait_for
another() { [ "$(cat "/run/machine/$vm" 2>/dev/null)" != "$first" ] && in_vm hostname; }
wait_for "a killed PID 1 comes back" web1 another
wait_for "with its lease" "10.9.0.4/24 " addrs
is "$(in_vm ls /tmp)" "" "and is another machine"

# The one outside is killed: all of it dies, and comes back.
outer() { ask '{"op": "state"}' | perl -MJSON::PP -e '
	print decode_json(scalar <STDIN>)->{services}[0]{pid}'; }
first=$(cat /run/machine/$vm)
kill -9 "$(outer)"
wait_for "killed from outside it comes back" web1 another
kill -0 "$first" 2>/dev/null
is $? 1 "and the former is dead"

# --- hostile servers --------------------------------------------------------
kill $server; wait $server 2>/dev/null
# shellcheck disable=SC2016 # for another shell
ip netns exec $dhcp dnsmasq --conf-file= --no-hosts --no-resolv --port=0 --keep-in-foreground \
	--bind-interfaces --interface=srv --except-interface=lo --user=root --group=root \
	--dhcp-range=10.9.0.0,static,255.255.255.0,120s --dhcp-leasefile="$TMP/leases2" --pid-file= \
	--dhcp-host=fa:16:3e:00:09:04,10.9.0.9 --dhcp-option-force=26,20 \
	'--dhcp-option-force=15,a$(touch /tmp/owned);b' --dhcp-option-force=6,127.0.0.1 \
	--dhcp-option-force=121,10.0.0.0/8,10.77.0.1 2>/dev/null &
server=$!
in_vm pkill -9 -x busybox || in_vm pkill -9 -f udhcpc
wait_for "a server that lies is still a server" "10.9.0.9/24 " addrs
wait_for "what makes no sense is left out" 1 sh -c \
	"'$LABCTL' machine --enter $vm -- grep -c \"mtu '20' left out\" /var/log/boot.log"
log=$(in_vm cat /var/log/boot.log)
like "$log" "domain .* left out" "a domain for a shell too"
like "$log" "refuses the route to 10.0.0.0/8" "a route that leads nowhere is told"
is "$(in_vm ls /tmp)$(in_vm cat /etc/resolv.conf)" "" "and nothing of it was run or written"

# --- memory -----------------------------------------------------------------
inner=$(cat /run/machine/$vm)
kb=0
for pid in $(outer) "$inner" $(grep -l "^PPid:[[:space:]]*$inner\$" /proc/[0-9]*/status | tr -dc '0-9\n'); do
	kb=$((kb + $(sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$pid/smaps_rollup")))
done
diag "$kb KB (PSS) for one machine alone, with the program's own text"
private=0
for pid in $(outer) "$inner" $(grep -l "^PPid:[[:space:]]*$inner\$" /proc/[0-9]*/status | tr -dc '0-9\n'); do
	private=$((private + $(awk '/^Private_Dirty/ {print $2}' "/proc/$pid/smaps_rollup")))
done
diag "$private KB of it its own"
ok "$((private >= 2048))" "an idle machine's own memory is below 2 MB"

# --- the end ----------------------------------------------------------------
inner=$(cat /run/machine/$vm)
like "$(ask '{"op": "stop"}')" '"ok": true' "told to end"
wait "$keeper"
is "$(addrs)" "" "what was leased goes"
is "$(ip -n $vm route show proto dhcp)" "" "its routes too"
is "$(ls /run/machine)" labctl "nothing is told of it"
kill -0 "$inner" 2>/dev/null
is $? 1 "and nothing runs"
is "$(node_state)" \
	"$before" "the node's own files, name and mounts are untouched"
kill $server; wait $server 2>/dev/null
tap_done
