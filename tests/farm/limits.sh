#!/bin/sh
# limits.sh [ARCH...]: runs limits.cfg, in which each job meets a limit or just does not, and checks
# how each one ended, with which reason, after how many tries, and with what peak. Needs what
# ./skerry builds; one line a job that is wrong, one an architecture.
set -u
root=${SKERRY_ROOT:-$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)}
tool=${SKERRY_TOOL:-$root/build/host/tools/skerry}
export SKERRY_ROOT="$root"
bad=0

fail() {
    printf 'limits %s: FAILED: %s\n' "$arch" "$1"
    bad=1
}

# expect NAME STATUS REASON TRY PEAK: the last end of that job; peak_bytes at most PEAK KiB
expect() {
    line=$(grep "^@job end name=$1 " "$console" | tail -n 1)
    value() { printf '%s\n' "$line" | sed -n "s/.* $1=\([^ ]*\).*/\1/p"; }
    [ "$(value status)" = "$2" ] || fail "$1: status $(value status), not $2"
    printf '%s\n' "$(value reason)" | grep -Eqx -e "$3" || fail "$1: reason $(value reason), not $3"
    [ "$(value try)" = "$4" ] || fail "$1: try $(value try), not $4"
    [ "$(value again)" = 0 ] || fail "$1: would be tried again"
    peak=$(value peak_bytes)
    [ "${peak:-999999999999}" -le $(($5 * 1024)) ] || fail "$1: peak $peak over $5 KiB"
    count=$((count + 1))
}

# refused KIB: a reason of status memory at that limit
refused() {
    printf 'limit:_had_%s_KiB_of_%s,_asked_for_[0-9]+' "$1" "$1"
}

for arch in ${*:-x86_64 aarch64}; do
    dir=$root/build/test/limits-$arch
    console=$dir/console.log
    count=0
    rm -rf "$dir"
    mkdir -p "$dir"
    timeout 150 "$tool" run --arch "$arch" --jobs "$root/tests/farm/limits.cfg" --cores 2 --nodes 1 \
        --limit 120 --out "$dir" >"$dir.txt" 2>&1
    [ $? -eq 1 ] || fail "the run did not end with exit code 1: $dir.txt"
    [ -f "$console" ] || { fail "no console"; continue; }
    expect memory-file memory "$(refused 8192)" 1 8192
    expect memory-heap memory "$(refused 8192)" 1 8192
    expect memory-start memory 'limit:_had_0_KiB_of_512,_asked_for_[0-9]+' 1 0
    expect ok-file ok '' 1 8192
    expect ok-third-try ok '' 3 32768
    expect memory-second-try memory "$(refused 12288)" 2 12288
    expect time-wall time 'wall_time_limit' 1 4096
    expect time-cpu time 'CPU_time_limit' 1 4096
    expect time-cpu-spawned time 'CPU_time_limit' 1 8192
    expect fault-command fault 'command_2:_exit_code_1' 1 4096
    expect fault-output fault 'output_absent_is_missing' 1 4096
    expect fault-log fault 'too_much_output_to_the_log' 1 4096
    grep -q '^@done jobs=12 leaked_objects=0 cores_lost=0 retries=3$' "$console" ||
        fail "$(grep '^@done' "$console")"
    [ "$(wc -c <"$dir/small")" = 4194304 ] || fail "small has another size"
    [ "$(wc -c <"$dir/large")" = 20971520 ] || fail "large has another size"
    [ ! -e "$dir/a" ] || fail "the output of a job that failed reached the host"
    [ $bad -ne 0 ] || echo "limits $arch: $count jobs ended as they should"
done
exit $bad
