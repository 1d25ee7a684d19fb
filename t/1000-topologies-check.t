#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# labctl check: streams, exit statuses, and the shipped labs as it sees them.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
cd "$tap_top" || exit 1

run() { out=$("$LABCTL" "$@" 2>"$TMP/err"); status=$?; err=$(cat "$TMP/err"); }

run check topologies/l3ha-linuxbridge.yaml
is "$status" 0 "a right file: exit 0"
is "$out" "topologies/l3ha-linuxbridge.yaml: ok: 5 nodes, 4 networks, 2 routers, 2 instances" \
	"a right file: one line"
is "$err" "" "a right file: nothing on stderr"

run check topologies/*.yaml
is "$status" 0 "all shipped labs are right"
is "$(wc -l <<<"$out")" "$(printf '%s\n' topologies/*.yaml | wc -l)" \
	"one line for each"

for f in topologies/*.yaml; do
	name=$(basename "$f" .yaml)
	is "$(head -n 1 "$f")" "# yaml-language-server: \$schema=schema.json" \
		"$name: editors find the schema"
	run check --resolved "$f"
	is "$out" "$(cat "t/golden/topo-$name.yaml")" "$name: resolved"
	printf '%s\n' "$out" >"$TMP/resolved.yaml"
	run check --resolved "$TMP/resolved.yaml"
	is "$out" "$(cat "$TMP/resolved.yaml")" "$name: resolved is a lab file"
done

cat >"$TMP/bad.yaml" <<'TXT'
lab: bad
nodes:
  controller: {role: controler}
  network1: {role: network}
routers:
  router1: {gatway: ext, interfaces: [none-such]}
TXT
run check "$TMP/bad.yaml"
is "$status" 2 "a wrong file: exit 2"
is "$out" "" "a wrong file: nothing on stdout"
is "$err" "$TMP/bad.yaml:3:22: unknown role 'controler'; did you mean 'controller'? (there are controller, network and compute)
    3 |   controller: {role: controler}
      |                      ^~~~~~~~~
$TMP/bad.yaml:6:13: unknown key 'gatway' in router 'router1'; did you mean 'gateway'?
    6 |   router1: {gatway: ext, interfaces: [none-such]}
      |             ^~~~~~
$TMP/bad.yaml:6:39: no subnet is named 'none-such'
    6 |   router1: {gatway: ext, interfaces: [none-such]}
      |                                       ^~~~~~~~~" \
	"a wrong file: every error with its line"

run check topologies/vrrp-rapid.yaml "$TMP/bad.yaml"
is "$status" 2 "one of two wrong: exit 2"
like "$out" "^topologies/vrrp-rapid.yaml: ok" "one of two wrong: the other is told"

FORCE_COLOR=1 run check "$TMP/bad.yaml"
like "$err" $'\033' "FORCE_COLOR: colours"
NO_COLOR=1 FORCE_COLOR=1 run check "$TMP/bad.yaml"
unlike "$err" $'\033' "NO_COLOR: none"

run check
is "$status" 2 "no file: exit 2"
like "$err" "which file" "no file: says so"
run check -o xml topologies/vrrp-rapid.yaml
is "$status" 2 "unknown format: exit 2"
run check "$TMP/none.yaml"
is "$status" 2 "missing file: exit 2"
is "$err" "$TMP/none.yaml: there is no such file" "missing file: says so"
run check "$TMP"
is "$err" "$TMP: is a directory; a lab is a file" "a folder: says so"
mkfifo "$TMP/pipe"
run check "$TMP/pipe"
is "$err" "$TMP/pipe: is a pipe; a lab is a file that can be read again" \
	"a pipe: does not wait"
truncate -s 100M "$TMP/large.yaml"
run check "$TMP/large.yaml"
is "$err" "$TMP/large.yaml: larger than 4 MiB, so not a lab" \
	"100 MB: refused by size"

run check -o json --resolved topologies/l3ha-linuxbridge.yaml "$TMP/bad.yaml"
is "$status" 2 "json: exit 2"
is "$err" "" "json: nothing on stderr"
got=$(perl -MJSON::PP -e '
	my $d = decode_json(join "", <STDIN>);
	my ($a, $b) = @{$d->{files}};
	print join(" ", $d->{version}, $a->{ok} ? "True" : "False", $a->{lab}, $a->{nodes},
		map { $_->{addresses}[0] } grep { $_->{kind} eq "ha" } @{$a->{resolved}{ports}}), "\n";
	print $b->{ok} ? "True" : "False", " [",
		join(", ", map { "($_->{line}, $_->{column})" } @{$b->{errors}}), "] $b->{more}\n";
' <<<"$out")
is "$got" "1 True l3ha-linuxbridge 5 169.254.192.1/18 169.254.192.2/18
False [(3, 22), (6, 13), (6, 39)] 0" "json: both files"

# What the README shows is a lab.
sed -n '/^    lab: my-lab$/,/^[^ ]/p' README.md | sed -n 's/^    //p' >"$TMP/readme.yaml"
run check "$TMP/readme.yaml"
is "$out" "$TMP/readme.yaml: ok: 4 nodes, 3 networks, 1 router, 1 instance" \
	"the README's example is right"

run check topologies/vrrp-rapid.yaml >/dev/null
"$LABCTL" check topologies/vrrp-rapid.yaml >/dev/full 2>"$TMP/err"
is "$?" 3 "a full disk is not success"
tap_done
