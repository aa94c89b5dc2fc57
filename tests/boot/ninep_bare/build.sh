#!/bin/sh
# build.sh ARCH BUILD_DIR: compiles the bare test for ARCH (x86_64, aarch64) into BUILD_DIR/bare-ARCH (x86_64: ELF;
# aarch64: flat Image). aarch64 takes libfdt from build/libfdt-arm64, which configuring the aarch64 preset fetches.
set -eu
arch=$1 out=$2/bare-$1
top=$(cd "$(dirname "$0")/../../.." && pwd)
here=$top/tests/boot/ninep_bare discovery=$top/monitor/discovery drivers=$top/apps/drivers
flags="-std=gnu11 -O2 -g -Wall -Wextra -Wconversion -Wshadow -Werror -ffreestanding -nostdlib -static -fno-stack-protector
    -fno-pic -no-pie -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -Wl,--build-id=none,--no-warn-rwx-segments
    -I$here/include -I$drivers/include -I$top/monitor/include -I$top/cpu-driver/include"
case $arch in
x86_64)
    cc="gcc -m64 -mgeneral-regs-only -mno-red-zone" base=0x100000
    devtree=$discovery/devtree_none.c libs=
    ;;
aarch64)
    fdt=$top/build/libfdt-arm64/usr
    cc="aarch64-linux-gnu-gcc -mgeneral-regs-only -mstrict-align -mno-outline-atomics" base=0x40200000
    devtree="-isystem $discovery/libc/include -isystem $fdt/include $discovery/devtree.c $discovery/libc/libfdt_libc.c"
    libs=$fdt/lib/aarch64-linux-gnu/libfdt.a
    ;;
esac
mkdir -p "$2"
$cc $flags -Wl,-T,"$here/bare.ld" -Wl,--defsym=BARE_BASE=$base "$here/$arch.S" "$here/bare.c" "$here/bare_$arch.c" "$here/mem.c" \
    "$discovery/machine.c" "$discovery/machine_read.c" "$discovery/acpi.c" "$discovery/print.c" $devtree \
    "$drivers"/virtio/*.c "$drivers"/ninep/*.c $libs -o "$out.elf"
case $arch in
x86_64) cp "$out.elf" "$out" ;;
aarch64) aarch64-linux-gnu-objcopy -O binary "$out.elf" "$out" ;;
esac
