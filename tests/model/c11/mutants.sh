#!/bin/sh
# mutants.sh [NAME...]: plants mistakes in copies of the urpc sources and requires that the checker finds each, with the expected
# verdict. A mutant is a sed script (mutants/NAME.sed) whose head names the file it changes, the scenario, the verdict. The copies are
# compiled by the very command that compiled the checked sources, so that lost instrumentation shows, too.
set -u
root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tests/model/c11
build=$root/build/host
work=$build/tests/model/c11/mutants
objects=$build/tests/model/c11/CMakeFiles/c11_subject.dir
failed=0
count=0

say_failed() {
    echo "FAILED $1"
    failed=$((failed + 1))
}

command_of() { # SOURCE: how the real build compiles urpc/SOURCE for the checker
    grep '"command"' "$build/compile_commands.json" | grep "c11_subject.dir.*/urpc/$1" |
        sed 's/^ *"command": "//; s/",*$//; s/\\"/"/g'
}

compile() { # DIRECTORY SOURCE
    (cd "$build" && eval "$(command_of "$2" | sed "s|$root/urpc|$1/urpc|g; s| -o [^ ]*| -o $1/$2.o|; s| -M[DTF] [^ ]*||g")")
}

head_of() { # MUTANT KEY
    sed -n "s/^# $2: //p" "$here/mutants/$1.sed"
}

mutant_make() { # NAME
    rm -rf "${work:?}/$1"
    mkdir -p "$work/$1"
    cp -r "$root/urpc" "$work/$1/urpc"
    [ "$1" = none ] || sed -f "$here/mutants/$1.sed" "$root/urpc/$(head_of "$1" file)" >"$work/$1/urpc/$(head_of "$1" file)"
    compile "$work/$1" channel.c && compile "$work/$1" wait.c &&
        cc -o "$work/$1/c11" "$work/$1/channel.c.o" "$work/$1/wait.c.o" "$work/protocol.c.o" "$build/tests/model/c11/libc11_checker.a"
}

mutant_try() { # NAME
    count=$((count + 1))
    file=$(head_of "$1" file)
    if ! mutant_make "$1" >"$work/$1.log" 2>&1; then
        say_failed "$1: does not compile, see $work/$1.log"
    elif cmp -s "$root/urpc/$file" "$work/$1/urpc/$file"; then
        say_failed "$1: changes nothing in $file"
    elif ! said=$(timeout 60 "$work/$1/c11" --expect "$(head_of "$1" expect)" "$(head_of "$1" scenario)"); then
        say_failed "$1: $(head_of "$1" expect) expected; $said"
    else
        echo "found $1: $said"
    fi
}

mkdir -p "$work"
cp "$(find "$objects" -name protocol.c.o)" "$work/protocol.c.o" || exit 2

# The same way without a mistake must pass.
if ! mutant_make none >"$work/none.log" 2>&1 || ! "$work/none/c11" --expect pass ring-2 || ! "$work/none/c11" --expect pass sleep-2; then
    say_failed "none: the unchanged sources"
fi
if [ $# -eq 0 ]; then
    for file in "$here"/mutants/*.sed; do
        mutant_try "$(basename "$file" .sed)"
    done
    [ "$count" -ge 15 ] || say_failed "only $count mutants"
else
    for name; do
        mutant_try "$name"
    done
fi
echo "mutants: $count, $failed failed"
[ "$failed" -eq 0 ]
