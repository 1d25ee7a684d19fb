#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes a lab of N routers, a network each, and twice N instances.
# Usage: bench/big-lab.sh NAME N
set -eu
name=$1 n=$2
cat <<TXT
lab: $name
nodes:
  controller: {role: controller}
  network1: {role: network}
  network2: {role: network}
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
      ext-subnet: {cidr: 203.0.113.0/24, gateway: 203.0.113.1, pool: 203.0.113.101-203.0.113.254}
TXT
for ((i = 1; i <= n; i++)); do
	echo "  net$i:"
	echo "    project: demo"
	echo "    type: vxlan"
	echo "    subnets:"
	echo "      sub$i: {cidr: 192.168.$i.0/24, gateway: 192.168.$i.1}"
done
echo "routers:"
for ((i = 1; i <= n; i++)); do
	echo "  router$i: {project: demo, gateway: ext-net, interfaces: [sub$i]}"
done
echo "instances:"
for ((i = 1; i <= n; i++)); do
	echo "  vm$i-a: {node: compute1, network: net$i}"
	echo "  vm$i-b: {node: compute2, network: net$i}"
done
