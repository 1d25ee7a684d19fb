#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that labctl is built with, runs with and is
# tested with. Asks apt only for what is missing, with sudo where need be.
set -eu

build="gcc libc6-dev binutils pkg-config libssh-dev libyaml-dev libnl-3-dev
	libnl-route-3-dev libpcap-dev libmicrohttpd-dev uuid-dev"
run="iproute2 openssh-server uidmap busybox iptables dnsmasq-base radvd
	haproxy openvswitch-switch isc-dhcp-client"
# What the documents type on nodes.
nodes="bridge-utils net-tools traceroute tcpdump"
# prove is perl's; the rest are those that labctl is tested against.
test="perl curl keepalived iputils-ping openssh-client automake nftables ipset
	strace procps"

# Those of `make check-vm` alone, by word ('.ci/deps.sh vm').
vm="qemu-system-x86 kmod xz-utils"

wanted="$build $run $nodes $test"
[ "${1:-}" != vm ] || wanted=$vm
missing=
for p in $wanted; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null; then
	sudo=sudo
else
	echo "labctl: these packages are missing, and neither root nor sudo is" \
		"here:$missing" >&2
	exit 3
fi

# labctl wants the programs, not servers on this machine: where a package is new
# and systemd runs, its services are masked before they can start.
keep_off() {
	package=$1
	shift
	# shellcheck disable=SC2086,SC2116 # a list of words, with single spaces
	case " $(echo $missing) " in
	*" $package "*) ;;
	*) return 0 ;;
	esac
	[ -d /run/systemd/system ] || return 0
	$sudo systemctl mask --now "$@" >/dev/null 2>&1 || true
	echo "labctl: $package is installed but its service stays off;" \
		"'systemctl unmask $*' turns that back" >&2
}
keep_off openssh-server ssh.service ssh.socket
keep_off radvd radvd.service
keep_off haproxy haproxy.service
keep_off openvswitch-switch openvswitch-switch.service
echo "labctl: installing:$missing" >&2
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends $missing >/dev/null
