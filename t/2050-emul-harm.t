#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A lab's root is not the machine's root: what a node's and an instance's root
# shell could do to the machine is tried, each so that it would do the least if
# it worked, and the machine is as it was.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
HARM=$tap_top/build/t/unit/emul_harm.t
MORE=$tap_top/build/t/unit/emul_harm_more.t
for program in "$HARM" "$MORE"; do
	[ -x "$program" ] || skip_all "needs $program (make check builds it)"
done
# Nodes see the folder of the program: both in one.
mkdir -p "$TMP/bin"
chmod 755 "$TMP/bin"
cp "$LABCTL" "$TMP/bin/labctl"
cp "$HARM" "$TMP/bin/harm"
cp "$MORE" "$TMP/bin/more"
LABCTL=$TMP/bin/labctl
LABCTL_STATE=$TMP/state
export LABCTL_STATE
IN=/run/lab/bin

lab_make 1s; other=$LAB
"$LABCTL" up -q --no-wait "$FILE" >/dev/null 2>"$TMP/err"
ok $? "another lab beside" || diag "$(cat "$TMP/err")"
lab_make 1s
"$LABCTL" up -q --no-wait "$FILE" >/dev/null 2>"$TMP/err"
ok $? "a lab" || diag "$(cat "$TMP/err")"
cp "$(command -v sleep)" "$TMP/harm-sleep"
"$TMP/harm-sleep" 600 & sleeper=$!
at_exit "kill $sleeper"
"$MORE" listen "harm-$$" & listener=$!
at_exit "kill $listener"

# What a lab could have changed, and nothing that changes by itself.
facts() {
	stat -c '%n %a %u %g %t %T %F' /dev/null /dev/zero / /etc /usr /usr/bin /usr/bin/env /tmp /var /root /dev
	find /etc /usr/bin /boot -xdev -newer "$TMP/before-mark" 2>/dev/null
	cat /proc/sys/kernel/random/boot_id /proc/swaps /proc/sys/kernel/ctrl-alt-del
	sysctl -a 2>/dev/null | grep -vE '^net\.|random\.|\.(ns_last_pid|pty\.nr|osrelease|inode|dentry|file-nr|aio-nr|quota|tainted|hung_task|unprivileged_bpf)|inode-nr|dentry-state|inode-state|nr_overflow|sched_domain|numa|user\.|perf_event_max_sample|perf_cpu_time'
	cat /proc/self/mountinfo
	hostname
}
# Between the wall's clock and the one since boot, to a tenth of a second.
offset() {
	local up
	read -r up _ < /proc/uptime
	awk -v now="$EPOCHREALTIME" -v up="$up" 'BEGIN { printf "%.0f\n", (now - up) * 10 }'
}
touch "$TMP/before-mark"
facts > "$TMP/before"
began=$(offset)

aim=("pid=$sleeper:harm-sleep" "abstract=harm-$$" "key=$("$HARM" key)" "file=$TMP/state/$other/id_ed25519")
disk=$(find /dev -xdev -type b 2>/dev/null | sort | head -n 1)
[ -n "$disk" ] && aim+=("disk=$disk:$((0x$(stat -c %t "$disk"))):$((0x$(stat -c %T "$disk")))")
while read -r pid comm; do
	aim+=("pid=$pid:$comm")
done < <(ps -eo pid=,comm=,args= | awk -v l="$other" '$2 ~ /^labctl-/ && $0 ~ (" " l "( |$)") {print $1, $2}' | head -n 4)

# tried WHO COMMAND...: none of them worked.
tried() {
	local who=$1 line n=0
	shift
	{ "$@" "$IN/harm" try "${aim[@]}" && "$@" "$IN/more" try "${aim[@]}"; } > "$TMP/out" 2>"$TMP/err"
	ok $? "$who: they are tried" || diag "$(cat "$TMP/err")"
	while IFS= read -r line; do
		case $line in
		'#'*) diag "$line"; continue ;;
		esac
		n=$((n + 1))
		like "$line" ": refused, " "$who cannot ${line%%:*}"
	done < "$TMP/out"
	ok $((n < 59)) "$who: all were tried ($n)"
}
tried "root on network1" on network1
netns=$(on compute1 ip netns list | awk '{print $1; exit}')
tried "root in an instance" on compute1 ip netns exec "$netns"
tried "root outside" on outside

isnt() { [ "$1" != "$2" ]; ok $? "$3"; }
# What opens a node to labctl is not on any node: only each one's own host key.
is "$(on network1 grep -rlI "PRIVATE KEY" /root /run /etc /home /var/lib 2>/dev/null | tr '\n' ' ')" \
	"/run/lab/ssh/host_key " "no key is there that opens another node"
on network1 hostname harmed
isnt "$(hostname)" harmed "a node's name is not the machine's"
like "$(on network1 cat /proc/self/uid_map)" "^ +0 2[0-9]{9} +65536\$" "root there is an id that is nobody's here"
is "$(on network1 sh -c 'echo x > /dev/null && head -c 4 /dev/zero | od -An -tx1 && stat -c "%a %t %T" /dev/null /dev/net/tun')" \
	" 00 00 00 00
666 1 3
666 a c8" "its own devices work"
is "$(on network1 ls /dev | tr '\n' ' ')" "fd full net null ptmx pts random shm stderr stdin stdout tty urandom zero " "and are all it has"
on network1 sysctl -qw net.ipv4.ip_forward=1
ok $? "its own network's settings can be set"

facts > "$TMP/after"
is "$(diff "$TMP/before" "$TMP/after")" "" "the machine is as it was"
now=$(offset)
ok $((now - began > 1 || began - now > 1)) "its clock too" || diag "$began $now"
kill -0 "$sleeper"
ok $? "and its processes"
is "$("$LABCTL" status "$other" >/dev/null 2>&1; echo $?)" 0 "the other lab runs"

# The lab's root is nobody here: it must be let run the program.
mkdir -m 700 "$TMP/closed"
cp "$LABCTL" "$TMP/closed/labctl"
lab_make 1s
"$TMP/closed/labctl" up --no-wait "$FILE" >"$TMP/out" 2>&1
is $? 3 "a program that others may not run: up exits 3"
like "$(cat "$TMP/out")" "chmod o\\+rx $TMP/closed" "it says what helps"
like "$("$TMP/closed/labctl" doctor)" "lacks +user namespace .*chmod o\\+rx $TMP/closed" "and so does doctor"
chmod 711 "$TMP/closed"
chmod 700 "$TMP/closed/labctl"
"$TMP/closed/labctl" up --no-wait "$FILE" >"$TMP/out" 2>&1
like "$(cat "$TMP/out")" "chmod o\\+rx $TMP/closed/labctl" "the program itself as well"
tap_done
