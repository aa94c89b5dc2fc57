#!/bin/sh
# driver.sh [ARCH...]: the output driver ends again and again while jobs write their pictures. Four
# machines an architecture:
#   killed    killed up to 12 times at random instants: every picture is there, the same as Linux',
#             and nothing is left half written
#   crashed   the first 3 instances crash at their 9th request: the same
#   hopeless  each instance crashes at its first request: it is given up, jobs end as faults, the
#             machine ends in order
#   shell     a person kills it: it comes again, and no memory is used more than before; and a channel's
#             memory vanishes under a program that reads it, which goes on
# Needs what ./skerry builds. One line a machine; what was said is in build/test/driver.
set -u
root=${SKERRY_ROOT:-$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)}
tool=${SKERRY_TOOL:-$root/build/host/tools/skerry}
export SKERRY_ROOT="$root"
bad=0

fail() {
    printf 'driver %s %s: FAILED: %s\n' "$arch" "$part" "$1"
    failed=1
    bad=1
}

# run STATUS WORDS ARGUMENTS...: the machine with these words ends with that exit code
run() {
    want=$1 words=$2
    shift 2
    failed=0
    dir=$root/build/test/driver/$arch-$part
    rm -rf "$dir"
    mkdir -p "$dir"
    "$tool" run --arch "$arch" --cores 4 --nodes 2 --res 32x24 --limit 150 --out "$dir" \
        --words "$words" "$@" >"$dir/output" 2>&1
    code=$?
    [ $code = "$want" ] || fail "exit code $code, not $want: see $dir/output"
    [ -z "$(find "$dir" -name '*.part')" ] || fail "$(find "$dir" -name '*.part') is left"
}

# count NUMBER EXPRESSION: so many lines of the console match
count() {
    n=$(grep -Ec -e "$2" "$dir/console.log")
    [ "$n" = "$1" ] || fail "$n lines match $2, not $1"
}

done_line() {
    [ $failed = 0 ] && printf 'driver %s %s: ok\n' "$arch" "$part"
}

shell() {
    failed=0
    dir=$root/build/test/driver/$arch-$part
    rm -rf "$dir"
    mkdir -p "$dir"
    "$tool" shell --arch "$arch" --cores 1 --out "$dir" \
        -c 'run vanish; domains 0; mem; kill 0.1; domains 0; mem' >"$dir/console.log" 2>&1 ||
        fail "exit code $?"
    count 1 '^vanish: what vanished was missed by nobody'
    count 1 '^0\.1 +files '
    count 1 '^0\.4 +files '
    [ "$(grep '^ *all ' "$dir/console.log" | sort -u | wc -l)" = 1 ] ||
        fail "the memory in use differs: see $dir/console.log"
    done_line
}

for arch in ${*:-x86_64 aarch64}; do
    part=killed
    run 0 kill_files_ms=150,kill_files_count=12,kill_files_seed=5 --compare --jobs 36 balls dna
    n=$(grep -c 'the output driver is killed' "$dir/console.log")
    [ "$n" -ge 5 ] || fail "the driver was killed only $n times: the jobs were over too soon"
    done_line
    part=crashed
    run 0 crash_files_after=9,crash_files_count=3 --compare --jobs 16 balls dna
    count 3 '^files ended: fault'
    count 1 '@done jobs=16 leaked_objects=0 cores_lost=0'
    done_line
    part=hopeless
    run 1 crash_files_after=1,crash_files_count=100 --jobs 8 balls
    count 11 '^files ended: fault'
    count 1 'it is given up'
    count 8 '@job end .* status=fault'
    count 1 '@done jobs=8 leaked_objects=0 cores_lost=0'
    done_line
    part=shell
    shell
done
exit $bad
