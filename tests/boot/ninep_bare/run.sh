#!/bin/sh
# run.sh ARCH BUILD_DIR [CORES [NODES 1|2]]: builds and boots the bare test under QEMU and checks on the host what it saved.
# The guest's text goes to standard output; exit 0 only if the guest passed and
# the files are right; 77: the arm64 libfdt is not there yet.
set -eu
[ "$1" = x86_64 ] || [ -d "$(dirname "$0")/../../../build/libfdt-arm64/usr" ] || exit 77 # not fetched yet
arch=$1 dir=$2 cores=${3:-4} nodes=${4:-2}
sh "$(dirname "$0")/build.sh" "$arch" "$dir"
share=$dir/share-$arch
rm -rf "$share" && mkdir -p "$share"
numa=
if [ "$nodes" = 2 ]; then
    half=$((cores / 2))
    numa="-object memory-backend-ram,id=m0,size=128M -object memory-backend-ram,id=m1,size=128M
        -numa node,nodeid=0,cpus=0-$((half - 1)),memdev=m0 -numa node,nodeid=1,cpus=$half-$((cores - 1)),memdev=m1
        -numa dist,src=0,dst=1,val=21"
fi
common="-accel tcg,thread=single -m 256M -smp $cores -nodefaults -display none -serial stdio -no-reboot $numa
    -fsdev local,id=out,path=$share,security_model=none -kernel $dir/bare-$arch"
case $arch in
x86_64) qemu="qemu-system-x86_64 -M q35 -cpu max -device isa-debug-exit,iobase=0xf4,iosize=4
    -device virtio-9p-pci,fsdev=out,mount_tag=out,disable-legacy=on" ;;
aarch64) qemu="qemu-system-aarch64 -M virt,gic-version=3 -cpu neoverse-n1 -global virtio-mmio.force-legacy=false
    -device virtio-9p-device,fsdev=out,mount_tag=out" ;;
esac
timeout 60 $qemu $common >"$dir/console-$arch.log" 2>&1 </dev/null || true
cat "$dir/console-$arch.log"
grep -q '^PASSED' "$dir/console-$arch.log"
[ "$(cat "$share/hello.txt")" = "hello from the guest" ]
[ "$(stat -c %s "$share/deep/er/picture.bin")" = 3145728 ]
[ "$(find "$share" -name '*.part' | wc -l)" = 0 ]
echo "host: files are right"
