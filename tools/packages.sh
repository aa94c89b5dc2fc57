#!/bin/sh
# packages.sh DIR: Debian's own programs for the guests, fetched from the machine's own apt sources with
# a private apt configuration (both architectures, own lists, nothing of the system's dpkg is touched)
# and unpacked into DIR/amd64 and DIR/arm64. The links that update-alternatives would have made are made
# here: /usr/bin/tachyon and libtachyon.so.0 (to mt-thr, the variant of the highest priority in the
# default package). Nothing is done when DIR/.stamp names the same list.
set -u
dir=$1
list="tachyon-bin-nox libtachyon-mt-0 libc6 libgcc-s1 libjpeg62-turbo libpng16-16 zlib1g
    gzip libjpeg-turbo-progs busybox-static"
common="tachyon-doc"
key="1 $list $common"

fail() {
    printf 'skerry: %s\n' "$1" >&2
    exit 2
}

[ "$(cat "$dir/.stamp" 2>/dev/null)" = "$key" ] && exit 0
[ -z "${SKERRY_OFFLINE:-}" ] || fail "guest programs missing in $dir and SKERRY_OFFLINE is set"
if [ -t 2 ]; then
    echo "skerry: fetching Debian's programs for the guests" >&2
fi

apt=$dir/apt
rm -rf "$dir/amd64" "$dir/arm64" "$dir/.stamp"
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/deb" || fail "cannot write to $dir"
: >"$apt/status"
cat >"$apt/apt.conf" <<EOF
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
EOF
APT_CONFIG=$apt/apt.conf
export APT_CONFIG
log=$dir/apt.log

names=$common
for arch in amd64 arm64; do
    for p in $list; do
        names="$names $p:$arch"
    done
done
# A third-party source without arm64 may fail here; what counts is whether the packages come.
apt-get update -q >"$log" 2>&1 </dev/null
(cd "$apt/deb" && rm -f ./*.deb && apt-get download -q $names) >>"$log" 2>&1 </dev/null ||
    fail "cannot fetch the guest programs: $(grep -m1 '^E:' "$log")   (whole log: $log)"

for arch in amd64 arm64; do
    mkdir -p "$dir/$arch"
    for deb in "$apt/deb"/*_"$arch".deb "$apt/deb"/*_all.deb; do
        dpkg -x "$deb" "$dir/$arch" || fail "cannot unpack $deb (disk full?)"
    done
    case $arch in amd64) triplet=x86_64-linux-gnu ;; arm64) triplet=aarch64-linux-gnu ;; esac
    ln -sf tachyon-nox "$dir/$arch/usr/bin/tachyon"
    ln -sf libtachyon-mt-thr.so.0 "$dir/$arch/usr/lib/$triplet/libtachyon.so.0"
done
rm -rf "$apt"
printf '%s\n' "$key" >"$dir/.stamp"
