#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The documents' commands, typed on a lab's nodes as they print them, and what
# they show there.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/lib/tap.sh"
# shellcheck source=t/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
need_lab
for p in brctl route traceroute tcpdump keepalived; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$p" >/dev/null ||
		skip_all "needs $p"
done
lab_make 1s
"$LABCTL" up -q "$FILE" >/dev/null 2>"$TMP/err"
is $? 0 "the lab is up" || diag "$(cat "$TMP/err")"
settle
ok $? "with an active and a standby"
ID=${NETNS#qrouter-}
ha=$(dev_of "$ACTIVE" ha-) qr=$(dev_of "$ACTIVE" qr-) qg=$(dev_of "$ACTIVE" qg-)

# says NODE WHAT PATTERN COMMAND...: what is typed there prints this.
says() {
	local node=$1 what=$2 pattern=$3
	shift 3
	like "$(on "$node" "$@" 2>&1)" "$pattern" "$what"
}
# in_router NODE COMMAND...
in_router() { on "$1" ip netns exec "$NETNS" "${@:2}"; }

for n in network1 network2; do
	says $n "$n: ip netns" "^$NETNS" ip netns
done
addr=$(in_router "$ACTIVE" ip addr show)
like "$addr" "inet 169.254.0.1/24 scope global $ha" "active: the HA address"
like "$addr" "inet 203.0.113.21/24 scope global $qg" "the external address"
like "$addr" "inet 198.51.100.1/24 scope global $qr" "the project's gateway"
like "$addr" "inet6 fe80::[0-9a-f:]*/64 scope link" "link-local ones"
unlike "$(in_router "$BACKUP" ip addr show)" "169.254.0.1|203.0.113|198.51.100" \
	"standby: none of them"
like "$(in_router "$BACKUP" ip addr show)" "inet 169.254.192.[0-9]*/18" \
	"but an HA address of its own"

routes=$(in_router "$ACTIVE" route -n)
like "$routes" "0.0.0.0 +203.0.113.1 +0.0.0.0 +UG .* $qg" "active: route -n, the default route"
like "$routes" "169.254.0.0 +0.0.0.0 +255.255.255.0 +U .* $ha" "the HA address's network"
like "$routes" "169.254.192.0 +0.0.0.0 +255.255.192.0 +U .* $ha" "and the HA network"
is "$(in_router "$BACKUP" route -n | grep -c '^[0-9]')" 1 "standby: the HA network alone"

says "$ACTIVE" "cat state: master" '^master$' cat "/var/lib/neutron/ha_confs/$ID/state"
says "$BACKUP" "and backup" '^backup$' cat "/var/lib/neutron/ha_confs/$ID/state"
is "$(on "$ACTIVE" sh -c "tail -c 1 /var/lib/neutron/ha_confs/$ID/state")" r \
	"without an end of line, as Neutron's"
conf=$(on "$ACTIVE" cat "/var/lib/neutron/ha_confs/$ID/keepalived.conf")
like "$conf" "vrrp_instance VR_1 \{
    state BACKUP
    interface $ha
    virtual_router_id 1
    priority 50" "cat keepalived.conf"
like "$conf" "        fe80::[0-9a-f:]*/64 dev $qr scope link" "with link-local addresses"
like "$conf" "        0.0.0.0/0 via 203.0.113.1 dev $qg" "and the default route"
says "$ACTIVE" "ps -ef|grep ha: one engine, how many routers, and where" \
	'labctl vrrp run .*: 1 router of /var/lib/neutron/ha_confs' sh -c 'ps -ef|grep ha'

says network1 "tcpdump -lnpi eth1: adverts in VXLAN" \
	'169.254.192.[0-9]* > 224.0.0.18: VRRPv2, Advertisement, vrid 1, prio 50, authtype none, intvl 1s, length 20' \
	timeout 4 tcpdump -lnpi eth1
says outside "ping -c 4 of the router from a host on the external network" "4 received" \
	ping -c 4 -i 0.2 203.0.113.21
says selfservice-instance1 "instance: ping -c 4 of the gateway" "4 received|4 packets received" \
	ping -c 4 -i 0.2 198.51.100.1
says selfservice-instance1 "traceroute: the router, then outside" \
	" 1  198.51.100.1 .* 2  192.0.2.53 " traceroute -n -m 4 -w 1 192.0.2.53
says "$ACTIVE" "iptables -t nat -S in the router" \
	"-A neutron-l3-agent-snat -o $qg -j SNAT --to-source 203.0.113.21" \
	ip netns exec "$NETNS" iptables -t nat -S
says compute1 "brctl show: a bridge with the tunnel's port and taps" \
	'brq[0-9a-f-]+.*8000\.[0-9a-f]+.*no.*(tap|vxlan)' brctl show
says "$ACTIVE" "ifconfig in the router" "inet 203.0.113.21 +netmask 255.255.255.0" \
	ip netns exec "$NETNS" ifconfig "$qg"
on outside ping -c 1 203.0.113.21 >/dev/null 2>&1
says "$ACTIVE" "arp -n there" "203.0.113.1 +ether +[0-9a-f:]{17}" \
	ip netns exec "$NETNS" sh -c 'ping -c 1 203.0.113.1 >/dev/null; arp -n'

# What the documents ask a cloud's services, a lab's file answers.
show() { "$LABCTL" show -l "$LAB" "$@" 2>&1; }
like "$(show agents)" "network1 +L3 agent" "show agents"
like "$(show networks)" "HA network tenant demo +[0-9a-f-]{36} +vxlan .*169.254.192.0/18" "show networks, the hidden one too"
like "$(show routers)" "router2 +$ID .*203.0.113.21/24.*network1, network2" "show routers, and who hosts them"
like "$(show ports router2)" "$ha .*169.254.192.*network[12]" "show ports of a router"
like "$(show ports router2)" "$qr .*198.51.100.1/24" "with its addresses"
like "$(show instances)" "selfservice-instance2 .*203.0.113.17" "show instances, with floating addresses"
show ports nobody >/dev/null
is $? 2 "of nobody there are none"

# The file is true: our configuration comes back, and keepalived runs from it.
"$LABCTL" exec -l "$LAB" "$BACKUP" -- labctl vrrp import \
	"/var/lib/neutron/ha_confs/$ID/keepalived.conf" >"$TMP/back" 2>"$TMP/err"
is $? 0 "vrrp import takes it" || diag "$(cat "$TMP/err")"
like "$(cat "$TMP/back")" "id: \"?$ID" "and knows whose it is"
is "$(in_router "$BACKUP" keepalived -t -f "/var/lib/neutron/ha_confs/$ID/keepalived.conf" 2>&1 |
	grep -vE 'Cannot specify scope for IPv6|Ignoring track_interface ha-')" "" "keepalived takes it"
