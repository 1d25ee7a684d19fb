# SPDX-License-Identifier: MIT
# For tests that run real labs. Source after tap.sh.
# shellcheck shell=bash disable=SC2034
lab_seq=0

# need_root: labs of these tests are root's.
need_root() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	command -v sshd >/dev/null || [ -x /usr/sbin/sshd ] || skip_all "needs sshd"
}

# need_lab: root, or an ordinary user whom this machine lets have labs.
need_lab() {
	[ "$(id -u)" -eq 0 ] || "$LABCTL" doctor >/dev/null 2>&1 ||
		skip_all "this machine cannot run labs: see labctl doctor"
	[ -x /usr/sbin/sshd ] || skip_all "needs sshd"
}

# lab_make [INTERVAL [TOPOLOGY]]: sets LAB (a name of this test's own) and FILE (the
# shipped lab under that name, with a shorter advert interval), and sees to it
# that the lab goes with the test.
lab_make() {
	lab_seq=$((lab_seq + 1))
	LAB=t$$-$lab_seq
	FILE=$TMP/$LAB.yaml
	sed -e "s/^lab: .*/lab: $LAB\nha: {interval: ${1:-1s}}/" \
		"${2:-$tap_top/t/lib/plain.yaml}" > "$FILE"
	at_exit "\"$LABCTL\" down -q $LAB >/dev/null 2>&1"
}

# drill [OPTION...]: a drill that passes, of three: its bounds are the clock's,
# and other tests may have this machine.
drill() {
	local i
	for i in 1 2 3; do
		"$LABCTL" failover "$@" "$LAB" >"$TMP/tap" 2>"$TMP/err" && return
		sleep 2
	done
	return 1
}

# silence nft-COMMAND...: what runs nft in a node's network namespace; its sshd
# accepts then, and nobody hears its first word. unsilence ends it.
silence() {
	"$@" nft add table ip silent &&
		"$@" nft 'add chain ip silent out { type filter hook output priority 0; }' &&
		"$@" nft add rule ip silent out tcp sport 22 ip length '>' 64 drop
}
unsilence() { "$@" nft delete table ip silent; }

# on NODE COMMAND...: on a node of the lab.
on() {
	local node=$1
	shift
	"$LABCTL" exec -l "$LAB" "$node" -- "$@"
}

# router_facts: what the tests of one router want to know.
# shellcheck disable=SC2153
router_facts() {
	local n
	# A router without HA is on network1 only.
	NETNS=$(on network2 ip netns list | sed -n 's/^\(qrouter-[^ ]*\).*/\1/p' | head -n 1)
	ACTIVE='' BACKUP=''
	for n in network1 network2; do
		if on "$n" cat "/var/lib/neutron/ha_confs/${NETNS#qrouter-}/state" |
			grep -q master; then ACTIVE=$n; else BACKUP=$n; fi
	done
}

# dev_of NODE PREFIX: name of the router's interface that begins so.
dev_of() {
	on "$1" ip -n "$NETNS" -br link | sed -n "s/^\($2[^@ ]*\).*/\1/p" | head -n 1
}

# wait_for WORDS EXPECTED COMMAND...: within twenty seconds
wait_for() {
	local words=$1 expected=$2 i got
	shift 2
	for ((i = 0; i < 200; i++)); do
		got=$("$@" 2>/dev/null)
		[ "$got" = "$expected" ] && break
		sleep 0.1
	done
	is "$got" "$expected" "$words"
}

# settle: waits until one node is master and the other backup.
settle() {
	local i
	for ((i = 0; i < 150; i++)); do
		router_facts
		[ -n "$ACTIVE" ] && [ -n "$BACKUP" ] && return 0
		sleep 0.1
	done
	return 1
}

# machine_state: all of the machine's own network that a lab must not touch.
machine_state() {
	ip -d -o link | sed 's/ state [A-Z]*//'
	ip -o addr | sed 's/valid_lft.*//'
	ip route show table all
	ip -6 route show table all | sed 's/ expires [0-9]*sec//'
	ip rule
	ip -6 rule
	ip neigh show nud permanent
	nft list ruleset 2>/dev/null
	iptables-save 2>/dev/null | grep -v '^#'
	sysctl -a 2>/dev/null | grep -E '^net\.' | grep -vE \
		'netfilter.nf_conntrack_(count|max)|nf_conntrack_buckets|net.core.bpf|tcp_mem|udp_mem|random|stable_secret|fib_multipath_hash_seed|nf_conntrack_expect_max|cookie'
	ls /run/netns /var/run/netns 2>/dev/null
	grep -c . /proc/self/mountinfo
	hostname
	cat /etc/passwd /etc/hosts
}

# processes_of LAB: what runs of a lab on this machine, one line each.
# shellcheck disable=SC2009 # the words of the command line are the point
processes_of() {
	ps -eo pid,args | grep -E "labctl (fabric|node|agent|vrrp) " |
		grep -E "[ /]$1( |/|\$)" | grep -v grep
}
