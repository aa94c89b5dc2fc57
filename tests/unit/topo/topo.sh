#!/bin/sh
# topo.sh [SKERRY]: the command `skerry topo` as a person uses it: each known machine and each example
# is printed, read again and must print the same; its matrix is written, joined again and must make the
# same drawing; what cannot be read ends with 2 and one line.
set -u
root=$(cd "$(dirname "$0")/../../.." && pwd) || exit 2
skerry=${1:-$root/build/host/tools/skerry}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failed=0
count=0

bad() {
    echo "FAILED $1"
    failed=1
}

facts() { # what the table says, without comments: they name the source
    grep -v '^#' "$1"
}

round() { # NAME OPTION...
    name=$1
    shift
    count=$((count + 1))
    "$skerry" topo "$@" --csv "$work/a.csv" --svg "$work/a.svg" --json "$work/a.json" >"$work/a" ||
        { bad "$name"; return; }
    "$skerry" topo --table "$work/a" --latency "$work/a.csv" --csv "$work/b.csv" --svg "$work/b.svg" >"$work/b" ||
        { bad "$name, read again"; return; }
    facts "$work/a" >"$work/a.facts"
    facts "$work/b" >"$work/b.facts"
    cmp -s "$work/a.facts" "$work/b.facts" || bad "$name: another table the second time"
    cmp -s "$work/a.csv" "$work/b.csv" || bad "$name: another matrix the second time"
    tail -n 1 "$work/a.svg" | grep -q '^</svg>$' || bad "$name: the drawing has no end"
    [ "$(grep -c '"core":' "$work/a.json")" -eq "$(grep -c 'rx="2"' "$work/a.svg")" ] ||
        bad "$name: not every cpu is drawn"
}

refused() { # TEXT OPTION...
    text=$1
    shift
    count=$((count + 1))
    "$skerry" topo "$@" >"$work/out" 2>"$work/err"
    [ $? -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q -- "$text" "$work/err" ||
        bad "topo $*: $(head -n 1 "$work/err")"
}

for machine in $("$skerry" topo --list | cut -d ' ' -f 1); do
    round "$machine" --machine "$machine"
done
for table in "$root"/apps/examples/machines/*.txt; do
    round "$table" --table "$table"
done
round here
round synthetic --synthetic 'package:2 numa:2 l3:2 l2:2 core:2 pu:2'
echo junk >"$work/junk"
echo '<topology version="9.9"></topology>' >"$work/new.xml"
refused 'no machine is called cray: skerry topo --list' --machine cray
refused 'there is no such file' --xml "$work/none"
refused 'no topology that' --xml "$work/junk"
refused 'no topology that' --xml "$work/new.xml"
refused 'the first line of a machine' --table "$work/junk"
refused 'nor a boot.s table of nodes' --boot "$work/junk"
refused '1 rows for a machine of 32 cpus' --machine xeon-6242x2 --latency "$work/junk"
refused 'give one of' --machine graviton3 --table "$work/junk"
refused 'leave the other machine away' --machine graviton3 --measure
examples=$root/apps/examples/machines
for policy in closest pack spread; do
    count=$((count + 1))
    sed "s/policy = .*/policy = \"$policy\";/" "$examples/four-tenants.cfg" >"$work/tenants.cfg"
    "$skerry" place "$work/tenants.cfg" --on "$examples/farm-128.txt" --explain --svg "$work/p.svg" \
        --json "$work/p.json" >"$work/p" || bad "place, policy $policy"
    [ "$(grep -c '^domain ' "$work/p")" -eq 62 ] && [ "$(grep -c '"cpu":' "$work/p.json")" -eq 62 ] &&
        [ "$(grep -c ': its channels cost ' "$work/p")" -eq 62 ] ||
        bad "place, policy $policy: not every domain has its line"
done
count=$((count + 1))
"$skerry" place "$examples/four-tenants.cfg" --on xeon-6242x2 >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && grep -q 'tenants.cfg:9: partitions.1.: 24 cores alone in their cache cannot be had' "$work/err" ||
    bad "place on too small a machine: $(head -n 1 "$work/err")"
echo "$count cases"
[ "$count" -ge 20 ] || bad "too few cases"
exit $failed
