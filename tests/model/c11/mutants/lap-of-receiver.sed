# file: include/urpc/ring.h
# scenario: ring-2
# expect: wrong
# The receiver's lap stays behind.
s/r->lap_idle = (uint32_t)(r->next >> r->shift)/r->lap_idle = (uint32_t)(r->next >> r->shift) * 0/
