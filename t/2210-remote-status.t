#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# labctl status: a lab that is well, nodes that are not, labs left over.
# shellcheck disable=SC2016 # expressions are Perl's
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_root

# look: sets out, status and the seconds it took.
look() {
	local from=$SECONDS
	out=$("$LABCTL" status "$LAB" "$@" 2>/dev/null); status=$?
	took=$((SECONDS - from))
}

# field EXPRESSION...: Perl's, of the JSON that look left in out; $l is the lab,
# $node{NAME} a node. Each on a line, a list with commas.
field() {
	printf '%s' "$out" | perl -MJSON::PP -e '
		my $d = decode_json(join "", <STDIN>);
		my $l = $d->{labs}[0];
		my %node = map { $_->{name} => $_ } @{$l->{nodes}};
		for (@ARGV) {
			my $v = eval $_;
			print ref $v eq "ARRAY" ? join(",", @$v) : $v // "null", "\n";
		}' "$@"
}

lab_make 2s
LABCTL_STATE=$TMP/none "$LABCTL" status nothing >/dev/null 2>"$TMP/err"
is "$?" 2 "no such lab: exit 2"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
router_facts

look
is "$status" 0 "status: exit 0"
like "$out" "^Lab $LAB: up" "a whole lab is up"
like "$out" "network1 +network +10.0.0.21 +running +running" "a network node, its engine"
like "$out" "compute1 +compute +10.0.0.31 +- +running" "a compute node has no engine"
like "$out" "outside +outside +- +- +running" "the host outside"
like "$out" "router2 +1 +$ACTIVE +[0-9-]+ [0-9:]+ +network1 [a-z]+, network2 [a-z]+" "who is active, since when"
like "$out" "selfservice-instance1 +compute1 +198.51.100.2" "instances"
unlike "$out" $'\033' "no colours in a pipe"
out=$(FORCE_COLOR=1 "$LABCTL" status "$LAB")
like "$out" $'\033' "colours where forced"

look -o json
is "$(field '$d->{version}')" 1 "json: version"
is "$(field '[$l->{name}, $l->{state}, $l->{error} // "none"]')" "$LAB,up,none" "json: lab"
is "$(field 'scalar @{$l->{nodes}}')" 6 "json: nodes"
is "$(field '$l->{routers}[0]{active}')" "$ACTIVE" "json: active"
since=$(field 'int($l->{routers}[0]{since_ns} / 10**9)')
ok "$(($(date +%s) - since > 60))" "json: since"
is "$(field '[sort map { $_->{file} } @{$l->{routers}[0]{nodes}}]')" \
	"backup,master" "json: the state files"

# Wrong words.
look -o xml
is "$status" 2 "-o xml: exit 2"
out=$("$LABCTL" status "${LAB}x" 2>&1)
is "$?" 2 "no such lab: exit 2"
like "$out" "did you mean '$LAB'" "no such lab: the nearest one"

# sshd of a node stopped: said so, and soon.
look -o json
pid=$(field '$node{network1}{pid}')
sshd=$(pgrep -P "$pid" -f 'sshd.*listener')
kill -STOP "$sshd"
look
is "$status" 0 "sshd stopped: exit 0"
ok "$((took > 5))" "sshd stopped: does not hang"
like "$out" "^Lab $LAB: half up" "sshd stopped: half up"
like "$out" "network1 .* unreachable: it accepts connections, but does not answer" "sshd stopped: the node and why"
like "$out" "network1 unknown, network2" "sshd stopped: its routers are unknown"

kill -CONT "$sshd"

# Ctrl-C ends what waits for a node that says nothing.
# shellcheck disable=SC2317 # by silence
in_net() { nsenter -t "$pid" -n "$@"; }
silence in_net
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1 &
up=$!
sleep 1
from=$(date +%s%N)
kill -INT "$up"
wait "$up"
is "$?" 130 "interrupted while a node is silent: exit 130"
ok "$((($(date +%s%N) - from) / 1000000 > 1000))" "interrupted: at once"
like "$(cat "$TMP/out")" "interrupted" "interrupted: says so"
unsilence in_net

# The engine of the active node stopped.
mapfile -t engine < <(pgrep -P "$(pgrep -P "$pid" -f 'labctl services')" -f 'labctl vrrp')
ok "$((${#engine[@]} != 1))" "the engine is a child of the supervisor of services"
kill -STOP "${engine[@]}"
look
ok "$((status != 0 || took > 8))" "engine stopped: does not hang"
kill -CONT "${engine[@]}"

# A service that does not run: the engine of the other node, with a file that
# it refuses.
on network2 sh -c "echo 'routers: [' > /run/labctl/$LAB/vrrp.yaml; pkill -9 -f '[l]abctl vrrp run'"
for _ in $(seq 100); do
	look -o json
	why=$(field '$node{network2}{services}[0]{trouble}')
	[[ "$why" == *"not YAML"* ]] && break
	sleep 0.1
done
like "$why" 'exited with status 2 after [0-9]+ restarts?: .*not YAML' "a service does not run: why"
is "$(field '[$node{network2}{services}[0]{name}, $node{network2}{services}[0]{running} ? "runs" : "does not", $node{network1}{services}[0]{trouble} // "none"]')" \
	"vrrp,does not,none" "a service does not run: which"
look
like "$out" 'network2: service vrrp does not run: exited with status 2' "a service does not run: in words"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "a service does not run: up mends it" || diag "$(cat "$TMP/out")"
look
unlike "$out" "does not run" "a service does not run: it does again"

# A node dead.
kill -KILL "$pid"
look -o json
is "$(field '[$l->{state}, $node{network1}{state}, $node{network2}{state}]')" \
	"half up,not running,running" "a node dead"
"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up again mends it" || diag "$(cat "$TMP/out")"
look -o json
is "$(field '$l->{state}')" "up" "and it is up"

# All dead: left over; its file gone: said so.
kill -KILL "$(field '$l->{pid}')"
for ((i = 0; i < 50; i++)); do
	look -o json
	[ "$(field '$l->{state}')" = "left over" ] && break
	sleep 0.1
done
is "$(field '[$l->{state}, $node{network1}{state}]')" "left over,not running" "all dead: left over"
look
like "$out" "left over; 'labctl down' removes what is left" "left over: what to do"
"$LABCTL" down "$LAB" >/dev/null
look
is "$status" 2 "after down there is none"

# A network node without routers has no engine, and lacks none.
LAB=$LAB-idle
printf 'lab: %s\nnodes:\n  n1: {role: network}\n' "$LAB" > "$TMP/idle.yaml"
at_exit "\"$LABCTL\" down -q $LAB >/dev/null 2>&1"
"$LABCTL" up "$TMP/idle.yaml" >"$TMP/out" 2>&1
ok $? "a lab without routers: up" || diag "$(cat "$TMP/out")"
look
like "$out" "n1 +network +10.0.0.[0-9]+ +- +running" "its network node has no engine"
"$LABCTL" down "$LAB" >/dev/null
tap_done
