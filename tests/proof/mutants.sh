#!/bin/sh
# mutants.sh [NAME...]: plants each mistake of mutants.txt in a copy of the capability core. The function as it is must be
# proved, with the mistake a goal must be left. Several minutes. `skerry` must be built. Exit 1: a mistake was not found.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
tree=$root/build/prove/mutants
program=$root/build/host/tools/skerry
rm -rf "$tree"
found=0 missed=0 proved=" "

copy() {
    rm -rf "$tree/cpu-driver"
    mkdir -p "$tree/cpu-driver" "$tree/arch/host" "$tree/tests/proof"
    cp -r "$root/cpu-driver/cap" "$root/cpu-driver/include" "$tree/cpu-driver"
    cp -r "$root/arch/include" "$tree/arch"
    cp -r "$root/arch/host/include" "$tree/arch/host"
    cp "$root/tests/proof/functions.txt" "$tree/tests/proof"
}

prove() { # FUNCTION
    SKERRY_ROOT=$tree "$program" prove --function "$1" --seconds 20 >"$tree/out.txt" 2>&1
}

while read -r name file function expression; do
    case $name in '#'* | '') continue ;; esac
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    copy
    case $proved in
    *" $function "*) ;;
    *)
        prove "$function" || { cat "$tree/out.txt"; echo "$function is not proved as it is"; exit 1; }
        proved="$proved$function "
        ;;
    esac
    source=$tree/cpu-driver/cap/$file
    sed -i "/^[a-z].*[ *]$function(/,/^}/$expression" "$source"
    if cmp -s "$source" "$root/cpu-driver/cap/$file"; then
        echo "$name: nothing was planted"
        missed=$((missed + 1))
    elif ! prove "$function" && grep -q 'not proved:' "$tree/out.txt" && ! grep -q 'ended with' "$tree/out.txt"; then
        echo "$name: found, $(grep -m 1 -o 'not proved:.*' "$tree/out.txt")"
        found=$((found + 1))
    else
        echo "$name: NOT FOUND"
        cat "$tree/out.txt"
        missed=$((missed + 1))
    fi
done <"$root/tests/proof/mutants.txt"
echo "$found mistakes found, $missed not"
[ "$missed" -eq 0 ] && [ "$found" -gt 0 ]
