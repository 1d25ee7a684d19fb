#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes a lab of N routers, a network each, and twice N instances; with HOSTS,
# on so many network nodes, each of which carries every router; with DHCP=true in
# the environment, of instances that boot.
# Usage: bench/big-lab.sh NAME N [HOSTS]
set -eu
name=$1 n=$2 hosts=${3:-2}
cat <<TXT
lab: $name
max_l3_agents_per_router: $([ "$hosts" -gt 3 ] && echo 0 || echo 3)
nodes:
  controller: {role: controller}
$(for ((i = 1; i <= hosts; i++)); do echo "  network$i: {role: network}"; done)
  compute1: {role: compute}
  compute2: {role: compute}
physical:
  management: {cidr: 10.0.0.0/24}
  tunnel: {cidr: 10.0.1.0/24}
  external: {}
networks:
  ext-net:
    external: true
    type: flat
    physical: external
    subnets:
      ext-subnet: {cidr: 172.24.0.0/16, gateway: 172.24.0.1, pool: 172.24.1.0-172.24.15.255}
TXT
for ((i = 1; i <= n; i++)); do
	net=10.$((100 + i / 256)).$((i % 256))
	echo "  net$i:"
	# VRIDs are a project's own: 254 of them.
	echo "    project: demo$((i / 200))"
	echo "    type: vxlan"
	echo "    subnets:"
	echo "      sub$i: {cidr: $net.0/24, gateway: $net.1, dhcp: ${DHCP:-false}}"
done
echo "routers:"
for ((i = 1; i <= n; i++)); do
	echo "  router$i: {project: demo$((i / 200)), gateway: ext-net, interfaces: [sub$i]}"
done
echo "instances:"
for ((i = 1; i <= n; i++)); do
	echo "  vm$i-a: {node: compute1, network: net$i}"
	echo "  vm$i-b: {node: compute2, network: net$i}"
done
