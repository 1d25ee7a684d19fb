#!/bin/bash
# SPDX-License-Identifier: MIT
# The supervisor of services with real engines: two nodes that are folders of
# one LAN, the engine a service of each, and a program that follows its role. And
# what it puts back when links were down.
. "$(dirname "$0")/lib/vrrp.sh"

# ask NODE JSON: a line to its supervisor, its answer
ask() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => "/run/$ARGV[0]/services.sock") or exit 1;
		print $s "$ARGV[1]\n"; print scalar <$s>' "$1" "$2"
}

# service NODE NAME KEY: what it tells of a service
service() {
	ask "$1" '{"op": "state"}' | perl -MJSON::PP -e '
		for my $s (@{decode_json(<STDIN>)->{services}}) {
			next unless $s->{name} eq $ARGV[0];
			my $v = $s->{$ARGV[1]};
			print JSON::PP::is_bool($v) ? $v ? "True" : "False" : $v // "None", "\n" }' "$2" "$3"
}

# wait_for WORDS EXPECTED COMMAND...: within ten seconds
wait_for() {
	local words=$1 expected=$2 t0 got
	shift 2
	t0=$(ms)
	until got=$("$@" 2>/dev/null); [ "$got" = "$expected" ]; do
		[ $(($(ms) - t0)) -gt 10000 ] && break
		sleep 0.02
	done
	is "$got" "$expected" "$words"
}

# set_engine NODE: vrrp.yaml of conf() as the engine's file
set_engine() {
	ask "$1" "$(perl -MJSON::PP -e '
		my $n = shift;
		local $/;
		open my $f, "<", "/run/$n/vrrp.yaml" or die;
		print encode_json({op => "set", service => {name => "vrrp",
			argv => ["labctl", "vrrp", "run", "/run/$n/vrrp.yaml"],
			control => "vrrp.sock", reload => "reload",
			files => [{path => "vrrp.yaml", text => <$f>}]}})' "$1")"
}

# The program: says when it began, and is deaf to all but SIGKILL.
cat > /run/follower <<'SH'
#!/bin/sh
trap '' TERM HUP INT
date +%s%N >> "$1"
while :; do sleep 0.1; done
SH
chmod +x /run/follower

lan a b
for n in a b; do
	conf $n "priority: $([ $n = a ] && echo 200 || echo 100)" "preempt: true"
	"$LABCTL" services /run/$n > "/run/$n/said" &
	eval "keeper_$n=$!"
	wait_for "a supervisor of $n listens" "+" cat /run/$n/said
	like "$(set_engine $n)" '"ok": true' "the engine is its service"
	like "$(ask $n "{\"op\": \"set\", \"service\": {\"name\": \"follower\", \"in\": \"$n\", \"argv\": [\"/run/follower\", \"/run/$n/began\"], \"stop\": \"KILL\", \"when\": \"active of $n\"}}")" \
		'"ok": true' "and a program that follows its router"
done
"$LABCTL" services /run/a > "$TMP/second" 2>&1
is "$?" 3 "a second supervisor is refused"
like "$(cat "$TMP/second")" 'runs for /run/a already' "with the reason"

# What a link that is set down, or loses its carrier, takes with it is back
# when it runs again.
ip netns add blink
ip link add blink0 type veth peer name eth0 netns blink
ip link set blink0 up
ip -n blink addr add 10.9.0.1/24 dev eth0
ip -n blink link set eth0 up
for addr in 10.9.0.2 10.9.0.3 fd09::2; do
	ip -n blink neigh add $addr dev eth0 nud none extern_learn
done
reserved() {
	ip -n blink neigh show nud all dev eth0 | grep extern_learn |
		cut -d ' ' -f 1 | sort | tr '\n' ' '
}
places="10.9.0.2 10.9.0.3 fd09::2 "
is "$(reserved)" "$places" "places are reserved for neighbours"
ip -n blink link set eth0 down
ip -n blink link set eth0 up
wait_for "a link down and up: they are there again" "$places" reserved
ip link set blink0 down
wait_for "a carrier that went takes them too" "" reserved
ip link set blink0 up
wait_for "and they are there again" "$places" reserved
ip -n blink neigh del 10.9.0.3 dev eth0
sleep 1 # longer than the supervisor thinks that a link may take
ip -n blink link set eth0 down
ip -n blink link set eth0 up
wait_for "but for one that was taken away" "10.9.0.2 fd09::2 " reserved
ip -n blink link set eth0 name other
ip -n blink link set other down
ip -n blink link set other name eth0
ip -n blink link set eth0 up
wait_for "a link by another name" "10.9.0.2 fd09::2 " reserved
ip netns del blink

wait_state a active 5000
wait_for "where the router is active the program runs" True service a follower running
is "$(service b follower running) $(service b follower wanted)" "False False" \
	"where it is not, it does not, and is not wanted"
pid=$(service a follower pid)
is "$(ip netns identify "$pid")" a "it runs in the router's namespace"

ip -n a link set ha down
wait_for "a failover starts it on the other" True service b follower running
since=$(field b since_ns)
took=$((($(tail -n 1 /run/b/began) - since) / 1000))
diag "started $took us after the transition"
ok "$((took >= 2000000))" "soon after the engine's transition" || diag "$took us"
wait_for "and ends it on the one" False service a follower running
is "$(kill -0 "$pid" 2>&1 | grep -c 'No such')" 1 "though it is deaf to SIGTERM"
ip -n a link set ha up
wait_for "and back" True service a follower running
wait_for "and there it ends" False service b follower running

# A reload of the engine alone.
engine=$(service a vrrp pid)
conf a "priority: 210" "preempt: true"
like "$(set_engine a)" '"ok": true' "another configuration"
is "$(service a vrrp pid) $(field a priority)" "$engine 210" "is read by the same engine"
cp /run/a/vrrp.yaml "$TMP/right"
echo "routers: [" > /run/a/vrrp.yaml
a=$(set_engine a)
like "$a" '"ok": false,"error": "vrrp: ' "what the engine refuses is an error with its words"
diag "$a"
cp "$TMP/right" /run/a/vrrp.yaml
like "$(set_engine a)" '"ok": true' "mended"

# The engine dies: its own supervisor has it back, or this one both.
kill -9 "$engine"
wait_for "the engine's supervisor killed: it is started again" 1 service a vrrp restarts
wait_state a active 10000
is "$(state_of a)" active "and active again"
wait_for "the program follows" True service a follower running

# Killed itself it leaves nothing; a new one takes over.
engine=$(service a vrrp pid) pid=$(service a follower pid)
# shellcheck disable=SC2154 # by eval
kill -9 "$keeper_a"
gone() { kill -0 "$1" 2>/dev/null || echo gone; }
wait "$keeper_a" 2>/dev/null
wait_for "the supervisor killed: the engine goes" gone gone "$engine"
wait_for "and the program" gone gone "$pid"
wait_state b active 10000
is "$(ip -n a -o addr show dev qr scope global)" "" "no virtual address is left"
"$LABCTL" services /run/a > /run/a/said &
keeper_a=$!
wait_for "another one listens" "+" cat /run/a/said
like "$(set_engine a)" '"ok": true' "and keeps the engine"
wait_state a active 10000

# The end.
for n in a b; do
	like "$(ask $n '{"op": "stop"}')" '"ok": true' "all of $n is stopped"
done
# shellcheck disable=SC2154
wait "$keeper_a" "$keeper_b"
is "$(pgrep -f '[l]abctl vrrp run|/run/[f]ollower')" "" "nothing runs"
is "$(ip -n a -o addr show dev qr scope global; ip -n b -o addr show dev qr scope global)" "" \
	"and no address is left"
tap_done
