#!/bin/sh
# fake-qemu.sh: stands in for QEMU and the guest together, to test the host side of a farm without a kernel
# (`skerry run --qemu tests/farm/fake-qemu.sh`). It unpacks the boot archive, reads /skerry/jobs, runs each job
# with the archive's own programs on this host, and prints the lines that the guest's farm prints.
# FAKE=hang never says anything; FAKE=die ends early; FAKE=panic, FAKE=fault and FAKE=flip each spoil one thing.
# (x86_64 archives only.)
set -u
archive= share= append=
while [ $# -gt 0 ]; do
    case $1 in
    -initrd) archive=$2 ;;
    -append) append=$2 ;;
    -fsdev) share=${2##*path=} ;;
    esac
    shift
done
cores=${append#*cores=}
cores=${cores%% *}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' TERM INT HUP

echo "Skerry (stand-in) on $cores cores"
[ "${FAKE:-}" != hang ] || sleep 1000
fsck.erofs --extract="$work/root" "$archive" >/dev/null 2>&1 || { echo "cannot unpack $archive"; exit 1; }
printf '@boot cores=%s nodes=2 ticks_hz=1000000000\r\n' "$cores"
[ "${FAKE:-}" != die ] || exit 7
[ "${FAKE:-}" != panic ] || echo "@panic core=1 planted by the test"

root=$work/root
lib=x86_64-linux-gnu
tab=$(printf '\t')
n=0
tail -n +2 "$root/skerry/jobs" >"$work/list"
while IFS=$tab read -r name outputs words; do
    core=$((n % cores))
    n=$((n + 1))
    echo "@job start name=$name core=$core node=$((core % 2))"
    mkdir "$work/job" && cp -a "$root/job/." "$work/job"
    set -f
    set -- $words
    program=$root$1
    shift
    for word; do
        shift
        case $word in
        /job/*) word=$work$word ;;
        /*) [ ! -e "$root$word" ] || word=$root$word ;;
        esac
        set -- "$@" "$word"
    done
    rm -f "$work/job/imaps" "$work/job/tpoly" "$work/job/vol"
    for d in imaps tpoly vol; do
        ln -s "$root/usr/share/doc/tachyon/examples/scenes/$d" "$work/job/$d"
    done
    case $program in
    */busybox) (cd "$work/job" && "$program" "$@") >/dev/null 2>&1 ;;
    *) (cd "$work/job" && "$root/lib/$lib/ld-linux-x86-64.so.2" --library-path \
        "$root/lib/$lib:$root/usr/lib/$lib" "$program" "$@") >/dev/null 2>&1 ;;
    esac
    status=ok
    for output in $(echo "$outputs" | tr , ' '); do
        cp "$work/job/$output" "$share/$output" 2>/dev/null || status=fault
        [ "${FAKE:-}" != flip ] || echo x >>"$share/$output"
    done
    [ "${FAKE:-}" != fault ] || status=fault
    rm -rf "$work/job"
    echo "@job end name=$name status=$status reason=$([ $status = ok ] || echo planted_by_the_test)" \
        "core=$core node=$((core % 2)) wall_us=1000 cpu_us=900 peak_bytes=4194304 syscalls_missing=rseq:1"
done <"$work/list"
echo "@done jobs=$n leaked_objects=0"
