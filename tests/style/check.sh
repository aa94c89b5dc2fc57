#!/bin/sh
# check.sh [ROOT]: what HOUSE_STYLE asks and a machine can see. Prints each offender, then a line a check; exit 1 if anything
# offends, or if a check found nothing to look at. Mutable variables and kernel
# text are looked for in the guests that ./skerry built (build/ARCH).
set -u
root=${1:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$root" || exit 2
failed=0

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -co --exclude-standard
else
    find . -path ./build -prune -o -type f -print | sed 's,^\./,,'
fi | while read -r f; do [ -f "$f" ] && echo "$f"; done | sort >"$work/files"
grep '\.c$' "$work/files" >"$work/c"
grep '\.[ch]$' "$work/files" >"$work/ch"
grep '\.[chS]$' "$work/files" >"$work/source"

finish() { # NAME LOOKED-AT OFFENDERS-FILE
    bad=$(grep -c . "$3")
    sed 's/^/  /' "$3"
    if [ "$2" -eq 0 ]; then
        echo "FAILED $1: nothing to check"
        failed=1
    elif [ "$bad" -gt 0 ]; then
        echo "FAILED $1: $bad of $2"
        failed=1
    else
        echo "ok     $1: $2"
    fi
}

# A function's body begins and ends with a brace in the first column; its head is the line before.
xargs awk 'FNR == 1 { inside = 0 }
    /^{/ && !inside { inside = 1; from = FNR; count++ }
    /^}/ && inside { inside = 0; if (FNR - from + 2 > 60) print FILENAME ":" from ": " FNR - from + 2 " lines" }
    END { print count + 0 > "'"$work"'/count" }' <"$work/ch" >"$work/bad"
finish "functions of at most 60 lines" "$(cat "$work/count")" "$work/bad"

xargs wc -l <"$work/source" | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }' >"$work/bad"
finish "files of at most 500 lines" "$(wc -l <"$work/source")" "$work/bad"

# Told, not judged: .clang-format keeps code to 100 columns, comments it leaves alone.
xargs awk '{ c = 0; for (i = 1; i <= length($0); i++) { b = substr($0, i, 1); if (b < "\200" || b > "\277") c++ }
        wide += c > 100 } END { print "note   lines of more than 100 columns: " wide + 0 }' <"$work/source"

xargs awk 'FNR == 1 { done = 0; if ($0 !~ /^\/\*/) { print FILENAME ": no head comment"; done = 1 } }
    !done && /\*\// { done = 1; if (FNR > 15) print FILENAME ": head comment of " FNR " lines" }' \
    <"$work/c" >"$work/bad"
finish "head comments" "$(wc -l <"$work/c")" "$work/bad"

grep -v '^arch/' "$work/source" >"$work/generic"
xargs grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif).*(x86|X86|amd64|i386|aarch64|AARCH64|__arm)' \
    <"$work/generic" >"$work/bad"
finish "no architecture in #if outside arch/" "$(wc -l <"$work/generic")" "$work/bad"

# Relocated constants (.data.rel.ro) are not mutable.
objects=0
: >"$work/bad"
for arch in x86_64 aarch64; do
    dump=objdump
    [ $arch = aarch64 ] && dump=aarch64-linux-gnu-objdump
    for part in cpu-driver/cap monitor urpc; do
        for object in $(find "build/$arch/$part" -name '*.c.obj' 2>/dev/null); do
            objects=$((objects + 1))
            $dump -t "$object" | awk -v o="$object" '/ O / && ($0 ~ /\.(data|bss)/ || $0 ~ /\*COM\*/) &&
                $0 !~ /\.data\.rel\.ro/ { print o ": " $NF }' >>"$work/bad"
        done
    done
done
finish "no mutable file-scope variable in cap, monitor, urpc" "$objects" "$work/bad"

# Comments and blank lines are counted, headers are not.
lines=$(grep -E '^(cpu-driver|arch/(x86_64|aarch64)/kernel)/.*\.[cS]$' "$work/source" | xargs cat | wc -l)
: >"$work/bad"
[ "$lines" -le 9000 ] || echo "cpu-driver and arch/*/kernel: $lines lines" >"$work/bad"
finish "CPU driver of at most 9000 lines of C and assembler, both architectures" "$lines" "$work/bad"

kernels=0
: >"$work/bad"
for arch in x86_64 aarch64; do
    elf=build/$arch/cpu-driver/skerry-kernel.elf
    [ -f "$elf" ] || continue
    kernels=$((kernels + 1))
    text=$(size -A "$elf" | awk '$1 == ".text" { print $2 }')
    echo "kernel text $arch: $text bytes" >>"$work/sizes"
    [ "${text:-999999}" -le 100000 ] || echo "$elf: $text bytes of text" >>"$work/bad"
done
[ ! -f "$work/sizes" ] || cat "$work/sizes"
finish "kernel text of at most 100 kB" "$kernels" "$work/bad"
exit $failed
