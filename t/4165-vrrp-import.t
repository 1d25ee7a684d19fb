#!/bin/bash
# SPDX-License-Identifier: MIT
# keepalived's configuration for the engine: both run from one file, beside
# each other.
. "$(dirname "$0")/lib/vrrp.sh"
command -v keepalived >/dev/null || skip_all "keepalived is not installed"

lan a b
mkdir -p /run/ha_confs/router
F=/run/ha_confs/router/keepalived.conf
# As Neutron writes it: without an end of line behind the last.
printf '%s' 'global_defs {
    notification_email_from neutron@openstack.local
    router_id neutron
}
vrrp_instance VR_1 {
    state BACKUP
    interface ha
    virtual_router_id 1
    priority 50
    garp_master_delay 60
    nopreempt
    advert_int 1
    track_interface {
        ha
    }
    virtual_ipaddress {
        169.254.0.1/24 dev ha
    }
    virtual_ipaddress_excluded {
        192.168.1.1/24 dev qr
        203.0.113.101/24 dev qg
        fd00:203:0:113::21/64 dev qg
        fe80::f816:3eff:fe00:1/64 dev qr scope link
    }
    virtual_routes {
        0.0.0.0/0 via 203.0.113.1 dev qg
    }
}' > $F

# Of two of Neutron's words a newer keepalived says that they do nothing.
ip netns exec b keepalived -t -f $F >"$TMP/out" 2>&1
is "$(grep -vE "Cannot specify scope for IPv6|Ignoring track_interface ha since own" "$TMP/out")" "" \
	"keepalived takes the file"
mkdir -p /run/a
"$LABCTL" vrrp import --netns a -c /run/a/vrrp.sock $F >/run/a/vrrp.yaml 2>"$TMP/err"
is $? 0 "so do we"
is "$(cat "$TMP/err")" "" "and leave nothing out"
like "$("$LABCTL" vrrp check /run/a/vrrp.yaml)" "1 router, no mistake" "check says the same"
start a
wait_state a active 6000
ok $? "the engine runs from it"
is "$(has a)" "$ALL" "with all that it says"
is "$(cat /run/ha_confs/router/state)" master "and its state where Neutron has it"

ip netns exec b keepalived -n -P -l -f $F -p /run/k.pid -r /run/k.vrrp >"$TMP/k.log" 2>&1 &
peer=$!
sleep 5
is "$(holders a b)" a "keepalived runs from the same file and stays a backup"
stop a
for ((i = 0; i < 400; i++)); do
	[ "$(has b)" = "$ALL" ] && break
	sleep 0.02
done
is "$(has b)" "$ALL" "then it takes over, and has the same"
is "$(has a)" "" "of which nothing is left here"
start a
sleep 5
is "$(holders a b)" b "and keeps it beside ours: nopreempt"
kill $peer
wait_state a active 6000
ok $? "ours has it again when keepalived ends"
wait $peer 2>/dev/null
stop a

# What cannot be had: each with its place, and nothing on standard output.
cat > "$TMP/k.conf" <<'EOF'
vrrp_instance A {
    interface ha
    virtual_router_id 1
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        10.0.0.1/24
    }
    notify_master /usr/local/bin/x
}
EOF
"$LABCTL" vrrp import "$TMP/k.conf" >"$TMP/out" 2>"$TMP/err"
is $? 2 "what the engine does not do is an error"
is "$(cat "$TMP/out")" "" "with nothing on standard output"
like "$(cat "$TMP/err")" "k.conf:4:5: 'authentication': " "the authentication, by its place"
like "$(cat "$TMP/err")" "k.conf:11:5: 'notify_master': " "and the script"
"$LABCTL" vrrp import --force "$TMP/k.conf" >"$TMP/out" 2>"$TMP/err"
is $? 0 "--force leaves it out"
like "$(cat "$TMP/err")" "k.conf:11:5: left out: 'notify_master'" "and says so"
like "$(cat "$TMP/out")" "address: 10.0.0.1/24" "the rest is there"
"$LABCTL" vrrp import "$TMP/none.conf" 2>"$TMP/err"
is $? 2 "a file that is not there"
like "$(cat "$TMP/err")" "none.conf: No such file" "is told"
tap_done
