#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vm: netem
# Delay and jitter of a wire, where the kernel has netem; the rest of what wires
# do is t/2980's, which needs none.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root
unshare -n tc qdisc add dev lo root netem delay 1ms 2>/dev/null ||
	skip_all "this kernel has no netem: as root, modprobe sch_netem"
lab_make 1s
cat >>"$FILE" <<YAML
links:
  network1.tunnel: {delay: 40ms, jitter: 5ms, rate: 100mbit}
YAML
# An emulated machine is slow, and what it does not do in time another up does.
timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1 ||
	timeout 120 "$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
rtt=$(on network2 ping -q -c 10 -i 0.3 10.0.1.21 |
	sed -n 's/^rtt [^=]*= \([0-9]*\).*/\1/p')
# The least of ten: each way it is 35 to 45 ms.
ok $((${rtt:-0} < 70)) "a ping meets the delay twice" || diag "${rtt:-none} ms"
is "$("$LABCTL" plan "$FILE" | tail -n 1)" \
	"lab $LAB is as the file says: 0 changes" "plan: nothing to do"
nsenter -t "$(pgrep -f "^labctl fabric $LAB ")" -n \
	tc qdisc change dev network1-eth1 root netem delay 1ms
like "$("$LABCTL" plan "$FILE")" \
	'~ network1: wire eth1 to tunnel: delay 40ms, jitter 5ms, rate 100mbit' \
	"another delay: named"
"$LABCTL" impair -l "$LAB" set network1.tunnel loss=0% >"$TMP/out" 2>&1
ok $? "impair: a plain wire" || diag "$(cat "$TMP/out")"
rtt=$(on network2 ping -q -c 10 -i 0.3 10.0.1.21 |
	sed -n 's/^rtt [^=]*= \([0-9]*\).*/\1/p')
ok $((${rtt:-99} > 60)) "and no delay" || diag "${rtt:-none} ms"
tap_done
