#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The metadata server by itself: behind a proxy's headers, on a listener of its
# own, asked by liars, starved by half requests.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
command -v curl >/dev/null || skip_all "needs curl"
sock=$TMP/md.sock file=$TMP/records.yaml

records() {
	cat > "$file" <<-YAML
	instances:
	- {uuid: u-one, name: one, hostname: one, network: net-a, addresses: [{addr: 10.0.0.4/24}]}
	- {uuid: u-two, name: ${1:-two}, hostname: two, network: net-a, addresses: [{addr: 10.0.0.5/24}]}
	routers: [{uuid: r-a, networks: [net-a]}]
	listeners: [${2:-}]
	YAML
}

ask() { curl -s -m 5 --unix-socket "$sock" "$@"; }
code() { ask -o /dev/null -w '%{http_code}' "$@"; }
via=(-H 'X-Neutron-Router-ID: r-a')
name=http://md/latest/meta-data/hostname

records
"$LABCTL" metadata --socket "$sock" --records "$file" 2> "$TMP/log" & server=$!
at_exit "kill $server 2>/dev/null"
for ((i = 0; i < 100; i++)); do [ -S "$sock" ] && break; sleep 0.05; done

is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' $name)" one "an instance is told its own name"
is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.5' $name)" two "and its neighbour its own"
is "$(ask -H 'X-Neutron-Network-ID: net-a' -H 'X-Forwarded-For: 10.0.0.5' $name)" two "by network too"
is "$(code "${via[@]}" -H 'X-Forwarded-For: 10.0.0.6' $name)" 404 "an unknown address is not found"
is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' -H 'X-Forwarded-For: 10.0.0.5' $name)" two \
	"of two headers the proxy's, which is the last, counts"
is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4, 10.0.0.5' $name)" two "and of two words"
is "$(code "${via[@]}" -H 'X-Neutron-Network-ID: net-a' -H 'X-Forwarded-For: 10.0.0.4' $name)" 400 \
	"router and network at once are refused"
is "$(code "${via[@]}" "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' $name)" 400 "and a router twice"
is "$(code -H 'X-Forwarded-For: 10.0.0.4' $name)" 400 "and neither"
is "$(code "${via[@]}" $name)" 400 "and nobody"
is "$(code "${via[@]}" -H 'X-Forwarded-For: ten' $name)" 400 "and what is no address"
is "$(code "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' -X POST -d x $name)" 405 "nothing can be posted"
is "$(code "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' -I $name)" 200 "HEAD is answered"
is "$(code "${via[@]}" -H "X: $(head -c 40000 /dev/zero | tr '\0' x)" -H 'X-Forwarded-For: 10.0.0.4' $name)" \
	431 "headers without end are refused"

# Edited while it runs.
records zwei
kill -HUP $server
for ((i = 0; i < 100; i++)); do
	[ "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.5' http://md/openstack/latest/meta_data.json |
		grep -c zwei)" = 1 ] && break
	sleep 0.05
done
is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.5' http://md/openstack/latest/meta_data.json |
	grep -o '"name": "[a-z]*"')" '"name": "zwei"' "a changed file is read again on SIGHUP"
echo 'instances: [{' > "$file"
kill -HUP $server
sleep 0.3
is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' $name)" one "a broken one changes nothing"
like "$(cat "$TMP/log")" "what was known stays" "and is told"

# Half requests, more than there is room for, do not lock others out for long.
if command -v perl >/dev/null; then
	perl -MIO::Socket::UNIX -e '
		my @s; for (1 .. 1000) {
			my $c = IO::Socket::UNIX->new(Peer => $ARGV[0]) or last;
			print $c "GET /latest HTTP/1.1\r\nHost: "; push @s, $c; }
		print scalar(@s), "\n"; $| = 1; print "held\n"; sleep 8' "$sock" > "$TMP/held" & half=$!
	for ((i = 0; i < 100; i++)); do grep -q held "$TMP/held" && break; sleep 0.05; done
	is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' $name)" one \
		"with $(head -n 1 "$TMP/held") half requests open another is answered"
	kill $half 2>/dev/null
	wait $half 2>/dev/null
