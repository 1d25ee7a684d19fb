#!/bin/bash
# SPDX-License-Identifier: MIT
# State files and logs on disks and in places that are not as they should be.
. "$(dirname "$0")/lib/vrrp.sh"

# word NAME TEXT MS: 0 once the state file says TEXT
word() {
	local t0
	t0=$(ms)
	while [ "$(cat "/run/$1/ha/state" 2>/dev/null)" != "$2" ]; do
		[ $(($(ms) - t0)) -gt "$3" ] && return 1
		sleep 0.02
	done
}
# gap FILE: the longest silence between two adverts, in ms
gap() {
	tcpdump -n -ttt -r "$1" 'proto 112' 2>/dev/null |
		awk '{split($1, t, ":"); if (NR > 1 && t[3] > m) m = t[3]} END {printf "%d", m * 1000}'
}

# tick FILE: beside what is measured, how long this machine keeps somebody waiting
# who wants to run each 5 ms; tock ends it and prints the longest, in ms
tick() {
	perl -MTime::HiRes=clock_gettime,CLOCK_MONOTONIC,sleep -e '
		my ($last, $most, $end) = (clock_gettime(CLOCK_MONOTONIC), 0, 0);
		$SIG{TERM} = sub { $end = 1 };
		until ($end) {
			sleep 0.005;
			my $now = clock_gettime(CLOCK_MONOTONIC);
			$most = $now - $last if $now - $last > $most;
			$last = $now;
		}
		printf "%d", $most * 1000' >"$1" &
	TICKER=$!
}
tock() { kill "$TICKER"; wait "$TICKER"; cat "$1"; }

lan a b
conf a
mkdir -p /run/a/ha
mount -t tmpfs -o size=16k,mode=755 none /run/a/ha
start a
wait_state a active 2000
word a master 1000
ok $? "the active one says master"

# Full during two transitions.
ip -n a link set ha down
wait_state a fault 1000
word a backup 1000
ok $? "one in fault says backup"
cat /dev/zero > /run/a/ha/filler 2>/dev/null
ip -n a link set ha up
wait_state a active 2000
sleep 0.3
is "$(cat /run/a/ha/state)" backup "a full disk keeps the old word"
like "$(cat /run/a/vrrp.log)" "/run/a/ha/state: No space left on device; it is tried again" \
	"which is said"
rm /run/a/ha/filler
word a master 5000
ok $? "and the right one is written when there is room"
n=$(grep -c 'No space left' /run/a/vrrp.log)
ok $((n > 2)) "not said at each try ($n times)"
is "$(ls /run/a/ha)" state "nothing is left beside it"

printf backup > /run/a/ha/state
word a master 9000
ok $? "what others write there is put right"
rm /run/a/ha/state
word a master 9000
ok $? "so is a file that was removed"

# What is no file. A FIFO without a reader stops whoever opens it to write.
listen "$TMP/frames" ha-a
for f in state state.new; do
	rm -f /run/a/ha/state
	mkfifo "/run/a/ha/$f"
	ip -n a link set ha down
	wait_state a fault 1000
	ip -n a link set ha up
	wait_state a active 2000
	ok $? "a FIFO at $f stops nothing"
	rm -f /run/a/ha/state /run/a/ha/state.new
	word a master 5000
	ok $? "and the word is written once it is gone"
done
hush
echo precious > "$TMP/target"
rm /run/a/ha/state
ln -s "$TMP/target" /run/a/ha/state
ip -n a link set ha down
wait_state a fault 1000
ip -n a link set ha up
wait_state a active 2000
sleep 1
is "$(cat "$TMP/target")" precious "a symlink there is not followed"
ok "$([ -L /run/a/ha/state ]; echo $?)" "nor replaced"
like "$(cat /run/a/vrrp.log)" "/run/a/ha/state: is no regular file" "but told"
rm /run/a/ha/state
ln -s "$TMP/target" /run/a/ha/state.new
word a master 5000
ok $? "one beside it is in nobody's way"
is "$(cat "$TMP/target")" precious "nor followed"
stop a
is "$(cat /run/a/ha/state)" backup "when stop returns the last word stands"

mkfifo /run/a/fifo
mv /run/a/vrrp.log /run/a/vrrp.log.old
ln -s fifo /run/a/vrrp.log
timeout 5 "$LABCTL" vrrp run --daemon /run/a/vrrp.yaml 2>/dev/null
is $? 3 "a log that is no file is refused, not waited for"

# A writer that stands still: standard error is a pipe, full, without reader.
conf b
mkfifo "$TMP/err"
exec 9<>"$TMP/err"
timeout 1 cat /dev/zero >&9
"$LABCTL" vrrp run /run/b/vrrp.yaml 2>&9 &
engine=$!
wait_state b active 5000 2>/dev/null
ok $? "a log that nobody takes in does not keep it from its role"
listen "$TMP/stalled" ha-b
tick "$TMP/stall"
for _ in 1 2 3; do reload b; sleep 0.1; done
sleep 0.4
hush
ms_max=$(gap "$TMP/stalled")
stall=$(tock "$TMP/stall")
ok $((ms_max > 250 + stall)) "nor its adverts from their time ($ms_max ms at most between two of 100; the machine stalled for $stall)"
word b master 2000
is $? 1 "its state file waits as well"
t0=$(ms)
stop b
wait "$engine"
ok $(($(ms) - t0 > 6000)) "and it ends when it is told to ($(($(ms) - t0)) ms)"
is "$(has b)" "" "with nothing left"
tap_done
