#!/bin/sh
# fake-qemu.sh: stands in for QEMU and the guest together, to test the host side of a farm without a kernel
# (`skerry run --qemu tests/farm/fake-qemu.sh`). It unpacks the boot archive, reads /skerry/jobs, runs each job's
# commands with the archive's own programs on this host, and prints the lines that the guest's farm prints.
# FAKE=hang never says anything; FAKE=die ends early; FAKE=panic, FAKE=fault and FAKE=flip each spoil one thing;
# FAKE=again fails each first try of a job that has two; FAKE=slow takes a second for a job. (x86_64 archives only.)
set -u
archive= share= append=
while [ $# -gt 0 ]; do
    case $1 in
    -initrd) archive=$2 ;;
    -append) append=$2 ;;
    -fsdev) share=${2##*path=} ;;
    esac
    shift
done
cores=${append#*cores=}
cores=${cores%% *}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' TERM INT HUP

echo "Skerry (stand-in) on $cores cores"
[ "${FAKE:-}" != hang ] || sleep 1000
fsck.erofs --extract="$work/root" "$archive" >/dev/null 2>&1 || { echo "cannot unpack $archive"; exit 1; }
printf '@boot cores=%s nodes=2 ticks_hz=1000000000\r\n' "$cores"
[ "${FAKE:-}" != die ] || exit 7
[ "${FAKE:-}" != panic ] || echo "@panic core=1 planted by the test"

root=$work/root
lib=x86_64-linux-gnu
n=0 retries=0

decode() { # WORD: %XX becomes the byte
    rest=$1 plain=
    while :; do
        case $rest in
        *%*)
            plain=$plain${rest%%\%*}
            rest=${rest#*\%}
            tail=${rest#??}
            plain=$plain$(printf "\\$(printf %o "0x${rest%"$tail"}")x")
            plain=${plain%x}
            rest=$tail
            ;;
        *) break ;;
        esac
    done
    plain=$plain$rest
}

here() { # WORD: where the guest's path lies on this host, in $word
    word=$1
    case $word in
    "$directory"/*) word=$work/job${word#"$directory"} ;;
    /*) [ ! -e "$root$word" ] || word=$root$word ;;
    esac
}

command_run() { # WORD...: still encoded
    count=$#
    for word; do
        decode "$word"
        here "$plain"
        set -- "$@" "$word"
    done
    shift "$count"
    case $1 in
    */busybox) ;;
    *) set -- "$root/lib/$lib/ld-linux-x86-64.so.2" --library-path "$root/lib/$lib:$root/usr/lib/$lib" "$@" ;;
    esac
    (
        cd "$work/job" || exit 1
        exec <"$in"
        case $out in /dev/null) exec >/dev/null 2>&1 ;; *) exec >>"$out" 2>/dev/null ;; esac
        exec "$@"
    )
}

job_begin() {
    echo "@job start name=$name core=$core node=$((core % 2)) try=$try"
    rm -rf "$work/job"
    mkdir -p "$work/job"
    for f in "$root$directory"/*; do
        [ -h "$f" ] && ln -s "$f" "$work/job" || { [ ! -e "$f" ] || cp -a "$f" "$work/job"; }
    done
    while read -r from to; do
        mkdir -p "$(dirname "$work/job/$to")"
        cp "$root$from" "$work/job/$to"
    done <"$work/inputs"
    while read -r to; do
        mkdir -p "$(dirname "$work/job/$to")"
    done <"$work/outputs"
}

commands_run() {
    in=/dev/null out=/dev/null
    while read -r key words; do
        case $key in
        stdin) decode "$words"; in=$plain; [ "$in" != - ] || in=/dev/null ;;
        stdout) decode "$words"; out=$plain; [ "$out" = - ] && out=/dev/null || : >"$work/job/$out" ;;
        run) set -f; command_run $words </dev/null || return 1; set +f ;;
        esac
    done <"$work/commands"
}

job_end() { # STATUS AGAIN
    [ "$1" = ok ] && reason= || reason=planted_by_the_test
    echo "@job account name=$name cpu_us=900 wall_us=1000 ram_peak_bytes=4194304 bytes_read=12"
    echo "@job account name=$name faults=7"
    echo "@job calls name=$name read:12,openat:3"
    echo "@job calls name=$name write:2"
    echo "@job end name=$name status=$1 reason=$reason core=$core node=$((core % 2)) wall_us=1000 cpu_us=900" \
        "peak_bytes=4194304 try=$try again=$2 syscalls_missing=rseq:1"
}

job_run() {
    core=$((n % cores))
    n=$((n + 1)) try=1
    job_begin
    if [ "${FAKE:-}" = again ] && [ "$tries" -gt 1 ]; then
        job_end memory 1
        retries=$((retries + 1)) try=2
        job_begin
    fi
    [ "${FAKE:-}" != slow ] || sleep 1
    status=ok
    commands_run || status=fault
    set +f
    while read -r output; do
        cp "$work/job/$output" "$share/$output" 2>/dev/null || status=fault
        [ "${FAKE:-}" != flip ] || echo x >>"$share/$output"
    done <"$work/outputs"
    [ "${FAKE:-}" != fault ] || status=fault
    job_end $status 0
}

[ "$(head -n 1 "$root/skerry/jobs")" = "skerry-jobs 2" ] || { echo "no jobs file that this reads"; exit 1; }
tail -n +2 "$root/skerry/jobs" >"$work/list"
while read -r key value <&3; do
    case $key in
    job)
        name=$value directory=/job tries=1
        : >"$work/inputs" && : >"$work/outputs" && : >"$work/commands"
        ;;
    input) decode "${value% *}"; from=$plain; decode "${value#* }"; echo "$from $plain" >>"$work/inputs" ;;
    output) decode "$value"; echo "$plain" >>"$work/outputs" ;;
    directory) decode "$value"; directory=$plain ;;
    tries) tries=$value ;;
    stdin | stdout | run) echo "$key $value" >>"$work/commands" ;;
    memory | wall_ms | cpu_ms | grow | group | barrier) ;;
    end) job_run ;;
    *) echo "unknown line in the jobs file: $key $value"; exit 1 ;;
    esac
done 3<"$work/list"
echo "@done jobs=$n leaked_objects=0 cores_lost=0 retries=$retries"