fi

# As many at once as there is room for, each answered; and readers that do not
# read hold nobody up.
if command -v perl >/dev/null; then
	is "$(perl -MIO::Socket::UNIX -MIO::Select -e '
		my (@s, $n); for (1 .. 1000) {
			my $c = IO::Socket::UNIX->new(Peer => $ARGV[0]) or last; push @s, $c; }
		print $_ "GET /latest/meta-data/hostname HTTP/1.0\r\nX-Neutron-Router-ID: r-a\r\n" .
			"X-Forwarded-For: 10.0.0.4\r\n\r\n" for @s;
		$_->flush for @s;
		for my $c (@s) { local $/; $n++ if <$c> =~ /200 OK.*one\z/s; }
		print $n' "$sock")" 1000 "a thousand connections at once are all answered"
	perl -MIO::Socket::UNIX -e '
		my @s; for (1 .. 200) {
			my $c = IO::Socket::UNIX->new(Peer => $ARGV[0]) or last; push @s, $c;
			print $c "GET /openstack/latest/meta_data.json HTTP/1.1\r\nHost: x\r\n" .
				"X-Neutron-Router-ID: r-a\r\nX-Forwarded-For: 10.0.0.4\r\n\r\n" x 100; $c->flush; }
		$| = 1; print "held\n"; sleep 30' "$sock" > "$TMP/held" & slow=$!
	for ((i = 0; i < 100; i++)); do grep -q held "$TMP/held" && break; sleep 0.05; done
	is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4' $name)" one \
		"beside two hundred that ask much and read nothing"
	kill $slow 2>/dev/null
	wait $slow 2>/dev/null
fi
is "$(ask "${via[@]}" -H 'X-Forwarded-For: 10.0.0.4,' $name -o /dev/null -w '%{http_code}')" 400 "a list that ends in nothing"
is "$(code "${via[@]}" -H 'X-Forwarded-For: 10.0.0.5 10.0.0.4' $name)" 400 "two words without a comma"

# By itself inside a namespace.
if [ "$(id -u)" -eq 0 ] && ip netns add md$$ 2>/dev/null; then
	at_exit "ip netns del md$$ 2>/dev/null"
	ip -n md$$ link set lo up
	ip -n md$$ addr add 10.0.0.4/32 dev lo
	ip -n md$$ addr add 10.0.0.5/32 dev lo
	records two "{netns: md$$, port: 9697, router: r-a}"
	kill -HUP $server
	for ((i = 0; i < 100; i++)); do
		ip netns exec md$$ curl -s -m 1 --interface 10.0.0.4 http://10.0.0.4:9697/ >/dev/null && break
		sleep 0.05
	done
	direct() { ip netns exec md$$ curl -s -m 5 --interface "$1" "${@:2}" http://10.0.0.4:9697/latest/meta-data/hostname; }
	is "$(direct 10.0.0.4)" one "on a listener who connects is known by address"
	is "$(direct 10.0.0.5)" two "so is another"
	is "$(direct 10.0.0.5 -H 'X-Forwarded-For: 10.0.0.4' -H 'X-Neutron-Router-ID: r-b')" two \
		"and no header changes that"
	# Made anew: another namespace of the same name.
	ip netns del md$$
	sleep 0.2
	ip netns add md$$
	ip -n md$$ link set lo up
	ip -n md$$ addr add 10.0.0.4/32 dev lo
	for ((i = 0; i < 100; i++)); do
		[ "$(direct 10.0.0.4)" = one ] && break
		sleep 0.05
	done
	is "$(direct 10.0.0.4)" one "a namespace that is made anew has its listener again"
	records two
	kill -HUP $server
	sleep 0.3
	direct 10.0.0.4 >/dev/null
	is $? 7 "a listener that is wanted no more is closed"
else
	skip "a listener in a namespace" "needs root"
fi

kill $server
wait $server
ok $? "it ends when told"
[ ! -e "$sock" ]
ok $? "and leaves no socket"
tap_done
