#!/bin/sh
# c11.sh: the row `c11` of skerry test: no stray symbol in what is checked, litmus cases, random programs, the usual scenarios, the
# planted mistakes.
set -u
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=$root/build/host/tests/model/c11
failed=0

# Whatever the checked code calls must be known: a call of memcpy or __atomic_* would go past the model. And the accesses that the
# sources make must be there.
objects=$(find "$build/CMakeFiles/c11_subject.dir" -name '*.c.o')
[ -n "$objects" ] || { echo "FAILED no objects: build the host preset first"; exit 1; }
# shellcheck disable=SC2086
nm -u $objects | awk '$1 == "U" { print $2 }' | sort -u >"$build/undefined"
stray=$(grep -vE '^(__tsan_[a-z0-9_]+|channel_[a-z_]+|wait_set_[a-z_]+|protocol_fingerprint|c11_ticks)$' "$build/undefined")
[ -z "$stray" ] || { echo "FAILED stray symbols:" $stray; failed=1; }
for name in atomic32_load atomic32_store atomic64_load atomic64_store atomic_thread_fence read8 write8; do
    grep -qx "__tsan_$name" "$build/undefined" || { echo "FAILED nothing calls __tsan_$name"; failed=1; }
done
echo "symbols: $(wc -l <"$build/undefined") called from outside, all known"

nice "$build/c11" || failed=1
nice sh "$root/tests/model/c11/mutants.sh" || failed=1
exit $failed
