#!/bin/bash
# SPDX-License-Identifier: MIT
# Beside keepalived, both versions, each in turn active and backup.
. "$(dirname "$0")/lib/vrrp.sh"
command -v keepalived >/dev/null || skip_all "keepalived is not installed"

lan a b

# peer VERSION INTERVAL PRIORITY [nopreempt]: keepalived in namespace b
peer() {
	cat > /run/keepalived.conf <<-CONF
	global_defs {
	  router_id b
	  vrrp_version $1
	  vrrp_garp_master_delay 0
	  script_user root
	}
	vrrp_instance one {
	  state BACKUP
	  interface ha
	  virtual_router_id 1
	  priority $3
	  advert_int $2
	  ${4:-}
	  virtual_ipaddress {
	    169.254.0.1/24 dev ha
	  }
	  virtual_ipaddress_excluded {
	    203.0.113.101/24 dev qg
	  }
	}
	CONF
	ip netns exec b keepalived -n -P -l -f /run/keepalived.conf \
		-p /run/keepalived.pid -r /run/keepalived.vrrp \
		>> "$TMP/keepalived.log" 2>&1 &
	PEER=$!
}

# quit_peer: in good order, or, both of its processes at once, in none
quit_peer() {
	if [ "$1" = -KILL ]; then
		kill -STOP "$PEER"
		kill -KILL "$(cat /run/keepalived.vrrp)" "$PEER"
	else
		kill "$1" "$PEER"
	fi
	wait "$PEER" 2>/dev/null
	rm -f /run/keepalived.pid /run/keepalived.vrrp
}

# wait_holder NAME MS
wait_holder() {
	local t0
	t0=$(ms)
	while [ "$(holders a b)" != "$1" ]; do
		TOOK=$(($(ms) - t0))
		[ "$TOOK" -gt "$2" ] && { diag "holders: $(holders a b)"; return 1; }
		sleep 0.02
	done
	TOOK=$(($(ms) - t0))
}

refused() {
	state_json a | sed 's/.*"refused": {\([^}]*\)}.*/\1/' |
		grep -o '"[a-z_]*": [1-9][0-9]*'
}

# round VERSION INTERVAL-OURS INTERVAL-THEIRS DOWN-MS SKEW-MS
round() {
	local v=$1 ours=$2 theirs=$3 down=$4 skew=$5 w="v$1:"
	conf a "version: $v" "interval: $ours"
	start a
	wait_state a active $((down + 1000))
	peer "$v" "$theirs" 100 nopreempt
	sleep "$(awk -v d="$down" 'BEGIN {print (d + 700) / 1000}')"
	is "$(holders a b)" a "$w keepalived stays a backup of ours"
	stop a
	wait_holder b $((skew + 700))
	ok $? "$w it takes over at our priority 0 ($TOOK ms)"
	start a
	sleep "$(awk -v d="$down" 'BEGIN {print (d + 700) / 1000}')"
	is "$(holders a b)" b "$w ours stays a backup of keepalived"
	is "$(refused)" "" "$w not one of its adverts is refused"
	like "$(state_json a)" '"adverts_received": [1-9]' "$w they are counted"
	like "$(state_json a)" '"other_addresses": 0' "$w and list our address"
	quit_peer -TERM
	wait_state a active $((skew + 700))
	ok $? "$w ours takes over at its priority 0 ($TOOK ms)"
	is "$(holders a b)" a "$w and has the address alone"
	peer "$v" "$theirs" 150
	wait_holder b $((down + 1500))
	ok $? "$w keepalived of a higher priority preempts ours ($TOOK ms)"
	is "$(state_of a)" backup "$w which yields"
	quit_peer -KILL
	ip -n b addr del 169.254.0.1/24 dev ha
	ip -n b addr del 203.0.113.101/24 dev qg
	wait_state a active $((down + 500))
	ok $? "$w and takes over when it is killed ($TOOK ms)"
	ok $((TOOK < down / 2)) "$w by its down timer"
	stop a
}

# Skew and down timer at priority 100, in ms.
round 3 100ms 0.1 361 61
round 2 1s 1 3610 610

# Ours preempts keepalived, and a split brain heals in our favour.
peer 3 0.1 50
wait_holder b 3000
conf a "preempt: true"
listen "$TMP/heal" br0
start a
wait_state a active 1500
ok $? "ours of a higher priority preempts keepalived"
sleep 0.3
is "$(holders a b)" a "which yields"
ip link set ha-b down
sleep 0.8
ip link set ha-b up
sleep 1.5
is "$(holders a b)" a "after a cut keepalived does not keep the role"
hush
quit_peer -TERM
stop a
tap_done
