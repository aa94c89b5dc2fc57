#!/bin/sh
# resume.sh SKERRY: jobs files against the stand-in guest: frames, tries, what report.json says, and resuming a run
# whose skerry was killed, whose pictures were touched, whose report is torn. Prints what failed; exit 1 if anything did.
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
    timeout 60 "$@" >"$out/log" 2>&1
    got=$?
    if [ $got != "$code" ] || ! grep -q -e "$text" "$out/log"; then
        echo "exit $got instead of $code, or no \"$text\": $*"
        sed 's/^/    /' "$out/log"
        failed=1
    fi
}

has() { # TEXT FILE
    grep -q -e "$1" "$2" || { echo "no $1 in $2"; failed=1; }
}

hasnot() { # TEXT FILE
    ! grep -q -e "$1" "$2" || { echo "$1 in $2"; failed=1; }
}

run="$skerry run --qemu $here/fake-qemu.sh"
export FAKE=
expect 0 'six.cfg: 6 jobs, ok' "$skerry" check "$here/six.cfg" "$here/../../apps/examples/jobs/chain.cfg"
expect 1 'bad.cfg:5: jobs\[0\].memroy: unknown key; did you mean memory' "$skerry" check "$here/bad.cfg"
has 'bad.cfg:7: jobs\[0\].time: is not a time' "$out/log"
expect 2 '2 problems in .*bad.cfg: nothing was run' $run --out "$out/bad" --jobs "$here/bad.cfg"
expect 2 'no run was begun there' $run --resume "$out/none"

expect 0 '6 of 6 jobs ok' $run --out "$out/six" --compare --jobs "$here/six.cfg"
has 'frame 3 of x86_64, three {unknown}' "$out/six/sorted/03"
has 'b 003' "$out/six/sorted/03"
has 'two words, 100 % {frame}' "$out/six/echo"
has 'and more' "$out/six/echo"
has '"accounting":{"cpu_us":900,.*"faults":7,"syscalls":{"read":12,"openat":3,"write":2}}' "$out/six/report.json"
export FAKE=again
expect 0 'again .* ok .*(try 2)' $run --out "$out/again" --accounting --jobs "$here/six.cfg"
has 'calls: read 12, openat 3, write 2' "$out/log"
has '"retries":1' "$out/again/report.json"

# Killed when two jobs are done: those two stay, the rest is done by the second run; a touched picture counts as missing.
export FAKE=slow
$run --out "$out/cut" --jobs "$here/six.cfg" >"$out/log" 2>&1 &
pid=$!
i=0 n=0
while [ $i -lt 300 ] && [ "${n:-0}" -lt 2 ]; do
    i=$((i + 1))
    sleep 0.1
    n=$(grep -c '@job end' "$out/cut/console.log" 2>/dev/null)
done
sleep 0.3
kill -KILL $pid
wait $pid 2>/dev/null
[ "$(grep -c '"status":"ok"' "$out/cut/report.json")" -ge 2 ] || { echo "a killed run lost what was done"; failed=1; }
cp -R "$out/cut" "$out/torn"
echo touched >>"$out/cut/sorted/01"
export FAKE=
expect 0 '6 of 6 jobs ok' $run --resume "$out/cut" --compare
has 'sort-02 .*done by an earlier run' "$out/log"
hasnot 'sort-01 .*done by an earlier run' "$out/log"
hasnot touched "$out/cut/sorted/01"
hasnot 'name=sort-02' "$out/cut/console.log"
[ "$(grep -c '"status":"ok"' "$out/cut/report.json")" = 6 ] || { echo "the report of a resumed run is not whole"; failed=1; }
expect 0 'all 6 jobs were done' $run --resume "$out/cut"
for f in sorted/01 sorted/02 sorted/03 sorted/04 echo six.txt.gz; do
    cmp -s "$out/six/$f" "$out/cut/$f" || { echo "$f differs after resuming"; failed=1; }
done

# A report that was torn (by whatever, it is replaced in one step) and a copied folder: everything is done again.
printf '{"format":"skerry-rep' >"$out/torn/report.json"
expect 0 '6 of 6 jobs ok' $run --resume "$out/torn"
hasnot 'earlier run$' "$out/log"
exit $failed
