# SPDX-License-Identifier: MIT
# TAP for shell tests. Source it, test, end with tap_done.
# LABCTL is the program under test; TMP a folder that goes with the test.
# shellcheck shell=bash disable=SC2034
set -u
tap_n=0
tap_failed=0
tap_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LABCTL=${LABCTL:-$tap_top/build/labctl}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/labctl-t.XXXXXX")
tap_at_exit=()

# at_exit COMMAND...: run when the test ends, last first.
at_exit() { tap_at_exit+=("$*"); }

tap_cleanup() {
	local i
	for ((i = ${#tap_at_exit[@]} - 1; i >= 0; i--)); do
		eval "${tap_at_exit[i]}"
	done
	rm -rf "$TMP"
}
trap tap_cleanup EXIT
trap 'exit 130' INT TERM

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

pass() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1"; }

fail() {
	tap_n=$((tap_n + 1)); tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $1"
}

# All of these return 1 where they failed, so that `|| diag` tells more.
# ok STATUS DESCRIPTION
ok() {
	if [ "$1" -eq 0 ]; then pass "$2"; else
		fail "$2"; diag "status $1"; return 1
	fi
}

# is GOT EXPECTED DESCRIPTION
is() {
	if [ "$1" = "$2" ]; then pass "$3"; else
		fail "$3"; diag "     got: $1"; diag "expected: $2"; return 1
	fi
}

# like TEXT REGEX DESCRIPTION
like() {
	if [[ $1 =~ $2 ]]; then pass "$3"; else
		fail "$3"; diag "     got: $1"; diag "expected to match: $2"; return 1
	fi
}

# unlike TEXT REGEX DESCRIPTION
unlike() {
	if [[ ! $1 =~ $2 ]]; then pass "$3"; else
		fail "$3"; diag "     got: $1"; diag "expected not to match: $2"; return 1
	fi
}

skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"; }

skip_all() { echo "1..0 # SKIP $1"; exit 0; }

tap_done() { echo "1..$tap_n"; [ "$tap_failed" -eq 0 ]; exit; }
