#!/bin/sh
# panic.sh [ARCH...]: strikes the kernel of one core of a machine that works, and checks that its
# panic is told and that the other cores go on. Three machines an architecture:
#   shell   core 2 of 4; then the shell answers and runs programs on cores 1 and 3
#   first   core 0: it owns the console and prints its own panic; the machine is over
#   farm    core 2 of 4 while it runs a job: that job is killed, the others do the rest
# Needs what ./skerry builds. One line a machine; what was said is in build/test/panic.
set -u
root=${SKERRY_ROOT:-$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)}
tool=${SKERRY_TOOL:-$root/build/host/tools/skerry}
strike=$root/build/host/tests/boot/panic/strike
export SKERRY_ROOT="$root"
bad=0

fail() {
    printf 'panic %s %s: FAILED: %s\n' "$arch" "$part" "$1"
    bad=1
}

# expect FILE EXPRESSION: a line of the file matches
expect() {
    grep -Eq -e "$2" "$1" || fail "no line matches $2 in $1"
}

# begin PART: a folder of its own, and a stand-in for QEMU that adds a gdbstub, a copy of the
# console in $dir/serial, and $words to the kernel's command line
begin() {
    part=$1
    dir=$root/build/test/panic/$arch-$part
    # A socket's name is short.
    sock=$(mktemp -u /tmp/skerry-panic.XXXXXX)
    rm -rf "$dir"
    mkdir -p "$dir"
    cat >"$dir/qemu" <<EOF
#!/bin/sh
n=\$#
while [ \$n -gt 0 ]; do
    case \$1 in
    cores=*) set -- "\$@" "\$1 $words" ;;
    stdio,*) set -- "\$@" "\$1,logfile=$dir/serial" ;;
    *) set -- "\$@" "\$1" ;;
    esac
    shift
    n=\$((n - 1))
done
exec qemu-system-$arch "\$@" -gdb unix:$sock,server=on,wait=off
EOF
    chmod +x "$dir/qemu"
}

# await EXPRESSION: until a line of the console matches
await() {
    tries=0
    until { tr -d '\r' <"$dir/serial" | grep -Eq -e "$1"; } 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || { fail "no line matches $1 in $dir/serial"; return 1; }
        sleep 0.1
    done
}

# strike CORE EXPRESSION: when a line of the console matches
strike() {
    await "$2" || return
    elf=$root/build/$arch/cpu-driver/skerry-kernel.elf
    case $arch in
    x86_64) nm=nm none=0f0b ;;
    aarch64) nm=aarch64-linux-gnu-nm none=00000000 ;;
    esac
    # shellcheck disable=SC2046 # one word an address
    "$strike" "$sock" "$1" $none \
        $($nm "$elf" | sed -n 's/ T kernel_syscall$//p; s/ T kernel_interrupt$//p
                               s/ T interrupts_handle$//p') || fail "core $1 cannot be struck"
}

end() {
    rm -f "$sock"
    [ $bad -ne 0 ] || printf 'panic %s %s: ok\n' "$arch" "$part"
}

# shell_start COMMANDS: the shell's machine in the background, its answers in $dir/said
shell_start() {
    timeout 200 "$tool" shell --arch "$arch" --cores 4 --nodes 1 --qemu "$dir/qemu" \
        --out "$dir" -c "$1" >"$dir/said" 2>&1 &
    pid=$!
}

one_line='^@panic core=%s [a-z ]+ pc=[0-9a-f]+ address=[0-9a-f]+ code=[0-9a-f]+$'

panic_line() {
    # shellcheck disable=SC2059 # the format is ours
    printf "$one_line" "$1"
}

shell_part() {
    words=
    begin shell
    shell_start "cores; run busybox sleep 5; domains 2; run hello --core 1; run hello --core 3;
cores; exit"
    strike 2 '^ +3 +0 +'
    wait "$pid" || fail "the shell ended with $?"
    await "$(panic_line 2)"
    expect "$dir/said" '^hello: hello from core 1, 0 arguments'
    expect "$dir/said" '^hello: hello from core 3, 0 arguments'
    end
}

first_part() {
    words=
    begin first
    shell_start "cores; run busybox sleep 5; cores"
    strike 0 '^ +3 +0 +'
    await "$(panic_line 0)"
    kill "$pid"
    wait "$pid" 2>/dev/null
    end
}

farm_part() {
    words='probe_s=1 lost_s=15'
    begin farm
    timeout 300 "$tool" run --arch "$arch" --cores 4 --nodes 1 --jobs 8 --res 160x120 \
        --limit 150 --qemu "$dir/qemu" --out "$dir" balls >"$dir/said" 2>&1 &
    pid=$!
    strike 2 '^@job start .*core=2'
    wait "$pid" && fail "a run with a panic ended well"
    await "$(panic_line 2)"
    expect "$dir/serial" '^@job end .*status=killed reason=its_worker_does_not_answer core=2'
    expect "$dir/serial" '^@done jobs=8 leaked_objects=0 cores_lost=1'
    done=$(grep -c "^@job end .*status=ok core=[013]" "$dir/serial")
    [ "$done" = 7 ] || fail "$done jobs are ok, not 7"
    end
}

for arch in "${@:-x86_64 aarch64}"; do
    for arch in $arch; do
        shell_part
        first_part
        farm_part
    done
done
exit $bad
