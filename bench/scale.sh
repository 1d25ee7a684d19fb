#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The curve: labs of ever more routers, each with two instances. For each, how
# long `up` takes, and until all routers are active; verify's points that fail and the routers that changed roles
# meanwhile, the drill, and `up` again after `down`.
# Usage: bench/scale.sh [ROUTERSxHOSTS...]
# SCALE_SECONDS: what one command may take (600).
# shellcheck source=bench/lib.sh
. "$(dirname "$0")/lib.sh"
limit=${SCALE_SECONDS:-600}
lab=scale$$
tmp=$(mktemp -d)
trap '"$LABCTL" down -q "$lab" >/dev/null 2>&1; rm -rf "$tmp"' EXIT
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

# Routers' changes of role until now, all nodes together.
transitions() {
	"$LABCTL" status "$lab" -o json 2>/dev/null |
		grep -o '"since_ns": [0-9]*' | sort | sha256sum
}

# all_active FROM_US: waits until each router is; sets ACTIVE, in seconds.
all_active() {
	local n=0
	while n=$("$LABCTL" status "$lab" -o json 2>/dev/null |
		grep -c '"state": "active"') && [ "$n" -lt "$routers" ] ||
		[ "$n" = 0 ]; do
		ACTIVE="$n only"
		[ $((${EPOCHREALTIME/./} - $1)) -gt $((limit * 1000000)) ] &&
			return 1
		sleep 1
	done
	ACTIVE=$(awk -v us=$((${EPOCHREALTIME/./} - $1)) \
		'BEGIN {printf "%.1f", us / 1e6}')
}

fails() { grep -c '^not ok' "$1"; }
points() { grep -cE '^(not )?ok' "$1"; }

fulls() {
	awk 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "table_fulls") c = i}
		NR > 1 && c {n += strtonum("0x" $c)} END {print n + 0}' \
		/proc/net/stat/arp_cache 2>/dev/null || echo 0
}

printf '%-9s %7s %8s %16s %8s %6s %6s %14s %7s %7s\n' "routers" "up, s" \
	"active" "verify: failing" "s" "roles" "full" "drill: failing" "s" "again"
for size in "$@"; do
	routers=${size%x*} hosts=${size#*x}
	"$top/bench/big-lab.sh" "$lab" "$routers" "$hosts" >"$tmp/lab.yaml"
	begun=${EPOCHREALTIME/./}
	if ! within "$tmp/up" "$LABCTL" up --no-wait "$tmp/lab.yaml"; then
		printf '%-9s %7s   %s\n' "$size" "$TOOK" \
			"not up: $(grep '^labctl: ' "$tmp/err" | head -n 1)"
		"$LABCTL" down -q "$lab" >/dev/null 2>&1
		continue
	fi
	up=$TOOK
	all_active "$begun"
	before=$(transitions) full=$(fulls)
	within "$tmp/verify" "$LABCTL" verify "$lab"
	verify=$TOOK
	roles=kept
	[ "$(transitions)" = "$before" ] || roles=moved
	full=$(($(fulls) - full))
	within "$tmp/drill" "$LABCTL" failover "$lab"
	drill=$TOOK
	"$LABCTL" down -q "$lab" >/dev/null 2>&1
	within "$tmp/up" "$LABCTL" up "$tmp/lab.yaml" || TOOK=fails
	printf '%-9s %7s %8s %16s %8s %6s %6s %14s %7s %7s\n' "$size" "$up" "$ACTIVE" \
		"$(fails "$tmp/verify") of $(points "$tmp/verify")" "$verify" \
		"$roles" "$full" \
		"$(fails "$tmp/drill") of $(points "$tmp/drill")" "$drill" "$TOOK"
	"$LABCTL" down -q "$lab" >/dev/null 2>&1
done
