#!/bin/sh
# shell.sh ARCH...: boots the shell, types at it as `skerry shell -c` does, checks what it says.
# Needs what ./skerry builds. Prints one line an architecture; all that was said is in
# build/test/shell.
set -u
root=${SKERRY_ROOT:-$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)}
tool=${SKERRY_TOOL:-$root/build/host/tools/skerry}
export SKERRY_ROOT="$root"
bad=0

# ask ARCH CORES NODES COMMANDS: the answer lies in $said
ask() {
    mkdir -p "$root/build/test/shell"
    said=$root/build/test/shell/$1.said
    timeout 120 "$tool" shell --arch "$1" --cores "$2" --nodes "$3" \
        --out "$root/build/test/shell/$1" -c "$4" >"$said" 2>&1 || fail "$1" "exit code $?"
}

fail() {
    printf 'shell %s: FAILED: %s\n' "$1" "$2"
    bad=1
}

# expect ARCH EXPRESSION: a line of the answer matches
expect() {
    grep -Eq -e "$2" "$said" || fail "$1" "no line matches $2 in $said"
}

talk() {
    ask "$1" 4 2 "help; cores; mem; domains; run hello 'a' b --core 3; run hello fault --core 1;
run busybox echo linux says hi --core 2; run busybox sleep 1000 --core 3 &; domains 3; kill 3.2;
jobs; run hello; mem; caps 0.0; frog"
    expect "$1" '^cores +the cores that are up'
    expect "$1" '^ +3 +1 +[0-9a-f]+ +1 '
    expect "$1" '^ +all +[0-9]+ +[0-9]+ of +[0-9]+ +[0-9]+ of'
    expect "$1" '^3\.0 +monitor'
    expect "$1" '^hello: hello from core 3, 2 arguments'
    expect "$1" '^1\.1 +fault: fault 2'
    expect "$1" '^busybox: linux says hi$'
    expect "$1" '^2\.1 +done'
    expect "$1" '^3\.2 +busybox +waits'
    expect "$1" '^3\.2 +busybox sleep 1000 .*killed'
    expect "$1" '^hello: hello from core 0, 0 arguments'
    expect "$1" 'MONITOR +rwxgv'
    expect "$1" '^frog: no such command'
    [ $bad -ne 0 ] || printf 'shell %s: ok\n' "$1"
}

for arch in "${@:-x86_64 aarch64}"; do
    for a in $arch; do
        talk "$a"
    done
done
exit $bad
