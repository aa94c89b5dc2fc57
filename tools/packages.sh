#!/bin/sh
# packages.sh DIR: Debian's own programs for the guests, fetched from the machine's own apt sources with
# a private apt configuration (both architectures, own lists, nothing of the system's dpkg is touched)
# and unpacked into DIR/amd64 and DIR/arm64. The links that update-alternatives would have made are made
# here: /usr/bin/tachyon and libtachyon.so.0 (to mt-thr, the variant of the highest priority in the
# default package). Nothing is done when DIR/.stamp names the same list.
# packages.sh DIR add NAME: one more package, with what it depends on, for jobs files. DIR/.extra names these, and
# DIR/lists/NAME.ARCH the files of the package itself.
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

apt=$dir/apt

# A private apt of one architecture ($1), or of both.
apt_setup() {
    rm -rf "$apt"
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/deb" || fail "cannot write to $dir"
    : >"$apt/status"
    cat >"$apt/apt.conf" <<CONF
APT::Architecture "${1:-amd64}";
APT::Architectures { $(for a in ${1:-amd64 arm64}; do printf '"%s"; ' "$a"; done)};
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
CONF
    APT_CONFIG=$apt/apt.conf
    export APT_CONFIG
}

# Unpacks one more package for one architecture; what it depends on as far as that is not there.
package_add() { # NAME ARCH
    apt_setup "$2"
    apt-get update -q >"$log" 2>&1 </dev/null
    apt-get install -y -q --download-only "$1" >>"$log" 2>&1 </dev/null ||
        fail "cannot fetch it for $2: $(grep -m1 '^E:' "$log")   (whole log: $log)"
    for deb in "$apt/cache/archives"/*.deb; do
        p=$(dpkg-deb --field "$deb" Package)
        if [ "$p" = "$1" ]; then
            dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -n 's,^\.\(/.*[^/]\)$,\1,p' >"$dir/lists/$1.$2"
        else
            case " $(tr '\n' ' ' <"$dir/.stamp") $(tr '\n' ' ' <"$dir/.extra") " in *" $p "*) continue ;; esac
        fi
        dpkg -x "$deb" "$dir/$2" || fail "cannot unpack $deb (disk full?)"
    done
    rm -rf "$apt"
}

mkdir -p "$dir" || fail "cannot write to $dir"
exec 8>"$dir/.lock"
flock 8
log=$dir/apt.log
if [ "${2:-}" = add ]; then
    grep -qsx "$3" "$dir/.extra" && exit 0
    [ -e "$dir/.stamp" ] || fail "guest programs missing in $dir: run ./skerry first"
    [ -z "${SKERRY_OFFLINE:-}" ] || fail "it is not here, and SKERRY_OFFLINE is set"
    mkdir -p "$dir/lists" && : >>"$dir/.extra" || fail "cannot write to $dir"
    for arch in amd64 arm64; do
        package_add "$3" $arch
    done
    echo "$3" >>"$dir/.extra"
    exit 0
fi

[ "$(cat "$dir/.stamp" 2>/dev/null)" = "$key" ] && exit 0
[ -z "${SKERRY_OFFLINE:-}" ] || fail "guest programs missing in $dir and SKERRY_OFFLINE is set"
if [ -t 2 ]; then
    echo "skerry: fetching Debian's programs for the guests" >&2
fi

rm -rf "$dir/amd64" "$dir/arm64" "$dir/lists" "$dir/.stamp" "$dir/.extra"
apt_setup

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
