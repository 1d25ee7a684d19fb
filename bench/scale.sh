#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The curve: labs of ever more routers, each with two instances. For each, in
# seconds, what `up` takes until all routers are active, verify with its points
# that fail, the drill, `down`, and `up` again at once; how many routers changed
# roles while verify looked, how often the machine's neighbour table was full
# meanwhile, and the memory of one node's VRRP engine.
# Usage: bench/scale.sh [ROUTERSxHOSTS...]
# SCALE_SECONDS: what one command may take (600). SCALE_KEEP: a folder for what
# verify and the drill said.
# shellcheck source=bench/lib.sh
. "$(dirname "$0")/lib.sh"
limit=${SCALE_SECONDS:-600}
lab=scale$$
tmp=$(mktemp -d)
cleanup() {
	"$LABCTL" down -q "$lab" >/dev/null 2>&1
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
[ $# -gt 0 ] || set -- 10x2 50x2 100x2 200x2 400x2 1000x2 200x10

# within FILE COMMAND...: its output; sets TOOK, in seconds, and its status.
within() {
	local out=$1 start=${EPOCHREALTIME/./} status
	shift
	timeout --kill-after=5 "$limit" "$@" >"$out" 2>"$tmp/err"
	status=$?
	TOOK=$(awk -v us=$((${EPOCHREALTIME/./} - start)) \
		'BEGIN {printf "%.1f", us / 1e6}')
	[ $status -eq 124 ] && TOOK=">$limit"
	return $status
}

# Since when each router is what it is, a line each, node by node.
roles() {
	"$LABCTL" status "$lab" -o json 2>/dev/null | grep '"since_ns"'
}

# settled FILE: their state into FILE, when it is the same twice in a row. Engines
# tell the role first and place addresses then.
settled() {
	local i
	roles >"$1"
	for ((i = 0; i < 30; i++)); do
		sleep 1
		roles >"$1.next"
		cmp -s "$1" "$1.next" && return
		mv "$1.next" "$1"
	done
}

fails() { grep -c '^not ok' "$1"; }
points() { grep -cE '^(not )?ok' "$1"; }
failing() { echo "$(fails "$1") of $(points "$1")"; }

fulls() {
	awk 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "table_fulls") c = i}
		NR > 1 && c {n += strtonum("0x" $c)} END {print n + 0}' \
		/proc/net/stat/arp_cache 2>/dev/null || echo 0
}

# The largest engine's resident memory, in MB.
engine_mb() {
	ps -eo rss,args | awk '/[v]rrp run .*\/'"$lab"'\// && $1 > kb {kb = $1}
		END {printf "%.1f", kb / 1024}'
}

# line WORD...: one of the table.
line() {
	printf '%-8s %7s %14s %7s %6s %5s %9s %7s %6s %7s %7s\n' "$@"
}

line routers "up, s" "verify: failing" s roles full "drill: failing" s "down, s" \
	"again, s" "engine, MB"
for size in "$@"; do
	routers=${size%x*} hosts=${size#*x}
	"$top/bench/big-lab.sh" "$lab" "$routers" "$hosts" >"$tmp/lab.yaml"
	if ! within "$tmp/up" "$LABCTL" up "$tmp/lab.yaml"; then
		printf '%-8s %7s   %s\n' "$size" "$TOOK" \
			"not up: $(grep '^labctl: ' "$tmp/err" | head -n 1)"
		"$LABCTL" down -q "$lab" >/dev/null 2>&1
		continue
	fi
	up=$TOOK
	settled "$tmp/before"
	full=$(fulls)
	within "$tmp/verify" "$LABCTL" verify "$lab"
	verify=$TOOK
	roles >"$tmp/after"
	moved=$(diff "$tmp/before" "$tmp/after" | grep -c '^>')
	full=$(($(fulls) - full))
	mb=$(engine_mb)
	within "$tmp/drill" "$LABCTL" failover "$lab"
	drill=$TOOK
	[ -n "${SCALE_KEEP:-}" ] && for f in verify drill; do
		cp "$tmp/$f" "$SCALE_KEEP/$size.$f"
	done
	within "$tmp/down" "$LABCTL" down -q "$lab"
	down=$TOOK
	within "$tmp/up" "$LABCTL" up "$tmp/lab.yaml" || TOOK=fails
	line "$size" "$up" "$(failing "$tmp/verify")" "$verify" "$moved" "$full" \
		"$(failing "$tmp/drill")" "$drill" "$down" "$TOOK" "$mb"
	"$LABCTL" down -q "$lab" >/dev/null 2>&1
done
