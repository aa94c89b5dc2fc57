#!/bin/sh
# run_test.sh LINUX_RUN WORK: runs Debian's own programs under the personality and natively, and compares what they make.
# Packages are fetched once, into WORK. Exit code 77: skipped, with the reason on the last line.
set -u
run=$1
work=$2
arch=$(dpkg --print-architecture)
scenes=/usr/share/doc/tachyon/examples/scenes
skip() { echo "skipped: $1"; exit 77; }
fail() { echo "FAILED: $1"; exit 1; }
for tool in mkfs.erofs dpkg apt-get; do
    command -v $tool >/dev/null || skip "$tool is not installed"
done

mkdir -p "$work/deb" "$work/out" "$work/ref"
cd "$work" || exit 1
if [ ! -f done ]; then
    (cd deb && timeout 100 apt-get -q download tachyon-bin-nox libtachyon-serial-0 tachyon-doc libc6 gzip \
        libjpeg-turbo-progs libjpeg62-turbo libpng16-16 zlib1g busybox-static >/dev/null 2>&1) ||
        skip "Debian's packages cannot be fetched"
    rm -rf deb-tree tree
    for package in deb/*.deb; do dpkg -x "$package" deb-tree || exit 1; done
    mkdir -p tree/usr
    cp -a deb-tree/usr/. tree/usr/
    for d in bin lib lib64; do
        mkdir -p tree/usr/$d
        [ ! -d deb-tree/$d ] || cp -a deb-tree/$d/. tree/usr/$d/
        ln -s usr/$d tree/$d
    done
    for lib in tree/usr/lib/*-linux-gnu; do ln -sf libtachyon-serial.so.0 "$lib/libtachyon.so.0"; done
    ln -sf tachyon-nox tree/usr/bin/tachyon
    rm -rf tree/usr/share/man tree/usr/share/locale tree/usr/lib/*/gconv
    mkfs.erofs --quiet -E noinline_data -x-1 -T1700000000 --all-root image.erofs tree || exit 1
    touch done
fi

# The references: the same binaries with the same libraries, under this machine's Linux.
loader=$(ls tree/usr/lib*/ld-linux-*.so.? | head -1)
native() { "$loader" --library-path "$(ls -d tree/usr/lib/*-linux-gnu)" "$@"; }
under() { timeout 60 "$run" "$@"; }

under image.erofs out /bin/busybox true
code=$?
[ $code -ne 77 ] || skip "this kernel cannot catch system calls"
[ $code -eq 0 ] || fail "busybox true: $code"
for scene in balls dnadof fog; do # by absolute paths, so without textures
    native tree/usr/bin/tachyon tree$scenes/$scene.dat -res 96 72 -format PPM -o ref/$scene.ppm >/dev/null
    under image.erofs out /usr/bin/tachyon $scenes/$scene.dat -res 96 72 -format PPM -o $scene.ppm >/dev/null ||
        fail "tachyon $scene"
    cmp ref/$scene.ppm out/$scene.ppm || fail "tachyon $scene differs"
done
native tree/usr/bin/gzip -nc tree$scenes/balls.dat >ref/balls.gz
under -o balls.gz image.erofs out /bin/gzip -nc $scenes/balls.dat || fail "gzip"
cmp ref/balls.gz out/balls.gz || fail "gzip differs"
cp ref/balls.ppm tree/in.ppm
mkfs.erofs --quiet -E noinline_data -x-1 -T1700000000 --all-root second.erofs tree || exit 1
rm tree/in.ppm
native tree/usr/bin/cjpeg -outfile ref/balls.jpg ref/balls.ppm
under second.erofs out /usr/bin/cjpeg -outfile balls.jpg /in.ppm || fail "cjpeg"
cmp ref/balls.jpg out/balls.jpg || fail "cjpeg differs"
sum=$(sha256sum <tree$scenes/balls.dat)
[ "$(under image.erofs out /bin/busybox sha256sum - -i 2>/dev/null; under -i $scenes/balls.dat image.erofs out \
    /bin/busybox sha256sum)" = "$sum" ] || fail "busybox sha256sum differs"
echo "tachyon (3 scenes), gzip, cjpeg, busybox ($arch): the same bytes"
