# file: include/urpc/ring.h
# scenario: ring-2
# expect: race
# The header is loaded relaxed.
s/memory_order_acquire/memory_order_relaxed/