on "$BACKUP" pkill -9 -f '[l]abctl (services|vrrp run)'
on "$BACKUP" sh -c "ip netns exec $NETNS keepalived -P -f /var/lib/neutron/ha_confs/$ID/keepalived.conf -p /run/k.pid -r /run/k.vrrp </dev/null >/dev/null 2>&1"
sleep 4
like "$(in_router "$ACTIVE" ip addr show)" "203.0.113.21/24" "keepalived beside ours stays a backup"
unlike "$(in_router "$BACKUP" ip addr show)" "203.0.113.21/24" "and holds nothing"
in_router "$ACTIVE" ifconfig "$ha" down
for ((i = 0; i < 200; i++)); do
	in_router "$BACKUP" ip -br addr show "$qg" | grep -q 203.0.113.21 && break
	sleep 0.1
done
like "$(in_router "$BACKUP" ip addr show)" "203.0.113.21/24" \
	"ifconfig ha down on the active: keepalived takes over from our file"
unlike "$(in_router "$ACTIVE" ip addr show)" "203.0.113.21/24" "and ours gave it up"
# shellcheck disable=SC2016 # the node's shell expands it
on "$BACKUP" sh -c 'kill $(cat /run/k.pid)'
"$LABCTL" up -q "$FILE" >/dev/null 2>&1
is $? 0 "up has the lab's own again"
on "$ACTIVE" sh -c "echo x >> /var/lib/neutron/ha_confs/$ID/keepalived.conf"
like "$("$LABCTL" plan "$FILE" 2>/dev/null)" "~ .*keepalived.conf" "an edited file is drift"
"$LABCTL" up -q "$FILE" >/dev/null 2>&1
is "$(on "$ACTIVE" cat "/var/lib/neutron/ha_confs/$ID/keepalived.conf")" "$conf" "that up mends"

# Pings of the gateways, switched on while it runs: nobody changes for that.
settle
held=$ACTIVE
sed -i 's/ha: {interval: 1s}/ha: {interval: 1s, health_check_interval: 250ms}/' "$FILE"
"$LABCTL" up -q "$FILE" >/dev/null 2>"$TMP/err"
is $? 0 "health_check_interval on the running lab" || diag "$(cat "$TMP/err")"
sleep 2
settle
is "$ACTIVE" "$held" "the role stays where it was"
like "$(on "$ACTIVE" cat "/var/lib/neutron/ha_confs/$ID/keepalived.conf")" \
	"vrrp_script ha_health_check_1 \{.*interval 0.250.*track_script \{
        ha_health_check_1" "keepalived.conf has Neutron's check"
like "$(on "$ACTIVE" cat "/var/lib/neutron/ha_confs/$ID/ha_check_script_1.sh")" \
	"ping -c 1 -w 1 203.0.113.1 1>/dev/null \|\| exit 1" "and its script"
in_router "$held" ip neigh replace 203.0.113.1 lladdr 02:00:00:00:00:99 dev "$qg" nud permanent
for ((i = 0; i < 100; i++)); do
	router_facts
	[ -n "$ACTIVE" ] && [ "$ACTIVE" != "$held" ] && break
	sleep 0.1
done
ok "$([ "$ACTIVE" != "$held" ]; echo $?)" "who loses its gateway hands over"
is "$BACKUP" "$held" "and is a standby"
tap_done
