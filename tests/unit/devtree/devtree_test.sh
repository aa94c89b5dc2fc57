#!/bin/sh
# devtree_test.sh TEST DTB: has QEMU write the device tree of a machine of 130 cores in 2 nodes to DTB, then runs TEST on it.
set -eu
timeout 60 qemu-system-aarch64 -M "virt,gic-version=3,dumpdtb=$2" -cpu neoverse-n1 -smp 130 -m 512M \
    -object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M \
    -numa node,nodeid=0,cpus=0-64,memdev=m0 -numa node,nodeid=1,cpus=65-129,memdev=m1 \
    -numa dist,src=0,dst=1,val=23 -display none >/dev/null 2>&1
exec "$1" "$2"
