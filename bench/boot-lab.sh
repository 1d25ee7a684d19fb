#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes a lab of N instances that boot, on ten networks behind one router and
# two compute nodes.
# Usage: bench/boot-lab.sh NAME N
set -eu
name=$1 n=$2
cat <<TXT
lab: $name
nodes:
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
      ext-subnet: {cidr: 172.24.0.0/16, gateway: 172.24.0.1}
TXT
for i in {0..9}; do
	echo "  net$i: {project: demo, type: vxlan, subnets: {sub$i: {cidr: 10.100.$i.0/24}}}"
done
echo "routers:"
echo "  router1: {project: demo, gateway: ext-net, interfaces: [sub0, sub1, sub2, sub3, sub4, sub5, sub6, sub7, sub8, sub9]}"
echo "instances:"
for ((i = 0; i < n; i++)); do
	echo "  vm$i: {node: compute$((i % 2 + 1)), network: net$((i / 2 % 10))}"
done
