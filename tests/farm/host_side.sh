#!/bin/sh
# host_side.sh SKERRY: the host side of a farm against the stand-in guest: pictures compared, every way in which a
# guest can fail, Ctrl-C, bad arguments. Prints what failed; exit 1 if anything did.
set -u
skerry=$1
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
failed=0
[ -e "$here/../../build/packages/.stamp" ] || { echo "no packages: run ./skerry once"; exit 77; }

expect() { # CODE TEXT-IN-OUTPUT COMMAND...
    code=$1 text=$2
    shift 2
    "$@" >"$out/log" 2>&1
    got=$?
    if [ $got != "$code" ] || ! grep -q -e "$text" "$out/log"; then
        echo "exit $got instead of $code, or no \"$text\": $*"
        sed 's/^/    /' "$out/log"
        failed=1
    fi
}

farm() { # FAKE SCENES...
    fake=$1
    shift
    FAKE=$fake timeout 60 "$skerry" run --qemu "$here/fake-qemu.sh" --out "$out/farm" --res 32x24 --compare "$@"
}

expect 0 '3 of 3 jobs ok' farm '' null gzip busybox
expect 0 '24 of 24 jobs ok, 128 cores' farm '' --cores 128 --jobs 24 null balls
expect 1 'longer than --limit' farm hang --limit 1 null
expect 1 "exit code 7" farm die null
expect 1 'panic core=1' farm panic null
expect 1 'planted by the test' farm fault null
expect 1 'DIFFERENT' farm flip null
expect 2 'unknown scene nosuch' "$skerry" run nosuch
expect 2 'from 1 to 128' "$skerry" run --cores 129
expect 2 'unknown option' "$skerry" run --frob
expect 2 'syntax error in the scene' "$skerry" run texture
expect 2 'fewer --cores' farm '' --memory 900000G null
expect 0 'usage: skerry run' "$skerry" run --help
expect 0 'balls' "$skerry" run --list

FAKE=hang "$skerry" run --qemu "$here/fake-qemu.sh" --out "$out/stop" null >"$out/log" 2>&1 &
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
    grep -q stand-in "$out/stop/console.log" 2>/dev/null && break
    sleep 1
done
kill -TERM $pid
wait $pid
[ $? = 130 ] || { echo "interrupted run did not end with 130"; failed=1; }
grep -q '"status":"killed"' "$out/stop/report.json" || { echo "interrupted run left no report"; failed=1; }
exit $failed
