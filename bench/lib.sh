# SPDX-License-Identifier: MIT
# What the benchmarks share: time of a command, medians, ratios.
# shellcheck shell=bash disable=SC2034,SC2154
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LABCTL=${LABCTL:-$top/build/labctl}

# time_us COMMAND...: sets US to its wall time.
time_us() {
	local start=${EPOCHREALTIME/./}
	"$@" >/dev/null 2>"$tmp/err" || { cat "$tmp/err" >&2; echo "failed: $*" >&2; exit 1; }
	US=$((${EPOCHREALTIME/./} - start))
}

# median N N N...
median() {
	printf '%s\n' "$@" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}

min_of() { printf '%s\n' "$@" | sort -n | head -n 1; }
max_of() { printf '%s\n' "$@" | sort -n | tail -n 1; }

head_row() {
	printf '%-44s %22s %22s %7s %7s\n' "$@"
}

# row WHAT "OURS us..." "THEIRS us..." TARGET: in ms, medians and ranges.
row() {
	local o t
	# shellcheck disable=SC2086 # lists of numbers
	o=$(median $2) t=$(median $3)
	# shellcheck disable=SC2086
	awk -v w="$1" -v o="$o" -v t="$t" -v olo="$(min_of $2)" -v ohi="$(max_of $2)" \
		-v tlo="$(min_of $3)" -v thi="$(max_of $3)" -v g="$4" 'BEGIN {
		printf "%-44s %8.1f (%.1f-%.1f) %8.1f (%.1f-%.1f) %7.2f %7s\n", w,
			o / 1000, olo / 1000, ohi / 1000, t / 1000, tlo / 1000,
			thi / 1000, o / t, g }'
}
