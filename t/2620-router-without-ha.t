#!/bin/bash
# A router that is not highly available, and the way to HA and back on a lab
# that runs.
cd "$(dirname "$0")/.." || exit 1
. t/lib/tap.sh
. t/lib/lab.sh
