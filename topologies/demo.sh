#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole path, from file to failover, as a person would type it.
set -u
labctl=${LABCTL:-build/labctl}
file=${1:-topologies/l3ha-linuxbridge.yaml}

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

run() {
	printf '\n%s$ labctl %s%s\n' "$bold" "$*" "$plain"
	"$labctl" "$@"
}

lab=$("$labctl" check -o json "$file" 2>/dev/null |
	sed -n 's/.*"lab": "\([^"]*\)".*/\1/p' | head -n 1)
trap '"$labctl" down -q ${lab:+"$lab"} 2>/dev/null; exit 130' INT TERM

run up "$file" || exit
status=0
run status ${lab:+"$lab"} || status=$?
run verify "$file" || status=$?
run failover "$file" || status=$?
run status ${lab:+"$lab"} || status=$?
run down ${lab:+"$lab"} || status=$?
exit "$status"
