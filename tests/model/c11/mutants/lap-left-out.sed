# file: include/urpc/ring.h
# scenario: ring-2
# expect: stuck
# The header has no lap.
/head |= (uint64_t)ring_lap/d
