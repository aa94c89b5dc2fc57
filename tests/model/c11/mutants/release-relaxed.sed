# file: include/urpc/ring.h
# scenario: ring-2
# expect: race
# The header is stored relaxed.
s/atomic_store_explicit(&line->head, head, memory_order_release)/atomic_store_explicit(\&line->head, head, memory_order_relaxed)/
