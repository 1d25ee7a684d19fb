#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How verify asks for metadata: a proxy follows its router's role, so one that
# is not there yet is asked again, and one that does not come is told.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root for namespaces"
command -v busybox >/dev/null || skip_all "needs busybox"
ns=md$$
ip netns add $ns 2>/dev/null || skip_all "cannot make network namespaces"
at_exit "ip netns del $ns"
ip netns exec $ns ip link set lo up
ip netns exec $ns ip addr add 169.254.169.254/32 dev lo
echo hello >"$TMP/x"

# asked SECONDS: the look's answer, while the agent has so long.
asked() {
	(
		printf '{"id":1,"op":"http","server":"169.254.169.254","timeout_ms":8000,"paths":["/x"],"from":["%s"]}\n' $ns
		sleep "$1"
	) | "$LABCTL" agent | grep '"id": 1'
}
like "$(asked 4)" '"error": "connect: Connection refused"' "nobody answers"
(sleep 0.7; exec ip netns exec $ns busybox httpd -f -p 169.254.169.254:80 -h "$TMP") &
at_exit "kill $!; wait $! 2>/dev/null"
like "$(asked 4)" '"status": 200,"body": "hello' "one that comes a moment later does"
tap_done
