#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What verify could not see it does not pass, and whom it heard it names: an
# ha interface that is down, and a stranger on the HA network.
# shellcheck disable=SC2016,SC2317 # texts are evaluated where they are used
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
lab_make 1s

"$LABCTL" up "$FILE" >"$TMP/out" 2>&1
ok $? "up" || diag "$(cat "$TMP/out")"
settle

ha=$(dev_of "$BACKUP" ha-)
on "$BACKUP" ip -n "$NETNS" link set "$ha" down
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "an ha interface is down: verify exits 1"
for n in network1 network2; do
	like "$(grep '^not ok' "$TMP/tap")" "- advert-fields: .* on $n" \
		"what one of two captures would have shown of $n is not passed"
done
like "$(cat "$TMP/tap")" "could_not_look: .*$BACKUP: .*$ha" \
	"and why it could not look is told"
on "$BACKUP" ip -n "$NETNS" link set "$ha" up
settle

# From a compute node, in the HA network's VXLAN.
vx=$(on "$ACTIVE" ip -d link show type vxlan | grep -A3 vxlan-2)
group=$(sed -n 's/.* group \([0-9.]*\) .*/\1/p' <<< "$vx")
mac=02:00:00:00:00:77
# shellcheck disable=SC2154
on compute1 sh -c "ip link add strange address $mac type vxlan id 2 group $group dev eth1 dstport 8472 &&
	ip link set strange up && ip addr add 169.254.192.77/18 dev strange && mkdir -p /run/strange &&
	cat > /run/strange/vrrp.yaml && labctl vrrp run --daemon /run/strange/vrrp.yaml" \
	>"$TMP/out" 2>&1 <<'YAML'
control: /run/strange/vrrp.sock
routers:
- name: strange
  interface: strange
  vrid: 1
  priority: 200
  interval: 1s
  preempt: true
  virtual_addresses: [{address: 169.254.0.1/24, dev: strange}]
  garp: {repeat: 1, refresh: 0s}
YAML
ok $? "a stranger of a greater priority begins to speak" || diag "$(cat "$TMP/out")"
sleep 5
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
is "$?" 1 "a stranger: verify exits 1"
for n in network1 network2; do
	like "$(cat "$TMP/tap")" "stranger: [0-9]+ from 169.254.192.77, MAC $mac, heard on $n" \
		"the stranger is named with its MAC, as heard on $n" ||
		diag "$(grep -A12 '^not ok' "$TMP/tap")"
done
on compute1 sh -c "labctl vrrp stop -c /run/strange/vrrp.sock; ip link del strange" >"$TMP/out" 2>&1
ok $? "the stranger goes" || diag "$(cat "$TMP/out")"
settle
"$LABCTL" verify "$LAB" >"$TMP/tap" 2>"$TMP/err"
ok $? "and verify passes again" || diag "$(grep -A12 '^not ok' "$TMP/tap"; cat "$TMP/err")"
tap_done
